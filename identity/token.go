package identity

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cordon/policy"
)

// MaxTokenBytes bounds a token. Those of large directories, with hundreds of groups, have about 4 kB.
const MaxTokenBytes = 8 << 10

// proof is what a verified token says of a person.
type proof struct {
	person     string
	roles      []string
	attributes map[string]policy.Value
	until      time.Time // the last moment at which it counts, with leeway
}

// Tokens remembers tokens that have been verified: a client gives the same one in every transaction, and the signature takes longer to check than everything else. The zero value is ready; nil remembers nothing. It is safe for
// concurrent use.
type Tokens struct {
	mu    sync.Mutex
	known map[tokenKey]*proof // guarded by mu
}

type tokenKey struct {
	by   *policy.Token // of one policy: another may have other keys
	text [32]byte      // its hash: the token itself is a secret
}

// maxTokens bounds the memory; over it, it starts afresh.
const maxTokens = 10_000

// verify finds what a token says, or an *Error.
func (t *Tokens) verify(by *policy.Token, text string, now time.Time) (*proof, error) {
	if t == nil {
		return verify(by, text, now)
	}
	k := tokenKey{by, sha256.Sum256([]byte(text))}
	t.mu.Lock()
	p := t.known[k]
	t.mu.Unlock()
	if p != nil && now.Before(p.until) {
		return p, nil
	}
	p, err := verify(by, text, now)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTokens {
		t.known = make(map[tokenKey]*proof)
	}
	t.known[k] = p
	return p, nil
}

// Forget forgets all, for a new policy.
func (t *Tokens) Forget() {
	t.mu.Lock()
	t.known = nil
	t.mu.Unlock()
}

// verify checks a token's signature, audience, issuer and times, and reads its claims. Each key is for one algorithm: a token that names another ("none", or HS256 with the public key as its secret) finds no key.
func verify(by *policy.Token, text string, now time.Time) (*proof, error) {
	if len(text) > MaxTokenBytes {
		return nil, refusedToken(by, fmt.Sprintf("it is longer than %d bytes", MaxTokenBytes))
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(by.Algorithms), jwt.WithAudience(by.Audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(by.Leeway),
		jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding(), jwt.WithJSONNumber(),
	}
	if by.Issuer != "" {
		options = append(options, jwt.WithIssuer(by.Issuer))
	}
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(options...).ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if _, critical := t.Header["crit"]; critical {
			return nil, errCritical // RFC 7515, 4.1.11: it counts only for whoever understands what is named there
		}
		id, named := t.Header["kid"].(string)
		var set jwt.VerificationKeySet
		for i := range by.Keys {
			if k := &by.Keys[i]; k.Algorithm == t.Method.Alg() && (!named || k.ID == "" || k.ID == id) {
				set.Keys = append(set.Keys, k.Key)
			}
		}
		if len(set.Keys) == 0 {
			return nil, errNoKey
		}
		return set, nil
	})
	if err != nil {
		return nil, refusedToken(by, tokenReason(err))
	}
	p := &proof{attributes: map[string]policy.Value{}}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil {
		return nil, refusedToken(by, "it does not say when it expires")
	}
	p.until = expires.Add(by.Leeway)
	p.person, _ = claims[by.Person].(string)
	if p.person == "" || len(p.person) > MaxPersonBytes {
		return nil, refusedToken(by, fmt.Sprintf("its claim %q names no person", by.Person))
	}
	if by.Roles != "" {
		var ok bool
		if p.roles, ok = stringsOf(claims[by.Roles]); !ok {
			return nil, refusedToken(by, fmt.Sprintf("its claim %q is not a list of roles", by.Roles))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by.Attributes)) {
		claim, there := claims[by.Attributes[name]]
		if !there || claim == nil {
			continue // as for anyone without the attribute
		}
		v, err := valueOf(claim)
		if err != nil {
			return nil, refusedToken(by, fmt.Sprintf("its claim %q cannot be an attribute", by.Attributes[name]))
		}
		p.attributes[name] = v
	}
	return p, nil
}

var (
	errNoKey    = errors.New("no key")
	errCritical = errors.New("crit")
)

func refusedToken(by *policy.Token, why string) *Error {
	return &Error{Code: CodeNoPerson, Message: fmt.Sprintf("the token in %s is not accepted: %s", by.Setting, why), Hint: "Get a new one, and set it: SET " + by.Setting + " = '…'."}
}

// tokenReason is why a token is not accepted, without any of its text.
func tokenReason(err error) string {
	switch {
	case errors.Is(err, errNoKey):
		return "it is signed with a key that the policy does not have"
	case errors.Is(err, errCritical):
		return "its header demands an extension (crit) that Cordon does not know"
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "it is not a JSON Web Token"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "its signature is wrong, or of an algorithm that the policy does not allow"
	case errors.Is(err, jwt.ErrTokenExpired):
		return "it has expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return "it is not valid yet"
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return "it was made for another audience"
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return "it is by another issuer"
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "it lacks an expiry, audience or issuer"
	}
	return "it cannot be verified"
}

// maxRoles bounds the list of roles of one token.
const maxRoles = 1000

// stringsOf reads a claim that is a string or a list of strings; none is an empty list.
func stringsOf(claim any) (list []string, ok bool) {
	switch c := claim.(type) {
	case nil:
		return nil, true
	case string:
		return []string{c}, true
	case []any:
		if len(c) > maxRoles {
			return nil, false
		}
		for _, item := range c {
			s, isText := item.(string)
			if !isText {
				return nil, false
			}
			list = append(list, s)
		}
		return list, true
	}
	return nil, false
}

// valueOf makes an attribute of a claim.
func valueOf(claim any) (policy.Value, error) {
	switch c := claim.(type) {
	case string:
		return policy.TextValue(c)
	case json.Number:
		return policy.NumberValue(c.String())
	case bool:
		return policy.BoolValue(c), nil
	case []any:
		values := make([]policy.Value, len(c))
		for i := range c {
			v, err := valueOf(c[i])
			if err != nil {
				return v, err
			}
			values[i] = v
		}
		return policy.ListValue(values)
	}
	return policy.Value{}, errors.New("not a value")
}
