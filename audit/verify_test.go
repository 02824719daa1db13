package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// fill writes a log of several segments and closes it: n statements by three people in three sessions, some blocked, some failed.
func fill(t testing.TB, o Options, n int) (key string) {
	t.Helper()
	l := mustOpen(t, o)
	var sessions []*Session
	for i := 0; i < 3; i++ {
		info := testSession
		info.ID = fmt.Sprintf("s%d", i)
		s := NewSession(info)
		sessions = append(sessions, s)
		if err := l.Event(Event{Kind: SessionOpen, Session: s}); err != nil {
			t.Fatal(err)
		}
	}
	var refs []Ref
	for i := 0; i < n; i++ {
		in := testIntent(sessions[i%3], uint64(i/3+1))
		in.Person = []string{"alice", "bob", "cai"}[i%3]
		if i%17 == 5 {
			if err := l.Blocked(in, Refusal{SQLState: "42501", Message: "permission denied", Rule: "nobody"}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		ref, err := l.Intent(in)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
		if i%5 == 0 {
			for _, r := range refs {
				o := Outcome{End: Done, Rows: int64(i % 100), Bytes: 2210}
				if i%2 == 1 {
					o = Outcome{End: Failed, SQLState: "42P01"}
				}
				l.Outcome(r, o)
			}
			refs = nil
		}
		if i%101 == 100 {
			if err := l.checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range refs {
		l.Outcome(r, Outcome{End: Done})
	}
	key = l.VerifierKey()
	mustClose(t, l)
	return key
}

func mustVerify(t testing.TB, dir, key string) *Report {
	t.Helper()
	r, err := Verify(context.Background(), dir, VerifyOptions{Keys: []string{key}, Texts: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantOK(t testing.TB, dir, key string) *Report {
	t.Helper()
	r := mustVerify(t, dir, key)
	for _, p := range r.Problems {
		t.Errorf("problem: %v", p)
	}
	return r
}

func TestVerify(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	key := fill(t, o, 2000)
	r := wantOK(t, o.Dir, key)
	if r.Segments < 4 || r.Intents == 0 || r.Intents != r.Outcomes || r.Sealed != r.Records || r.Pending != 0 || r.Checkpoints < 10 || r.TextsRead != r.Intents+r.Blocked+r.Forms || r.Forms == 0 {
		t.Errorf("report %+v", r)
	}
	if len(r.Notes) > 0 {
		t.Errorf("notes %q", r.Notes)
	}
	// Opened and closed again, it goes on.
	mustClose(t, mustOpen(t, o))
	if again := wantOK(t, o.Dir, key); again.Records <= r.Records {
		t.Errorf("%d records after %d", again.Records, r.Records)
	}
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyFindsEveryMutation changes a log in more than a thousand ways: flipped bits, removed, doubled, swapped and truncated parts of every file, and records edited by one who knows the format and sets the CRC right.
func TestVerifyFindsEveryMutation(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	key := fill(t, o, 500)
	wantOK(t, o.Dir, key)
	segs, err := listSegments(o.Dir)
	if err != nil || len(segs) < 3 {
		t.Fatalf("%d segments, %v", len(segs), err)
	}
	var files []string
	for _, pattern := range []string{"segments/*.seg", "tiles/*/*", "checkpoints/*", "checkpoint", "keys/*"} {
		m, err := filepath.Glob(filepath.Join(o.Dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, m...)
	}
	content := map[string][]byte{}
	for _, f := range files {
		if content[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(suffix string) string {
		for {
			if f := files[rng.IntN(len(files))]; strings.Contains(f, suffix) {
				return f
			}
		}
	}
	write := func(f string, b []byte) {
		if err := os.WriteFile(f, b, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	frames := func(b []byte) (at [][2]int) {
		for pos := segmentHeader; ; {
			_, _, n, state := parseFrame(b[pos:])
			if state != frameOK {
				return at
			}
			at = append(at, [2]int{pos, n})
			pos += n
		}
	}
	fixCRC := func(frame []byte) {
		c := crc32.Update(0, castagnoli, frame[:8])
		binary.LittleEndian.PutUint32(frame[8:], crc32.Update(c, castagnoli, frame[frameHeader:]))
	}
	mutations := []struct {
		name string
		n    int
		do   func() (file string, changed []byte)
	}{
		{"flip a bit of a segment", 500, func() (string, []byte) {
			f := pick(".seg")
			b := slices.Clone(content[f])
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			return f, b
		}},
		{"flip a bit of any file", 250, func() (string, []byte) {
			f := pick("")
			b := slices.Clone(content[f])
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			return f, b
		}},
		{"edit a record and set its CRC right", 150, func() (string, []byte) {
			f := pick(".seg")
			b := slices.Clone(content[f])
			at := frames(b)
			fr := at[rng.IntN(len(at))]
			frame := b[fr[0] : fr[0]+fr[1]]
			frame[frameHeader+rng.IntN(len(frame)-frameHeader)] ^= 1 << rng.IntN(8)
			fixCRC(frame)
			return f, b
		}},
		{"remove a record", 60, func() (string, []byte) {
			f := pick(".seg")
			b := slices.Clone(content[f])
			at := frames(b)
			fr := at[rng.IntN(len(at))]
			return f, slices.Delete(b, fr[0], fr[0]+fr[1])
		}},
		{"double a record", 60, func() (string, []byte) {
			f := pick(".seg")
			b := slices.Clone(content[f])
			at := frames(b)
			fr := at[rng.IntN(len(at))]
			return f, slices.Insert(b, fr[0], slices.Clone(b[fr[0]:fr[0]+fr[1]])...)
		}},
		{"swap two records", 60, func() (string, []byte) {
			f := pick(".seg")
			b := content[f]
			at := frames(b)
			i := rng.IntN(len(at) - 1)
			x, y := at[i], at[i+1]
			c := slices.Clone(b[:x[0]])
			c = append(c, b[y[0]:y[0]+y[1]]...)
			c = append(c, b[x[0]:x[0]+x[1]]...)
			return f, append(c, b[y[0]+y[1]:]...)
		}},
		{"cut a segment", 60, func() (string, []byte) {
			f := pick(".seg")
			return f, slices.Clone(content[f][:rng.IntN(len(content[f]))])
		}},
		{"cut a segment between records", 40, func() (string, []byte) {
			f := pick(".seg")
			at := frames(content[f])
			return f, slices.Clone(content[f][:at[rng.IntN(len(at))][0]])
		}},
		{"add to any file", 40, func() (string, []byte) {
			f := pick("")
			extra := make([]byte, 1+rng.IntN(100))
			for i := range extra {
				extra[i] = byte(1 + rng.IntN(255))
			}
			return f, append(slices.Clone(content[f]), extra...)
		}},
		{"remove a file", 20, func() (string, []byte) {
			f := pick("")
			for strings.Contains(f, "/keys/") { // destroying a day's key is allowed
				f = pick("")
			}
			return f, nil
		}},
	}
	total, named, planned, asked := 0, 0, 0, 0
	for _, m := range mutations {
		planned += m.n
	}
	if n, err := strconv.Atoi(os.Getenv("CORDON_AUDIT_MUTATIONS")); err == nil {
		asked = n
	}
	for _, m := range mutations {
		for i := 0; i < max(m.n, (m.n*asked+planned-1)/planned); i++ {
			f, b := m.do()
			if bytes.Equal(b, content[f]) && b != nil {
				continue
			}
			if b == nil {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			} else {
				write(f, b)
			}
			r, err := Verify(context.Background(), o.Dir, VerifyOptions{Keys: []string{key}, Texts: true})
			switch {
			case err != nil:
				t.Errorf("%s (%d) of %s: error %v", m.name, i, f, err)
			case r.OK():
				first := 0
				for first < min(len(b), len(content[f])) && b[first] == content[f][first] {
					first++
				}
				t.Errorf("%s (%d) of %s at byte %d: not found; notes %q", m.name, i, f, first, r.Notes)
			case strings.HasPrefix(r.Problems[0].File, "segments/") && r.Problems[0].Seq >= 0:
				named++
			}
			total++
			write(f, content[f])
		}
	}
	wantOK(t, o.Dir, key)
	t.Logf("%d mutations, all found; %d named the first bad record", total, named)
	if total < 1000 {
		t.Errorf("only %d mutations", total)
	}
}

// A segment that was cut in its header, or to nothing, is found like any other.
func TestVerifyCutInHeader(t *testing.T) {
	o := testOptions(t)
	key := fill(t, o, 50)
	for _, size := range []int64{segmentHeader, segmentHeader - 1, 100, 0} {
		if err := os.Truncate(filepath.Join(o.Dir, "segments", segmentName(0)), size); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, o.Dir, key); r.OK() {
			t.Errorf("cut to %d bytes: not found", size)
		}
		if l, err := Open(context.Background(), o); err == nil {
			t.Errorf("cut to %d bytes: opened", size)
			mustClose(t, l)
		}
	}
}

// BenchmarkVerify verifies a log of CORDON_VERIFY statements (200,000 without it), each two records, as it was written and packed; s/100M is how long a hundred million records would take.
func BenchmarkVerify(b *testing.B) {
	statements, workers := 200_000, []int{1, 2, 4}
	o := testOptions(b)
	o.SegmentBytes = 16 << 20
	if s := os.Getenv("CORDON_VERIFY"); s != "" {
		var err error
		if statements, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
		workers, o.SegmentBytes = []int{runtime.NumCPU()}, 0
	}
	l := mustOpen(b, o)
	in := testIntent(NewSession(testSession), 1)
	for i := range statements {
		in.Number = uint64(i)
		ref, err := l.Intent(in)
		if err != nil {
			b.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done, Rows: 1})
	}
	key := l.VerifierKey()
	mustClose(b, l)
	verify := func(name string) {
		for _, workers := range workers {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				var n uint64
				var size int64
				used := cpuTime()
				for i := 0; i < b.N; i++ {
					r, err := Verify(context.Background(), o.Dir, VerifyOptions{Keys: []string{key}, Workers: workers})
					if err != nil || !r.OK() {
						b.Fatal(err, r)
					}
					n, size = n+r.Records, r.Bytes
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
				b.ReportMetric(1e8*b.Elapsed().Seconds()/float64(n), "s/100M")
				b.ReportMetric(1e8*float64(cpuTime()-used)/1e9/float64(n), "cpu-s/100M")
				b.ReportMetric(float64(size)/1e6, "MB")
			})
		}
	}
	verify("written")
	b.Run("search", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			if err := Search(context.Background(), o.Dir, Filter{Person: "nobody"}, func(*Execution) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(2*statements*b.N)/b.Elapsed().Seconds(), "records/s")
	})
	segs, err := listSegments(o.Dir)
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, runtime.NumCPU())
	for w := range errs {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(segs)-1 && errs[w] == nil; i = next.Add(1) - 1 {
				_, _, errs[w] = packSegment(segs[i].path, func() bool { return false })
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	verify("packed")
}
