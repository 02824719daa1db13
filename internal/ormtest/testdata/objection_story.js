const knex = require("knex");
const { Model } = require("objection");

(async () => {
  const db = knex({ client: "pg", connection: process.argv[2], pool: { min: 0, max: 2 } });
  Model.knex(db);
  class Order extends Model { static get tableName() { return "orders"; } }
  class Customer extends Model {
    static get tableName() { return "customers"; }
    static get jsonAttributes() { return ["profile"]; }
    static get relationMappings() { return { orders: { relation: Model.HasManyRelation, modelClass: Order, join: { from: "customers.id", to: "orders.customer_id" } } }; }
  }
  const find = (id) => Customer.query().findById(id);
  const all = async (c) => { const { id, ...rest } = c; await Customer.query().findById(id).update(rest); };
  let c = await find(7);
  await c.$query().patch({ name: "Renamed" });
  c = await find(17);
  c.note = "all columns";
  await all(c);
  const rows = await Customer.query().orderBy("id");
  console.log(rows.length, rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday.toISOString().slice(0, 10), rows[1].credit, JSON.stringify(rows[1].profile));
  for (const r of rows) await all(r);
  c = await find(27);
  c.phone = "13900001111";
  await all(c);
  c = await Customer.query().insertGraph({ owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" }, orders: [{ amount: "12.50" }] });
  c = await find(c.id).withGraphFetched("orders");
  console.log(c.id, c.phone, c.orders.map((o) => o.status));
  c = await find(37).withGraphFetched("orders(byId)").modifiers({ byId: (q) => q.orderBy("id") });
  await c.orders[0].$query().delete();
  await c.$relatedQuery("orders").patch({ status: "paid" });
  c = await find(47);
  await db("customers").insert({ ...c.toJSON(), profile: JSON.stringify(c.profile), name: "Upserted" }).onConflict("id").merge();
  await Customer.transaction(async (t) => { await Customer.query(t).findById(57).patch({ name: "rolled back" }); throw new Error("roll back"); }).catch((e) => console.log(e.message));
  await Customer.transaction(async (t) => { const c = await Customer.query(t).findById(57).forUpdate(); await c.$query(t).patch({ note: "committed" }); });
  await Customer.query().findById(67).patch({ owner_id: 8 }).then(() => console.log("not refused"), (e) => console.log("refused", e.nativeError ? e.nativeError.code : e.code));
  console.log(await find(8));
  console.log(await Customer.query().findById(8).patch({ name: "x" }), await Order.query().delete().where("customer_id", 8));
  await Customer.query().whereIn("id", [77, 87, 97]).patch({ note: "many" });
  c = await find(97);
  c.email = null;
  c.id_card = "440301199001011234";
  await all(c);
  await db.destroy();
})().catch((e) => { console.error(e); process.exit(1); });
