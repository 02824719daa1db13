// What a web application does with node-postgres. Prints what it sees; nothing printed may depend on the run.
const { Client, Pool } = require('pg')

async function main () {
  const url = new URL(process.argv[2])
  const settings = {
    host: url.hostname, port: Number(url.port), user: url.username, password: url.password, database: url.pathname.slice(1),
    ssl: url.searchParams.get('sslmode') === 'disable' ? false : { rejectUnauthorized: false }
  }
  const client = new Client(settings)
  client.on('notice', n => console.log('notice', n.severity, n.message))
  client.on('notification', n => console.log('notification', n.channel, n.payload))
  await client.connect()
  const show = (what, r) => console.log(what, JSON.stringify([r.command, r.rowCount, r.fields.map(f => [f.name, f.dataTypeID, f.dataTypeModifier]), r.rows]))

  show('simple', await client.query('SELECT id, name, born FROM people WHERE id < 4 ORDER BY id'))
  show('parameters', await client.query('SELECT id, name FROM people WHERE id = $1 OR name = $2 ORDER BY id', [3, '张伟']))
  for (let i = 1; i < 4; i++) show('prepared', await client.query({ name: 'by-id', text: 'SELECT name, paid FROM people WHERE id = $1', values: [i] }))
  show('array', await client.query({ text: 'SELECT $1::int[] AS a, $2::jsonb AS j', values: [[1, 2, 3], { k: '值' }], rowMode: 'array' }))
  show('binary', await client.query({ text: 'SELECT id FROM people WHERE id < $1 ORDER BY id', values: [4], binary: true }))
  // Not awaited one by one: they wait in the client's queue, and one of them fails.
  const several = await Promise.allSettled([client.query('SELECT 1 AS a'), client.query('SELECT nonsense'), client.query('SELECT $1::int AS b', [2])])
  console.log('queue', JSON.stringify(several.map(s => s.status === 'fulfilled' ? s.value.rows : [s.reason.code, s.reason.message, s.reason.position])))
  await client.query('BEGIN')
  show('insert', await client.query('INSERT INTO people (id, name) VALUES ($1, $2) RETURNING *', [5001, 'node']))
  try { await client.query('INSERT INTO people (id, name) VALUES ($1, $2)', [5001, 'again']) } catch (e) { console.log('error', e.code, e.detail, e.constraint) }
  try { await client.query('SELECT 1') } catch (e) { console.log('error', e.code) }
  show('rollback', await client.query('ROLLBACK'))
  show('empty', await client.query(''))
  const many = await client.query('SELECT 1 AS one; SELECT 2 AS two')
  many.forEach(r => show('several', r))
  await client.query("DO $$ BEGIN RAISE WARNING 'careful'; END $$")
  await client.query('LISTEN news')
  await client.query("SELECT pg_notify('news', 'extra')")
  await client.end()

  const pool = new Pool({ ...settings, max: 5 })
  const sums = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query('SELECT sum(id) AS s FROM people WHERE id % 40 = $1', [i])))
  console.log('pool', sums.map(r => r.rows[0].s).join(' '))
  await pool.end()
}
main().catch(e => { console.log('failed', e); process.exit(1) })
