package audit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// faultDisk is a disk that fails as it is told.
type faultDisk struct {
	osDisk
	full      atomic.Bool   // no file can be allocated
	writeErr  atomic.Bool   // writes fail with EIO after half of their bytes
	short     atomic.Bool   // writes end after 10 bytes, with ENOSPC
	syncErr   atomic.Bool   // syncs fail with EIO
	slow      time.Duration // of a sync
	syncs     atomic.Int64
	freeBytes atomic.Uint64 // when not 0: what is free
}

type faultFile struct {
	file
	d *faultDisk
}

func (d *faultDisk) create(path string, size int64, zero bool) (file, error) {
	if d.full.Load() {
		return nil, &os.PathError{Op: "fallocate", Path: path, Err: syscall.ENOSPC}
	}
	f, err := d.osDisk.create(path, size, zero)
	if err != nil {
		return nil, err
	}
	return &faultFile{f, d}, nil
}

func (d *faultDisk) open(path string, size int64) (file, error) {
	f, err := d.osDisk.open(path, size)
	if err != nil {
		return nil, err
	}
	return &faultFile{f, d}, nil
}

func (d *faultDisk) free(dir string) (uint64, uint64, error) {
	if n := d.freeBytes.Load(); n > 0 {
		return n, 100 << 30, nil
	}
	return 50 << 30, 100 << 30, nil
}

func (f *faultFile) WriteAt(b []byte, at int64) (int, error) {
	switch {
	case f.d.writeErr.Load():
		n, _ := f.file.WriteAt(b[:len(b)/2], at)
		return n, syscall.EIO
	case f.d.short.Load():
		n, _ := f.file.WriteAt(b[:min(10, len(b))], at)
		return n, syscall.ENOSPC
	}
	return f.file.WriteAt(b, at)
}

func (f *faultFile) Datasync() error {
	f.d.syncs.Add(1)
	time.Sleep(f.d.slow)
	if f.d.syncErr.Load() {
		return syscall.EIO
	}
	return f.file.Datasync()
}

func wantUnavailable(t *testing.T, err error, state State, cause error, sqlstate string) {
	t.Helper()
	var u *Unavailable
	if !errors.As(err, &u) {
		t.Fatalf("error %v, not an Unavailable", err)
	}
	if u.State != state || !errors.Is(err, cause) || u.SQLState() != sqlstate {
		t.Errorf("state %v, error %v, SQLSTATE %s; want %v, %v, %s", u.State, err, u.SQLState(), state, cause, sqlstate)
	}
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// TestDiskFull fills the disk: statements are refused before the last segment is used up, the outcomes of those that run land in what is kept for them, and all goes on when there is room again.
func TestDiskFull(t *testing.T) {
	d := &faultDisk{}
	o := testOptions(t)
	o.SegmentBytes, o.disk = 256<<10, d
	l := mustOpen(t, o)
	eventually(t, "a spare segment", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.spare != nil })
	d.full.Store(true)
	s := NewSession(testSession)
	var refs []Ref
	var err error
	for n := uint64(1); ; n++ {
		var ref Ref
		if ref, err = l.Intent(testIntent(s, n)); err != nil {
			break
		}
		refs = append(refs, ref)
		if n > 5000 {
			t.Fatal("the log never filled up")
		}
		if len(refs) > 200 {
			l.Outcome(refs[0], Outcome{End: Done})
			refs = refs[1:]
		}
	}
	wantUnavailable(t, err, StateDraining, syscall.ENOSPC, "53100")
	if err := l.Event(Event{Kind: SessionOpen, Session: s}); err == nil {
		t.Error("a session opened on a full disk")
	}
	for _, r := range refs {
		l.Outcome(r, Outcome{End: Done, Rows: 7})
	}
	if err := l.Event(Event{Kind: SessionClose, Session: s}); err != nil {
		t.Errorf("session.close: %v", err)
	}
	if st := l.Stats(); st.State != StateDraining || st.Pending != 0 || st.Lost != 0 || st.Intents != st.Outcomes || !strings.Contains(st.Reason, "no space") {
		t.Errorf("stats %+v", st)
	}
	d.full.Store(false)
	eventually(t, "the log is well again", func() bool { return l.Stats().State == StateOK })
	ref, err := l.Intent(testIntent(s, 9999))
	if err != nil {
		t.Fatal(err)
	}
	l.Outcome(ref, Outcome{End: Done})
	mustClose(t, l)
	r := wantOK(t, o.Dir, l.VerifierKey())
	if r.Unknown != 0 || r.Pending != 0 {
		t.Errorf("report %+v", r)
	}
	if !hasKind(t, o.Dir, kindResumed) {
		t.Error("no audit.resumed")
	}
}

