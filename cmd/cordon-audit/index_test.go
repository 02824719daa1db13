package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cordon/audit"
)

// writeLog makes a log of n statements of many people on many customers.
func writeLog(t testing.TB, n int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "audit")
	var clock atomic.Int64 // the log's own goroutine reads it too
	clock.Store(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test", Fsync: audit.Never, Clock: func() time.Time { return time.Unix(0, clock.Load()).UTC() }})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := log.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	policy := []byte("version: 1 # the policy in force\n")
	digest := fmt.Sprintf("%x", sha256.Sum256(policy))
	log.Event(audit.Event{Kind: audit.PolicyLoad, Data: map[string]any{"digest": digest}})
	if err := log.KeepPolicy(policy); err != nil {
		t.Fatal(err)
	}
	forms := []*audit.Form{}
	for i, form := range []string{"SELECT name, phone FROM customers WHERE id = $?", "SELECT count(*) FROM customers", "UPDATE customers SET name = $? WHERE id = $?"} {
		forms = append(forms, audit.NewForm(audit.EncodeStatic(audit.Static{Kind: strings.ToLower(form[:6]), Command: form[:6], Decision: audit.Rewrite, Rules: []string{"own"}, Redacted: form, Policy: digest, Fingerprint: strconv.Itoa(i), Subjects: []string{"public.customers"},
			Relations: []audit.Relation{{Name: "public.customers", Op: "select", Columns: []string{"name", "phone"}, Masked: []string{"phone"}, Tags: []string{"pii"}, Rule: "own"}}}), "", ""))
	}
	sessions := []*audit.Session{}
	for i := range 50 {
		sessions = append(sessions, audit.NewSession(audit.SessionInfo{ID: "s" + strconv.Itoa(i), Login: "crm", Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 5000)}))
	}
	for i := range n {
		clock.Add(30 * 24 * int64(time.Hour) / int64(n))
		form := forms[min(i%20, 2)*(i%2)]
		in := audit.Intent{Session: sessions[i%50], Number: uint64(i), Person: "person" + strconv.Itoa(i%200), How: "setting", Form: form, SQL: "SELECT name, phone FROM customers WHERE id = " + strconv.Itoa(i%100000)}
		ref, err := log.Intent(&in)
		if err != nil {
			t.Fatal(err)
		}
		o := audit.Outcome{End: audit.Done, Rows: int64(i%5000) % 1200}
		if form == forms[0] {
			o.Subjects = []audit.Subjects{{Of: "public.customers", Tokens: []audit.SubjectToken{tokens.Token("public.customers", strconv.AppendInt(nil, int64(i%100000), 10))}, Whole: true}}
		} else if i%5 != 0 {
			o.Subjects = []audit.Subjects{{Of: "public.customers", Whole: true}}
		}
		log.Outcome(ref, o)
	}
	if err := log.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// With and without an index, a question has the same answer; and a changed log or index is noticed.
