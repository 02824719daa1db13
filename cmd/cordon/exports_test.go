package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"cordon/guard"
)

// Requests for exports are shown and answered, and people are released, by those whom the policy names.
func TestAnswers(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"cordon.yaml": "upstream: 127.0.0.1:1\npolicy: policy.yaml\n",
		"policy.yaml": `version: 1
users:
  alice: {}
  carol: {os_user: ` + me.Username + `}
  dave: {os_user: ` + me.Username + `}
  erin: {os_user: ` + me.Username + `}
rules:
  - {name: the list, tables: [public.customers], export: {rows: 50, over: ask, approve: {by: [carol, dave], approvals: 2, rows: 5000}}}
watch:
  - {name: storm, errors: 5, per: 1m, action: quarantine, by: [carol]}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := readPolicy(t, filepath.Join(dir, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	requests, err := guard.OpenRequests(exportsFile(state), p)
	if err != nil {
		t.Fatal(err)
	}
	file := func(key string) string {
		id, _, err := requests.File(p, guard.ExportEntry{At: time.Now(), Person: "alice", Login: "crm", Rule: "the list", Statement: "SELECT *\x1b[2J FROM customers", Tables: "crm.customers, crm.\"\x1b[2J\"", Bind: "statement", Key: key, Why: "more than 50 rows"})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, second := file("1"), file("2")
	moments := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	call := func(run func(context.Context, []string, io.Writer, io.Writer) int, args ...string) string {
		var out, errs bytes.Buffer
		run(t.Context(), append(args, "--config", filepath.Join(dir, "cordon.yaml")), &out, &errs)
		text := moments.ReplaceAllString(out.String()+errs.String(), "WHEN")
		text = regexp.MustCompile(" {2,}").ReplaceAllString(text, "  ") // columns are as wide as a moment
		for id, name := range map[string]string{first: "FIRST-----", second: "SECOND----"} {
			text = regexp.MustCompile(id).ReplaceAllString(text, name)
		}
		return text
	}
	answer := func(want string, args ...string) {
		t.Helper()
		if got := call(runExports, args...); got != want {
			t.Errorf("exports %v:\n%s\nwant:\n%s", args, got, want)
		}
	}
	answer(`id  asked  person  rule  state
SECOND----  WHEN  alice  the list  waits
FIRST-----  WHEN  alice  the list  waits
`, "list")
	answer("cordon: error: \"erin\" may not answer for rule \"the list\": carol, dave may\n", "approve", first, "--by", "erin", "--reason", "r")
	answer("cordon: error: rule \"the list\" lets at most 5000 rows be approved\n", "approve", first, "--by", "carol", "--reason", "r", "--rows", "5001")
	answer("FIRST-----  alice: waits for a second approval\n", "approve", first, "--by", "carol", "--reason", "the audit", "--rows", "800")
	answer("cordon: error: \"carol\" has approved it already: the second must be somebody else\n", "approve", first, "--by", "carol", "--reason", "r")
	answer("FIRST-----  alice: approved until WHEN\n", "approve", first, "--by", "dave", "--reason", "fine", "--for", "1h")
	answer("SECOND----  alice: denied by dave\n", "deny", second, "--by", "dave", "--reason", "too much")
	answer("cordon: error: there is no request 0\n", "show", "0")
	answer(`request  FIRST-----, approved until WHEN
person  alice (login crm)
asked  WHEN
rule  the list
reads  crm.customers, crm."�[2J"
bound to  the exact statement with its parameters
stopped by more than 50 rows
approved  by carol at WHEN: up to 800 rows, 1 uses, until WHEN: the audit
approved  by dave at WHEN: up to 800 rows, 1 uses, until WHEN: fine
used  0 times

SELECT *�[2J FROM customers
`, "show", first)

	q, err := guard.OpenQuarantine(quarantineFile(state), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Put(p, guard.QuarantineEntry{Person: "alice", At: time.Now(), Watch: "storm", Why: "more than 5 statements have failed"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"person  since  watch  why\nalice  WHEN  storm  more than 5 statements have failed\n", []string{"list"}},
		{"cordon: error: \"dave\" may not release \"alice\": carol may\n", []string{"release", "alice", "--by", "dave", "--reason", "r"}},
		{"alice  released\n", []string{"release", "alice", "--by", "carol", "--reason", "a broken report"}},
		{"cordon: error: \"alice\" is not in quarantine\n", []string{"release", "alice", "--by", "carol", "--reason", "r"}},
	} {
		if got := call(runQuarantine, c.args...); got != c.want {
			t.Errorf("quarantine %v:\n%s\nwant:\n%s", c.args, got, c.want)
		}
	}
}