func hasKind(t *testing.T, dir, kind string) bool {
	t.Helper()
	for _, r := range records(t, dir) {
		if r.Kind == kind {
			return true
		}
	}
	return false
}

// TestWriteFails lets writes end short or with EIO: the statement is refused, its record is not in the log, outcomes wait, and the log goes on at the same byte.
func TestWriteFails(t *testing.T) {
	for _, mode := range []Fsync{Never, Always} {
		for name, set := range map[string]func(*faultDisk, bool){"eio": func(d *faultDisk, v bool) { d.writeErr.Store(v) }, "short": func(d *faultDisk, v bool) { d.short.Store(v) }} {
			t.Run(mode.String()+" "+name, func(t *testing.T) {
				d := &faultDisk{}
				o := testOptions(t)
				o.SegmentBytes, o.disk, o.Fsync = 256<<10, d, mode
				l := mustOpen(t, o)
				s := NewSession(testSession)
				var refs []Ref
				for i := uint64(1); i <= 10; i++ {
					ref, err := l.Intent(testIntent(s, i))
					if err != nil {
						t.Fatal(err)
					}
					refs = append(refs, ref)
				}
				set(d, true)
				cause, code := error(syscall.EIO), "58030"
				if name == "short" {
					cause, code = syscall.ENOSPC, "53100"
				}
				for i := uint64(11); i <= 13; i++ {
					_, err := l.Intent(testIntent(s, i))
					wantUnavailable(t, err, StateBroken, cause, code)
				}
				for _, r := range refs {
					l.Outcome(r, Outcome{End: Done})
				}
				time.Sleep(150 * time.Millisecond)
				if l.Stats().State != StateBroken {
					t.Errorf("state %v", l.Stats().State)
				}
				set(d, false)
				eventually(t, "the log is well again", func() bool { return l.Stats().State == StateOK })
				ref, err := l.Intent(testIntent(s, 14))
				if err != nil {
					t.Fatal(err)
				}
				l.Outcome(ref, Outcome{End: Done})
				mustClose(t, l)
				r := wantOK(t, o.Dir, l.VerifierKey())
				if r.Intents != r.Outcomes || r.Unknown != 0 {
					t.Errorf("%d intents, %d outcomes, %d unknown", r.Intents, r.Outcomes, r.Unknown)
				}
			})
		}
	}
}

// TestSyncFails lets a sync fail. The kernel may have dropped the pages and report success the next time, so nothing is recorded until the log is opened again.
func TestSyncFails(t *testing.T) {
	for _, mode := range []Fsync{Always, Interval, Never} {
		t.Run(mode.String(), func(t *testing.T) {
			d := &faultDisk{}
			o := testOptions(t)
			o.SegmentBytes, o.disk, o.Fsync, o.Interval, o.Checkpoint = 256<<10, d, mode, 20*time.Millisecond, 50*time.Millisecond
			l := mustOpen(t, o)
			s := NewSession(testSession)
			first, err := l.Intent(testIntent(s, 1))
			if err != nil {
				t.Fatal(err)
			}
			d.syncErr.Store(true)
			if mode == Always {
				_, err = l.Intent(testIntent(s, 2))
				wantUnavailable(t, err, StateFailed, syscall.EIO, "58030")
			} else {
				l.Outcome(first, Outcome{End: Done})
			}
			eventually(t, "the log failed", func() bool { return l.Stats().State == StateFailed })
			d.syncErr.Store(false)
			time.Sleep(100 * time.Millisecond)
			_, err = l.Intent(testIntent(s, 3))
			wantUnavailable(t, err, StateFailed, syscall.EIO, "58030")
			if err := l.Close(context.Background()); err == nil {
				t.Error("Close of a failed log says that all is well")
			}
			o.disk = nil
			mustClose(t, mustOpen(t, o))
			wantOK(t, o.Dir, l.VerifierKey())
		})
	}
}

// TestFolderRemoved removes and replaces the log's folder under it: writes go on to succeed, to nowhere, so the log must look.
func TestFolderRemoved(t *testing.T) {
	o := testOptions(t)
	l := mustOpen(t, o)
	eventually(t, "a spare segment", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.spare != nil })
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log failed", func() bool { return l.Stats().State == StateFailed })
	_, err := l.Intent(testIntent(NewSession(testSession), 1))
	wantUnavailable(t, err, StateFailed, errRemoved, "58030")
	l.Close(context.Background())
}

