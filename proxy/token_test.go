package proxy

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"

	"cordon/policy"
)

// issuer makes tokens, and has the files with which they are verified.
type issuer struct {
	rsa     *rsa.PrivateKey
	ed      ed25519.PrivateKey
	secret  []byte
	pem     []byte
	jwks    []byte
	dir     string
	expires time.Time
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{secret: []byte("0123456789abcdefghijklmnopqrstuvwxyz"), dir: t.TempDir(), expires: time.Now().Add(time.Hour)}
	var err error
	if i.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	var public ed25519.PublicKey
	if public, i.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&i.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	i.pem = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	b64 := base64.RawURLEncoding.EncodeToString
	i.jwks, _ = json.Marshal(map[string]any{"keys": []map[string]any{
		{"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "OKP", "kid": "e", "crv": "Ed25519", "x": b64(public)},
		{"kty": "EC", "kid": "other", "crv": "P-256"},
		{"kty": "oct", "kid": "h", "alg": "HS256", "k": b64(i.secret)},
	}})
	for name, data := range map[string][]byte{"rsa.pem": i.pem, "jwks.json": i.jwks, "secret.key": i.secret} {
		if err := os.WriteFile(filepath.Join(i.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

// claims are those of a good token for a person, with changes; a nil takes one away.
func (i *issuer) claims(person string, changes map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{"sub": person, "aud": "cordon", "iss": "https://sso.example.org", "exp": i.expires.Unix(), "groups": []string{"sales"}, "employee": 7}
	for k, v := range changes {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

func (i *issuer) sign(t *testing.T, method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signWith signs a token for alice with more in its header.
func (i *issuer) signWith(t *testing.T, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, i.claims("alice", nil))
	maps.Copy(token.Header, header)
	s, err := token.SignedString(i.rsa)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// policy is the CRM's with a login that takes tokens in one of the ways.
func (i *issuer) policy(t *testing.T, token string) *policy.Policy {
	t.Helper()
	text := strings.Replace(crmPolicy, "app: {on_behalf_of: {setting: cordon.user, comment: user}, without_user: deny}",
		"app: {on_behalf_of: {token: {"+token+", audience: cordon}}}", 1)
	p, err := policy.Parse(filepath.Join(i.dir, "policy.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const fromClaims = `algorithms: [RS256, EdDSA], jwks_file: jwks.json, issuer: "https://sso.example.org", roles: groups, attributes: {employee_id: employee}`

// A signed token names the person, who has the roles and attributes that it says; it follows the session as any setting does, and counts until it expires.
func TestTokens(t *testing.T) {
	f, _, db := crm(t, nil)
	i := newIssuer(t)
	f.SetPolicy(i.policy(t, fromClaims))
	simple := pgx.QueryExecModeSimpleProtocol
	c := f.connect(t, "app", db, "")
	for _, token := range []string{
		i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("zoe", nil)), i.sign(t, jwt.SigningMethodRS256, i.rsa, "", i.claims("zoe", nil)), i.sign(t, jwt.SigningMethodEdDSA, i.ed, "e", i.claims("zoe", nil)),
	} {
		expect(t, show(c, simple, "SET cordon.token = '"+token+"'"), "SET")
		expect(t, show(c, simple, count), "110\nSELECT 1")
		expect(t, answers(c, `SHOW cordon.token`), "[cordon.token](token)\nSHOW; ")
		expect(t, show(c, simple, "DISCARD ALL"), "DISCARD ALL")
		expect(t, show(c, simple, count), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
	}
	bob := i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("bob", map[string]any{"employee": 8}))
	zoe := i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("zoe", nil))
	expect(t, show(c, simple, "SET cordon.token = '"+zoe+"'"), "SET")
	expect(t, answers(c, "BEGIN; SET LOCAL cordon.token = '"+bob+"'; "+count+"; COMMIT; "+count), "BEGIN; SET; [count]10\nSELECT 1; COMMIT; [count]110\nSELECT 1; ")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT length(set_config('cordon.token', $1, false))", bob), "ERROR 0A000: set_config cannot set cordon.token here")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT set_config('cordon.token', $1, false)", bob), bob+"\nSELECT 1")
	expect(t, show(c, simple, count), "10\nSELECT 1")
	// It expires in the middle of the session.
	short := i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("zoe", map[string]any{"exp": float64(time.Now().Add(5*time.Second).UnixMilli()) / 1000}))
	expect(t, show(c, simple, "SET cordon.token = '"+short+"'"), "SET")
	last := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && !strings.HasPrefix(last, "ERROR"); time.Sleep(20 * time.Millisecond) {
		last = show(c, simple, count)
	}
	expect(t, last, "ERROR 28000: the token in cordon.token is not accepted: it has expired")
}

// Each forged or misused token, and what is said of it.
func TestForgedTokens(t *testing.T) {
	f, _, db := crm(t, nil)
	i := newIssuer(t)
	f.SetPolicy(i.policy(t, fromClaims))
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("alice", nil))
	parts := strings.Split(good, ".")
	payload := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	changed := func(changes map[string]any) string {
		return i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("alice", changes))
	}
	wrong := "its signature is wrong, or of an algorithm that the policy does not allow"
	for _, one := range []struct{ what, token, why string }{
		{"no signature", i.sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", i.claims("alice", nil)), wrong},
		{"the public key as a secret", i.sign(t, jwt.SigningMethodHS256, i.pem, "r", i.claims("alice", nil)), wrong},
		{"an algorithm that is not allowed", i.sign(t, jwt.SigningMethodHS256, i.secret, "h", i.claims("alice", nil)), wrong},
		{"another RSA algorithm", i.sign(t, jwt.SigningMethodRS512, i.rsa, "r", i.claims("alice", nil)), wrong},
		{"another key", i.sign(t, jwt.SigningMethodRS256, other, "r", i.claims("alice", nil)), wrong},
		{"a key of another name", i.sign(t, jwt.SigningMethodRS256, i.rsa, "x", i.claims("alice", nil)), "it is signed with a key that the policy does not have"},
		{"RS256 under the name of the Ed25519 key", i.sign(t, jwt.SigningMethodRS256, i.rsa, "e", i.claims("alice", nil)), "it is signed with a key that the policy does not have"},
		{"an extension that nobody here knows", i.signWith(t, map[string]any{"kid": "r", "crit": []string{"scope"}, "scope": "mail"}), "its header demands an extension (crit) that Cordon does not know"},
		{"a list of extensions that is none", i.signWith(t, map[string]any{"kid": "r", "crit": nil}), "its header demands an extension (crit) that Cordon does not know"},
		{"another person put in", parts[0] + "." + payload(`{"sub":"postgres","aud":"cordon","exp":9999999999}`) + "." + parts[2], wrong},
		{"the signature cut off", parts[0] + "." + parts[1] + ".", wrong},
		{"two parts", parts[0] + "." + parts[1], "it is not a JSON Web Token"},
		{"a name", "alice", "it is not a JSON Web Token"},
		{"another audience", changed(map[string]any{"aud": "crm"}), "it was made for another audience"},
		{"no audience", changed(map[string]any{"aud": nil}), "it lacks an expiry, audience or issuer"},
		{"another issuer", changed(map[string]any{"iss": "https://evil.example.org"}), "it is by another issuer"},
		{"expired", changed(map[string]any{"exp": time.Now().Add(-time.Second).Unix()}), "it has expired"},
		{"for ever", changed(map[string]any{"exp": nil}), "it lacks an expiry, audience or issuer"},
		{"not yet", changed(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), "it is not valid yet"},
		{"made in the future", changed(map[string]any{"iat": time.Now().Add(time.Hour).Unix()}), "it is not valid yet"},
		{"nobody", changed(map[string]any{"sub": ""}), `its claim "sub" names no person`},
		{"a number", changed(map[string]any{"sub": 7}), `its claim "sub" names no person`},
		{"roles that are none", changed(map[string]any{"groups": map[string]any{"sales": true}}), `its claim "groups" is not a list of roles`},
		{"an attribute that is none", changed(map[string]any{"employee": map[string]any{"id": 7}}), `its claim "employee" cannot be an attribute`},
	} {
		c := f.connect(t, "app", db, "")
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.token = '"+one.token+"'"), "SET")
		if got, want := show(c, pgx.QueryExecModeSimpleProtocol, count), "ERROR 28000: the token in cordon.token is not accepted: "+one.why; got != want {
			t.Errorf("%s\ngot  %s\nwant %s", one.what, got, want)
		}
	}
	// A token of a login that takes none, and a name where only tokens count.
	c := f.connect(t, "alice", db, "")
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.token = '"+good+"'"), `ERROR 42501: login "alice" may not set "cordon.token": it is the person of its own name`)
	c = f.connect(t, "app", db, "")
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.user = 'alice'"), `ERROR 42501: login "app" may not set "cordon.user"`)
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "/*user='alice'*/ "+count), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
	// Without a claim for roles a token speaks for the policy's users alone; and a new policy has its own keys.
	f.SetPolicy(i.policy(t, "algorithms: [HS256], key_file: secret.key"))
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.token = '"+good+"'"), "SET")
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, count), "ERROR 28000: the token in cordon.token is not accepted: "+wrong)
	for person, want := range map[string]string{"bob": "10\nSELECT 1", "zoe": `ERROR 28000: the policy has no user "zoe"`} {
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.token = '"+i.sign(t, jwt.SigningMethodHS256, i.secret, "", i.claims(person, nil))+"'"), "SET")
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, count), want)
	}
	f.SetPolicy(i.policy(t, "algorithms: [RS256], key_file: rsa.pem"))
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.token = '"+good+"'"), "SET")
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, count), "110\nSELECT 1")
}

