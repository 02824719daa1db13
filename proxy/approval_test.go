package proxy

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"cordon/guard"
	"cordon/internal/pgtest"
)

const askPolicy = `
version: 1
defaults: {tables: allow}
users:
  alice: {}
  bob: {}
  carol: {}
  dave: {}
rules:
  - name: the list of customers
    users: [alice, bob]
    tables: [public.customers]
    allow: [select, update]
    rows: id > 0
    export: {rows: 50, window: {rows: 120, per: 1h}, count: consumed, over: ask, approve: {by: [carol, dave, alice], approvals: APPROVALS, bind: BIND, rows: 900, max: 8h}}
`

// approvals is a Cordon whose blocked exports can be asked for, and the file of requests as `cordon exports` opens it.
func approvals(t *testing.T, needs int, bind string, changes ...func(*Server)) (f *front, db string, answer func(guard.ExportEntry) error) {
	t.Helper()
	pg := pgtest.Shared(t)
	db = pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	path := filepath.Join(t.TempDir(), "exports.jsonl")
	text := strings.NewReplacer("APPROVALS", fmt.Sprint(needs), "BIND", bind).Replace(askPolicy)
	p := parsePolicy(t, text)
	f = serve(t, pg.Addr(), text, func(s *Server) {
		s.Limits.Drain = 1
		var err error
		if s.Requests, err = guard.OpenRequests(path, p); err != nil {
			t.Fatal(err)
		}
		for _, change := range changes {
			change(s)
		}
	})
	return f, db, func(e guard.ExportEntry) error {
		desk, err := guard.OpenRequests(path, p)
		if err != nil {
			t.Fatal(err)
		}
		e.At = time.Now()
		if e.Do == "" {
			e.Do, e.Reason = "approve", "the auditors asked for it"
		}
		if e.Until.IsZero() {
			e.Until = e.At.Add(time.Hour)
		}
		if e.Uses == 0 {
			e.Uses = 1
		}
		_, err = desk.Answer(p, e)
		if err == nil {
			_, err = f.Requests.Follow(p)
		}
		return err
	}
}

// asked runs a statement that is to be blocked, and gives the id of the request that its HINT names.
func asked(t *testing.T, c *pgx.Conn, mode pgx.QueryExecMode, sql string, args ...any) string {
	t.Helper()
	rows, err := c.Query(t.Context(), sql, append([]any{mode}, args...)...)
	if err == nil {
		n := 0
		for rows.Next() {
			n++
		}
		if err = rows.Err(); n > 0 {
			t.Errorf("%s gave %d rows", sql, n)
		}
	}
	e, ok := err.(*pgconn.PgError)
	if !ok || e.Code != "5C001" || !strings.HasPrefix(e.Hint, "Request ") {
		t.Fatalf("%s: %+v", sql, err)
	}
	return strings.Fields(e.Hint)[1]
}

// The HINT names those who can answer: not whoever asks.
func TestHintNamesWhoApproves(t *testing.T) {
	for needs, want := range map[int]string{
		1: "Request ID has been filed: when carol or dave approves it (cordon exports approve ID), send the same statement again.",
		2: "Request ID has been filed: when 2 of carol, dave approve it (cordon exports approve ID), send the same statement again.",
	} {
		f, db, _ := approvals(t, needs, "statement")
		_, err := f.connect(t, "alice", db, "").Exec(t.Context(), "SELECT name FROM customers", pgx.QueryExecModeExec)
		hint := hintOf(err)
		expect(t, strings.ReplaceAll(hint, strings.Fields(hint)[1], "ID"), want)
	}
}

