package parse

import (
	"sort"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v5"

	"cordon/internal/golden"
)

// Every statement node of the grammar has a kind that somebody chose: the file lists them all. A node that a new grammar brings is missing from it.
func TestKindOfEveryStatementNode(t *testing.T) {
	var lines []string
	fields := (&pg_query.Node{}).ProtoReflect().Descriptor().Oneofs().ByName("node").Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := string(f.Message().Name())
		if !strings.HasSuffix(name, "Stmt") {
			continue
		}
		n := &pg_query.Node{}
		m := n.ProtoReflect()
		m.Set(f, m.NewField(f))
		lines = append(lines, name+": "+kindOf(n).String()+"\n")
	}
	sort.Strings(lines)
	golden.Text(t, "testdata/kinds.txt", strings.Join(lines, ""))
}

func TestKindNames(t *testing.T) {
	seen := make(map[string]bool)
	for k := Unknown; int(k) < len(kindNames); k++ {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d has the name %q", k, k)
		}
		seen[k.String()] = true
	}
	if Kind(200).String() != "unknown" {
		t.Error("a value that is no kind has a name")
	}
}

func TestKinds(t *testing.T) {
	for sql, want := range map[string]Kind{
		"select 1": Select, "table t": Select, "values (1)": Select, "with x as (delete from t returning 1) select * from x": Select, "select 1 into t": SelectInto, "(select 1 into t) union select 2": SelectInto,
		"select 1 union select 2 union select 3": Select, "create table a as select 1": CreateTableAs, "create table a as execute p": CreateTableAs, "create materialized view a as select 1": View, "refresh materialized view a": View,
		"insert into t values (1)": Insert, "update t set a = 1": Update, "delete from t": Delete, "merge into t using s on true when matched then delete": Merge,
		"copy t to stdout": CopyTo, "copy (select 1) to stdout": CopyTo, "copy t from stdin": CopyFrom, "copy t to program 'x'": CopyTo, "explain analyze delete from t": Explain,
		"prepare p as select 1": Prepare, "execute p": Execute, "deallocate all": Deallocate, "declare c cursor for select 1": DeclareCursor, "fetch 1 from c": Fetch, "move 1 in c": Fetch, "close c": ClosePortal,
		"begin": Begin, "start transaction": Begin, "commit": Commit, "end": Commit, "rollback": Rollback, "abort": Rollback, "savepoint a": Savepoint, "release a": Release, "rollback to a": RollbackTo,
		"prepare transaction 'a'": PrepareTransaction, "commit prepared 'a'": CommitPrepared, "rollback prepared 'a'": RollbackPrepared,
		"set a = b": Set, "set local a to default": Set, "set transaction read only": Set, "set session characteristics as transaction read only": Set, "set role x": Set, "set session authorization x": Set, "set a from current": Set,
		"reset a": Reset, "reset all": Reset, "reset role": Reset, "show a": Show, "show all": Show, "discard all": Discard, "listen a": Listen, "unlisten *": Unlisten, "notify a, 'b'": Notify,
		"lock t": Lock, "truncate t": Truncate, "set constraints all deferred": ConstraintsSet, "checkpoint": Checkpoint, "load 'x'": Load, "vacuum t": Vacuum, "analyze t": Vacuum, "cluster t": Cluster, "reindex table t": Reindex,
		"comment on table t is 'x'": Comment, "do 'x'": Do, "call p()": Call, "grant select on t to x": Grant, "revoke a from b": Grant, "create user x": Role, "drop role x": Role, "alter user x set a = b": Role,
		"create database d": System, "alter system reset all": System, "create extension e": System, "create function f() returns int language sql as 'select 1'": Function, "create trigger t before insert on t execute function f()": Function,
		"create table t (a int)": DDL, "alter table t add a int": DDL, "drop table t": DDL, "create index on t (a)": DDL, "create view v as select 1": View, "create policy p on t": DDL, "alter table t rename to u": DDL,
	} {
		list, err := Parse(sql, Limits{})
		if err != nil {
			t.Errorf("%q: %v", sql, err)
		} else if list[0].Kind != want {
			t.Errorf("%q is %v, want %v", sql, list[0].Kind, want)
		}
	}
}
