package guard

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cordon/policy"
)

func openStore(t *testing.T, path string, now time.Time) (*Windows, *Store) {
	t.Helper()
	ws, s, err := OpenWindows(path, 0, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return ws, s
}

var threeWindows = []Limit{rule(policy.Export{Windows: []policy.Window{{Rows: 100, Bytes: 10000, Per: time.Hour}, {Subjects: 50, Per: 24 * time.Hour}}})}

// give runs an execution of rows with the subjects from first on, and reports how many rows came.
func give(ws *Windows, now time.Time, person string, first, rows int) int {
	g := &Guard{Windows: ws, Ceiling: NewCeiling(0)}
	m := g.Start(now, person, threeWindows)
	for i := range rows {
		m.Subject(ws.Subject("customers", fmt.Append(nil, first+i)))
		if m.Row(now, 10) == Stop {
			return 0
		}
	}
	if m.Complete(now) == Stop {
		return 0
	}
	return rows
}

// What was given counts after a restart as if there had been none, also after a crash in the middle of a save.
func TestWindowsSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "windows")
	ws, s := openStore(t, path, noon)
	if n := give(ws, noon, "alice", 0, 40); n != 40 {
		t.Fatalf("got %d rows", n)
	}
	held := (&Guard{Windows: ws}).Start(noon, "alice", threeWindows)
	held.Row(noon, 10) // nobody has got it
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := give(ws, noon, "bob", 0, 10); n != 10 {
		t.Fatalf("got %d rows", n)
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	more, err := os.ReadFile(path)
	if err != nil || len(more) <= len(whole) {
		t.Fatalf("the second save has written nothing: %v", err)
	}
	for cut := len(more); cut >= len(whole); cut -= 41 { // the whole, and what a crash can leave
		if err := os.WriteFile(path, more[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		later := noon.Add(30 * time.Minute)
		ws, s := openStore(t, path, later)
		alice, _ := ws.Used(later, Key{"alice", "sales", 0})
		if n, _ := ws.Used(later, Key{"bob", "sales", 0}); n != 10 && (cut == len(more) || n != 0) || alice != 40 {
			t.Fatalf("after %d of %d bytes bob's window counts %d, alice's %d", cut-len(whole), len(more)-len(whole), n, alice)
		}
		if n := give(ws, later, "alice", 40, 11); n != 0 {
			t.Fatal("alice got subjects above the limit")
		}
		if n := give(ws, later, "alice", 0, 40); n != 40 {
			t.Fatal("alice was refused subjects that she had got before")
		}
		if n := give(ws, later, "alice", 0, 21); n != 0 {
			t.Fatal("alice got rows above the limit")
		}
		s.Close()
	}
}

func TestDamagedStoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "windows")
	ws, s := openStore(t, path, noon)
	give(ws, noon, "alice", 0, 40)
	s.Save()
	give(ws, noon, "bob", 0, 40)
	s.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, len(storeMagic) + 32, len(storeMagic) + 32 + 20} {
		bad := bytes.Clone(data)
		bad[at] ^= 0x80
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenWindows(path, 0, time.Now); err == nil {
			t.Errorf("byte %d changed: no error", at)
		}
	}
}

// The file stays within a few times of what its windows need, whatever is saved.
func TestStoreIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "windows")
	now := noon
	ws, s, err := OpenWindows(path, 0, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 3000 {
		now = now.Add(time.Minute)
		give(ws, now, fmt.Sprint("person ", i%50), i, 5)
		if i%10 == 0 {
			if err := s.Save(); err != nil {
				t.Fatal(err)
			}
		}
		if i%500 == 0 {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if most := int64(storeSlack + (storeGrowth+1)*100*2000); info.Size() > most {
				t.Fatalf("after %d saves the file has %d bytes", i/10, info.Size())
			}
		}
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

// Subjects of a window are held against a list of every sighting's time.
func TestSubjectsOfAWindow(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 7))
		ws := NewWindows(0)
		per := time.Hour
		part := per / windowParts
		limits := []Limit{rule(policy.Export{Windows: []policy.Window{{Subjects: 40, Per: per}}})}
		g := &Guard{Windows: ws}
		seen := map[int]time.Time{}
		now := noon
		distinct := func(more []int, within time.Duration) int {
			n := map[int]bool{}
			for k, at := range seen {
				if now.Sub(at) < within {
					n[k] = true
				}
			}
			for _, k := range more {
				n[k] = true
			}
			return len(n)
		}
		for range 2000 {
			now = now.Add(time.Duration(r.Int64N(int64(4 * time.Minute))))
			var keys []int
			m := g.Start(now, "alice", limits)
			stopped := false
			for range r.IntN(12) {
				k := r.IntN(120)
				keys = append(keys, k)
				m.Subject(ws.Subject("customers", fmt.Append(nil, k)))
				if m.Row(now, 1) == Stop {
					stopped = true
					break
				}
			}
			switch {
			case stopped:
				if n := distinct(keys, per+part); n <= 40 {
					t.Fatalf("seed %d: stopped with %d subjects", seed, n)
				}
			case r.IntN(4) == 0:
				m.Abandon()
			default:
				m.Complete(now)
				for _, k := range keys {
					seen[k] = now
				}
				if n := distinct(nil, per); n > 40 {
					t.Fatalf("seed %d: %d subjects within the window", seed, n)
				}
			}
		}
	}
}

func FuzzDecodeAccount(f *testing.F) {
	ws := NewWindows(0)
	give(ws, noon, "alice", 0, 3)
	for _, a := range ws.accounts {
		f.Add(a.appendRecord(nil)[8:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeAccount(b)
		if err != nil {
			return
		}
		a.windows = ws
		again, err := decodeAccount(a.appendRecord(nil)[8:])
		if err != nil {
			t.Fatal(err)
		}
		if again.used != a.used || again.parts != a.parts || len(again.subjects) != len(a.subjects) {
			t.Fatalf("%+v became %+v", a.used, again.used)
		}
	})
}
