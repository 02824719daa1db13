package audit

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

func testOptions(t testing.TB) Options {
	dir := t.TempDir()
	return Options{Dir: filepath.Join(dir, "log"), KeyFile: filepath.Join(dir, "audit.key"), Node: "n1", Fsync: Never, SegmentBytes: 1 << 20}
}

func mustOpen(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustClose(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

var testSession = SessionInfo{ID: "9f3c1d2e", Login: "crm_app", Client: netip.MustParseAddrPort("10.1.2.3:51344"), Application: "crm-web", Database: "crm", BackendPID: 4711}

var testStatic = EncodeStatic(Static{Kind: "select", Command: "SELECT", Decision: Rewrite, Policy: "sha256:3f9a", Rules: []string{"sales work on their own customers"},
	Relations: []Relation{{Name: "public.customers", Op: "select", Rule: "sales work on their own customers", Columns: []string{"id", "name", "phone"}, Masked: []string{"phone"}, Filter: "owner_id = me.employee_id"}}})

// What the executions of the tests' plan share.
var (
	testForm      = NewForm(testStatic, "SELECT id, name, phone FROM customers WHERE id = $1", testRewritten("$1"))
	testFrame     = NewFrame(testStatic, []string{testRewritten("") + "/* ", " */"})
	testRewritten = func(id string) string {
		return "SELECT id, name, phone FROM (SELECT id, name, mask(phone) AS phone FROM public.customers WHERE owner_id = 7) AS customers WHERE id = " + id
	}
)

// testIntent is an intent in one of the four ways to record its texts: by a frame, all in its form, only some of them there, or without a form.
func testIntent(s *Session, n uint64) *Intent {
	in := &Intent{Session: s, Number: n, Person: "alice", How: "setting", Path: "extended", Form: testForm, Params: []Param{{Value: []byte("42")}},
		SQL: fmt.Sprintf("SELECT id, name, phone FROM customers WHERE id = $1 /* %d */", n), Rewritten: testRewritten(fmt.Sprintf("$1 /* %d */", n))}
	switch n % 4 {
	case 0:
		in.Form, in.Static = nil, testStatic
	case 1:
		in.SQL, in.Rewritten = testForm.sql, testForm.rewritten
	case 2:
		in.SQL = fmt.Sprintf("SELECT id, name, phone FROM customers WHERE id = %d", n)
		in.Rewritten = testRewritten(fmt.Sprintf("/* %d */", n))
		in.Form, in.Fill = testFrame, []Span{{uint32(len(in.SQL) - len(fmt.Sprint(n))), uint32(len(fmt.Sprint(n)))}}
	}
	return in
}

// BenchmarkStatement records an intent and an outcome: wall time and CPU time of the whole process, the background goroutines included.
func BenchmarkStatement(b *testing.B) {
	for _, mode := range []Fsync{Never, Interval, Always} {
		for _, n := range []int{1, 8, 32, 128} {
			b.Run(fmt.Sprintf("fsync=%s/sessions=%d", mode, n), func(b *testing.B) { benchStatement(b, mode, n, testIntent(NewSession(testSession), 1)) })
		}
	}
	for i, name := range []string{"no form", "form", "frame", "own texts"} {
		in := testIntent(NewSession(testSession), uint64(i))
		b.Run(name, func(b *testing.B) { benchStatement(b, Interval, 1, in) })
	}
}

func benchStatement(b *testing.B, mode Fsync, n int, template *Intent) {
	o := testOptions(b)
	o.Fsync, o.SegmentBytes = mode, 0
	l := mustOpen(b, o)
	defer mustClose(b, l)
	for l.Stats().Reason == "" && func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.spare == nil }() {
		time.Sleep(time.Millisecond)
	}
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime()
	var mu sync.Mutex
	var slowest []time.Duration
	var wg sync.WaitGroup
	for g := 0; g < n; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			in := *template
			took := make([]time.Duration, 0, b.N/n+1)
			for i := g; i < b.N; i += n {
				in.Number = uint64(i)
				in.Time = time.Now() // the proxy has the time, too
				ref, err := l.Intent(&in)
				if err != nil {
					b.Error(err)
					return
				}
				end := time.Now()
				took = append(took, end.Sub(in.Time))
				l.Outcome(ref, Outcome{Time: end, End: Done, Rows: 12, Bytes: 2210})
			}
			mu.Lock()
			slowest = append(slowest, took...)
			mu.Unlock()
		}()
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
	slices.Sort(slowest)
	if len(slowest) > 0 {
		b.ReportMetric(float64(slowest[len(slowest)/2].Nanoseconds())/1000, "p50-µs")
		b.ReportMetric(float64(slowest[len(slowest)*99/100].Nanoseconds())/1000, "p99-µs")
	}
}

func cpuTime() int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return r.Utime.Nano() + r.Stime.Nano()
}
