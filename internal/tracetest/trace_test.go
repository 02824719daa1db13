package tracetest

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

const traces = "../../testdata/traces"

var (
	//go:embed testdata/policy.yaml
	policyText []byte
	//go:embed testdata/views.sql
	viewsSQL string
)

// fixture is a PostgreSQL server with the recorded database and Cordon in front of it.
type fixture struct {
	server     *pgtest.Server
	proxy      *instance.Instance
	statements []Statement
}

func setUp(t testing.TB, policy []byte) fixture {
	t.Helper()
	statements, err := Statements(traces)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := Database(traces)
	if err != nil {
		t.Fatal(err)
	}
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE ROLE clerk LOGIN; CREATE ROLE tryton LOGIN")
	server.Exec(t, "postgres", "CREATE DATABASE tryton OWNER tryton")
	server.Psql(t, "tryton", dump)
	// Both logins may do everything in PostgreSQL; what the clerk may not see is Cordon's business.
	server.Exec(t, "tryton", "GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk, tryton; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO clerk, tryton; ANALYZE")

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), policy, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{}
	if raceEnabled {
		flags = append(flags, "-race")
	}
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon", flags...)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := instance.Start(t.Context(), program, dir, server.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\nupstream_tls: {mode: disable}\npolicy: policy.yaml\naudit: {dir: audit, key: audit.key}\nadmin: {listen: %s}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("what cordon printed:\n%s", proxy.Log())
		}
	})
	return fixture{server, proxy, statements}
}

// clone makes a copy of the recorded database with the same OIDs.
func (f fixture) clone(t testing.TB, name string) {
	t.Helper()
	f.server.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE tryton")
}

