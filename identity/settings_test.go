package identity

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

// errServer stands for an error that PostgreSQL gives for a statement that cannot run in the session's state.
var errServer = errors.New("the server refuses")

// run plays one statement of a test's small language, SQL as it is, on the machine. name is the setting that cordon.user stands for in the SQL.
func run(s *Settings, sql string) error {
	words := strings.Fields(sql)
	upper := strings.ToUpper(sql)
	has := func(prefix string) bool { return upper == prefix || strings.HasPrefix(upper, prefix+" ") }
	last := words[len(words)-1]
	if s.Failed() && !has("ROLLBACK") && !has("COMMIT") {
		return errServer
	}
	switch {
	case has("BEGIN"):
		s.Begin()
	case has("COMMIT"):
		if has("COMMIT AND CHAIN") && !s.InBlock() {
			return errServer
		}
		s.Commit(has("COMMIT AND CHAIN"))
	case has("ROLLBACK TO"):
		if s.find(last) < 0 {
			return errServer
		}
		s.RollbackTo(last)
	case has("ROLLBACK"):
		if has("ROLLBACK AND CHAIN") && !s.InBlock() {
			return errServer
		}
		s.Rollback(has("ROLLBACK AND CHAIN"))
	case has("SAVEPOINT"):
		if !s.InBlock() {
			return errServer
		}
		return s.Savepoint(last)
	case has("RELEASE"):
		if s.find(last) < 0 {
			return errServer
		}
		s.Release(last)
	case has("RESET ALL"):
		s.ResetAll()
	case has("DISCARD ALL"):
		if s.InBlock() {
			return errServer
		}
		s.DiscardAll()
	case has("RESET"):
		return s.Reset(last)
	case has("SET"):
		name, local := words[1], false
		if strings.EqualFold(name, "LOCAL") || strings.EqualFold(name, "SESSION") {
			name, local = words[2], strings.EqualFold(name, "LOCAL")
		}
		if last == "DEFAULT" {
			return s.SetDefault(name, local)
		}
		return s.Set(name, strings.Trim(last, "'"), local)
	case has("SELECT 1/0"):
		return errServer
	case has("SELECT"):
		s.start()
	default:
		panic("unknown statement " + sql)
	}
	return nil
}

// query plays a simple Query string, as PostgreSQL runs it.
func query(s *Settings, sql string) error {
	for _, one := range strings.Split(sql, ";") {
		if err := run(s, strings.TrimSpace(one)); err != nil {
			s.Fail()
			return err
		}
	}
	s.EndImplicit()
	return nil
}

// state is the session as a case shows it: the value, and the transaction status of ReadyForQuery.
func state(s *Settings) string {
	value, known := s.Value("cordon.user")
	if !known || value == "" {
		value = "-"
	}
	switch {
	case s.Failed():
		return value + " E"
	case s.InBlock():
		return value + " T"
	default:
		return value + " I"
	}
}

// Each line of a case is a simple Query string, and its answer the value of cordon.user after it with the status of ReadyForQuery. An error is marked with !.
func TestSettings(t *testing.T) {
	golden.Run(t, "testdata/settings.case", func(t *testing.T, d *golden.Directive) string {
		var s Settings
		if v := d.Arg("startup"); v != "" {
			if err := s.Startup("cordon.user", v); err != nil {
				t.Fatal(err)
			}
		}
		var out strings.Builder
		for _, sql := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			mark := ""
			if query(&s, sql) != nil {
				mark = " !"
			}
			fmt.Fprintf(&out, "%-64s %s%s\n", sql, state(&s), mark)
		}
		return out.String()
	})
}

// The same cases, asked of PostgreSQL itself with a setting of another name.
func TestSettingsArePostgreSQLs(t *testing.T) {
	cases, err := golden.Read("testdata/settings.case")
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		if d := &cases[i]; !d.Has("startup") {
			t.Run(fmt.Sprintf("line %d", d.Line), func(t *testing.T) {
				compare(t, strings.Split(strings.TrimSpace(d.Input), "\n"))
			})
		}
	}
}