// application_name of a pattern names the person; what a function makes of it, or another form, names nobody.
func TestPersonInApplicationName(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `CREATE FUNCTION public.rename(p text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN set_config('application_name', p, false); END $$`)
	text := strings.Replace(crmPolicy, "{setting: cordon.user, comment: user}", `{application_name: "crm:{user}"}`, 1)
	f.SetPolicy(parsePolicy(t, strings.Replace(text, "sales: {}", "sales: {functions: [public.rename]}", 1)))
	m := pgx.QueryExecModeSimpleProtocol
	nobody := `ERROR 28000: login "app" speaks for other people, and this statement names none of them`
	c := f.connect(t, "app", db, "&application_name=crm:alice")
	expect(t, show(c, m, count), "110\nSELECT 1")
	expect(t, answers(c, "BEGIN; SET LOCAL application_name = 'crm:bob'; "+count+"; ROLLBACK; "+count), "BEGIN; SET; [count]10\nSELECT 1; ROLLBACK; [count]110\nSELECT 1; ")
	expect(t, show(c, m, "SET application_name = 'crm:bob'"), "SET")
	expect(t, show(c, m, count), "10\nSELECT 1")
	expect(t, answers(c, "SHOW application_name"), "[application_name]crm:bob\nSHOW; ")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT set_config('application_name', $1, false)", "crm:alice"), "crm:alice\nSELECT 1")
	expect(t, show(c, m, count), "110\nSELECT 1")
	expect(t, show(c, m, "SELECT public.rename('crm:bob')"), "crm:bob\nSELECT 1")
	expect(t, show(c, m, count), nobody)
	expect(t, show(c, m, "SET application_name = 'psql'"), "SET")
	expect(t, show(c, m, count), nobody)
	expect(t, show(c, m, "RESET application_name"), "RESET")
	expect(t, show(c, m, count), "110\nSELECT 1")
	expect(t, show(c, m, "SET application_name = 'crm:nobody'"), "SET")
	expect(t, show(c, m, count), `ERROR 28000: the policy has no user "nobody"`)
	expect(t, show(c, m, "DISCARD ALL"), "DISCARD ALL")
	expect(t, show(c, m, count), "110\nSELECT 1")
	expect(t, show(c, m, "SET cordon.user = 'alice'"), `ERROR 42501: login "app" may not set "cordon.user"`)
	// On any other login it is a name like any.
	c = f.connect(t, "bob", db, "&application_name=crm:alice")
	expect(t, show(c, m, count), "10\nSELECT 1")
	expect(t, show(c, m, "SET application_name = 'crm:alice'"), "SET")
	expect(t, show(c, m, count), "10\nSELECT 1")
}

