package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cordon/audit"
)

// Each filter finds the statements that it is about and no others, in the log and by the index.
func TestSearchFilters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	var clock atomic.Int64
	start := time.Date(2026, 11, 5, 8, 0, 0, 0, time.UTC)
	clock.Store(start.UnixNano())
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Fsync: audit.Never, Clock: func() time.Time { return time.Unix(0, clock.Load()).UTC() }})
	if err != nil {
		t.Fatal(err)
	}
	crm := audit.NewSession(audit.SessionInfo{ID: "s1", Login: "crm", Client: netip.MustParseAddrPort("10.0.0.7:4000"), Application: "web", Database: "sales"})
	bi := audit.NewSession(audit.SessionInfo{ID: "s2", Login: "bi", Client: netip.MustParseAddrPort("[2001:db8::7]:4001"), Application: "report", Database: "mart"})
	for _, s := range []struct {
		name     string // the person, by whom it is known again
		session  *audit.Session
		what     audit.Static
		sql      string
		end      audit.Outcome
		refusal  string
		noResult bool
	}{
		{"read", crm, audit.Static{Kind: "SELECT", Command: "SELECT", Decision: audit.Rewrite, Rules: []string{"own rows"}, Fingerprint: "f1", Redacted: "SELECT phone FROM customers WHERE id = $?",
			Relations: []audit.Relation{{Name: "public.customers", Columns: []string{"id", "phone"}, Masked: []string{"phone"}, Tags: []string{"pii.phone"}, Rule: "own rows"}}}, "SELECT phone FROM customers WHERE id = 4711", audit.Outcome{End: audit.Done, Rows: 1}, "", false},
		{"view", bi, audit.Static{Kind: "SELECT", Command: "SELECT", Decision: audit.Allow, Fingerprint: "f2", Redacted: "SELECT * FROM everybody",
			Relations: []audit.Relation{{Name: "public.customers", Via: "mart.everybody", Tags: []string{"pii.name"}}, {Name: "hr.staff"}}}, "SELECT * FROM everybody", audit.Outcome{End: audit.Done, Rows: 2500}, "", false},
		{"failed", crm, audit.Static{Kind: "UPDATE", Command: "UPDATE", Decision: audit.Allow, Fingerprint: "f3", Redacted: "UPDATE orders SET total = $? / $?", Relations: []audit.Relation{{Name: "public.orders", Columns: []string{"total"}}}}, "UPDATE orders SET total = 1 / 0", audit.Outcome{End: audit.Failed, SQLState: "22012"}, "", false},
		{"watched", bi, audit.Static{Kind: "COPY TO", Command: "COPY", Decision: audit.Observe, Reason: "It would be refused.", Fingerprint: "f4", Redacted: "COPY orders TO STDOUT", Relations: []audit.Relation{{Name: "public.orders"}}}, "COPY orders TO STDOUT", audit.Outcome{End: audit.Stopped, Rows: 1500, SQLState: "5C001"}, "", false},
		{"refused", crm, audit.Static{Kind: "DELETE", Command: "DELETE", Decision: audit.Block, Reason: "No rule.", Fingerprint: "f5", Redacted: "DELETE FROM secrets", Relations: []audit.Relation{{Name: "public.secrets"}}}, "DELETE FROM secrets", audit.Outcome{}, "42501", false},
		{"running", crm, audit.Static{Kind: "SELECT", Command: "SELECT", Decision: audit.Allow, Fingerprint: "f6", Redacted: "SELECT pg_sleep($?)"}, "SELECT pg_sleep(60)", audit.Outcome{}, "", true},
	} {
		clock.Add(int64(time.Hour))
		in := audit.Intent{Session: s.session, Number: 1, Person: s.name, Static: audit.EncodeStatic(s.what), SQL: s.sql}
		if s.refusal != "" {
			if err := log.Blocked(&in, audit.Refusal{SQLState: s.refusal, Message: "permission denied", Rule: "nobody deletes"}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		ref, err := log.Intent(&in)
		if err != nil {
			t.Fatal(err)
		}
		if !s.noResult {
			log.Outcome(ref, s.end)
		}
	}
	if err := log.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	questions := []struct{ flags, want string }{
		{"--statements", "failed read refused running view watched"},
		{"--person read", "read"}, {"--login bi", "view watched"}, {"--session s2", "view watched"}, {"--app report", "view watched"}, {"--db sales --statements", "failed read refused running"},
		{"--client 10.0.0.7 --statements", "failed read refused running"}, {"--client 2001:db8::7 --statements", "view watched"}, {"--client 10.0.0", ""},
		{"--since 2026-11-05T10:30:00Z --until 2026-11-05T12:30:00Z --statements", "failed watched"},
		{"--table public.customers", "read view"}, {"--table customers", "read view"}, {"--table mart.everybody", "view"}, {"--table staff", "view"}, {"--table custom", ""}, {"--table public", ""},
		{"--column phone", "read"}, {"--column customers.phone", "read view"}, {"--column public.orders.total", "failed watched"}, {"--column orders.phone", "watched"},
		{"--tag pii.phone", "read"}, {"--tag pii", ""},
		{"--decision allow", "failed running view"}, {"--decision rewrite", "read"}, {"--decision observe", "watched"}, {"--decision block", "refused"},
		{"--rule own\x00rows", "read"}, {"--rule nobody\x00deletes", "refused"},
		{"--sqlstate 22012", "failed"}, {"--sqlstate 42501", "refused"}, {"--sqlstate 22", "failed"}, {"--sqlstate 00000", "read view"}, {"--sqlstate 5C", "watched"},
		{"--rows-over 0", "read view watched"}, {"--rows-over 1500", "view"}, {"--rows-over 2500", ""},
		{"--fp f3", "failed"}, {"--class DELETE", "refused"}, {"--class delete", "refused"}, {"--class COPY\x00TO", "watched"}, {"--class copy_to", "watched"}, {"--class copy", ""}, {"--cmd COPY", "watched"}, {"--kind stmt.blocked", "refused"}, {"--end stopped", "watched"}, {"--end unknown", ""},
		{"--text FROM\x00CUSTOMERS", "read"}, {"--text 4711", ""}, {"--text 4711 --reveal a\x00test", "read"},
		{"--login crm --decision allow --sqlstate 22012 --table orders", "failed"}, {"--login bi --tag pii.phone", ""},
	}
	for _, indexed := range []bool{false, true} {
		if indexed {
			var out, bad bytes.Buffer
			if code := run([]string{"index", "--dir", dir}, &out, &bad); code != exitOK {
				t.Fatal(bad.String())
			}
		}
		for _, q := range questions {
			args := []string{"search", "--dir", dir, "--json"}
			for _, word := range strings.Fields(q.flags) {
				args = append(args, strings.ReplaceAll(word, "\x00", " "))
			}
			var out, bad bytes.Buffer
			code := run(args, &out, &bad)
			var got []string
			for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
				var v struct{ Person string }
				if line == "" {
					continue
				}
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v.Person)
			}
			said := slices.ContainsFunc(strings.SplitAfter(bad.String(), "\n"), func(line string) bool { return line != "" && !strings.Contains(line, ": hint: ") })
			if text := inOrder(got); text != q.want || said != (q.want == "") || (code == exitOK) != (q.want != "") {
				t.Errorf("%q, with an index %v: %q, want %q (exit %d) %s", q.flags, indexed, text, q.want, code, bad.String())
			}
		}
	}
}

