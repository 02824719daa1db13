package audit

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// A clock that was ahead and came back must not keep the log from being opened: the keys of days to come have been made.
func TestClockThatWasAhead(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	open := func() *Log {
		t.Helper()
		l, err := Open(context.Background(), Options{Dir: filepath.Join(dir, "audit"), KeyFile: filepath.Join(dir, "audit.key"), Node: "test", Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, at := range []time.Time{now, now.AddDate(0, 0, -160), now.AddDate(0, 0, -159), now.AddDate(0, 0, 1)} {
		now = at
		l := open()
		ref, err := l.Intent(&Intent{Session: NewSession(SessionInfo{ID: "s"}), SQL: "SELECT 1"})
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done})
		if err := l.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	key, err := ReadVerifier(filepath.Join(dir, "audit.key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Verify(context.Background(), filepath.Join(dir, "audit"), VerifyOptions{Keys: []string{key}, Texts: true})
	if err != nil || !r.OK() || r.TextsRead != 4 {
		t.Errorf("%+v, %v", r, err)
	}
}