// TestAllow lets statements run while the log cannot be written, and counts them in the log afterwards.
func TestAllow(t *testing.T) {
	d := &faultDisk{}
	o := testOptions(t)
	o.SegmentBytes, o.disk, o.OnFailure = 256<<10, d, AllowAndCount
	l := mustOpen(t, o)
	s := NewSession(testSession)
	d.writeErr.Store(true)
	for i := uint64(1); i <= 5; i++ {
		ref, err := l.Intent(testIntent(s, i))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ref.Seq(); ok {
			t.Error("a statement was recorded on a broken disk")
		}
		l.Outcome(ref, Outcome{End: Done})
	}
	if err := l.Event(Event{Kind: SessionOpen, Session: s}); err != nil {
		t.Errorf("a session: %v", err)
	}
	in := testIntent(s, 6)
	in.Durable = true // its rule wants it on the device, whatever becomes of others
	_, err := l.Intent(in)
	wantUnavailable(t, err, StateBroken, syscall.EIO, "58030")
	d.writeErr.Store(false)
	eventually(t, "the log is well again", func() bool { return l.Stats().State == StateOK })
	if st := l.Stats(); st.Missed != 5 || st.Refused != 1 {
		t.Errorf("stats %+v", st)
	}
	mustClose(t, l)
	wantGap(t, o.Dir, l.VerifierKey(), `{"statements":5,"outcomes":5,"events":1,`)
	for _, rec := range records(t, o.Dir) {
		if rec.Kind == kindResumed && !strings.Contains(string(rec.Data), `"refused":1`) {
			t.Errorf("resumed %s", rec.Data)
		}
	}
}

// wantGap wants one gap in a log that is whole, whose record begins so.
func wantGap(t *testing.T, dir, key, begin string) {
	t.Helper()
	if r := wantOK(t, dir, key); r.Gaps != 1 {
		t.Errorf("%d gaps", r.Gaps)
	}
	for _, rec := range records(t, dir) {
		if rec.Kind == kindGap && !strings.HasPrefix(string(rec.Data), begin) {
			t.Errorf("gap %s, want %s…", rec.Data, begin)
		}
	}
}

// TestAllowAfterFailure lets statements run while the log has failed for good: what is missing is told when it is opened again, also after a crash.
func TestAllowAfterFailure(t *testing.T) {
	d := &faultDisk{}
	o := testOptions(t)
	o.SegmentBytes, o.disk, o.OnFailure, o.Fsync = 256<<10, d, AllowAndCount, Always
	l := mustOpen(t, o)
	s := NewSession(testSession)
	d.syncErr.Store(true)
	for i := uint64(1); i <= 4; i++ {
		in := testIntent(s, i)
		in.Durable = i == 4
		ref, err := l.Intent(in)
		if i == 4 {
			wantUnavailable(t, err, StateFailed, syscall.EIO, "58030")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done})
	}
	eventually(t, "the gap is noted", func() bool {
		b, _ := os.ReadFile(filepath.Join(o.Dir, "gap"))
		return strings.HasPrefix(string(b), `{"statements":3,"outcomes":2,"events":0,`) // the first one's intent may be there, and recovery will say unknown
	})
	l.Close(context.Background())
	o.disk = nil
	inTheWay := filepath.Join(o.Dir, "checkpoint.tmp", "x")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // comes as far as to write its first checkpoint
		if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "checkpoint.tmp") {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Dir(inTheWay)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // told once
		mustClose(t, mustOpen(t, o))
		wantGap(t, o.Dir, l.VerifierKey(), `{"statements":3,"outcomes":2,"events":0,`)
	}
}

// TestLow warns before the disk is full.
func TestLow(t *testing.T) {
	d := &faultDisk{}
	o := testOptions(t)
	o.disk = d
	l := mustOpen(t, o)
	d.freeBytes.Store(1 << 20)
	eventually(t, "the log is low", func() bool { return l.Stats().State == StateLow })
	if _, err := l.Intent(testIntent(NewSession(testSession), 1)); err != nil {
		t.Errorf("a low disk refuses: %v", err)
	}
	d.freeBytes.Store(0)
	eventually(t, "the log is well again", func() bool { return l.Stats().State == StateOK })
	mustClose(t, l)
	wantOK(t, o.Dir, l.VerifierKey())
}

