package rewrite_test

import (
	"strings"
	"testing"

	"cordon/internal/pgtest"
	"cordon/rewrite"
)

// What belongs to PostgreSQL's own extensions and only computes is called like what is built in; what bears such a name and belongs to none, or does more, needs the policy's word.
func TestExtensionFunctions(t *testing.T) {
	s := pgtest.Shared(t)
	db := s.CreateDatabase(t)
	s.Exec(t, db, read(t, "schema.sql"))
	s.Exec(t, db, "CREATE SCHEMA ext")
	for extension, names := range rewrite.ExtensionFunctions() {
		if available, err := s.QueryErr(db, "SELECT FROM pg_available_extensions WHERE name = '"+extension+"'"); err != nil || len(available) == 0 {
			t.Logf("%s is not installed here: %v", extension, err)
			continue
		}
		s.Exec(t, db, `CREATE EXTENSION IF NOT EXISTS "`+extension+`" SCHEMA ext CASCADE`) // another may have brought it
		var list []string
		for name := range names {
			list = append(list, name)
		}
		missing, err := s.QueryErr(db, `SELECT n FROM unnest(string_to_array('`+strings.Join(list, " ")+`', ' ')) n WHERE NOT EXISTS (
			SELECT FROM pg_proc p JOIN pg_depend d ON d.classid = 1255 AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid WHERE e.extname = '`+extension+`' AND p.proname = n AND NOT p.prosecdef)`)
		if err != nil {
			t.Fatal(err)
		}
		if missing != nil && s.Major(t) == 15 { // older ones lack some
			t.Errorf("%s has no function %s", extension, *missing[0][0])
		}
	}
	s.Exec(t, db, `CREATE EXTENSION IF NOT EXISTS tablefunc SCHEMA ext; CREATE EXTENSION dblink SCHEMA ext;
		CREATE FUNCTION public.levenshtein(text, int) RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM public.customers';
		CREATE FUNCTION ext.unaccent(bigint) RETURNS text LANGUAGE sql AS 'SELECT string_agg(phone, '','') FROM public.customers'`)
	d := connect(t, db)
	for sql, refusal := range map[string]string{
		"SELECT min(name::ext.citext), max(name::ext.citext) FROM customers":                                      "",
		"SELECT * FROM customers WHERE name::ext.citext OPERATOR(ext.=) 'customer a'":                             "",
		"SELECT ext.replace(name::ext.citext, 'C'::ext.citext, ''::ext.citext) FROM customers":                    "",
		"SELECT id, ext.similarity(name, 'Customer') FROM customers WHERE name OPERATOR(ext.%) 'Cust' ORDER BY 2": "",
		"SELECT ext.unaccent(name) FROM customers":                                                                "",
		"SELECT ext.uuid_generate_v4()":                                                                           "",
		"SELECT encode(ext.digest(phone, 'sha256'), 'hex') FROM customers":                                        "",
		"SELECT ext.levenshtein(name, 'x'), ext.soundex(phone) FROM customers":                                    "",
		"SELECT ext.hstore(c) FROM customers c":                                                                   "",
		"SELECT (ext.each(ext.hstore('a', phone))).value FROM customers":                                          "",
		"SELECT ext.nlevel('a.b'::ext.ltree)":                                                                     "",
		"SELECT ext.earth_distance(ext.ll_to_earth(1, 2), ext.ll_to_earth(3, 4))":                                 "",
		"SELECT ext.icount(ARRAY[1, 2])":                                                                          "",
		"SELECT ext.normal_rand(3, 0, 1)":                                                                         "",
		"SELECT ext.set_limit(0.1)":                                                                               "permission denied for function ext.set_limit: the policy does not list it for this person.",
		"SELECT * FROM ext.crosstab('SELECT id, name, phone FROM customers') AS x(a bigint, b varchar)":           "permission denied for function ext.crosstab: the policy does not list it for this person.",
		"SELECT * FROM ext.dblink('dbname=x', 'SELECT phone FROM customers') AS x(a text)":                        "permission denied for function ext.dblink: the policy does not list it for this person.",
		"SELECT public.levenshtein('x', 1)":                                                                       "permission denied for function public.levenshtein: the policy does not list it for this person.",
		"SELECT ext.unaccent(1::bigint)":                                                                          "permission denied for function ext.unaccent: the policy does not list it for this person.",
	} {
		_, err := plan(d, grant(t, "alice"), sql)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != refusal {
			t.Errorf("%s\ngot  %s\nwant %s", sql, got, refusal)
		}
	}
}
