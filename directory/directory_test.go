package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cordon/internal/ldaptest"
)

func source(d *ldaptest.Directory) *Source {
	return &Source{
		URL: d.TLS, CA: filepath.Join(d.Dir, "ca.crt"), BindDN: ldaptest.ServiceDN, PasswordFile: filepath.Join(d.Dir, ldaptest.PasswordIn), Timeout: time.Minute,
		Base: "ou=people," + ldaptest.Base, Filter: "(objectClass=inetOrgPerson)", Name: "uid", Disabled: "(employeeType=left)",
		Attributes: []Attribute{{"employee_id", "employeeNumber", Integer}, {"regions", "departmentNumber", List}, {"office", "l", Text}, {"boss", "carLicense", Boolean}, {"rate", "roomNumber", Decimal}},
		Groups:     Groups{Base: "ou=groups," + ldaptest.Base, Filter: "(objectClass=groupOfNames)", Name: "cn", Member: "member", Roles: map[string]string{"sales team": "sales", "dba": "dba"}},
	}
}

func read(t *testing.T, s *Source) string {
	t.Helper()
	p, err := s.Read(t.Context())
	if err != nil {
		return strings.ReplaceAll(err.Error(), s.URL, "URL")
	}
	if since := time.Since(p.AsOf); since < 0 || since > time.Hour {
		t.Errorf("read at %v", p.AsOf)
	}
	people, err := json.MarshalIndent(p.People, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(people) + "\n" + strings.Join(p.Skipped, "\n")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

const staff = `{
 "alice": {
  "roles": [
   "dba",
   "sales"
  ],
  "attributes": {
   "boss": true,
   "employee_id": 7,
   "office": "Zürich",
   "rate": -0.5,
   "regions": [
    "EU",
    "US"
   ]
  }
 },
 "bob": {
  "roles": [
   "sales"
  ],
  "attributes": {
   "regions": [
    "EU"
   ]
  },
  "disabled": true
 },
 "carol": {}
}
`

// People, their attributes and roles are those of the directory; entries that are not one person are nobody.
func TestPeopleOfADirectory(t *testing.T) {
	d := ldaptest.Start(t, ldaptest.Person("alice", "employeeNumber: 007", "departmentNumber: EU", "departmentNumber: US", "l: Zürich", "carLicense: TRUE", "roomNumber: -0.5")+
		ldaptest.Person("bob", "employeeNumber: seven", "departmentNumber: EU", "employeeType: left")+
		ldaptest.Person("carol", "l: Bern", "l: Basel")+
		ldaptest.Person("dave", "uid: david")+
		"dn: ou=more,ou=people,"+ldaptest.Base+"\nobjectClass: organizationalUnit\n\n"+
		ldaptest.Person("erin")+strings.Replace(ldaptest.Person("erin"), "ou=people", "ou=more,ou=people", 1)+
		ldaptest.Group("sales team", "ALICE", "bob", "erin", "nobody")+ldaptest.Group("dba", "alice")+ldaptest.Group("guests", "carol"), true)
	skipped := `uid=bob,ou=people,dc=example,dc=org has no employee_id: "seven" is not of type integer
uid=carol,ou=people,dc=example,dc=org has no office: l has several values
uid=dave,ou=people,dc=example,dc=org is nobody: it has several of uid
"erin" is nobody: several entries have this name`
	s := source(d)
	expect(t, "ldaps", read(t, s), staff+skipped)
	s.URL, s.StartTLS = d.Plain, true
	expect(t, "StartTLS", read(t, s), staff+skipped)
	s.StartTLS = false
	expect(t, "without TLS", read(t, s), `bind to the directory URL as cn=cordon,dc=example,dc=org: LDAP Result Code 13 "Confidentiality Required": confidentiality required`)
	s.StartTLS, s.CA = true, ""
	expect(t, "of an unknown authority", read(t, s), `start TLS with the directory URL: LDAP Result Code 200 "Network Error": TLS handshake failed (tls: failed to verify certificate: x509: certificate signed by unknown authority)`)

	for _, one := range []struct {
		what   string
		change func(*Source)
		want   string
	}{
		{"no such base", func(s *Source) { s.Base = "ou=nowhere," + ldaptest.Base }, `read the directory URL: search for people: LDAP Result Code 32 "No Such Object": `},
		{"no such base of groups", func(s *Source) { s.Groups.Base = "ou=nowhere," + ldaptest.Base }, `read the directory URL: search for groups: LDAP Result Code 32 "No Such Object": `},
		{"a wrong password", func(s *Source) { s.PasswordFile = s.CA }, `bind to the directory URL as cn=cordon,dc=example,dc=org: LDAP Result Code 49 "Invalid Credentials": `},
		{"an empty password", func(s *Source) { s.PasswordFile = os.DevNull }, `read the directory's password: /dev/null is empty`},
		{"nobody", func(s *Source) { s.BindDN = "" }, `read the directory URL: search for people: LDAP Result Code 32 "No Such Object": `},
	} {
		s := source(d)
		one.change(s)
		expect(t, one.what, read(t, s), one.want)
	}

	d.Down()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := source(d).Read(ctx); err == nil || !strings.HasPrefix(err.Error(), "connect to the directory "+d.TLS+": LDAP Result Code 200 \"Network Error\": dial tcp ") {
		t.Errorf("in an outage: %v", err)
	}
}

// More people than a directory gives at once come page by page; a limit of the directory's on the whole fails the reading, instead of losing people.
func TestPeopleByPages(t *testing.T) {
	var ldif, members strings.Builder
	var all []string
	for i := range 1234 {
		ldif.WriteString(ldaptest.Person(fmt.Sprintf("p%d", i), fmt.Sprintf("employeeNumber: %d", i)))
		all = append(all, fmt.Sprintf("p%d", i))
	}
	members.WriteString(ldaptest.Group("dba", all...))
	d := ldaptest.Start(t, ldif.String()+members.String(), false)
	p, err := source(d).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, one := range p.People {
		var n int
		fmt.Sscan(fmt.Sprint(one.Attributes["employee_id"]), &n)
		if sum += n; len(one.Roles) != 1 {
			t.Errorf("roles %v", one.Roles)
		}
	}
	if len(p.People) != 1234 || sum != 1233*1234/2 {
		t.Errorf("%d people, sum %d", len(p.People), sum)
	}
	s := source(d)
	s.BindDN = ldaptest.LimitedDN
	expect(t, "cut short", read(t, s), `read the directory URL: search for people: LDAP Result Code 4 "Size Limit Exceeded": `)
}

// A directory that does not answer is given up.
func TestASilentDirectory(t *testing.T) {
	d := ldaptest.Start(t, "", false)
	silent := d.Silent()
	s := source(d)
	s.URL, s.Timeout = silent, 300*time.Millisecond
	_, err := s.Read(t.Context())
	if err == nil {
		t.Error("read")
	}
	s.URL = strings.Replace(silent, "ldap:", "ldaps:", 1)
	if _, err = s.Read(t.Context()); err == nil {
		t.Error("read over TLS")
	}
}

// The cache is replaced whole, and for its owner alone.
func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	p := &People{AsOf: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), People: map[string]*Person{"a": {Roles: []string{"r"}, Attributes: map[string]any{"n": number("-007.50"), "z": number("000")}}}}
	for range 2 {
		if err := p.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "the file", string(data), `{"as_of":"2026-11-22T03:00:00Z","people":{"a":{"roles":["r"],"attributes":{"n":-7.50,"z":0}}}}`+"\n")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	rest, _ := os.ReadDir(filepath.Dir(path))
	if info.Mode() != 0o600 || len(rest) != 1 {
		t.Errorf("mode %v, %d files", info.Mode(), len(rest))
	}
}
