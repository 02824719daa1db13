require("reflect-metadata");
const { DataSource, EntitySchema, In } = require("typeorm");

const Customer = new EntitySchema({
  name: "Customer", tableName: "customers",
  columns: {
    id: { type: "bigint", primary: true, generated: "increment" }, owner_id: { type: "int" }, name: { type: "varchar", length: 80 }, phone: { type: "varchar", length: 20, nullable: true },
    email: { type: "varchar", length: 120, nullable: true }, id_card: { type: "char", length: 18, nullable: true }, birthday: { type: "date", nullable: true },
    credit: { type: "numeric", precision: 12, scale: 2, nullable: true }, profile: { type: "jsonb", nullable: true }, note: { type: "text", nullable: true },
    active: { type: "boolean", default: true }, created_at: { type: "timestamptz", default: () => "now()" },
  },
  relations: { orders: { type: "one-to-many", target: "Order", inverseSide: "customer", cascade: true } },
});
// Upserts name the key, which TypeORM leaves out when the database makes it.
const Row = new EntitySchema({ name: "Row", tableName: "customers", columns: { ...Customer.options.columns, id: { type: "bigint", primary: true } } });
const Order = new EntitySchema({
  name: "Order", tableName: "orders",
  columns: { id: { type: "bigint", primary: true, generated: "increment" }, amount: { type: "numeric" }, status: { type: "varchar", length: 20, default: "new" } },
  relations: { customer: { type: "many-to-one", target: "Customer", joinColumn: { name: "customer_id" }, inverseSide: "orders" } },
});

(async () => {
  const source = await new DataSource({ type: "postgres", url: process.argv[2], entities: [Customer, Row, Order] }).initialize();
  const customers = source.getRepository("Customer"), orders = source.getRepository("Order");
  const find = (id) => customers.findOneBy({ id });
  const all = async (c) => { const { id, ...rest } = c; await customers.update(id, rest); };
  let c = await find(7);
  c.name = "Renamed";
  await customers.save(c);
  c = await find(17);
  c.note = "all columns";
  await all(c);
  const rows = await customers.find({ order: { id: "ASC" } });
  console.log(rows.length, rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, JSON.stringify(rows[1].profile));
  for (const r of rows) await all(r);
  c = await find(27);
  c.phone = "13900001111";
  await all(c);
  c = await customers.save({ owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" }, created_at: "2026-01-01T00:00:00Z", orders: [{ amount: "12.50" }] });
  c = await customers.findOne({ where: { id: c.id }, relations: { orders: true } });
  console.log(c.id, c.phone, c.orders.map((o) => o.status));
  c = await customers.findOne({ where: { id: 37 }, relations: { orders: true }, order: { orders: { id: "ASC" } } });
  await orders.remove(c.orders[0]);
  await orders.update({ customer: { id: 37 } }, { status: "paid" });
  c = await find(47);
  await source.getRepository("Row").upsert({ ...c, name: "Upserted" }, ["id"]);
  await source.getRepository("Row").upsert(await source.getRepository("Row").find(), ["id"]);
  await source.transaction(async (m) => { await m.update("Customer", 57, { name: "rolled back" }); throw new Error("roll back"); }).catch((e) => console.log(e.message));
  await source.transaction(async (m) => { const c = await m.findOne("Customer", { where: { id: 57 }, lock: { mode: "pessimistic_write" } }); c.note = "committed"; await m.save("Customer", c); });
  c = await find(67);
  c.owner_id = 8;
  await customers.save(c).then(() => console.log("not refused"), (e) => console.log("refused", e.code));
  console.log(await find(8));
  console.log((await customers.update(8, { name: "x" })).affected, (await orders.delete({ customer: { id: 8 } })).affected);
  await customers.update({ id: In([77, 87, 97]) }, { note: "many" });
  c = await find(97);
  c.email = null;
  c.id_card = "440301199001011234";
  await all(c);
  await source.destroy();
})().catch((e) => { console.error(e); process.exit(1); });
