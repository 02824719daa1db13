package proxy

import (
	"context"
	"strings"
	"testing"

	"cordon/audit"
	"cordon/wire"

	"github.com/jackc/pgx/v5"
)

// What each execution was given stands in its record, by whatever path it came, and the form of the statement without any of it.
func TestParametersAreRecorded(t *testing.T) {
	f, _, db := crm(t, nil)
	ctx := context.Background()
	c := f.connect(t, "postgres", db, "")
	long := strings.Repeat("x", 200<<10)
	run := func(mode pgx.QueryExecMode, sql string, args ...any) {
		t.Helper()
		if _, err := c.Exec(ctx, sql, append([]any{mode}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	run(pgx.QueryExecModeExec, "SELECT 1 WHERE $1 = 'a' OR $2::text IS NULL", "text", nil)
	run(pgx.QueryExecModeCacheStatement, "SELECT 2 WHERE $1::int4 = 7", 7)
	run(pgx.QueryExecModeExec, "SELECT 3 WHERE $1 = 'a' AND $2 = 'b'", "é"+long, "second")
	run(pgx.QueryExecModeExec, "SELECT 4 WHERE $1 = 'a'", "host=x password=hunter2")
	run(pgx.QueryExecModeSimpleProtocol, "PREPARE p AS SELECT 5 WHERE $1 = 'a' AND $2 = 3")
	run(pgx.QueryExecModeSimpleProtocol, "EXECUTE p('value', 3)")
	// A portal that is executed page by page has the same parameters each time.
	paged := login(t, f.addr, "postgres", db)
	out := wire.AppendParse(nil, "", "SELECT 6 FROM generate_series(1, 3) WHERE $1 = 'a'", nil)
	out = append(out, message(wire.TypeBind, "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00")...)
	out = wire.AppendSync(wire.AppendExecute(wire.AppendExecute(out, "", 2), "", 2))
	out = append(out, message(wire.TypeFunctionCall, "\x00\x00\x02\xb8\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02ab\x00\x00")...) // a function that there is none of with one argument
	if _, err := paged.Write(out); err != nil {
		t.Fatal(err)
	}
	until(t, paged, wire.TypeReadyForQuery)
	until(t, paged, wire.TypeReadyForQuery)
	f.stop()
	var got strings.Builder
	if err := audit.Search(ctx, f.auditDir, audit.Filter{Statements: true, Login: "postgres"}, func(e *audit.Execution) error {
		if e.Texts.Params != "" {
			params := strings.Replace(e.Texts.Params, long[:4<<10-2], "…", 1)
			got.WriteString(e.Record.Redacted + " <- " + params + "\n")
		}
		return e.TextErr
	}); err != nil {
		t.Fatal(err)
	}
	expect(t, got.String(), `SELECT $? WHERE $1 = $? OR $2::text IS NULL <- ["text",null]
SELECT $? WHERE $1::int4 = $? <- [{"hex":"00000007"}]
SELECT $? WHERE $1 = $? AND $2 = $? <- [{"cut":"é…","bytes":204802}]
SELECT $? WHERE $1 = $? <- [{"secret":true}]
EXECUTE p($?) <- ["value","3"]
SELECT $? FROM generate_series($?) WHERE $1 = $? <- ["a"]
SELECT $? FROM generate_series($?) WHERE $1 = $? <- ["a"]
-- FunctionCall <- ["ab"]
`)
}

func message(typ byte, body string) []byte {
	return append(wire.AppendHeader(nil, typ, len(body)), body...)
}
