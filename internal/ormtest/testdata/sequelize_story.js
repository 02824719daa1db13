const { Sequelize, DataTypes: T } = require("sequelize");

(async () => {
  const db = new Sequelize(process.argv[2], { logging: false, define: { timestamps: false } });
  const Customer = db.define("customer", {
    id: { type: T.BIGINT, primaryKey: true, autoIncrement: true }, owner_id: T.INTEGER, name: T.STRING(80), phone: T.STRING(20), email: T.STRING(120), id_card: T.CHAR(18), birthday: T.DATEONLY,
    credit: T.DECIMAL(12, 2), profile: T.JSONB, note: T.TEXT, active: { type: T.BOOLEAN, defaultValue: true }, created_at: T.DATE,
  });
  const Order = db.define("order", { id: { type: T.BIGINT, primaryKey: true, autoIncrement: true }, amount: T.DECIMAL(12, 2), status: { type: T.STRING(20), defaultValue: "new" } });
  Customer.hasMany(Order, { foreignKey: "customer_id" });
  Order.belongsTo(Customer, { foreignKey: "customer_id" });
  const fields = Object.keys(Customer.getAttributes()).filter((f) => f !== "id");
  const all = async (c) => { for (const f of fields) c.changed(f, true); await c.save({ fields }); };
  let c = await Customer.findByPk(7);
  await c.update({ name: "Renamed" });
  c = await Customer.findByPk(17);
  c.note = "all columns";
  await all(c);
  const rows = await Customer.findAll({ order: ["id"] });
  console.log(rows.length, rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, JSON.stringify(rows[1].profile));
  for (const r of rows) await all(r);
  await Customer.bulkCreate(rows.map((r) => r.get({ plain: true })), { updateOnDuplicate: fields });
  c = await Customer.findByPk(27);
  c.phone = "13900001111";
  await all(c);
  c = await Customer.create({ owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" }, created_at: "2026-01-01T00:00:00Z", orders: [{ amount: "12.50" }] }, { include: [Order] });
  c = await Customer.findByPk(c.id, { include: [Order] });
  console.log(c.id, c.phone, c.orders.map((o) => o.status));
  c = await Customer.findByPk(37, { include: [Order], order: [[Order, "id", "ASC"]] });
  await c.orders[0].destroy();
  await Order.update({ status: "paid" }, { where: { customer_id: 37 } });
  c = await Customer.findByPk(47);
  await Customer.upsert({ ...c.get({ plain: true }), name: "Upserted" });
  await db.transaction(async (transaction) => { await Customer.update({ name: "rolled back" }, { where: { id: 57 }, transaction }); throw new Error("roll back"); }).catch((e) => console.log(e.message));
  await db.transaction(async (transaction) => { const c = await Customer.findByPk(57, { lock: true, transaction }); await c.update({ note: "committed" }, { transaction }); });
  c = await Customer.findByPk(67);
  await c.update({ owner_id: 8 }).then(() => console.log("not refused"), (e) => console.log("refused", e.parent.code));
  console.log(await Customer.findByPk(8));
  console.log((await Customer.update({ name: "x" }, { where: { id: 8 } }))[0], await Order.destroy({ where: { customer_id: 8 } }));
  await Customer.update({ note: "many" }, { where: { id: [77, 87, 97] } });
  c = await Customer.findByPk(97);
  c.email = null;
  c.id_card = "440301199001011234";
  await all(c);
  await db.close();
})().catch((e) => { console.error(e); process.exit(1); });
