const { drizzle } = require("drizzle-orm/node-postgres");
const { pgTable, bigserial, bigint, integer, varchar, char, date, numeric, jsonb, text, boolean, timestamp } = require("drizzle-orm/pg-core");
const { eq, inArray, asc, sql, getTableColumns } = require("drizzle-orm");
const { Pool } = require("pg");

const customers = pgTable("customers", {
  id: bigserial("id", { mode: "number" }).primaryKey(), owner_id: integer("owner_id").default(7), name: varchar("name", { length: 80 }), phone: varchar("phone", { length: 20 }), email: varchar("email", { length: 120 }),
  id_card: char("id_card", { length: 18 }), birthday: date("birthday"), credit: numeric("credit", { precision: 12, scale: 2 }), profile: jsonb("profile"), note: text("note"), active: boolean("active").default(true),
  created_at: timestamp("created_at", { withTimezone: true, mode: "string" }).default("x"),
});
const orders = pgTable("orders", { id: bigserial("id", { mode: "number" }).primaryKey(), customer_id: bigint("customer_id", { mode: "number" }), amount: numeric("amount"), status: varchar("status", { length: 20 }).default("new") });

(async () => {
  const pool = new Pool({ connectionString: process.argv[2], max: 2 });
  const db = drizzle(pool);
  const find = async (id, on = db) => (await on.select().from(customers).where(eq(customers.id, id)))[0];
  const all = async (c) => { const { id, ...rest } = c; await db.update(customers).set(rest).where(eq(customers.id, id)); };
  await db.update(customers).set({ name: "Renamed" }).where(eq(customers.id, (await find(7)).id));
  let c = await find(17);
  c.note = "all columns";
  await all(c);
  const rows = await db.select().from(customers).orderBy(asc(customers.id));
  console.log(rows.length, rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, JSON.stringify(rows[1].profile));
  for (const r of rows) await all(r);
  const excluded = Object.fromEntries(Object.keys(getTableColumns(customers)).filter((k) => k !== "id").map((k) => [k, sql.raw("excluded." + k)]));
  await db.insert(customers).values(rows).onConflictDoUpdate({ target: customers.id, set: excluded });
  c = await find(27);
  c.phone = "13900001111";
  await all(c);
  c = (await db.insert(customers).values({ owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" } }).returning())[0];
  await db.insert(orders).values({ customer_id: c.id, amount: "12.50" });
  console.log(c.id, c.phone, (await db.select().from(orders).where(eq(orders.customer_id, c.id))).map((o) => o.status));
  const first = (await db.select().from(orders).where(eq(orders.customer_id, 37)).orderBy(asc(orders.id)))[0];
  await db.delete(orders).where(eq(orders.id, first.id));
  await db.update(orders).set({ status: "paid" }).where(eq(orders.customer_id, 37));
  c = await find(47);
  await db.insert(customers).values({ ...c, name: "Upserted" }).onConflictDoUpdate({ target: customers.id, set: excluded });
  await db.transaction(async (t) => { await t.update(customers).set({ name: "rolled back" }).where(eq(customers.id, 57)); throw new Error("roll back"); }).catch((e) => console.log(e.message));
  await db.transaction(async (t) => { await t.select().from(customers).where(eq(customers.id, 57)).for("update"); await t.update(customers).set({ note: "committed" }).where(eq(customers.id, 57)); });
  await db.update(customers).set({ owner_id: 8 }).where(eq(customers.id, 67)).then(() => console.log("not refused"), (e) => console.log("refused", e.code || e.cause.code));
  console.log(await find(8));
  console.log((await db.update(customers).set({ name: "x" }).where(eq(customers.id, 8))).rowCount, (await db.delete(orders).where(eq(orders.customer_id, 8))).rowCount);
  await db.update(customers).set({ note: "many" }).where(inArray(customers.id, [77, 87, 97]));
  c = await find(97);
  c.email = null;
  c.id_card = "440301199001011234";
  await all(c);
  await pool.end();
})().catch((e) => { console.error(e); process.exit(1); });