func TestExportsAreApproved(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db, answer := approvals(t, 1, "statement")
			c := f.connect(t, "alice", db, "")
			list := "SELECT name FROM customers WHERE id <= 800"
			id := asked(t, c, mode, list)
			if again := asked(t, c, mode, list); again != id {
				t.Errorf("the same statement has filed %s and %s", id, again)
			}
			for _, e := range []struct {
				guard.ExportEntry
				want string
			}{
				{guard.ExportEntry{ID: id, By: "alice", Rows: 800}, `"alice" may not answer for an export of their own`},
				{guard.ExportEntry{ID: id, By: "bob", Rows: 800}, `"bob" may not answer for rule "the list of customers": carol, dave, alice may`},
				{guard.ExportEntry{ID: id, By: "carol", Rows: 901}, `rule "the list of customers" lets at most 900 rows be approved`},
				{guard.ExportEntry{ID: id, By: "carol", Rows: 800, Until: time.Now().Add(9 * time.Hour)}, `rule "the list of customers" lets an approval last at most 8h0m0s`},
				{guard.ExportEntry{ID: "0000", By: "carol", Rows: 800}, `there is no request 0000`},
			} {
				if err := answer(e.ExportEntry); err == nil || err.Error() != e.want {
					t.Errorf("%v, not %s", err, e.want)
				}
			}
			asked(t, c, mode, list)
			if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 800, Uses: 2}); err != nil {
				t.Fatal(err)
			}
			// Bound to the person and the statement.
			if other := asked(t, f.connect(t, "bob", db, ""), mode, list); other == id {
				t.Error("bob's request is alice's")
			}
			asked(t, c, mode, list+" AND true")
			expect(t, got(c, mode, list), "800 rows, SELECT 800")
			expect(t, got(c, mode, list), "800 rows, SELECT 800")
			asked(t, c, mode, list) // used up
			expect(t, got(c, mode, "SELECT name FROM customers WHERE id <= 50"), "50 rows, SELECT 50")

			// Rows packed into one value.
			packed := "SELECT string_agg(name, ',') FROM customers WHERE id <= 800"
			id = asked(t, c, mode, packed)
			if err := answer(guard.ExportEntry{ID: id, By: "dave", Rows: 801}); err != nil { // and its own row
				t.Fatal(err)
			}
			expect(t, got(c, mode, packed), "1 rows, SELECT 1")
			asked(t, c, mode, packed)

			// Above what was approved it stops, and files nothing.
			id = asked(t, c, mode, list)
			if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 100}); err != nil {
				t.Fatal(err)
			}
			expect(t, got(c, mode, list), `100 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 100 rows in one statement`)

			// Denied is denied, and over.
			id = asked(t, c, mode, list)
			if err := answer(guard.ExportEntry{Do: "deny", ID: id, By: "carol", Reason: "no"}); err != nil {
				t.Fatal(err)
			}
			if err := answer(guard.ExportEntry{ID: id, By: "dave", Rows: 800}); err == nil {
				t.Error("what was denied is approved")
			}
			if again := asked(t, c, mode, list); again == id {
				t.Error("a denied request is asked for again")
			}
		})
	}
}

// With parameters an approval holds for their values; with bind: shape for any.
func TestApprovalsAreBound(t *testing.T) {
	mode := pgx.QueryExecModeExec
	for _, bind := range []string{"statement", "shape"} {
		t.Run(bind, func(t *testing.T) {
			f, db, answer := approvals(t, 2, bind)
			c := f.connect(t, "bob", db, "")
			list := "SELECT name FROM customers WHERE id <= $1"
			id := asked(t, c, mode, list, 800)
			for _, by := range []string{"carol", "carol", "dave"} {
				err := answer(guard.ExportEntry{ID: id, By: by, Rows: 800, Uses: 3})
				if by == "carol" {
					asked(t, c, mode, list, 800) // the second must be somebody else
				}
				if err != nil && err.Error() != `"carol" has approved it already: the second must be somebody else` {
					t.Fatal(err)
				}
			}
			if bind == "statement" {
				asked(t, c, mode, list, 799)
				expect(t, got(c, mode, list, 800), "800 rows, SELECT 800")
			} else {
				expect(t, got(c, mode, list, 799), "799 rows, SELECT 799")
				expect(t, got(c, mode, list, 800), "800 rows, SELECT 800")
				asked(t, c, mode, list+" OR false", 800)
			}
		})
	}
}

