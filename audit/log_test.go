package audit

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
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

func testIntent(s *Session, n uint64) *Intent {
	return &Intent{Session: s, Number: n, Person: "alice", How: "setting", Path: "extended", Static: testStatic,
		SQL:       fmt.Sprintf("SELECT id, name, phone FROM customers WHERE id = $1 /* %d */", n),
		Rewritten: fmt.Sprintf("SELECT id, name, phone FROM (SELECT id, name, mask(phone) AS phone FROM public.customers WHERE owner_id = 7) AS customers WHERE id = $1 /* %d */", n),
		Params:    []Param{{Value: []byte("42")}}}
}

func BenchmarkStatement(b *testing.B) {
	for _, mode := range []Fsync{Never, Interval, Always} {
		for _, n := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("fsync=%s/sessions=%d", mode, n), func(b *testing.B) {
				o := testOptions(b)
				o.Fsync, o.SegmentBytes = mode, 0
				l := mustOpen(b, o)
				defer mustClose(b, l)
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for g := 0; g < n; g++ {
					wg.Add(1)
					go func() {
						defer wg.Done()
						in := testIntent(NewSession(testSession), 1)
						for i := g; i < b.N; i += n {
							in.Number = uint64(i)
							ref, err := l.Intent(in)
							if err != nil {
								b.Error(err)
								return
							}
							l.Outcome(ref, Outcome{End: Done, Rows: 12, Bytes: 2210})
						}
					}()
				}
				wg.Wait()
			})
		}
	}
}
