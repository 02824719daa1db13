const { MikroORM, EntitySchema, LockMode } = require("@mikro-orm/postgresql");

const Customer = new EntitySchema({
  name: "Customer", tableName: "customers",
  properties: {
    id: { type: "bigint", primary: true, autoincrement: true }, owner_id: { type: "integer" }, name: { type: "string", length: 80 }, phone: { type: "string", length: 20, nullable: true },
    email: { type: "string", length: 120, nullable: true }, id_card: { type: "string", columnType: "char(18)", nullable: true }, birthday: { type: "date", nullable: true },
    credit: { type: "decimal", precision: 12, scale: 2, nullable: true }, profile: { type: "json", nullable: true }, note: { type: "text", nullable: true }, active: { type: "boolean", default: true },
    created_at: { type: "datetime", defaultRaw: "now()" }, orders: { kind: "1:m", entity: () => "Order", mappedBy: "customer", orderBy: { id: "asc" } },
  },
});
const Order = new EntitySchema({
  name: "Order", tableName: "orders",
  properties: {
    id: { type: "bigint", primary: true, autoincrement: true }, customer: { kind: "m:1", entity: () => "Customer", inversedBy: "orders", fieldName: "customer_id" },
    amount: { type: "decimal", precision: 12, scale: 2 }, status: { type: "string", length: 20, default: "new" },
  },
});
const fields = ["owner_id", "name", "phone", "email", "id_card", "birthday", "credit", "profile", "note", "active", "created_at"];

(async () => {
  const orm = await MikroORM.init({ clientUrl: process.argv[2], entities: [Customer, Order], discovery: { warnWhenNoEntities: false }, namingStrategy: undefined });
  let em = orm.em.fork();
  const find = async (id) => { em = orm.em.fork(); return em.findOne("Customer", { id: String(id) }); };
  const values = (c) => Object.fromEntries(fields.map((f) => [f, c[f]]));
  const all = (c) => em.nativeUpdate("Customer", { id: c.id }, values(c));
  let c = await find(7);
  c.name = "Renamed";
  await em.flush();
  c = await find(17);
  c.note = "all columns";
  await all(c);
  em = orm.em.fork();
  const rows = await em.find("Customer", {}, { orderBy: { id: "asc" } });
  console.log(rows.length, rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, JSON.stringify(rows[1].profile));
  for (const r of rows) await all(r);
  await orm.em.fork().upsertMany("Customer", rows.map((r) => ({ id: r.id, ...values(r) })));
  c = await find(27);
  c.phone = "13900001111";
  await all(c);
  em = orm.em.fork();
  c = em.create("Customer", { owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" }, created_at: new Date("2026-01-01T00:00:00Z"), orders: [{ amount: "12.50" }] });
  await em.persistAndFlush(c);
  const { id } = c;
  em = orm.em.fork();
  c = await em.findOne("Customer", { id }, { populate: ["orders"] });
  console.log(c.id, c.phone, c.orders.getItems().map((o) => o.status));
  em = orm.em.fork();
  c = await em.findOne("Customer", { id: "37" }, { populate: ["orders"] });
  await em.removeAndFlush(c.orders.getItems()[0]);
  await em.nativeUpdate("Order", { customer: "37" }, { status: "paid" });
  c = await find(47);
  await orm.em.fork().upsert("Customer", { id: c.id, ...values(c), name: "Upserted" });
  await orm.em.fork().transactional(async (em) => { await em.nativeUpdate("Customer", { id: "57" }, { name: "rolled back" }); throw new Error("roll back"); }).catch((e) => console.log(e.message));
  await orm.em.fork().transactional(async (em) => { const c = await em.findOne("Customer", { id: "57" }, { lockMode: LockMode.PESSIMISTIC_WRITE }); c.note = "committed"; });
  c = await find(67);
  c.owner_id = 8;
  await em.flush().then(() => console.log("not refused"), (e) => console.log("refused", e.code));
  console.log(await find(8));
  console.log(await orm.em.fork().nativeUpdate("Customer", { id: "8" }, { name: "x" }), await orm.em.fork().nativeDelete("Order", { customer: "8" }));
  await orm.em.fork().nativeUpdate("Customer", { id: { $in: ["77", "87", "97"] } }, { note: "many" });
  c = await find(97);
  c.email = null;
  c.id_card = "440301199001011234";
  await all(c);
  await orm.close();
})().catch((e) => { console.error(e); process.exit(1); });
