package main

import (
	"bytes"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cordon/audit"
	"cordon/config"
	"cordon/policy"
)

const requestPolicy = `version: 1
users_file: people.csv
grants_file: grants.jsonl
rules:
  - {name: see everything, tables: [public.customers], on_request: {by: [carol, dave], max: 8h}}
  - {name: export salaries, tables: [public.salaries], on_request: {by: [carol, dave], approvals: 2}}
`

const requestPeople = `user,roles,os_user_is_no_column:text,office:list,level:integer
bob,sales;support,x,EU;US,3
carol,boss,,,
dave,boss,,,
`

func readPolicy(t *testing.T, path string) (*policy.Policy, error) {
	t.Helper()
	return loadPolicy(t.Context(), &config.Config{Policy: path})
}

// A rule on request is given by those who may, to others, for a time, by two where the rule says so, and taken back.
func TestGrant(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cordon.yaml", "upstream: 127.0.0.1:1\npolicy: policy.yaml\n")
	write("people.csv", requestPeople)
	write("policy.yaml", requestPolicy)
	ids := regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	moments := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	lastID := ""
	grant := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		for i := range args {
			if args[i] == "ID" {
				args[i] = lastID
			}
		}
		runGrant(t.Context(), append(args, "--config", filepath.Join(dir, "cordon.yaml")), &out, &errs)
		text := out.String() + errs.String()
		if id := ids.FindString(text); id != "" {
			lastID = id
		}
		return moments.ReplaceAllString(ids.ReplaceAllString(text, "ID"), "WHEN")
	}
	sees := func(person, table string) string {
		t.Helper()
		p, err := readPolicy(t, filepath.Join(dir, "policy.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		g := p.Bind(p.Subject(person, person, policy.Subject{}.Client, time.Now().Add(time.Second)))
		return g.Decide(policy.TableName{Schema: "public", Name: table}).Verdict.String()
	}
	give := func(who, rule, length, by string) string {
		return grant("--user", who, "--rule", rule, "--for", length, "--reason", "audit", "--by", by)
	}
	// Nobody is somebody else.
	expect(t, "another's name", give("bob", "see everything", "4h", "carol"), `cordon: error: this is run by the system's user "`+me.Username+`", who is not "carol": the policy can say who is, with os_user`+"\n")
	people := "users:\n  carol: {os_user: " + me.Username + "}\n  dave: {os_user: " + me.Username + "}\n"
	write("people.csv", strings.Join(strings.SplitAfter(requestPeople, "\n")[:2], ""))
	write("policy.yaml", strings.Replace(requestPolicy, "rules:\n", people+"rules:\n", 1))

	expect(t, "before", sees("bob", "customers"), "denied")
	expect(t, "a grant", give("bob", "see everything", "4h", "carol"), `ID  bob has rule "see everything" until WHEN`+"\n")
	expect(t, "with it", sees("bob", "customers")+" "+sees("carol", "customers"), "restricted denied")
	expect(t, "by bob", grant("revoke", "ID", "--by", "bob"), `cordon: error: this is run by the system's user "`+me.Username+`", who is not "bob": the policy can say who is, with os_user`+"\n")
	expect(t, "taken back", grant("revoke", "ID", "--by", "dave"), "ID  revoked\n")
	expect(t, "after", sees("bob", "customers"), "denied")

	expect(t, "of two", give("bob", "export salaries", "1h", "carol"), `ID  bob has rule "export salaries" until WHEN once a second person approves: cordon grant approve ID --by …`+"\n")
	expect(t, "with one", sees("bob", "salaries"), "denied")
	expect(t, "the same again", grant("approve", "ID", "--by", "carol"), `cordon: error: "carol" has granted it already: the second must be somebody else`+"\n")
	expect(t, "the second", grant("approve", "ID", "--by", "dave"), `ID  bob has rule "export salaries" until WHEN`+"\n")
	expect(t, "with two", sees("bob", "salaries"), "restricted")

	for _, one := range []struct{ what, got, want string }{
		{"to oneself", give("carol", "see everything", "1h", "carol"), `"carol" may not grant a rule to themselves`},
		{"too long", give("bob", "see everything", "9h", "carol"), `rule "see everything" is given for at most 8h0m0s`},
		{"no rule", give("bob", "see nothing", "1h", "carol"), `no rule "see nothing" is given on request`},
		{"to nobody", give("zoe", "see everything", "1h", "carol"), `"zoe" is not one of the policy's users`},
		{"no reason", grant("--user", "bob", "--rule", "see everything", "--for", "1h", "--reason", " ", "--by", "carol"), "a grant needs a reason"},
		{"of none", grant("approve", "000000000000", "--by", "dave"), "there is no grant ID"},
	} {
		expect(t, one.what, one.got, "cordon: error: "+one.want+"\n")
	}
	lines := strings.Split(strings.TrimSpace(grant("list")), "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	expect(t, "the list", strings.Join(lines, "\n"), `id person rule state until by reason
ID bob export salaries in force WHEN carol, dave audit
ID bob see everything revoked by dave WHEN carol audit`)

	// What does not fit the policy counts for nothing, whoever has written it into the file.
	f, err := os.OpenFile(filepath.Join(dir, "grants.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	f.WriteString(`{"do":"grant","id":"x","user":"bob","rule":"see everything","by":"bob","at":"` + now + `","until":"2099-01-01T00:00:00Z","reason":"-"}` + "\n")
	f.Close()
	expect(t, "written by hand", sees("bob", "customers"), "denied")
	p, err := readPolicy(t, filepath.Join(dir, "policy.yaml"))
	if err != nil || len(p.Warnings) != 1 {
		t.Errorf("%v, warnings %v", err, p.Warnings)
	}
	bob := p.Users["bob"]
	expect(t, "bob of the CSV", strings.Join(bob.Roles, ",")+" "+bob.Attributes["office"].SQL+" "+bob.Attributes["level"].SQL, `sales,support '{"EU","US"}' 3`)
}

// What becomes of grants is recorded once: their beginning, their end, and who took them back; a change of the file is noticed.
func TestGrantsAreRecorded(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("people.csv", requestPeople)
	write("policy.yaml", requestPolicy)
	read := func() *policy.Policy {
		t.Helper()
		p, err := readPolicy(t, file("policy.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	trail, err := audit.Open(t.Context(), audit.Options{Dir: file("audit"), KeyFile: file("audit.key"), Fsync: audit.Never})
	if err != nil {
		t.Fatal(err)
	}
	watch, leases := &fileWatch{}, &leaseLog{trail: trail}
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	p := read()
	expect(t, "at first", fmt.Sprint(watch.changed(p), watch.changed(p)), "true false")
	leases.follow(p, start)
	write("grants.jsonl", `{"do":"grant","id":"a","user":"bob","rule":"see everything","by":"carol","at":"2026-07-01T12:00:00Z","until":"2026-07-01T13:00:00Z","reason":"audit"}
{"do":"grant","id":"b","user":"bob","rule":"see everything","by":"dave","at":"2026-07-01T12:00:00Z","until":"2026-07-01T14:00:00Z","reason":"audit"}
`)
	expect(t, "granted", fmt.Sprint(watch.changed(p), watch.changed(p)), "true false")
	p = read()
	for range 3 {
		leases.follow(p, start.Add(time.Minute))
	}
	f, err := os.OpenFile(file("grants.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"do":"revoke","id":"b","by":"carol","at":"2026-07-01T12:30:00Z"}` + "\n")
	f.Close()
	expect(t, "revoked", fmt.Sprint(watch.changed(p)), "true")
	p = read()
	leases.follow(p, start.Add(31*time.Minute))
	leases.follow(p, start.Add(time.Hour))
	leases.follow(p, start.Add(2*time.Hour))
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var text []byte
	filepath.WalkDir(file("audit"), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, readErr := os.ReadFile(path)
			text = append(text, data...)
			return readErr
		}
		return err
	})
	events := regexp.MustCompile(`"kind":"(grant\.[a-z]+)"|"(?:ended|revoked_by|id|reason|user)":"([^"]*)"`).FindAllStringSubmatch(string(text), -1)
	var got []string
	for _, e := range events {
		got = append(got, e[1]+e[2])
	}
	expect(t, "recorded", strings.Join(got, " "), "grant.issue a audit bob grant.issue b audit bob grant.revoke revoked b audit carol bob grant.revoke its time was over a audit bob")
}
