package policy

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Token says which signed tokens (JWT) name a person on a login.
type Token struct {
	Setting    string // the cordon.* setting that carries it
	Algorithms []string
	Keys       []TokenKey
	Audience   string
	Issuer     string            // "": any
	Person     string            // the claim with the person's name
	Roles      string            // the claim with roles; "": the person must be one of the policy's users, and has their roles
	Attributes map[string]string // attribute → claim
	Leeway     time.Duration
}

// TokenKey is one key that tokens are verified with, for one algorithm alone: a public key must never serve as the secret of HS256.
type TokenKey struct {
	ID        string // kid, "" for none
	Algorithm string
	Key       any // []byte, *rsa.PublicKey or ed25519.PublicKey
}

// TokenAlgorithms are those that tokens may be signed with.
var TokenAlgorithms = []string{"HS256", "RS256", "EdDSA"}

// DefaultTokenSetting carries the token where the policy does not say.
const DefaultTokenSetting = "cordon.token"

func (l *loader) token(n *yaml.Node, login *Login) {
	t := &Token{Setting: DefaultTokenSetting, Person: "sub", Attributes: map[string]string{}}
	f := l.fields(n, "token", "setting", "algorithms", "key_file", "jwks_file", "audience", "issuer", "person", "roles", "attributes", "leeway")
	if n.Kind != yaml.MappingNode {
		return
	}
	login.Token = t
	claim := func(key string, to *string) {
		if n := f.get(key); n != nil {
			if w, ok := l.word(n, key); ok {
				*to = w
			}
		}
	}
	if n := f.get("setting"); n != nil {
		t.Setting = l.ownSetting(n)
	}
	if t.Setting == login.Setting && t.Setting != "" {
		l.refuse(n, "the token and the person's name cannot be carried by one setting: name another for the token, such as %s", DefaultTokenSetting)
	}
	if n := f.get("algorithms"); n == nil {
		l.refuse(f.node, "token does not say algorithms: name those that the tokens are signed with, of HS256, RS256 and EdDSA")
	} else {
		for _, item := range l.list(n, "algorithms") {
			if w, ok := l.oneOf(item, "an entry of algorithms", TokenAlgorithms...); ok {
				t.Algorithms = append(t.Algorithms, w)
			}
		}
	}
	claim("audience", &t.Audience)
	if t.Audience == "" {
		l.refuse(f.node, "token does not say audience: without it a token made for another service would be taken")
	}
	claim("issuer", &t.Issuer)
	claim("person", &t.Person)
	claim("roles", &t.Roles)
	if n := f.get("attributes"); n != nil {
		for _, a := range l.entries(n, "attributes") {
			if w, ok := l.word(a.value, "the claim of "+a.name); ok {
				t.Attributes[a.name] = w
			}
		}
	}
	if n := f.get("leeway"); n != nil {
		t.Leeway, _ = l.duration(n, "leeway", 0, 5*time.Minute)
	}
	key, jwks := f.get("key_file"), f.get("jwks_file")
	switch {
	case key == nil && jwks == nil, key != nil && jwks != nil:
		l.refuse(f.node, "token needs the key that the tokens are verified with: give key_file or jwks_file")
	case len(t.Algorithms) == 0:
	case key != nil:
		l.tokenKeys(key, t, func(data []byte) ([]TokenKey, error) { return readTokenKey(data, t.Algorithms) })
	default:
		l.tokenKeys(jwks, t, func(data []byte) ([]TokenKey, error) { return readJWKS(data, t.Algorithms) })
	}
	if login.Setting != "" || login.Comment != "" || login.Application != nil {
		l.warn(f.node.Line, f.node.Column, "login %q takes a signed token, and a name without one too: whoever has the login need not have a token", login.Name)
	}
}

// tokenKeys reads a file of keys.
func (l *loader) tokenKeys(n *yaml.Node, t *Token, read func([]byte) ([]TokenKey, error)) {
	name, ok := l.word(n, "the key file")
	if !ok {
		return
	}
	path := l.resolve(name)
	data, err := l.readFile(path)
	if err != nil {
		l.refuse(n, "the key file cannot be read: %s", fileError(path, err))
		return
	}
	if t.Keys, err = read(data); err != nil {
		l.refuse(n, "%s: %s", path, err)
		return
	}
	l.keys["token\x00"+path] = data
}

