package parse

import (
	"fmt"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"create role bob login password 'hunter2' connection limit 5", "create role bob login password '***' connection limit 5"},
		{"ALTER USER bob /* hunter2 */ WITH ENCRYPTED PASSWORD $x$hunter2$x$ VALID UNTIL 'infinity'", "ALTER USER bob WITH ENCRYPTED PASSWORD '***' VALID UNTIL '***'"},
		{"alter user bob password U&'hunter!0032' uescape '!'", "alter user bob password '***' uescape '***'"},
		{"alter role bob password 'hunter'\n'2'", "alter role bob password '***'"},
		{"alter role bob password null", "alter role bob password null"},
		{"create user mapping for bob server s options (user 'u', password E'p\\'w')", "create user mapping for bob server s options (user '***', password '***')"},
		{"alter server s options (set password 'x')", "alter server s options (set password '***')"},
		{"create subscription s connection 'host=a password=b' publication p", "create subscription s connection '***' publication p"},
		{"alter system set primary_conninfo = 'host=a password=b'", "alter system set primary_conninfo = '***'"},
		{"create foreign table f (a int) server s options (password 'x')", "create foreign table f (a int) server s options (password '***')"},
		{"do $$ begin create role bob password 'x'; end $$", "do '***'"},
		{"do $$ begin null; end $$", "do $$ begin null; end $$"},
		{"select dblink('host=a password = b', 'select 1') -- secret", "select dblink('***', 'select 1')"},
		{"select 'postgres://bob:pw@host/db'", "select '***'"},
		{"select pgp_sym_encrypt(note, 'k') from t where id = 'a'", "select pgp_sym_encrypt(note, '***') from t where id = '***'"},
		{"select public.\"crypt\" ($$pw$$, salt)", "select public.\"crypt\" ('***', salt)"},
		{"select crypt from t where a = 'b'", "select crypt from t where a = 'b'"},
		{"with k as (select 'key' k) select hmac(a, k, 'sha1') from t, k", "with k as (select '***' k) select hmac(a, k, '***') from t, k"},
		{"do $$ begin perform pgp_sym_encrypt ('a', 'b'); end $$", "do '***'"},
		{"copy t to program 'curl -u bob:pw http://x'", "copy t to program '***'"},
		{"copy t from '/tmp/x'", "copy t from '/tmp/x'"},
		{"set app.api_key = 'x'", "set app.api_key = '***'"},
		{"set app.region = 'x'", "set app.region = 'x'"},
		{"select set_config('app.secret', 'x', false)", "select set_config('***', '***', false)"},
		{"prepare p as select hmac($1, 'k', 'md5')", "prepare p as select hmac($1, '***', '***')"},
		{"set app.api_key to hunter2", "set app.api_key to '***'"},
		{"set local app.secret = hunter2, -5, x", "set local app.secret = '***', -'***', '***'"},
		{"alter role bob in database d set app.token to a, hunter2", "alter role bob in database d set app.token to '***', '***'"},
		{"alter database d set app.secret = hunter2", "alter database d set app.secret = '***'"},
		{"alter function f() set app.secret to hunter2 stable", "alter function f() set app.secret to '***' stable"},
		{"alter role bob set work_mem to default", "alter role bob set work_mem to default"},
		{"update t set secret = a, token = 'b'", "update t set secret = a, token = 'b'"},
		{"select set_config('app.region', 'x', false)", "select set_config('app.region', 'x', false)"},
		{"select set_config('app.' || 'region', 'x', false)", "select set_config('***' || '***', '***', false)"},
		{"select set_config(value => 'x', setting_name => 'a', is_local => false)", "select set_config(value => '***', setting_name => '***', is_local => false)"},
		{"update pg_authid set rolpassword = 'x'", "update pg_authid set rolpassword = '***'"},
		{"select dblink('host=a password=' || 'x', 'select 1')", "select dblink('***' || '***', '***')"},
		{"select dblink(format('host=%s password=%s', 'a', 'x'))", "select dblink(format('***', '***', '***'))"},
		{"select dblink('a', 'alter role bob password ''x''')", "select dblink('***', '***')"},
		{"select format('alter role %I password %L', 'bob', 'x')", "select format('***', '***', '***')"},
		{"select 'the user forgot the password', 'b'", "select 'the user forgot the password', 'b'"},
		{"insert into t values ('{\"password\": \"x\", \"a\": 1}', 'b')", "insert into t values ('***', 'b')"},
		{"select 1 /* postgres://u:p@h */, 'b'", "select 1 , 'b'"},
		{"select 1 as \"host=h password=x\"", "select 1 as \"***\""},
		{"do $$ begin perform set_config('app.api_key', 'x', false); end $$", "do '***'"},
		{"do $$ declare secret text := 'x'; begin end $$", "do '***'"},
		{"do $$ begin set local app.token to x; end $$", "do '***'"},
		{"do $$ begin update t set a = 1 where token = b; end $$", "do $$ begin update t set a = 1 where token = b; end $$"},
		{"select 'a' /* kept */, 2", "select 'a' /* kept */, 2"},
		{"create table t (a int default 5, b text default 'x')", "create table t (a int default 5, b text default 'x')"},
	} {
		list, err := Parse(c.sql, Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.sql, err)
			continue
		}
		if got := strings.Join(strings.Fields(Redact(list[0])), " "); got != strings.Join(strings.Fields(c.want), " ") {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestRedactUnparsed(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"alter usr bob pasword 'hunter2'", "alter usr bob pasword '***'"},
		{`alter user bob password "hunter2"`, `alter user bob password '***'`},
		{"alter user bob password = hunter2 x", "alter user bob password = '***' x"},
		{"set app.token to hunter2 now", "set app.token to '***' now"},
		{"alter user bob set app.token to hunter2, 'a', hunter2 now", "alter user bob set app.token to '***', '***', '***' now"},
		{"select set_config(a, 'hunter2'", "select set_config(a, '***'"},
		{"alter user bob password hunter2", "alter user bob password '***'"},
		{"alter user bob password 'hunter2", "alter user bob password '***'"},
		{"alter user bob /* hunter2 */ password $x$hunter2", "alter user bob password '***'"},
		{"alter user bob password 123456 1x hunter2", "alter user bob password '***' '***'"},
		{"selec 'a' from t", "selec '***' from t"},
		{"select 'a' fro t", "select 'a' fro t"},
		{"select 'a' fro users", "select '***' fro users"},
		{"'password", "'***'"},
		{"\xff password 'x'", "\xff password '***'"},
	} {
		if got := RedactUnparsed(c.sql); strings.Join(strings.Fields(got), " ") != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"select 'a', 1.5, X'1F', $$b$$ /* c */ from \"t\" -- d", `select $?, $?, $?, $? from "t"`},
		{"select 'a', 'b", "select $?, $?"},
		{"", ""},
	} {
		if got := Literals(c.sql); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestComments(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"select 1 /* user='alice' */", "user=alice "},
		{"select 1 /*user='al%20ice',traceparent='00-5b-01',route='%2Fa%2Fb'*/", "user=al ice traceparent=00-5b-01 route=/a/b "},
		{`select 1 /* name='O\'Neil' */`, "name=O'Neil "},
		{"/* user='a' */ select 1 -- user='b'\n", "user=a user=b "},
		{"select '/* user=''a'' */', \"/* user='a' */\", $$/* user='a' */$$, E'\\'/* user=''a'' */'", ""},
		{"/* x /* user='a' */ */ select 1", ""},
		{"/* user='a' and more */ select 1", ""},
		{"/* user='a', */ select 1", ""},
		{"/* user='a */ select 1", ""},
		{"/* user = 'a' */ select 1", ""},
		{"/* ='a' */ select 1", ""},
		{"/* user='%zz' */ select 1", ""},
		{"/* user='%00' */ select 1", ""},
		{"/* user='' */ select 1", "user= "},
		{"select 'a /* user='a' */", ""},
		{"select 1 /* user='a'", ""},
		{"/* a='1' */ select '", "a=1 "},
		{"/* user='a' b='c' */", ""},
		{"/* user='a','b */", ""},
	} {
		got := ""
		for k, v := range Comments(c.sql) {
			got += fmt.Sprintf("%s=%s ", k, v)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.sql, got, c.want)
		}
	}
}

func TestForm(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT *  FROM t /* x */ WHERE a IN (1, 2,\n 3) AND b = $1", "SELECT * FROM t WHERE a IN ($?) AND b = $1"},
		{"insert into t values (1, 'a'), (2, 'b')", "insert into t values ($?)"},
		{"select 'a", "select $?"},
	} {
		if got := Form(c.sql); got != c.want {
			t.Errorf("%q: got %q, want %q", c.sql, got, c.want)
		}
	}
	if a, b := Fingerprint(Form("SELECT 1")), Fingerprint(Form("select  'x'")); a != b || len(a) != 16 {
		t.Errorf("fingerprints %q and %q", a, b)
	}
}