func inOrder(list []string) string {
	slices.Sort(list)
	return strings.Join(list, " ")
}

// What may help is said beside the answer, on the standard error alone.
func TestSearchHints(t *testing.T) {
	dir := writeLog(t, 10)
	ask := func(args ...string) string {
		t.Helper()
		var out, bad bytes.Buffer
		run(append([]string{"search", "--dir", dir, "--statements", "--count"}, args...), &out, &bad)
		return strings.ReplaceAll(bad.String(), dir, "LOG")
	}
	if got := ask(); got != "" {
		t.Errorf("a small log: %s", got)
	}
	if got, want := ask("--column", "phone"), "cordon-audit search: hint: of some statements, as UPDATE, the log does not name the columns: --column TABLE.phone finds those too, whatever they touched of the table.\n"; !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
	defer func(n int64) { worthIndex = n }(worthIndex)
	worthIndex = 1
	if got, want := ask(), "cordon-audit search: hint: there is no index, so 0.0 GB are read; cordon-audit index --dir LOG makes one, from which answers come at once.\n"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	var out bytes.Buffer
	if code := run([]string{"index", "--dir", dir}, &out, &out); code != exitOK {
		t.Fatal(out.String())
	}
	if got := ask(); got != "" {
		t.Errorf("with an index: %s", got)
	}
}

// Texts that cannot be read are said to be so; their forms are no answer to --reveal.
func TestRevealWithoutKey(t *testing.T) {
	dir := writeLog(t, 3)
	if err := os.Rename(filepath.Join(dir, "keys"), filepath.Join(t.TempDir(), "keys")); err != nil {
		t.Fatal(err)
	}
	var out, bad bytes.Buffer
	if code := run([]string{"search", "--dir", dir, "--statements", "--limit", "2", "--reveal", "case 12"}, &out, &bad); code != exitOK {
		t.Errorf("exit status %d", code)
	}
	if got, want := bad.String(), "cordon-audit search: hint: the texts of 2 statements cannot be read, and their forms are shown instead: the key of the record's day is not there.\n"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A log that is held against another log's key is not called changed.
func TestVerifyWithAnotherKey(t *testing.T) {
	dir, other := writeLog(t, 10), filepath.Join(t.TempDir(), "other.key")
	if _, err := audit.WriteKey(other, "other"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run([]string{"verify", "--dir", dir, "--key", other + ".pub"}, &out, &out); code != exitBad {
		t.Errorf("exit status %d", code)
	}
	if want := "The log in " + dir + " is NOT signed by the key that you gave: this is the key of another log, or another log was put in the place of yours.\n"; !strings.HasPrefix(out.String(), want) || strings.Contains(out.String(), "all signatures checked") {
		t.Errorf("%s\nwant %s", out.String(), want)
	}
}