// readTokenKey reads a file with one key: a public key or certificate in PEM, or the secret of HS256.
func readTokenKey(data []byte, algorithms []string) ([]TokenKey, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		secret := bytes.TrimSpace(data)
		switch {
		case !slices.Contains(algorithms, "HS256") || len(algorithms) != 1:
			return nil, errors.New("it holds no PEM: RS256 and EdDSA need a public key")
		case len(secret) < MinKeyBytes || distinct(secret) < 8:
			return nil, fmt.Errorf("the secret has fewer than %d bytes, or hardly any different ones", MinKeyBytes)
		}
		return []TokenKey{{Algorithm: "HS256", Key: secret}}, nil
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it holds more than one key: write them as a JWKS")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var c *x509.Certificate
		if c, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = c.PublicKey
		}
	default:
		return nil, fmt.Errorf("it holds a %s, and a PUBLIC KEY or CERTIFICATE is needed", block.Type)
	}
	if err != nil {
		return nil, err
	}
	k, err := tokenKey("", key, algorithms)
	if err != nil {
		return nil, err
	}
	return []TokenKey{k}, nil
}

// tokenKey binds a public key to the one algorithm that it is for.
func tokenKey(id string, key any, algorithms []string) (TokenKey, error) {
	k := TokenKey{ID: id, Key: key}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if k.Algorithm = "RS256"; key.N.BitLen() < 2048 {
			return k, errors.New("an RSA key must have 2048 bits or more")
		}
	case ed25519.PublicKey:
		k.Algorithm = "EdDSA"
	default:
		return k, errors.New("the key is neither RSA nor Ed25519")
	}
	if !slices.Contains(algorithms, k.Algorithm) {
		return k, fmt.Errorf("the key is for %s, which algorithms does not name", k.Algorithm)
	}
	return k, nil
}

// readJWKS reads a JSON Web Key Set (RFC 7517). Keys that are not for verifying, or for other algorithms, are passed over, as the RFC has it; a set without any other is a mistake.
func readJWKS(data []byte, algorithms []string) ([]TokenKey, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Alg, Use, Crv, N, E, X, K string
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("it is not a JSON Web Key Set: %w", err)
	}
	var keys []TokenKey
	for _, j := range set.Keys {
		if j.Use != "" && j.Use != "sig" {
			continue
		}
		var key any
		switch j.Kty {
		case "RSA":
			n, e := decodeBase64(j.N), decodeBase64(j.E)
			if len(n) == 0 || len(e) == 0 || len(e) > 4 {
				return nil, fmt.Errorf("the RSA key %q has no n and e", j.Kid)
			}
			key = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		case "OKP":
			x := decodeBase64(j.X)
			if j.Crv != "Ed25519" || len(x) != ed25519.PublicKeySize {
				continue
			}
			key = ed25519.PublicKey(x)
		case "oct":
			secret := decodeBase64(j.K)
			if j.Alg != "HS256" || !slices.Contains(algorithms, "HS256") {
				continue
			}
			if len(secret) < MinKeyBytes {
				return nil, fmt.Errorf("the secret %q has fewer than %d bytes", j.Kid, MinKeyBytes)
			}
			keys = append(keys, TokenKey{ID: j.Kid, Algorithm: "HS256", Key: secret})
			continue
		default:
			continue
		}
		k, err := tokenKey(j.Kid, key, TokenAlgorithms)
		if err != nil {
			return nil, fmt.Errorf("the key %q: %w", j.Kid, err)
		}
		if slices.Contains(algorithms, k.Algorithm) && (j.Alg == "" || j.Alg == k.Algorithm) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("it holds no key for %s", strings.Join(algorithms, ", "))
	}
	return keys, nil
}

func decodeBase64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}

// Pattern is a text with the person's name in it, such as crm:{user}.
type Pattern struct{ Before, After string }

// Person is the name in a text of the pattern; "" when it is of another form.
func (p *Pattern) Person(text string) string {
	if len(text) <= len(p.Before)+len(p.After) || !strings.HasPrefix(text, p.Before) || !strings.HasSuffix(text, p.After) {
		return ""
	}
	return text[len(p.Before) : len(text)-len(p.After)]
}

func (p *Pattern) String() string { return p.Before + "{user}" + p.After }

// pattern reads a pattern for application_name.
func (l *loader) pattern(n *yaml.Node) *Pattern {
	w, ok := l.word(n, "application_name")
	if !ok {
		return nil
	}
	before, after, found := strings.Cut(w, "{user}")
	switch {
	case !found || strings.Contains(after, "{user}"):
		l.refuse(n, `application_name must hold {user} once, where the person's name stands, as in "crm:{user}", not %q`, w)
		return nil
	case before == "" && after == "":
		l.refuse(n, `application_name must hold more than {user}: psql and every driver give a name of their own, which would be taken for a person`)
		return nil
	case len(w) > 50:
		l.refuse(n, "application_name is %d bytes long, and PostgreSQL keeps 63 of the whole: 50 is the limit", len(w))
		return nil
	}
	for i := range len(w) {
		if w[i] < ' ' || w[i] > '~' {
			l.refuse(n, "application_name must be of ASCII characters: PostgreSQL replaces all others")
			return nil
		}
	}
	return &Pattern{before, after}
}