// FETCH has no parameters of its own: an approval holds for those of the cursor that it goes through, by DECLARE or as a portal.
func TestApprovalsAreBoundToCursors(t *testing.T) {
	f, db, answer := approvals(t, 1, "statement")
	c := f.connect(t, "alice", db, "")
	declare := func(last string) {
		t.Helper()
		expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "ROLLBACK"), "0 rows, ROLLBACK")
		expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "BEGIN"), "0 rows, BEGIN")
		if err := c.PgConn().ExecParams(t.Context(), "DECLARE k CURSOR FOR SELECT name FROM customers WHERE id > $1", [][]byte{[]byte(last)}, []uint32{23}, nil, nil).Read().Err; err != nil {
			t.Fatal(err)
		}
	}
	bind := func(last string) {
		t.Helper()
		expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "ROLLBACK"), "0 rows, ROLLBACK")
		expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "BEGIN"), "0 rows, BEGIN")
		p := c.PgConn().Frontend()
		p.SendParse(&pgproto3.Parse{Query: "SELECT name FROM customers WHERE id > $1", ParameterOIDs: []uint32{23}})
		p.SendBind(&pgproto3.Bind{DestinationPortal: "k", Parameters: [][]byte{[]byte(last)}})
		p.SendSync(&pgproto3.Sync{})
		if err := p.Flush(); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := c.PgConn().ReceiveMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, ready := m.(*pgproto3.ReadyForQuery); ready {
				return
			}
		}
	}
	for name, open := range map[string]func(last string){"DECLARE": declare, "Bind": bind} {
		t.Run(name, func(t *testing.T) {
			open("600")
			id := asked(t, c, pgx.QueryExecModeSimpleProtocol, "FETCH ALL FROM k")
			if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 900, Uses: 2}); err != nil {
				t.Fatal(err)
			}
			open("100")
			if other := asked(t, c, pgx.QueryExecModeSimpleProtocol, "FETCH ALL FROM k"); other == id {
				t.Error("another value of the cursor's parameter is the same request")
			}
			open("600")
			expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "FETCH ALL FROM k"), "400 rows, FETCH 400")
			expect(t, got(c, pgx.QueryExecModeSimpleProtocol, "ROLLBACK"), "0 rows, ROLLBACK")
		})
	}
}

// Of a Bind that is longer than what is kept, nobody knows all parameters: those behind the end count too.
func TestLongParametersAreNotApproved(t *testing.T) {
	f, db, _ := approvals(t, 1, "statement")
	c := f.connect(t, "alice", db, "")
	for _, more := range []int{-12, -8, -4, 0, 100} {
		long := strings.Repeat("x", maxValues+more)
		err := c.PgConn().ExecParams(t.Context(), "SELECT name FROM customers WHERE $1 <> '' AND id > $2", [][]byte{[]byte(long), []byte("1")}, []uint32{25, 23}, nil, nil).Read().Err
		if e, ok := err.(*pgconn.PgError); !ok || !strings.HasPrefix(e.Hint, "Its parameters are too long to ask for approval. ") {
			t.Errorf("%d bytes: %+v", len(long), err)
		}
	}
}

// The same text names another table under another search path.
func TestApprovalsAreBoundToTables(t *testing.T) {
	for _, bind := range []string{"statement", "shape"} {
		t.Run(bind, func(t *testing.T) {
			f, db, answer := approvals(t, 1, bind)
			pgtest.Shared(t).Exec(t, db, "CREATE SCHEMA old; CREATE VIEW old.customers AS SELECT * FROM public.customers WHERE id > 500; GRANT USAGE ON SCHEMA old TO PUBLIC; GRANT SELECT ON old.customers TO PUBLIC")
			c := f.connect(t, "alice", db, "")
			mode := pgx.QueryExecModeExec
			expect(t, got(c, mode, "SET search_path = old"), "0 rows, SET")
			id := asked(t, c, mode, "SELECT name FROM customers")
			if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 900}); err != nil {
				t.Fatal(err)
			}
			expect(t, got(c, mode, "SET search_path = public"), "0 rows, SET")
			asked(t, c, mode, "SELECT name FROM customers")
			expect(t, got(c, mode, "SET search_path = old"), "0 rows, SET")
			expect(t, got(c, mode, "SELECT name FROM customers"), "500 rows, SELECT 500")
		})
	}
}
