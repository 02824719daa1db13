package main

import (
	"bytes"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
		p, err := readPolicy(filepath.Join(dir, "policy.yaml"))
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
	p, err := readPolicy(filepath.Join(dir, "policy.yaml"))
	if err != nil || len(p.Warnings) != 1 {
		t.Errorf("%v, warnings %v", err, p.Warnings)
	}
	bob := p.Users["bob"]
	expect(t, "bob of the CSV", strings.Join(bob.Roles, ",")+" "+bob.Attributes["office"].SQL+" "+bob.Attributes["level"].SQL, `sales,support '{"EU","US"}' 3`)
}
