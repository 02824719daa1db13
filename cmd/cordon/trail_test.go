package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/audit"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

func TestTrailNews(t *testing.T) {
	ok := audit.Stats{State: audit.StateOK}
	full := audit.Stats{State: audit.StateDraining, Reason: "no space left on device", Refused: 3}
	for _, c := range []struct {
		was, is audit.Stats
		want    string
	}{
		{ok, ok, ""},
		{ok, audit.Stats{State: audit.StateLow, Reason: "only 60 MB"}, "WARN the disk of the audit log is nearly full; make room reason=only 60 MB"},
		{ok, full, "ERROR the disk of the audit log is full; it goes on by itself when there is room statements=refused reason=no space left on device"},
		{full, full, ""},
		{full, audit.Stats{State: audit.StateLow, Reason: "only 60 MB", Refused: 4}, "WARN the disk of the audit log is nearly full; make room reason=only 60 MB\nINFO the audit log can be written again refused_since_start=4 unrecorded_since_start=0"},
		{ok, audit.Stats{State: audit.StateFailed, Reason: "gone", Allow: true}, "ERROR the audit log has failed; mend the disk or the folder and start Cordon again statements=run unrecorded, by audit.on_failure: allow reason=gone"},
		{ok, audit.Stats{State: audit.StateOK, WitnessError: "refused"}, "WARN a witness does not sign the audit log's checkpoints; it is tried again reason=refused"},
		{full, audit.Stats{State: audit.StateClosed}, ""},
	} {
		var list []string
		for _, n := range trailNews(c.was, c.is) {
			line := n.level.String() + " " + n.text
			for _, a := range n.attrs {
				line += " " + a.String()
			}
			list = append(list, line)
		}
		if got := strings.Join(list, "\n"); got != c.want {
			t.Errorf("%v to %v: %s\nwant %s", c.was.State, c.is.State, got, c.want)
		}
	}
}

const trailPolicy = `version: 1
users: {app: {}}
rules:
  - {name: durable, users: [app], tables: [public.accounts], allow: [select], audit: durable}
  - {name: others, users: [app], tables: [public.deals], allow: [select]}
`

// The folder of segments goes away under the program. With on_failure: refuse no statement runs, with allow all but those that must be durable do; the program's log says why, and the audit log how many, once it is there again.
func TestTrailGone(t *testing.T) {
	pg := pgtest.Start(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE ROLE app LOGIN; CREATE TABLE deals (id int); CREATE TABLE accounts (id int); GRANT SELECT ON deals, accounts TO app`)
	program, err := instance.Build(t.Context(), t.TempDir(), "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	for _, onFailure := range []string{"refuse", "allow"} {
		t.Run(onFailure, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(trailPolicy), 0o600); err != nil {
				t.Fatal(err)
			}
			start := func() *instance.Instance {
				t.Helper()
				app, err := instance.Start(t.Context(), program, dir, pg.Addr(), func(listen, upstream, admin string) string {
					return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {on_failure: %s}\n", listen, upstream, admin, onFailure)
				})
				if err != nil {
					t.Fatal(err)
				}
				return app
			}
			app := start()
			c, err := pgx.Connect(t.Context(), "postgres://app@"+app.Addr+"/"+db+"?sslmode=disable")
			if err != nil {
				t.Fatal(err)
			}
			ask := func(table, code string) {
				t.Helper()
				_, err := c.Exec(t.Context(), "SELECT id FROM "+table)
				var e *pgconn.PgError
				if errors.As(err, &e); e == nil && (err != nil || code != "") || e != nil && e.Code != code {
					t.Errorf("%s: %v, want %q", table, err, code)
				}
			}
			ask("deals", "")
			segments, away := filepath.Join(dir, "audit", "segments"), filepath.Join(dir, "away")
			if err := os.Rename(segments, away); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "Cordon's log says so", func() bool {
				return strings.Contains(app.Log(), "the audit log has failed; mend the disk or the folder and start Cordon again")
			})
			resp, err := http.Get("http://" + app.Admin + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			ask("accounts", "58030")
			if onFailure == "refuse" {
				ask("deals", "58030")
				if resp.StatusCode == http.StatusOK || !strings.Contains(string(body), "the audit log cannot be written") {
					t.Errorf("readyz: %d %s", resp.StatusCode, body)
				}
			} else {
				ask("deals", "")
				ask("deals", "")
				if resp.StatusCode != http.StatusOK {
					t.Errorf("readyz: %d %s", resp.StatusCode, body)
				}
			}
			c.Close(context.Background())
			if onFailure == "allow" {
				waitFor(t, "the gap is noted", func() bool {
					b, _ := os.ReadFile(filepath.Join(dir, "audit", "gap"))
					return strings.Contains(string(b), `"statements":2,"outcomes":2,"events":1,`) // the session's end
				})
			}
			app.Stop() // with an error: the log could not be closed
			if err := os.Rename(away, segments); err != nil {
				t.Fatal(err)
			}
			app = start()
			if c, err = pgx.Connect(t.Context(), "postgres://app@"+app.Addr+"/"+db+"?sslmode=disable"); err != nil {
				t.Fatal(err)
			}
			c.Close(context.Background())
			if err := app.Stop(); err != nil {
				t.Error(err)
			}
			key, err := audit.ReadVerifier(filepath.Join(dir, "audit.key.pub"))
			if err != nil {
				t.Fatal(err)
			}
			r, err := audit.Verify(t.Context(), filepath.Join(dir, "audit"), audit.VerifyOptions{Keys: []string{key}, Texts: true})
			if err != nil || !r.OK() || r.Pending > 0 {
				t.Errorf("%v %+v", err, r)
			}
			if want := map[string]uint64{"refuse": 0, "allow": 1}[onFailure]; r.Gaps != want {
				t.Errorf("%d gaps, want %d", r.Gaps, want)
			}
		})
	}
}