// TestGroupCommit counts syncs: who waits shares one.
func TestGroupCommit(t *testing.T) {
	d := &faultDisk{slow: 2 * time.Millisecond}
	o := testOptions(t)
	o.disk, o.Fsync = d, Always
	l := mustOpen(t, o)
	before := d.syncs.Load()
	var wg sync.WaitGroup
	for g := 0; g < 32; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := NewSession(testSession)
			for i := uint64(1); i <= 20; i++ {
				ref, err := l.Intent(testIntent(s, i))
				if err != nil {
					t.Error(err)
					return
				}
				l.Outcome(ref, Outcome{End: Done})
			}
		}()
	}
	wg.Wait()
	if n := d.syncs.Load() - before; n > 200 {
		t.Errorf("%d syncs for 640 statements of 32 sessions", n)
	}
	mustClose(t, l)
	wantOK(t, o.Dir, l.VerifierKey())
}

// told is a Waiter that keeps what it is told.
type told chan bool

func (w told) Told(ok bool) { w <- ok }

// TestToldOfSync appends without waiting: the record is not said to be on the device before a sync that began later has ended, and each who asked is told once, also of a failure and of the log's end.
func TestToldOfSync(t *testing.T) {
	d := &faultDisk{slow: 5 * time.Millisecond}
	o := testOptions(t)
	o.disk, o.Fsync = d, Always
	l := mustOpen(t, o)
	s := NewSession(testSession)
	n := uint64(0)
	add := func() uint64 {
		n++
		ref, err := l.Append(testIntent(s, n))
		if err != nil {
			t.Fatal(err)
		}
		if ref.Needs() == 0 || l.Synced(ref.Needs()) {
			t.Fatalf("the record needs %d, and that is synced", ref.Needs())
		}
		return ref.Needs()
	}
	for range 5 {
		var waiters []told
		var all []uint64
		before := d.syncs.Load()
		for range 20 {
			needs, w := add(), make(told, 2)
			if !l.Notify(needs, w) {
				if !l.Synced(needs) {
					t.Fatal("nothing to wait for")
				}
				continue
			}
			waiters, all = append(waiters, w), append(all, needs)
		}
		for i, w := range waiters {
			if ok := <-w; !ok || !l.Synced(all[i]) || d.syncs.Load() == before {
				t.Fatalf("told %v, synced %v", ok, l.Synced(all[i]))
			}
			if len(w) > 0 {
				t.Fatal("told twice")
			}
			if err := l.Await(all[i], 1, false); err != nil {
				t.Fatal(err)
			}
			if l.Notify(all[i], w) {
				t.Fatal("there is something to wait for")
			}
		}
	}
	d.syncErr.Store(true)
	needs, w := add(), make(told, 1)
	if l.Notify(needs, w) && <-w {
		t.Error("told that all is well")
	}
	wantUnavailable(t, l.Await(needs, 3, false), StateFailed, syscall.EIO, "58030")
	if n := l.Stats().Refused; n != 3 {
		t.Errorf("%d refused", n)
	}
	if l.Notify(needs, w) {
		t.Error("a failed log has something to wait for")
	}
	l.Close(context.Background())

	// Who waits when the log is closed is told, and nobody waits behind that.
	o = testOptions(t)
	o.disk, o.Fsync = &faultDisk{slow: 50 * time.Millisecond}, Always
	l = mustOpen(t, o)
	needs, w = add(), make(told, 1)
	asked := l.Notify(needs, w)
	mustClose(t, l)
	if asked {
		<-w
	}
	if l.Notify(needs+1, w) {
		t.Error("a closed log has something to wait for")
	}
}

// TestSmallDisk runs a log on a real file system of 3 MB until it is full.
func TestSmallDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	mount := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "cordon-audit-test", mount).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", mount).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	o := Options{Dir: filepath.Join(mount, "log"), KeyFile: filepath.Join(t.TempDir(), "key"), Node: "n1", SegmentBytes: 512 << 10, Fsync: Interval}
	l := mustOpen(t, o)
	s := NewSession(testSession)
	var open Ref
	var err error
	for i := uint64(1); i < 100000; i++ {
		var ref Ref
		if ref, err = l.Intent(testIntent(s, i)); err != nil {
			break
		}
		if i > 1 {
			l.Outcome(open, Outcome{End: Done})
		}
		open = ref
	}
	wantUnavailable(t, err, StateDraining, syscall.ENOSPC, "53100")
	l.Outcome(open, Outcome{End: Done})
	if st := l.Stats(); st.Pending != 0 || st.Lost != 0 {
		t.Errorf("stats %+v", st)
	}
	l.Close(context.Background()) // the last checkpoint may not fit any more
	if r := mustVerify(t, o.Dir, l.VerifierKey()); !r.OK() && !strings.Contains(r.Problems[0].Why, "no checkpoint covers") {
		t.Errorf("problems %v", r.Problems)
	} else if r.Intents != r.Outcomes {
		t.Errorf("%d intents, %d outcomes", r.Intents, r.Outcomes)
	}
}