// A comment in the form of sqlcommenter names the person for its statement, URL-encoded, among other keys, in front or behind, in any protocol.
func TestPersonInAComment(t *testing.T) {
	f, _, db := crm(t, nil)
	text := strings.Replace(crmPolicy, "  bob:", "  \"o'neil, pat\": {roles: [sales], attributes: {employee_id: 8}}\n  bob:", 1)
	f.SetPolicy(parsePolicy(t, text))
	c := f.connect(t, "app", db, "")
	for _, m := range modes {
		expect(t, show(c, m, count+" /*action='list',traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01',user='alice'*/"), "110\nSELECT 1")
		expect(t, show(c, m, "/*user='%62ob'*/ "+count), "10\nSELECT 1")
		expect(t, show(c, m, count+" /*user='o%27neil%2C%20pat'*/"), "10\nSELECT 1")
		expect(t, show(c, m, count+` /*user='o\'neil%2C%20pat'*/`), "10\nSELECT 1")
		expect(t, show(c, m, count+" -- user='alice'"), "110\nSELECT 1")
		expect(t, show(c, m, count+" WHERE name <> '/*user=''alice''*/' /*user='bob'*/"), "10\nSELECT 1")
		for _, none := range []string{"/* user=alice */", "/*user='alice' and more*/", "/*/*user='alice'*/*/", "/*USER='alice'*/", "/*user='%zz'*/"} {
			expect(t, show(c, m, count+" "+none), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
		}
		expect(t, show(c, m, count+" /*user='alice'*/ /*user='bob'*/"), "ERROR 28000: the comments of the statement do not name one person")
		expect(t, show(c, m, count+" /*user='alice',user='bob'*/"), "ERROR 28000: the comments of the statement do not name one person")
	}
}