func connect(t testing.TB, addr, user, database, options string) *session {
	t.Helper()
	s, err := dial(t.Context(), addr, user, database, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func TestTryton(t *testing.T) {
	f := setUp(t, policyText)
	t.Run("restricted", f.restricted)
	t.Run("unrestricted", f.unrestricted)
}

// restricted replays every SELECT as a person under rules, and compares with the same statement over hand-written views.
func (f fixture) restricted(t *testing.T) {
	f.clone(t, "restricted")
	f.clone(t, "reference")
	f.server.Exec(t, "reference", viewsSQL)
	through := connect(t, f.proxy.Addr, "clerk", "restricted", "")
	beside := connect(t, f.server.Addr(), "clerk", "reference", "-c search_path=ref,public")

	selects, rows, reordered, touched, bad := 0, 0, 0, 0, 0
	for i, s := range f.statements {
		if !s.IsSelect() {
			continue
		}
		selects++
		got, err := ask(through, s.SQL)
		if err != nil {
			t.Fatalf("statement %d through Cordon: %v\n%s", i+1, err, s.SQL)
		}
		want, err := ask(beside, s.SQL)
		if err != nil {
			t.Fatalf("statement %d: %v\n%s", i+1, err, s.SQL)
		}
		rows += len(want.rows)
		if strings.Contains(s.SQL, `"party_`) || strings.Contains(s.SQL, `"sale_opportunity"`) {
			touched++
		}
		if slices.Equal(got.columns, want.columns) && got.code == want.code && got.tag == want.tag && !slices.Equal(got.rows, want.rows) {
			// Without ORDER BY the order of rows is the plan's affair.
			slices.Sort(got.rows)
			slices.Sort(want.rows)
			reordered++
		}
		if !slices.Equal(got.columns, want.columns) || !slices.Equal(got.rows, want.rows) || got.tag != want.tag || got.code != want.code {
			if bad++; bad <= 10 {
				t.Errorf("statement %d differs\n%s\nthrough Cordon: %s\n over the views: %s", i+1, s.SQL, got, want)
			}
		}
	}
	t.Logf("%d SELECTs, %d of them of tables under rules, %d rows, %d with another order of rows, %d differ", selects, touched, rows, reordered, bad)
	if selects < 1300 || touched < 200 {
		t.Errorf("only %d SELECTs with %d of tables under rules were replayed", selects, touched)
	}

	// That the rules are at work at all, and that the export limit holds.
	for sql, want := range map[string]string{
		"SELECT count(*) = 0 FROM party_party WHERE id % 3 = 0":                                "t",
		"SELECT count(*) = 0 FROM party_contact_mechanism WHERE value !~ '[*]'":                "t",
		"SELECT count(*) > 100 FROM party_contact_mechanism":                                   "t",
		"SELECT a.* FROM party_address a CROSS JOIN generate_series(1, 10) AS many LIMIT 3000": "error 5C001",
	} {
		got, err := ask(through, sql)
		if err != nil {
			t.Fatal(err)
		}
		if got.first() != want {
			t.Errorf("%s\n got %s, want %s", sql, got.first(), want)
		}
	}
}

func ask(s *session, sql string) (result, error) {
	answer, err := s.query(sql)
	if err != nil {
		return result{}, err
	}
	return decode(answer)
}

func (r result) String() string {
	if r.code != "" {
		return fmt.Sprintf("error %s: %s", r.code, r.text)
	}
	head := r.rows[:min(3, len(r.rows))]
	return fmt.Sprintf("%v, %d rows %q", r.columns, len(r.rows), head)
}

// first is the first row's only field, or the error.
func (r result) first() string {
	if r.code != "" {
		return "error " + r.code
	}
	if len(r.rows) == 0 {
		return ""
	}
	return r.rows[0][6:]
}

// unrestricted replays everything, in order, as a person without rules, and compares the bytes.
func (f fixture) unrestricted(t *testing.T) {
	f.clone(t, "beside")
	f.clone(t, "through")
	type pair struct{ direct, proxied *session }
	pairs := map[int]pair{}
	started := time.Now().UTC().Add(-time.Minute)
	messages, failed, normalised, bad := 0, 0, 0, 0
	for i, s := range f.statements {
		p, ok := pairs[s.Session]
		if !ok {
			p = pair{connect(t, f.server.Addr(), "tryton", "beside", ""), connect(t, f.proxy.Addr, "tryton", "through", "")}
			pairs[s.Session] = p
		}
		want, err := p.direct.query(s.SQL)
		if err != nil {
			t.Fatalf("statement %d directly: %v\n%s", i+1, err, s.SQL)
		}
		got, err := p.proxied.query(s.SQL)
		if err != nil {
			t.Fatalf("statement %d through Cordon: %v\n%s", i+1, err, s.SQL)
		}
		messages += len(want)
		// The recording was made on an emptier database, so that some INSERTs collide here, with one error on both sides. Without a fresh start the rest of their transaction would say nothing.
		if status := want[len(want)-1].body; len(status) == 1 && status[0] == 'E' {
			failed++
			for _, side := range []*session{p.direct, p.proxied} {
				for _, sql := range []string{"ROLLBACK", "BEGIN"} {
					if _, err := side.query(sql); err != nil {
						t.Fatalf("%s after statement %d: %v", sql, i+1, err)
					}
				}
			}
		}
		if sameBytes(got, want) {
			continue
		}
		normalised++
		if !sameBytes(withoutNow(got, started), withoutNow(want, started)) {
			if bad++; bad <= 10 {
				t.Errorf("statement %d differs\n%s\nthrough Cordon: %s\n       directly: %s", i+1, s.SQL, show(got), show(want))
			}
		}
	}
	t.Logf("%d statements in %d sessions, %d messages of the server, %d errors inside transactions, %d answers that hold the time of the run, %d differ", len(f.statements), len(pairs), messages, failed, normalised, bad)
}

func sameBytes(a, b []message) bool {
	return slices.EqualFunc(a, b, func(x, y message) bool { return x.kind == y.kind && bytes.Equal(x.body, y.body) })
}

// moment is a timestamp as PostgreSQL prints it; epoch the same as Tryton asks for it, in seconds.
var (
	moment = regexp.MustCompile(`20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?`)
	epoch  = regexp.MustCompile(`1[0-9]{9}(\.\d{1,6})?`)
)

// withoutNow replaces the moments that lie within this run, which two runs of the same statement cannot agree on, and the lengths before them.
func withoutNow(answer []message, started time.Time) []message {
	replace := func(text []byte) []byte {
		text = moment.ReplaceAllFunc(text, func(m []byte) []byte {
			if at, err := time.Parse("2006-01-02 15:04:05", string(m[:19])); err == nil && at.After(started) {
				return []byte("<now>")
			}
			return m
		})
		return epoch.ReplaceAllFunc(text, func(m []byte) []byte {
			var seconds float64
			if _, err := fmt.Sscan(string(m), &seconds); err == nil && seconds > float64(started.Unix()) {
				return []byte("<now>")
			}
			return m
		})
	}
	out := make([]message, len(answer))
	for i, m := range answer {
		out[i] = m
		switch m.kind {
		case 'D':
			out[i].body = rewriteFields(m.body, replace)
		case 'E', 'N':
			out[i].body = replace(m.body)
		}
	}
	return out
}

// rewriteFields applies a replacement to each field of a DataRow.
func rewriteFields(body []byte, replace func([]byte) []byte) []byte {
	out := slices.Clone(body[:2])
	for b := body[2:]; len(b) >= 4; {
		size := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if size < 0 {
			out = binary.BigEndian.AppendUint32(out, uint32(size))
			continue
		}
		field := replace(b[:size])
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(field))), field...)
		b = b[size:]
	}
	return out
}

func show(answer []message) string {
	var out strings.Builder
	for i, m := range answer {
		if i == 4 {
			fmt.Fprintf(&out, " … %d messages", len(answer))
			break
		}
		fmt.Fprintf(&out, " %c %.300q", m.kind, m.body)
	}
	return out.String()
}