func TestIndexAnswersAsTheLog(t *testing.T) {
	smallBlocks(t, 1000)
	dir := writeLog(t, 5000)
	ask := func(args ...string) string {
		t.Helper()
		var out, bad bytes.Buffer
		code := run(append([]string{args[0], "--dir", dir}, args[1:]...), &out, &bad)
		return fmt.Sprintf("%d\n%s%s", code, out.String(), bad.String())
	}
	questions := [][]string{
		{"search", "--person", "person7"}, {"search", "--person", "person7", "--since", "2026-11-05", "--until", "2026-11-06"}, {"search", "--login", "crm", "--rows-over", "1190"}, {"search", "--client", "10.0.0.7", "--limit", "3"},
		{"search", "--table", "customers", "--class", "update", "--limit", "5", "--json"}, {"search", "--column", "phone", "--limit", "2"}, {"search", "--column", "customers.phone", "--limit", "2"}, {"search", "--tag", "pii", "--limit", "2"},
		{"search", "--rule", "own", "--limit", "2"}, {"search", "--fp", "1", "--limit", "2"}, {"search", "--text", "COUNT(*)", "--limit", "2"}, {"search", "--kind", "log.*"}, {"search", "--person", "nobody"}, {"search", "--sqlstate", "00000", "--limit", "1"},
		{"search", "--decision", "block"}, {"search", "--session", "s3", "--end", "done", "--limit", "2"}, {"search", "--text", "id = 123", "--reveal", "a test"}, {"search", "--app", "x"},
		{"subject", "--table", "public.customers", "--key", "124"}, {"subject", "--table", "public.customers", "--key", "124", "--exact", "--long"}, {"subject", "--table", "public.customers", "--key", "125", "--exact"},
		{"subject", "--table", "public.customers", "--key", "124", "--exact", "--person", "person124"},
	}
	var without []string
	for _, q := range questions {
		without = append(without, ask(q...))
	}
	if got := ask("index"); !strings.HasPrefix(got, "0\nIndexed 100") {
		t.Fatal(got)
	}
	for i, q := range questions {
		if got := ask(q...); got != without[i] {
			t.Errorf("%v: with the index\n%.2000s\nwithout\n%.2000s", q, got, without[i])
		}
	}
	if got := ask("subject", "--table", "public.customers", "--key", "124", "--exact"); strings.Count(got, "exact") != 1 || !strings.Contains(got, "name                            phone                 SELECT name, phone FROM customers WHERE id = $?") {
		t.Error(got)
	}
	// The index follows a log that goes on.
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s := audit.NewSession(audit.SessionInfo{ID: "new", Login: "late"})
	ref, err := log.Intent(&audit.Intent{Session: s, Number: 1, Person: "zoe", Static: audit.EncodeStatic(audit.Static{Kind: "select", Decision: audit.Allow, Redacted: "SELECT $?"})})
	if err != nil {
		t.Fatal(err)
	}
	if got := ask("search", "--person", "zoe"); !strings.Contains(got, "running") {
		t.Error(got)
	}
	log.Outcome(ref, audit.Outcome{End: audit.Done, Rows: 3})
	log.Close(context.Background())
	if got := ask("search", "--person", "zoe"); !strings.Contains(got, " ok ") || strings.Contains(got, "running") {
		t.Error(got)
	}
	// What was asked stands in the reviewers' log, without keys of people.
	if got := func() string {
		var out bytes.Buffer
		run([]string{"verify", "--dir", dir + ".review", "--key", dir + ".review.key.pub"}, &out, &out)
		run([]string{"tail", "--dir", dir + ".review", "-n", "1000"}, &out, &out)
		return out.String()
	}(); !strings.Contains(got, "is whole and unchanged") || !strings.Contains(got, `"reason":"a test"`) || !strings.Contains(got, `"key":"…"`) || strings.Contains(got, `"124"`) {
		t.Errorf("%.3000s", got)
	}
	// Where reviewers cannot be recorded, nothing is shown.
	if err := os.WriteFile(dir+".not", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ask("search", "--person", "zoe", "--review", dir+".not"); strings.Contains(got, "SELECT") || !strings.Contains(got, "what reviewers do is recorded, and it cannot be") {
		t.Error(got)
	}
	// The index of another log.
	other := writeLog(t, 100)
	if err := os.Rename(dir+".index", other+".index"); err != nil {
		t.Fatal(err)
	}
	dir = other
	if got := ask("search", "--person", "person7"); !strings.Contains(got, "make it anew") {
		t.Error(got)
	}
}

// After retention has packed and dropped, an index that was made before answers as the log does.
func TestIndexAfterRetention(t *testing.T) {
	smallBlocks(t, 1000)
	dir := writeLog(t, 5000)
	ask := func(args ...string) string {
		var out bytes.Buffer
		run(append([]string{args[0], "--dir", dir}, args[1:]...), &out, &out)
		return out.String()
	}
	if got := ask("index"); !strings.HasPrefix(got, "Indexed") {
		t.Fatal(got)
	}
	later := time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, keep := range []audit.Retention{{PackAfter: time.Nanosecond}, {Records: time.Hour, Less: true}} {
		later = later.AddDate(0, 0, 2)
		log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", SegmentBytes: 256 << 10, Retention: keep, Clock: func() time.Time { return later }})
		if err != nil {
			t.Fatal(err)
		}
		s := audit.NewSession(audit.SessionInfo{ID: "later"})
		for i := range 800 { // so that another segment begins
			ref, err := log.Intent(&audit.Intent{Session: s, Number: uint64(i), Person: "person7", SQL: strings.Repeat("x", 1000)})
			if err != nil {
				t.Fatal(err)
			}
			log.Outcome(ref, audit.Outcome{End: audit.Done, Rows: 1})
		}
		if err := log.Retain(); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, q := range [][]string{{"search", "--person", "person7"}, {"subject", "--table", "public.customers", "--key", "124", "--exact"}} {
			with, without := ask(q...), ask(append(q, "--index", filepath.Join(t.TempDir(), "new"))...)
			if with != without || len(with) < 100 && keep.Records == 0 {
				t.Errorf("%v %v: %.2000s\nwith a new index\n%.2000s", keep, q, with, without)
			}
		}
	}
	if got := ask("verify", "--key", dir+".key.pub"); !strings.Contains(got, "whole and unchanged") || !strings.Contains(got, "by retention, as the log says") {
		t.Error(got)
	}
	if got := ask("prove", "1", "--out", t.TempDir()); !strings.Contains(got, "record 1 was dropped: the log begins with record") && !strings.Contains(got, "no such file") {
		t.Error(got)
	}
}

// smallBlocks makes blocks of an index small, so that few statements fill many.
func smallBlocks(t *testing.T, n int) {
	fullBlock = n
	t.Cleanup(func() { fullBlock = blockRuns })
}

// An index that is brought up to date while the log grows finds what a new one finds, and both what is in the log: over many blocks, by two who take turns, with statements that go on for long, and after an update that was broken off.
func TestIndexGrows(t *testing.T) {
	smallBlocks(t, 70)
	dir := filepath.Join(t.TempDir(), "audit")
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test", Fsync: audit.Never, SegmentBytes: 256 << 10, Heartbeat: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close(context.Background())
	form := audit.NewForm(audit.EncodeStatic(audit.Static{Kind: "select", Command: "SELECT", Decision: audit.Rewrite, Redacted: "SELECT $?", Subjects: []string{"public.customers"},
		Relations: []audit.Relation{{Name: "public.customers", Columns: []string{"name"}, Tags: []string{"pii"}, Rule: "own"}}}), "", "")
	s := audit.NewSession(audit.SessionInfo{ID: "s", Login: "crm", Client: netip.MustParseAddrPort("[::1]:5000")})
	var long []audit.Ref
	n := 0
	grow := func(count int) {
		for range count {
			n++
			in := audit.Intent{Session: s, Number: uint64(n), Person: "person" + strconv.Itoa(n%11), Form: form, SQL: "SELECT 1"}
			if n%97 == 0 {
				if err := log.Blocked(&in, audit.Refusal{SQLState: "42501", Message: "no", Rule: "the list"}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			ref, err := log.Intent(&in)
			if err != nil {
				t.Fatal(err)
			}
			if n%50 == 0 {
				long = append(long, ref)
				continue
			}
			log.Outcome(ref, audit.Outcome{End: audit.Done, Rows: int64(n % 1500), Subjects: []audit.Subjects{{Of: "public.customers", Tokens: []audit.SubjectToken{{byte(n), byte(n >> 8)}}, Whole: true}}})
		}
	}
	open := func(path string) *index {
		t.Helper()
		x, err := openIndex(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.close() })
		return x
	}
	update := func(x *index) {
		t.Helper()
		if _, err := x.update(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	path := indexPath(dir)
	one, two := open(path), open(path)
	compare := func() {
		t.Helper()
		if err := log.Event(audit.Event{Kind: audit.ConfigChange, Durable: true}); err != nil { // what was recorded before is in the files now
			t.Fatal(err)
		}
		fresh := open(filepath.Join(t.TempDir(), "fresh"))
		update(fresh)
		update(one)
		for _, f := range []audit.Filter{{}, {Person: "person3"}, {Person: "person3", HasRows: true, RowsOver: 1400}, {SQLState: "42501"}, {SQLState: "42"}, {Kind: "stmt.b*"}, {Rule: "the list"}, {Client: "::1", Tag: "pii", End: "done"}, {Table: "customers", Column: "name", Decision: "block"}, {End: "cancelled"},
			{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour), Kind: "log.open"}, {Since: time.Now().Add(time.Hour)}} {
			want := map[uint64]uint64{}
			if err := audit.Search(context.Background(), dir, f, func(e *audit.Execution) error {
				want[e.Record.Seq] = 0
				if e.Outcome != nil {
					want[e.Record.Seq] = e.Outcome.Seq
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, x := range []*index{one, two, fresh} {
				got := map[uint64]uint64{}
				var last time.Time
				if err := x.find(context.Background(), f, nil, func(e *audit.Execution) error {
					if _, twice := got[e.Record.Seq]; twice || e.Record.Time.Before(last) {
						t.Errorf("record %d twice, or before an older one", e.Record.Seq)
					}
					last = e.Record.Time
					got[e.Record.Seq] = 0
					if e.Outcome != nil {
						got[e.Record.Seq] = e.Outcome.Seq
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(got, want) {
					t.Errorf("%+v: the index finds %d, the log has %d", f, len(got), len(want))
				}
			}
		}
		found := 0
		if err := one.find(context.Background(), audit.Filter{}, &ofSubject{audit.SubjectToken{byte(n), byte(n >> 8)}, "public.customers", false}, func(*audit.Execution) error { found++; return nil }); err != nil || found == 0 {
			t.Errorf("%d statements have shown the last subject: %v", found, err)
		}
	}
	grow(201)
	compare()
	for i := range 5 {
		grow(61)
		update([]*index{one, two}[i%2])
		log.Outcome(long[i], audit.Outcome{End: audit.Cancelled, SQLState: "57014"})
	}
	compare()
	grow(700)
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := two.update(stopped); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	grow(10)
	compare()
	for _, ref := range long[5:] {
		log.Outcome(ref, audit.Outcome{End: audit.Cancelled, SQLState: "57014"})
	}
	compare()
}

// How long questions take over CORDON_INDEX statements (a million without it).
func BenchmarkIndex(b *testing.B) {
	n := 1000000
	if s := os.Getenv("CORDON_INDEX"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	start := time.Now()
	dir := writeLog(b, n)
	b.Logf("%d statements written in %v", n, time.Since(start))
	x, err := openIndex(dir, indexPath(dir))
	if err != nil {
		b.Fatal(err)
	}
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start = time.Now()
	used := cpu()
	records, err := x.update(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	used = cpu() - used
	took := time.Since(start)
	x.close()
	info, err := os.Stat(indexPath(dir))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d records indexed in %v with %v of processor time, %d bytes each statement", records, took, used, info.Size()/int64(n))
	for name, args := range map[string][]string{
		"person and day": {"search", "--person", "person7", "--since", "2026-11-05", "--until", "2026-11-06", "--limit", "100"}, "subject": {"subject", "--table", "public.customers", "--key", "124", "--exact"},
	} {
		b.Run(name, func(b *testing.B) {
			used, n, least := cpu(), 0, time.Hour
			for b.Loop() {
				n++
				begun := time.Now()
				var out, bad bytes.Buffer
				if code := run(append([]string{args[0], "--dir", dir, "--review", dir + ".r"}, args[1:]...), &out, &bad); code != 0 {
					b.Fatal(out.String() + bad.String())
				}
				least = min(least, time.Since(begun))
			}
			b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(n), "cpu-ms/op")
			b.ReportMetric(float64(least.Microseconds())/1000, "least-ms")
		})
	}
}

// What the bars are about is looked up and not scanned, however long the log is: each list of a name or of a subject by an index.
func TestIndexPlans(t *testing.T) {
	dir := writeLog(t, 300)
	x, err := openIndex(dir, indexPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if _, err := x.update(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query string
		args  []any
		want  string
	}{
		{postsOf, []any{byPerson, "person7", 1, 2}, "SEARCH post USING PRIMARY KEY (word=? AND block>? AND block<?)"},
		{postsBy, []any{byState, "42", "43", 1, 2}, "SEARCH post USING PRIMARY KEY (word=? AND block>? AND block<?)"},
		{sightsOf, []any{7, 1, 2}, "SEARCH subject USING PRIMARY KEY (bucket=? AND block>? AND block<?)"},
		{runsOf, []any{2, 3}, "SEARCH run USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
	} {
		rows, err := x.db.Query("EXPLAIN QUERY PLAN "+c.query, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan += step + "\n"
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, c.want) || strings.Contains(plan, "SCAN") {
			t.Errorf("%s:\n%swant %s", c.query, plan, c.want)
		}
	}
}
