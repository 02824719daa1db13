package proxy

import (
	"fmt"
	"strings"
	"testing"

	"cordon/wire"
)

// What drivers, mappers and poolers say when they connect, take a connection from their pool and give it back. None of it may be refused to a person under a filter and masks, and what is read between is filtered.
var connecting = map[string][]string{
	"Django": {"SET TIME ZONE 'UTC'", "SET default_transaction_isolation TO 'read committed'", "SELECT set_config('TimeZone', 'UTC', false)",
		"SELECT NULL FROM pg_type WHERE typname = 'hstore'"},
	"Odoo": {"SET TIME ZONE 'UTC'", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM customers", "SAVEPOINT \"x1\"", "ROLLBACK TO SAVEPOINT \"x1\"", "RELEASE SAVEPOINT \"x1\"", "COMMIT"},
	"Rails": {"SET client_min_messages TO 'warning'", "SET standard_conforming_strings = on", "SET SESSION timezone TO 'UTC'", "SET intervalstyle = iso_8601", "SHOW search_path", "SHOW max_identifier_length",
		"SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'bool', 'text')"},
	"Hibernate and pgJDBC": {"SET extra_float_digits = 3", "SET application_name = 'PostgreSQL JDBC Driver'", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SHOW TRANSACTION ISOLATION LEVEL", "select current_schema()", ""},
	"pgJDBC's autosave":    {"BEGIN", "SAVEPOINT PGJDBC_AUTOSAVE", "SELECT count(*) FROM customers", "RELEASE SAVEPOINT PGJDBC_AUTOSAVE", "SAVEPOINT PGJDBC_AUTOSAVE", "ROLLBACK TO SAVEPOINT PGJDBC_AUTOSAVE", "COMMIT"},
	"Npgsql": {`SELECT version()`,
		`SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind, elemtyp.oid AS elemtypoid, elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind,
			CASE WHEN elemproc.proname = 'array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype FROM (SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid, CASE WHEN proc.proname = 'array_recv' THEN 'a' ELSE typ.typtype END AS typtype,
			CASE WHEN proc.proname = 'array_recv' THEN typ.typelem WHEN typ.typtype = 'r' THEN rngsubtype WHEN typ.typtype = 'm' THEN (SELECT rngtypid FROM pg_range WHERE rngmultitypid = typ.oid) WHEN typ.typtype = 'd' THEN typ.typbasetype END AS elemtypoid
			FROM pg_type AS typ LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid) LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)) AS typ
			LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid) LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive) AS t JOIN pg_namespace AS ns ON (ns.oid = typnamespace) LIMIT 5`,
		"SELECT pg_type.oid, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY oid, enumsortorder", "DISCARD ALL"},
	"Npgsql's reset": {"CLOSE ALL", "UNLISTEN *", "RESET ALL", "DISCARD SEQUENCES", "DISCARD TEMP", "DEALLOCATE ALL"},
	"psqlODBC":       {"SET DateStyle = 'ISO'; SET extra_float_digits = 2; show transaction_isolation", "select oid, typbasetype from pg_type where typname = 'lo'", "BEGIN; SAVEPOINT _EXEC_SVP_1", "SELECT count(*) FROM customers", "RELEASE _EXEC_SVP_1; COMMIT"},
	"pgbouncer":      {"SELECT 1", "DISCARD ALL", "SET client_encoding = 'UTF8'", "SET DateStyle = 'ISO'", "SET TimeZone = 'UTC'"},
	"pgpool":         {"SELECT current_setting('transaction_read_only')", "SELECT version()", "SELECT pg_is_in_recovery()", "ABORT", "DISCARD ALL"},
	"SQLAlchemy":     {"select pg_catalog.version()", "select current_schema()", "show standard_conforming_strings", "BEGIN", "ROLLBACK"},
}

func TestWhatDriversSayAtFirst(t *testing.T) {
	f, pg, db := crm(t, nil)
	for name, texts := range connecting {
		t.Run(name, func(t *testing.T) {
			c := login(t, f.addr, "alice", db)
			defer c.Close()
			for _, sql := range append(append([]string{}, texts...), "SELECT count(*) FROM customers") {
				if strings.Contains(sql, "rngmultitypid") && pg.Major(t) < 14 {
					continue // Npgsql asks those without multiranges in other words
				}
				c.Write(wire.AppendQuery(nil, sql))
				got := fmt.Sprint(until(t, c, 'Z'))
				if strings.Contains(got, "[E ") || strings.Contains(got, " E \"S") {
					t.Errorf("%s\n%s", sql, got)
				}
				if strings.HasSuffix(sql, "SELECT count(*) FROM customers") && !strings.Contains(got, "\\x03110") {
					t.Errorf("%s counts other people's rows: %s", sql, got)
				}
			}
		})
	}
}
