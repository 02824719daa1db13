// Package ldaptest runs OpenLDAP's slapd for tests, as a process of their own with its data in a folder of theirs.
package ldaptest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"cordon/internal/pgtest"
)

// What every test directory has.
const (
	Base       = "dc=example,dc=org"
	RootDN     = "cn=admin,dc=example,dc=org"
	ServiceDN  = "cn=cordon,dc=example,dc=org"  // may read all
	LimitedDN  = "cn=limited,dc=example,dc=org" // may read all, but only 500 entries of it, as slapd has it of anybody
	Password   = "of the test"
	PasswordIn = "ldap.password" // the name of the file with it
)

const configuration = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile %[1]s/ca.crt
TLSCertificateFile %[1]s/server.crt
TLSCertificateKeyFile %[1]s/server.key
security simple_bind=%[2]d
database mdb
maxsize 268435456
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw "of the test"
directory %[1]s/data
limits dn.exact="cn=cordon,dc=example,dc=org" size=unlimited size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=cordon,dc=example,dc=org" read by dn.exact="cn=limited,dc=example,dc=org" read by * none
`

const basis = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example

dn: cn=cordon,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: of the test

dn: cn=limited,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: of the test

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit

`

// Directory is a running slapd.
type Directory struct {
	Dir   string // with ca.crt and the file of the password
	Plain string // ldap://127.0.0.1:port
	TLS   string // ldaps://127.0.0.1:port

	t    testing.TB
	slap string
	cmd  *exec.Cmd
}

// Start runs a directory that holds the entries of an LDIF besides the basis, until the test ends. strict refuses passwords without TLS.
func Start(t testing.TB, ldif string, strict bool) *Directory {
	t.Helper()
	slapd, err := exec.LookPath("slapd")
	if err != nil {
		if slapd, err = exec.LookPath("/usr/sbin/slapd"); err != nil {
			if os.Getenv("CORDON_REQUIRE_PG") != "" {
				t.Fatal("slapd is not installed: run scripts/deps.sh test")
			}
			t.Skip("slapd is not installed")
		}
	}
	d := &Directory{Dir: t.TempDir(), t: t, slap: slapd}
	file := func(name string) string { return filepath.Join(d.Dir, name) }
	if err := pgtest.WriteCertificates(file("ca.crt"), file("server.crt"), file("server.key")); err != nil {
		t.Fatal(err)
	}
	strength := 0
	if strict {
		strength = 128
	}
	for name, text := range map[string]string{"slapd.conf": fmt.Sprintf(configuration, d.Dir, strength), PasswordIn: Password + "\n", "basis.ldif": basis + ldif} {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(file("data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(slapd, "-T", "add", "-q", "-f", file("slapd.conf"), "-l", file("basis.ldif")).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	d.Plain, d.TLS = "ldap://"+freeAddress(t), "ldaps://"+freeAddress(t)
	d.Up()
	t.Cleanup(d.Down)
	return d
}

// Up starts it again after Down.
func (d *Directory) Up() {
	d.t.Helper()
	log, err := os.Create(filepath.Join(d.Dir, "slapd.log"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close()
	d.cmd = exec.Command(d.slap, "-d", "0", "-h", d.Plain+" "+d.TLS, "-f", filepath.Join(d.Dir, "slapd.conf"))
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(d.TLS, "ldaps://"), time.Second); err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(log.Name())
			d.t.Fatalf("slapd does not start:\n%s", text)
		}
	}
}

// Down stops it: the directory's outage.
func (d *Directory) Down() {
	if d.cmd != nil {
		d.cmd.Process.Kill()
		d.cmd.Wait()
		d.cmd = nil
	}
}

// Change changes entries as the directory's keeper.
func (d *Directory) Change(requests ...any) {
	d.t.Helper()
	conn, err := ldap.DialURL(d.Plain)
	if err == nil {
		defer conn.Close()
		if err = conn.Bind(RootDN, Password); err == nil {
			for _, r := range requests {
				switch r := r.(type) {
				case *ldap.AddRequest:
					err = errors.Join(err, conn.Add(r))
				case *ldap.ModifyRequest:
					err = errors.Join(err, conn.Modify(r))
				case *ldap.DelRequest:
					err = errors.Join(err, conn.Del(r))
				default:
					err = errors.Join(err, fmt.Errorf("%T is no change", r))
				}
			}
		}
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// Person is an LDIF entry.
func Person(uid string, lines ...string) string {
	text := fmt.Sprintf("dn: uid=%s,ou=people,%s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\n", uid, Base, uid, uid, uid)
	for _, line := range lines {
		text += line + "\n"
	}
	return text + "\n"
}

// Group is an LDIF entry.
func Group(name string, members ...string) string {
	text := fmt.Sprintf("dn: cn=%s,ou=groups,%s\nobjectClass: groupOfNames\ncn: %s\n", name, Base, name)
	for _, m := range members {
		text += fmt.Sprintf("member: uid=%s,ou=people,%s\n", m, Base)
	}
	return text + "\n"
}

func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Silent is the address of a directory that takes connections and never answers.
func (d *Directory) Silent() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { l.Close() })
	return "ldap://" + l.Addr().String()
}
