package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cordon/policy"
)

const shrinkPolicy = `version: 1
users: {alice: {}, carol: {}, dave: {}}
rules:
  - {name: the list, tables: [public.customers], export: {rows: 50, over: ask, approve: {by: [carol, dave], approvals: 2, rows: 5000}}}
watch:
  - {name: storm, errors: 5, per: 1m, action: quarantine, by: [carol]}
`

func shrinkFixture(t *testing.T) (*policy.Policy, string) {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(shrinkPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return p, t.TempDir()
}

// What is over leaves the file; what waits, is half approved or can still be used stays with its uses, for whoever has the file open too. The file keeps its permissions.
func TestRequestsShrink(t *testing.T) {
	p, dir := shrinkFixture(t)
	path := filepath.Join(dir, "exports.jsonl")
	r, err := OpenRequests(path, p)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := OpenRequests(path, p)
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	file := func(key string) string {
		id, _, err := r.File(p, ExportEntry{At: now, Person: "alice", Rule: "the list", Key: key, Statement: strings.Repeat("x", 8000)})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	answer := func(do, id, by string) {
		t.Helper()
		if _, err := desk.Answer(p, ExportEntry{Do: do, ID: id, At: now, By: by, Rows: 100, Uses: 2, Until: now.Add(24 * time.Hour), Reason: "audit"}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 140 { // long over
		answer("deny", file(fmt.Sprint("old ", i)), "carol")
	}
	now = now.Add(200 * 24 * time.Hour)
	waits, half, used, open := file("waits"), file("half"), file("used"), file("open")
	answer("approve", half, "carol")
	for _, id := range []string{used, open} {
		answer("approve", id, "carol")
		answer("approve", id, "dave")
	}
	use := func(r *Requests, key string) bool {
		t.Helper()
		a, err := r.Use(p, now, "alice", "the list", key)
		if err != nil {
			t.Fatal(err)
		}
		return a != nil
	}
	if _, err := r.Follow(p); err != nil {
		t.Fatal(err)
	}
	if !use(r, "used") || !use(r, "used") || use(r, "used") || !use(r, "open") {
		t.Fatal("uses")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(path)
	if _, err := r.Follow(p); err != nil {
		t.Fatal(err)
	}
	if err := r.Shrink(p, now); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if before.Size() < shrinkAt || after.Size() > 50_000 || after.Mode() != before.Mode() || os.SameFile(before, after) {
		t.Errorf("from %d bytes, %v to %d, %v", before.Size(), before.Mode(), after.Size(), after.Mode())
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Error(left, err)
	}
	if fresh, err := r.Follow(p); len(fresh) != 0 || err != nil {
		t.Errorf("%v %v", fresh, err)
	}
	answer("approve", half, "dave") // by a desk that had the old file
	if fresh, err := r.Follow(p); len(fresh) != 1 || fresh[0].ID != half || fresh[0].By != "dave" || err != nil {
		t.Errorf("%+v %v", fresh, err)
	}
	anew, err := OpenRequests(path, p)
	if err != nil {
		t.Fatal(err)
	}
	for who, r := range map[string]*Requests{"running": r, "desk": desk, "anew": anew} {
		var got []string
		for _, q := range r.All() {
			got = append(got, q.ID+" "+q.State(p, now))
		}
		end := "approved until 2026-09-19T12:00:00Z"
		if want := fmt.Sprint([]string{waits + " waits", half + " " + end, used + " used", open + " " + end}); fmt.Sprint(got) != want {
			t.Errorf("%s:\ngot  %s\nwant %s", who, got, want)
		}
	}
	if use(r, "used") || !use(anew, "open") || use(r, "open") || !use(r, "half") || use(desk, "waits") {
		t.Error("uses afterwards")
	}
}

// A file that nothing may be dropped of for its age loses what is over before it is full, and never what is not.
func TestRequestsAreBounded(t *testing.T) {
	p, dir := shrinkFixture(t)
	path := filepath.Join(dir, "exports.jsonl")
	var b strings.Builder
	for i := range 450 { // all from today
		fmt.Fprintf(&b, `{"do":"request","id":"%d","at":"2026-03-02T12:00:00Z","person":"alice","rule":"the list","key":"%d","statement":"%s"}`+"\n", i, i, strings.Repeat("x", 8000))
		if i%10 > 0 {
			fmt.Fprintf(&b, `{"do":"deny","id":"%d","at":"2026-03-02T12:00:%02dZ","by":"carol","reason":"no"}`+"\n", i, i%60)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRequests(path, p)
	if err != nil {
		t.Fatal(err)
	}
	r.roomy = 1 << 20
	if err := r.Shrink(p, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	waiting := 0
	for _, q := range r.All() {
		if q.Denial == nil {
			waiting++
		}
	}
	if waiting != 45 || info.Size() > r.roomy || info.Size() < r.roomy-20_000 {
		t.Errorf("%d wait, %d bytes", waiting, info.Size())
	}
}

// An approval that a session has read first, while it filed a request, is told of all the same.
func TestFollowTellsWhatOthersRead(t *testing.T) {
	p, dir := shrinkFixture(t)
	path := filepath.Join(dir, "exports.jsonl")
	r, _ := OpenRequests(path, p)
	id, _, err := r.File(p, ExportEntry{At: noon, Person: "alice", Rule: "the list", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	desk, _ := OpenRequests(path, p)
	if _, err := desk.Answer(p, ExportEntry{Do: "deny", ID: id, At: noon, By: "carol", Reason: "no"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.File(p, ExportEntry{At: noon, Person: "alice", Rule: "the list", Key: "another"}); err != nil {
		t.Fatal(err)
	}
	fresh, err := r.Follow(p)
	if err != nil || len(fresh) != 1 || fresh[0].Do != "deny" {
		t.Errorf("%+v %v", fresh, err)
	}
}

func TestQuarantineShrinks(t *testing.T) {
	p, dir := shrinkFixture(t)
	path := filepath.Join(dir, "quarantine.jsonl")
	q, err := OpenQuarantine(path, p)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `{"do":"quarantine","person":"p%d","at":"2026-03-02T12:00:00Z","watch":"storm","why":"%s"}`+"\n", i%50, strings.Repeat("x", 160))
		if i < 4990 {
			fmt.Fprintf(&b, `{"do":"release","person":"p%d","at":"2026-03-02T12:00:00Z","by":"carol","reason":"a broken report"}`+"\n", i%50)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o660); err != nil {
		t.Fatal(err)
	}
	desk, err := OpenQuarantine(path, p)
	if err != nil {
		t.Fatal(err)
	}
	if fresh, err := q.Follow(p); len(fresh) != 9990 || err != nil {
		t.Fatal(len(fresh), err)
	}
	if err := q.Shrink(p); err != nil {
		t.Fatal(err)
	}
	if fresh, err := q.Follow(p); len(fresh) != 0 || err != nil {
		t.Errorf("%d are told twice, %v", len(fresh), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 10_000 {
		t.Error(info.Size(), err)
	}
	if err := desk.Release(p, QuarantineEntry{Person: "p42", At: noon, By: "carol", Reason: "it was I"}); err != nil {
		t.Fatal(err)
	}
	if fresh, err := q.Follow(p); len(fresh) != 1 || fresh[0].Person != "p42" || err != nil {
		t.Errorf("%+v %v", fresh, err)
	}
	anew, err := OpenQuarantine(path, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []*Quarantine{q, desk, anew} {
		if n := len(q.All()); n != 9 || q.Of("p42") != nil || q.Of("p43") == nil {
			t.Errorf("%d are in quarantine", n)
		}
	}
}

// Whoever waits for the lock of a file that is replaced meanwhile writes to the new one.
func TestReplacedUnderTheLock(t *testing.T) {
	l := lines{path: filepath.Join(t.TempDir(), "lines")}
	if err := os.WriteFile(l.path, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	err := l.locked(func(f *os.File) error {
		go func() {
			other := lines{path: l.path}
			done <- other.locked(func(f *os.File) error {
				if err := other.follow(func() {}, func([]byte) {}); err != nil {
					return err
				}
				return other.add(f, []byte("three"))
			})
		}()
		for { // until it waits
			time.Sleep(time.Millisecond)
			if locks, err := os.ReadFile("/proc/locks"); err != nil || strings.Contains(string(locks), fmt.Sprintf("-> FLOCK  ADVISORY  WRITE %d", syscall.Getpid())) {
				break
			}
		}
		return l.replace(f, []byte("two\n"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(l.path); string(got) != "two\nthree\n" {
		t.Errorf("%q", got)
	}
}
