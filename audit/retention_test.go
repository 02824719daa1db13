package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// agedLog is a log of many small segments whose second half was written a year after its first, closed.
func agedLog(t testing.TB) (o Options, key string) {
	o = testOptions(t)
	o.SegmentBytes = 256 << 10
	then := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	o.Clock = func() time.Time { return then }
	key = fill(t, o, 2000)
	later := then.AddDate(1, 0, 0)
	o.Clock = func() time.Time { return later }
	if again := fill(t, o, 1000); again != key {
		t.Fatal("another key")
	}
	return o, key
}

func retain(t testing.TB, o Options) {
	t.Helper()
	l := mustOpen(t, o)
	if err := l.Retain(); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
}

func names(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// Packed segments verify, prove, and are read at any place as before; zstd itself unpacks them; and a log goes on behind them.
func TestPacked(t *testing.T) {
	o, key := agedLog(t)
	before := wantOK(t, o.Dir, key)
	whole := records(t, o.Dir)
	raw, err := os.ReadFile(filepath.Join(o.Dir, "segments", segmentName(0)))
	if err != nil {
		t.Fatal(err)
	}
	o.Retention.PackAfter = time.Nanosecond
	retain(t, o)
	if n := names(t, filepath.Join(o.Dir, "segments")); strings.Count(n, ".seg.zst") < 6 || strings.Contains(n, ".tmp") || strings.Count(n, ".seg")-strings.Count(n, ".seg.zst") != 1 {
		t.Error(n)
	}
	after := wantOK(t, o.Dir, key)
	if after.Bytes < before.Bytes || after.Records < before.Records || after.TextsRead != before.TextsRead {
		t.Errorf("%+v after %+v", after, before)
	}
	if zstd, err := exec.LookPath("zstd"); err == nil {
		if got, err := exec.Command(zstd, "-dc", filepath.Join(o.Dir, "segments", segmentName(0)+packedEnd)).Output(); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("zstd -d: %v, %d bytes of %d", err, len(got), len(raw))
		}
	}
	again := records(t, o.Dir)
	at := OpenSegments(o.Dir)
	defer at.Close()
	for i, r := range whole {
		if !bytes.Equal(again[i].Raw, r.Raw) || again[i].Segment != r.Segment || again[i].Offset != r.Offset {
			t.Fatalf("record %d is %s at %s %d", i, again[i].Raw, again[i].Segment, again[i].Offset)
		}
		if i%37 == 0 {
			segs, _ := listSegments(o.Dir)
			first := segs[0].first
			for _, s := range segs {
				if s.first <= r.Seq {
					first = s.first
				}
			}
			one, err := at.Record(first, r.Offset)
			if err != nil || !bytes.Equal(one.Raw, r.Raw) {
				t.Fatalf("record %d: %v", i, err)
			}
			proof, err := Prove(o.Dir, r.Seq, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := CheckProof(proof, r.Raw, []string{key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Packed a second time, nothing happens; a copy goes on as the log itself.
	retain(t, o)
	backup := o
	backup.Dir = filepath.Join(t.TempDir(), "restored")
	copyDir(t, o.Dir, backup.Dir)
	fill(t, backup, 100)
	wantOK(t, backup.Dir, key)
}

// Each change of a packed segment that changes what it holds is found; one that does not (a bit that zstd ignores) is none.
func TestPackedMutations(t *testing.T) {
	o, key := agedLog(t)
	o.Retention.PackAfter = time.Nanosecond
	retain(t, o)
	path := filepath.Join(o.Dir, "segments", segmentName(0)+packedEnd)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unpack := func() string {
		f, size, err := openSegment(path)
		if err != nil {
			return ""
		}
		defer f.Close()
		b := make([]byte, size)
		if _, err := f.ReadAt(b, 0); err != nil {
			return ""
		}
		return string(b)
	}
	right := unpack()
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for i := range 60 {
		changed := bytes.Clone(whole)
		switch i % 3 {
		case 0:
			changed[random.IntN(len(changed))] ^= 1 << random.IntN(8)
		case 1:
			changed = changed[:random.IntN(len(changed))]
		case 2:
			at, n := random.IntN(len(changed)-100), 1+random.IntN(99)
			copy(changed[at:], whole[random.IntN(len(whole)-100):][:n])
		}
		if err := os.WriteFile(path, changed, 0o640); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(context.Background(), o.Dir, VerifyOptions{Keys: []string{key}})
		if err != nil {
			t.Fatalf("mutation %d: %v", i, err)
		}
		if r.OK() != (unpack() == right) {
			t.Fatalf("mutation %d: %v", i, r.Problems)
		}
		if !r.OK() {
			found++
		}
	}
	if found < 40 {
		t.Errorf("%d mutations found", found)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, o.Dir, key); r.OK() || r.Problems[0].Seq != 0 {
		t.Error(r.Problems)
	}
}

// Old segments are dropped; what is kept verifies and is proved; without the record that dropped them, their absence is found.
func TestPrune(t *testing.T) {
	o, key := agedLog(t)
	checkpoint, err := os.ReadFile(filepath.Join(o.Dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	unpruned := filepath.Join(t.TempDir(), "whole")
	copyDir(t, o.Dir, unpruned)
	o.Retention = Retention{Records: 300 * 24 * time.Hour, PackAfter: time.Nanosecond}
	retain(t, o)
	r := wantOK(t, o.Dir, key)
	if r.Pruned < 3000 || r.Sealed != r.Records || len(r.Notes) > 0 {
		t.Errorf("%+v", r)
	}
	first := records(t, o.Dir)[0]
	if first.Seq != r.Pruned || first.Time.Year() != 2025 {
		t.Errorf("begins with %d of %v, %d dropped", first.Seq, first.Time, r.Pruned)
	}
	for _, rec := range records(t, o.Dir) {
		if rec.Seq%61 != 0 && rec.Seq != first.Seq {
			continue
		}
		proof, err := Prove(o.Dir, rec.Seq, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := CheckProof(proof, rec.Raw, []string{key}); err != nil {
			t.Fatal(err)
		}
	}
	// A checkpoint kept elsewhere still has to fit; it goes on, also from a backup; another look drops nothing more.
	retain(t, o)
	backup := o
	backup.Dir = filepath.Join(t.TempDir(), "restored")
	copyDir(t, o.Dir, backup.Dir)
	fill(t, backup, 300)
	if r, err := Verify(context.Background(), backup.Dir, VerifyOptions{Keys: []string{key}, Known: [][]byte{checkpoint}}); err != nil || !r.OK() || r.Pruned != first.Seq {
		t.Errorf("%v %v", err, r.Problems)
	}
	// The same segments removed by hand.
	for _, s := range strings.Fields(names(t, filepath.Join(unpruned, "segments"))) {
		if s < segmentName(first.Seq) {
			if err := os.Remove(filepath.Join(unpruned, "segments", s)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r := mustVerify(t, unpruned, key); r.OK() || !strings.Contains(r.Problems[0].Why, "no record says that those before it were dropped") {
		t.Error(r.Problems)
	}
	bare := o
	bare.Dir = unpruned
	if l, err := Open(context.Background(), bare); err == nil || !strings.Contains(err.Error(), "retention has not dropped what is before it") {
		t.Error(l, err)
	}
	// One segment more than was dropped.
	if err := os.Remove(filepath.Join(o.Dir, "segments", segmentName(first.Seq)+packedEnd)); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, o.Dir, key); r.OK() {
		t.Error("a removed segment behind those that were dropped is not found")
	}
	if _, err := Open(context.Background(), o); err == nil {
		t.Error("a log without its first segment was opened")
	}
}

// Whole files of tiles go too, and proofs of what is kept need none of them.
func TestPruneTiles(t *testing.T) {
	o := testOptions(t)
	l := mustOpen(t, o)
	for i := range 80000 {
		if err := l.Event(Event{Kind: ReviewSearch, Data: i}); err != nil {
			t.Fatal(err)
		}
		if i%50000 == 0 {
			if err := l.checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
	key := l.VerifierKey()
	mustClose(t, l)
	o.Retention = Retention{Records: time.Nanosecond, Less: true}
	retain(t, o)
	r := wantOK(t, o.Dir, key)
	if n := names(t, filepath.Join(o.Dir, "tiles", "0")); n != "000000001" || r.Pruned < packWidth {
		t.Errorf("tiles %s, %d dropped", n, r.Pruned)
	}
	for _, rec := range records(t, o.Dir)[:3] {
		proof, err := Prove(o.Dir, rec.Seq, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := CheckProof(proof, rec.Raw, []string{key}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tlog.ProveTree(int64(r.Pruned+r.Records), int64(r.Pruned+1), hashReader{o.Dir}); err != nil {
		t.Errorf("consistency from the first size that is kept: %v", err)
	}
}

// Keys of old days are destroyed, and the log says so; every proof holds. A hold keeps them, and segments, until it is released. An unreadable hold keeps everything.
func TestHoldAndDestroy(t *testing.T) {
	o, key := agedLog(t)
	o.Retention = Retention{Texts: 200 * 24 * time.Hour, Records: 300 * 24 * time.Hour}
	if err := SetHold(o.Dir, Hold{Name: "case-7", From: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), Reason: "a lawsuit"}); err != nil {
		t.Fatal(err)
	}
	retain(t, o)
	if r := wantOK(t, o.Dir, key); r.Pruned != 0 || r.TextsNoKey != 0 || !hasKind(t, o.Dir, kindHold) {
		t.Errorf("%+v", r)
	}
	if err := ReleaseHold(o.Dir, "case-7"); err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(o.Dir, "holds", "case-8.json")
	if err := os.WriteFile(torn, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, o)
	if err := l.Retain(); err == nil || !strings.Contains(err.Error(), "is not a hold") {
		t.Error(err)
	}
	mustClose(t, l)
	if err := os.Remove(torn); err != nil {
		t.Fatal(err)
	}
	texts := o
	texts.Retention.Records = 0
	retain(t, texts)
	r := wantOK(t, o.Dir, key)
	if r.Pruned != 0 || r.TextsNoKey == 0 || r.TextsRead == 0 || len(r.Unreadable) > 0 || !hasKind(t, o.Dir, kindDEKDestroy) {
		t.Errorf("%+v", r)
	}
	if n := names(t, filepath.Join(o.Dir, "keys")); n != "2026-03-01.key" {
		t.Error(n)
	}
	retain(t, o)
	if r := wantOK(t, o.Dir, key); r.Pruned == 0 {
		t.Errorf("%+v", r)
	}
	for _, bad := range []Retention{{Records: 189 * 24 * time.Hour}, {Texts: time.Hour}, {Texts: 400 * 24 * time.Hour, Records: 300 * 24 * time.Hour}, {Records: -1, Less: true}} {
		o.Retention = bad
		if _, err := Open(context.Background(), o); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

// A day's key that somebody has removed is named: its texts are gone, and no rule says so. A copy of the log without any keys says nothing of them.
func TestKeyRemovedByHand(t *testing.T) {
	o, key := agedLog(t)
	keys := filepath.Join(o.Dir, "keys")
	gone := strings.Fields(names(t, keys))[0]
	if err := os.Remove(filepath.Join(keys, gone)); err != nil {
		t.Fatal(err)
	}
	r := wantOK(t, o.Dir, key)
	day := strings.TrimSuffix(gone, ".key")
	want := fmt.Sprintf("The texts of %d records under the key of %s cannot be read: keys/%s is not there, and no record says that retention has destroyed it.", r.TextsNoKey, day, gone)
	if len(r.Unreadable) != 1 || r.Unreadable[0] != (Unreadable{day, r.TextsNoKey}) || r.TextsNoKey == 0 || !slices.Contains(r.Notes, want) {
		t.Errorf("%+v\nwant %s", r, want)
	}
	if err := os.RemoveAll(keys); err != nil {
		t.Fatal(err)
	}
	if r := wantOK(t, o.Dir, key); len(r.Unreadable) > 0 || r.TextsRead > 0 {
		t.Errorf("%+v", r)
	}
}

// A clock that is set ahead drops nothing, and the log says so.
func TestRetentionAndClock(t *testing.T) {
	o, key := agedLog(t)
	o.Retention = Retention{Texts: 2 * 365 * 24 * time.Hour, Records: 3 * 365 * 24 * time.Hour}
	right := o.Clock()
	ahead := time.Duration(0)
	o.Clock = func() time.Time { return right.Add(ahead) }
	l := mustOpen(t, Options{Dir: o.Dir, KeyFile: o.KeyFile, Retention: o.Retention, Clock: o.Clock, Interval: time.Hour, Checkpoint: time.Hour, Fsync: Interval, SegmentBytes: o.SegmentBytes})
	l.keepMu.Lock() // the clock is read by the log's goroutine only after this
	l.keeper.wall = l.keeper.wall.AddDate(-10, 0, 0)
	l.keepMu.Unlock()
	if err := l.Retain(); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	if r := wantOK(t, o.Dir, key); r.Pruned != 0 || r.TextsNoKey != 0 || !hasKind(t, o.Dir, kindSkew) {
		t.Errorf("%+v", r)
	}
}

// A process that dies anywhere between the record of a drop and the last file removed leaves a log that verifies, opens, and is dropped to the end.
func TestPruneInterrupted(t *testing.T) {
	o, key := agedLog(t)
	whole := filepath.Join(t.TempDir(), "whole")
	copyDir(t, o.Dir, whole)
	o.Retention = Retention{Records: 300 * 24 * time.Hour}
	retain(t, o)
	dropped := wantOK(t, o.Dir, key).Pruned
	segs, err := listSegments(whole)
	if err != nil {
		t.Fatal(err)
	}
	for n, s := range segs {
		if s.first >= dropped {
			break
		}
		half := o
		half.Dir = filepath.Join(t.TempDir(), "half")
		copyDir(t, o.Dir, half.Dir)
		for _, back := range segs[n:] { // the files that were not removed yet
			if back.first < dropped {
				b, err := os.ReadFile(back.path)
				if err == nil {
					err = os.WriteFile(filepath.Join(half.Dir, "segments", filepath.Base(back.path)), b, 0o640)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if r := wantOK(t, half.Dir, key); r.Pruned != s.first {
			t.Errorf("%d dropped, not %d", r.Pruned, s.first)
		}
		retain(t, half)
		if r := wantOK(t, half.Dir, key); r.Pruned != dropped {
			t.Errorf("%d dropped, not %d", r.Pruned, dropped)
		}
	}
}

// Packing that is interrupted leaves the segment as it was.
func TestPackInterrupted(t *testing.T) {
	o, key := agedLog(t)
	path := filepath.Join(o.Dir, "segments", segmentName(0))
	for stopAt := range 4 {
		calls := 0
		before, _, err := packSegment(path, func() bool { calls++; return calls > stopAt })
		if before != 0 || err != nil && !errors.Is(err, errStopped) {
			t.Errorf("%d, %v", before, err)
		}
		wantOK(t, o.Dir, key)
	}
	// Both are there: the process died before the segment was removed.
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := packSegment(path, func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole, 0o640); err != nil {
		t.Fatal(err)
	}
	wantOK(t, o.Dir, key)
	o.Retention.PackAfter = time.Nanosecond
	retain(t, o)
	wantOK(t, o.Dir, key)
	if n := names(t, filepath.Join(o.Dir, "segments")); strings.Contains(n, segmentName(0)+" ") {
		t.Error(n)
	}
}