// Random sessions, asked of the machine and of PostgreSQL.
func TestRandomSettings(t *testing.T) {
	statements := []string{
		"SET cordon.user = 'a'", "SET cordon.user = 'b'", "SET SESSION cordon.user = 'c'", "SET LOCAL cordon.user = 'd'", "SET LOCAL cordon.user = 'e'",
		"SET LOCAL cordon.user TO DEFAULT", "RESET cordon.user", "RESET ALL", "DISCARD ALL", "SET cordon.user TO DEFAULT",
		"BEGIN", "BEGIN", "BEGIN", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN",
		"SAVEPOINT a", "SAVEPOINT b", "SAVEPOINT a", "SAVEPOINT b", "ROLLBACK TO a", "ROLLBACK TO b", "RELEASE a", "RELEASE b",
		"SELECT 1/0", "SELECT 2",
	}
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for seed := range rounds {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		var session []string
		for range 80 {
			var parts []string
			for range 1 + random.IntN(3)*random.IntN(2) {
				s := statements[random.IntN(len(statements))]
				if s == "DISCARD ALL" && random.IntN(4) > 0 {
					continue
				}
				parts = append(parts, s)
			}
			if len(parts) > 1 {
				// DISCARD ALL runs by itself only, which is not the machine's to know.
				for i, p := range parts {
					if p == "DISCARD ALL" {
						parts[i] = "SELECT 2"
					}
				}
			}
			if len(parts) > 0 {
				session = append(session, strings.Join(parts, "; "))
			}
		}
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { compare(t, session) })
	}
}

// compare plays a session of Query strings on the machine and on PostgreSQL, and looks at the value after each.
func compare(t *testing.T, session []string) {
	server := pgtest.Shared(t)
	conn := server.Connect(t, "postgres", "", "postgres")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var s Settings
	for i, sql := range session {
		_, got := conn.Query(ctx, strings.ReplaceAll(sql, "cordon.user", "shadow.who"))
		var refusal *pgtest.Error
		if got != nil && !errors.As(got, &refusal) {
			t.Fatalf("%s: %v", sql, got)
		}
		want := query(&s, sql)
		if (got != nil) != (want != nil) {
			t.Fatalf("%s\nPostgreSQL: %v, machine: %v", strings.Join(session[:i+1], "\n"), got, want)
		}
		if s.Failed() {
			continue // current_setting cannot be asked here
		}
		rows, err := conn.Query(ctx, "SELECT coalesce(current_setting('shadow.who', true), '')")
		if err != nil {
			t.Fatalf("%s\nPostgreSQL cannot be asked: %v", strings.Join(session[:i+1], "\n"), err)
		}
		if value, _ := s.Value("cordon.user"); *rows[0][0] != value {
			t.Fatalf("%s\nPostgreSQL has %q, the machine %q", strings.Join(session[:i+1], "\n"), *rows[0][0], value)
		}
	}
}

func TestSettingsAreBounded(t *testing.T) {
	var s Settings
	for i := range MaxSettings {
		if err := s.Set(fmt.Sprintf("cordon.s%d", i), "x", false); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set("cordon.one_more", "x", false); err == nil || err.Error() != "a session can have 32 settings of Cordon's" {
		t.Errorf("got %v", err)
	}
	if err := s.Set("CORDON.S1", strings.Repeat("x", MaxTokenBytes+1), false); err == nil || err.Error() != "the value of cordon.s1 is longer than 8192 bytes" {
		t.Errorf("got %v", err)
	}
	if err := s.Set("cordon.s1", "a\x00b", false); err == nil || err.Error() != "the value of cordon.s1 holds a zero byte" {
		t.Errorf("got %v", err)
	}
	if v, known := s.Value("Cordon.S1"); v != "x" || !known {
		t.Errorf("got %q, %v", v, known)
	}
	s.EndImplicit()
	s.Begin()
	for range MaxSavepoints {
		if err := s.Savepoint("a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Savepoint("a"); err == nil || err.Error() != "a session can have 100000 savepoints" {
		t.Errorf("got %v", err)
	}
	s.Rollback(false)
	if v, _ := s.Value("cordon.s1"); v != "x" || s.InBlock() {
		t.Errorf("got %q, in block %v", v, s.InBlock())
	}
}
