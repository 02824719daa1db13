# What Django, Odoo and Tryton do with psycopg2, and some of what they do not. Prints what it sees; nothing printed may depend on the run.
import io
import sys
import threading
import time

import psycopg2
import psycopg2.extras

conn = psycopg2.connect(sys.argv[1])
print("encoding", conn.encoding, "version", conn.server_version // 10000, "autocommit", conn.autocommit)
cur = conn.cursor()


def show(what):
    print(what, [(d.name, d.type_code) for d in cur.description], cur.fetchall(), cur.statusmessage)


cur.execute("SELECT id, name, born, paid FROM people WHERE id < %s AND name <> %s ORDER BY id", (4, "O'Hara; DROP TABLE people -- \\ 张"))
show("select")
cur.execute("SELECT %s::text, %s::int[], %s::jsonb, %s::bytea::text, %s::numeric, %s", ("语言", [1, 2, None], psycopg2.extras.Json({"a": [1, "é"]}), psycopg2.Binary(b"\x00\xff'"), 12.5, None))
show("types")
cur.execute("INSERT INTO people (id, name) VALUES (1001, 'a'), (1002, 'b') RETURNING id, name")
show("insert")
cur.execute("SAVEPOINT s")
try:
    cur.execute("INSERT INTO people (id, name) VALUES (1001, 'again')")
except psycopg2.Error as e:
    print("error", e.pgcode, e.diag.message_primary, e.diag.message_detail, e.diag.constraint_name, e.diag.table_name)
cur.execute("ROLLBACK TO s")
cur.executemany("UPDATE people SET name = %s WHERE id = %s", [("x", 1001), ("y", 1002)])
psycopg2.extras.execute_values(cur, "INSERT INTO people (id, name) VALUES %s", [(2000 + i, "n%d" % i) for i in range(250)])
cur.execute("SELECT count(*), min(name) FROM people WHERE id >= 2000")
show("many")
try:
    cur.execute("SELECT 1/0")
except psycopg2.Error as e:
    print("error", e.pgcode)
try:
    cur.execute("SELECT 1")
except psycopg2.Error as e:
    print("error", e.pgcode)
conn.rollback()

named = conn.cursor("big", scrollable=True)
named.itersize = 70
named.execute("SELECT id FROM people ORDER BY id")
print("cursor", sum(row[0] for row in named))
named.scroll(0, mode="absolute")
print("scroll", named.fetchmany(2))
named.close()
conn.commit()

out = io.StringIO()
cur.copy_expert("COPY (SELECT id, name FROM people WHERE id < 5 ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)", out)
print("copy out", repr(out.getvalue()), cur.rowcount)
cur.copy_expert("COPY people (id, name) FROM STDIN", io.StringIO("3001\tc\n3002\t\\N\n".replace("\\N", "d")))
print("copy in", cur.rowcount)
try:
    cur.copy_expert("COPY people (id, name) FROM STDIN", io.StringIO("4001\tc\nnot a number\tx\n"))
except psycopg2.Error as e:
    print("copy error", e.pgcode, e.diag.context)
conn.rollback()

conn.autocommit = True
cur.execute("DO $$ BEGIN RAISE NOTICE 'hello %', 1; END $$")
print("notices", conn.notices)
cur.execute("LISTEN chan")
cur.execute("NOTIFY chan, 'payload'")
conn.poll()
print("notify", [(n.channel, n.payload) for n in conn.notifies])
cur.execute("SELECT 1; SELECT 2 AS two; SELECT 3 AS three")
show("several")
conn.set_session(isolation_level="SERIALIZABLE", readonly=True)
conn.autocommit = False
try:
    cur.execute("DELETE FROM people")
except psycopg2.Error as e:
    print("read only", e.pgcode)
conn.rollback()
conn.set_session(isolation_level="DEFAULT", readonly=False)
conn.autocommit = True
conn.set_client_encoding("LATIN1")
cur.execute("SELECT 'é', length('é'), octet_length('é')")
show("latin1")
conn.set_client_encoding("UTF8")


def cancel():
    time.sleep(0.3)
    conn.cancel()


t = threading.Thread(target=cancel)
t.start()
try:
    cur.execute("SELECT pg_sleep(20)")
except psycopg2.Error as e:
    print("cancel", e.pgcode)
t.join()
cur.execute("SELECT repeat('x', 3000000)")
print("large", len(cur.fetchone()[0]))
cur.execute("DISCARD ALL")
cur.execute("SHOW search_path")
show("discard")
conn.close()
