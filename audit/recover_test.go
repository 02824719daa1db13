package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crash stops a log as the death of its process would: nothing is written any more, the lock falls.
func crash(l *Log) {
	close(l.stop)
	l.wg.Wait()
	l.seg.Close()
	for _, r := range l.retired {
		r.file.Close()
	}
	if l.spare != nil {
		l.spare.Close()
	}
	l.packs.close()
	l.lock.Close()
}

func records(t testing.TB, dir string) (list []*Record) {
	t.Helper()
	r, err := OpenReader(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err != nil {
			return list
		}
		list = append(list, rec)
	}
}

// TestRecoverTornTail cuts the last records at every byte, and also leaves zeros or garbage behind the cut. Each time the log opens, keeps every whole record, and says what it did.
func TestRecoverTornTail(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	o.Checkpoint, o.Heartbeat = time.Hour, time.Hour
	l := mustOpen(t, o)
	s := NewSession(testSession)
	for i := 0; i < 20; i++ {
		ref, err := l.Intent(testIntent(s, uint64(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done})
		if i == 15 {
			if err := l.checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The last record is short, for the log is opened once for each of its bytes.
	if _, err := l.Intent(&Intent{Session: NewSession(SessionInfo{ID: "s", Login: "x"}), Number: 21, SQL: "x"}); err != nil {
		t.Fatal(err)
	}
	end, sealed, key := l.off, l.sealed.Load(), l.VerifierKey()
	crash(l)
	whole := records(t, o.Dir)
	seg := filepath.Join(o.Dir, "segments", segmentName(0))
	content, err := os.ReadFile(seg)
	if err != nil {
		t.Fatal(err)
	}
	var sealedEnd int64
	for _, r := range whole {
		if r.Seq == sealed {
			sealedEnd = r.Offset
		}
	}
	last := whole[len(whole)-1].Offset
	try := func(cut int64, garbage []byte) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "log")
		copyDir(t, o.Dir, dir)
		os.Chmod(dir, 0o750)
		os.Chmod(filepath.Join(dir, "segments"), 0o750)
		os.Chmod(filepath.Join(dir, "keys"), 0o700)
		b := append(bytes.Clone(content[:cut]), garbage...)
		b = append(b, make([]byte, int(o.SegmentBytes)-len(b))...)
		if err := os.WriteFile(filepath.Join(dir, "segments", segmentName(0)), b, 0o640); err != nil {
			t.Fatal(err)
		}
		p := o
		p.Dir = dir
		l, err := Open(context.Background(), p)
		if cut < sealedEnd {
			if err == nil {
				t.Fatalf("cut at %d, before the sealed end %d: the log opened", cut, sealedEnd)
			}
			if !strings.Contains(err.Error(), "checkpoint covers") {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		mustClose(t, l)
		wantOK(t, dir, key)
		keep := 0
		for _, r := range whole {
			if size := int64(len(r.Raw) + len(r.blob) + frameHeader); r.Offset+size <= cut {
				keep++
			}
		}
		got := records(t, dir)
		for i := 0; i < keep; i++ {
			if !bytes.Equal(got[i].Raw, whole[i].Raw) {
				t.Fatalf("cut at %d: record %d changed", cut, i)
			}
		}
		if got[keep].Kind != kindOpen || !strings.Contains(string(got[keep].Data), `"crashed":true`) {
			t.Fatalf("cut at %d: record %d is %s", cut, keep, got[keep].Raw)
		}
	}
	for cut := last; cut <= end; cut++ {
		try(cut, nil)
	}
	for cut := sealedEnd - 15; cut < sealedEnd+15; cut++ {
		try(cut, nil)
	}
	for i := 0; i < 40; i++ {
		garbage := make([]byte, 1+rand.IntN(300))
		for j := range garbage {
			garbage[j] = byte(rand.Uint32())
		}
		cut := last + rand.Int64N(end-last)
		garbage[0] = ^content[cut] // the byte that stood there would be no garbage, but the record's end
		try(cut, garbage)
	}
}

// TestRecoverPending finds intents without outcome over several segments, also when a segment's head is torn.
func TestRecoverPending(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	o.Checkpoint, o.Heartbeat = time.Hour, time.Hour
	l := mustOpen(t, o)
	s := NewSession(testSession)
	var long []uint64
	for i := 0; i < 450; i++ { // several segment.pending records
		ref, err := l.Intent(testIntent(s, uint64(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		seq, _ := ref.Seq()
		long = append(long, seq)
	}
	for l.stats.segments < 5 {
		ref, err := l.Intent(testIntent(s, 1000))
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done})
	}
	key, first := l.VerifierKey(), l.segFirst
	l.mu.Lock()
	l.flush()
	l.mu.Unlock()
	crash(l)
	for _, torn := range []int64{0, 700, 10000, 512, 100} { // bytes that stay of the last segment, 0 for all
		dir := filepath.Join(t.TempDir(), "log")
		copyDir(t, o.Dir, dir)
		os.Chmod(dir, 0o750)
		os.Chmod(filepath.Join(dir, "segments"), 0o750)
		os.Chmod(filepath.Join(dir, "keys"), 0o700)
		if torn > 0 {
			path := filepath.Join(dir, "segments", segmentName(first))
			if err := os.Truncate(path, torn); err != nil {
				t.Fatal(err)
			}
			if torn < segmentHeader {
				if err := os.WriteFile(path, make([]byte, o.SegmentBytes), 0o640); err != nil {
					t.Fatal(err)
				}
			}
		}
		p := o
		p.Dir = dir
		mustClose(t, mustOpen(t, p))
		// The cut may take the outcome of one more.
		if r := wantOK(t, dir, key); r.Unknown != uint64(len(long)) && (torn == 0 || r.Unknown != uint64(len(long)+1)) || r.Pending != 0 {
			t.Errorf("torn at %d: %d unknown outcomes, not %d; %d pending", torn, r.Unknown, len(long), r.Pending)
		}
	}
}

// TestOpenRefuses shows what a log refuses to start with, and the sentence.
func TestOpenRefuses(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	fill(t, o, 500)
	segs, _ := listSegments(o.Dir)
	at := func(parts ...string) string { return filepath.Join(parts...) }
	cases := []struct {
		name string
		do   func(t *testing.T, o *Options) error
		want string
	}{
		{"a segment removed at the end", func(t *testing.T, o *Options) error {
			return os.Remove(at(o.Dir, "segments", segmentName(segs[len(segs)-1].first)))
		}, "checkpoint covers"},
		{"the first segment removed", func(t *testing.T, o *Options) error { return os.Remove(at(o.Dir, "segments", segmentName(0))) }, "segments were removed"},
		{"all segments removed", func(t *testing.T, o *Options) error { return os.RemoveAll(at(o.Dir, "segments")) }, "but no segment"},
		{"checkpoints removed", func(t *testing.T, o *Options) error {
			return errors.Join(os.RemoveAll(at(o.Dir, "checkpoints")), os.Remove(at(o.Dir, "checkpoint")))
		}, "its checkpoints are gone"},
		{"a record changed", func(t *testing.T, o *Options) error {
			path := at(o.Dir, "segments", segmentName(segs[len(segs)-1].first))
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			_, _, n, _ := parseFrame(b[segmentHeader:])
			frame := b[segmentHeader : segmentHeader+n]
			leaf := int(frame[0]) | int(frame[1])<<8
			i := bytes.Index(frame, []byte("segment.seal"))
			frame[i+len(`segment.seal","data":{"segment":"`)] ^= 1
			putFrameHeader(frame, leaf, n-leaf-frameHeader)
			return os.WriteFile(path, b, 0o640)
		}, "do not fit the last checkpoint"},
		{"the key replaced", func(t *testing.T, o *Options) error {
			o.KeyFile += ".other"
			_, err := WriteKey(o.KeyFile, "n1")
			return err
		}, "not by a key that you gave"},
		{"the key missing", func(t *testing.T, o *Options) error { o.KeyFile += ".gone"; return nil }, "is missing, but the log has records"},
		{"the key readable by others", func(t *testing.T, o *Options) error { return os.Chmod(o.KeyFile, 0o644) }, "can be read by others (mode 0644)"},
		{"the folder writable by others", func(t *testing.T, o *Options) error { return os.Chmod(o.Dir, 0o777) }, "can be written by others (mode 0777)"},
		{"the log in use", func(t *testing.T, o *Options) error {
			l, err := Open(context.Background(), *o)
			if err == nil {
				t.Cleanup(func() { l.Close(context.Background()) })
			}
			return err
		}, "in use by another process"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := o
			dir := t.TempDir()
			p.Dir, p.KeyFile = filepath.Join(dir, "log"), filepath.Join(dir, "key")
			copyDir(t, o.Dir, p.Dir)
			for _, d := range []string{"", "segments", "keys"} {
				os.Chmod(filepath.Join(p.Dir, d), 0o700)
			}
			b, err := os.ReadFile(o.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p.KeyFile, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.do(t, &p); err != nil {
				t.Fatal(err)
			}
			l, err := Open(context.Background(), p)
			if err == nil {
				l.Close(context.Background())
				t.Fatal("the log opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

// TestTilesAreMadeAgain removes and damages tiles: they follow from the records.
func TestTilesAreMadeAgain(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	key := fill(t, o, 700)
	for _, damage := range []func() error{
		func() error { return os.RemoveAll(filepath.Join(o.Dir, "tiles")) },
		func() error {
			return os.WriteFile(filepath.Join(o.Dir, "tiles/0/000000000"), make([]byte, 32*1000), 0o640)
		},
		func() error { return os.Remove(filepath.Join(o.Dir, "tiles/1/000000000")) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		mustClose(t, mustOpen(t, o))
		wantOK(t, o.Dir, key)
	}
}

// TestKill kills a process that records under load with SIGKILL, again and again in one folder. Every statement that it said to have recorded is there.
func TestKill(t *testing.T) {
	if dir := os.Getenv("CORDON_AUDIT_KILL_DIR"); dir != "" {
		killMe(dir, os.Getenv("CORDON_AUDIT_KILL_MODE"))
		return
	}
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("CORDON_AUDIT_KILLS")); err == nil { // for each mode
		rounds = n
	}
	for _, mode := range []Fsync{Always, Interval, Never} {
		t.Run(mode.String(), func(t *testing.T) {
			dir := t.TempDir()
			acked := map[string]bool{}
			for i := 0; i < rounds; i++ {
				cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
				cmd.Env = append(os.Environ(), "CORDON_AUDIT_KILL_DIR="+dir, "CORDON_AUDIT_KILL_MODE="+mode.String(), fmt.Sprintf("CORDON_AUDIT_KILL_ROUND=%d", i))
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				cmd.Stderr = os.Stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				var timer *time.Timer // from the first record on
				sc := bufio.NewScanner(out)
				for sc.Scan() {
					if timer == nil {
						timer = time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { cmd.Process.Kill() })
					}
					if id, ok := strings.CutPrefix(sc.Text(), "ack "); ok && strings.HasSuffix(id, ".") {
						acked[id] = true
					}
				}
				cmd.Wait()
				if timer == nil {
					t.Fatal("the process recorded nothing")
				}
				timer.Stop()
			}
			o := Options{Dir: filepath.Join(dir, "log"), KeyFile: filepath.Join(dir, "key"), Node: "n1", SegmentBytes: 256 << 10, Fsync: mode}
			l := mustOpen(t, o)
			mustClose(t, l)
			r := wantOK(t, o.Dir, l.VerifierKey())
			if r.Intents != r.Outcomes || r.Pending != 0 {
				t.Errorf("%d intents, %d outcomes, %d pending", r.Intents, r.Outcomes, r.Pending)
			}
			found := map[string]bool{}
			if err := Search(context.Background(), o.Dir, Filter{Statements: true}, func(e *Execution) error {
				if e.TextErr != nil {
					return e.TextErr
				}
				found[e.Texts.SQL] = true
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			lost := 0
			for id := range acked {
				if !found[id] {
					lost++
				}
			}
			if lost > 0 || len(acked) == 0 {
				t.Errorf("%d of %d acknowledged records lost", lost, len(acked))
			}
			t.Logf("%d kills, %d acknowledged, %d intents, %d unknown outcomes, %d segments", rounds, len(acked), r.Intents, r.Unknown, r.Segments)
		})
	}
}

// killMe records as fast as it can from many goroutines, and says what was recorded.
func killMe(dir, mode string) {
	fsync, err := ParseFsync(mode)
	if err != nil {
		panic(err)
	}
	l, err := Open(context.Background(), Options{Dir: filepath.Join(dir, "log"), KeyFile: filepath.Join(dir, "key"), Node: "n1", SegmentBytes: 256 << 10, Fsync: fsync, Checkpoint: 20 * time.Millisecond, Interval: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	round := os.Getenv("CORDON_AUDIT_KILL_ROUND")
	var wg sync.WaitGroup
	for g := 0; g < 16; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := NewSession(testSession)
			for i := uint64(1); ; i++ {
				in := testIntent(s, i)
				in.SQL, in.Fill = fmt.Sprintf("%s-%d-%d.", round, g, i), nil
				ref, err := l.Intent(in)
				if err != nil {
					panic(err)
				}
				fmt.Fprintf(os.Stdout, "ack %s\n", in.SQL) // one write(2)
				l.Outcome(ref, Outcome{End: Done})
			}
		}()
	}
	wg.Wait()
}
