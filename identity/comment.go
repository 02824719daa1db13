package identity

import (
	"errors"
	"net/url"
	"strings"
)

// MaxCommentBytes is the longest comment that is looked into, and MaxPersonBytes the longest name that a comment or setting can carry.
const (
	MaxCommentBytes = 16 << 10
	MaxPersonBytes  = 256
)

// FromComments finds the value of a key in a statement's comments, written as sqlcommenter does: /*key='value',other='value'*/, keys and values URL-encoded,
// white space allowed around each. A comment in any other form is just a comment. "" when no comment has the key.
// The comments are given with or without their delimiters. The same key with different values is refused: one of them might be forged.
func FromComments(comments []string, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	value, found := "", false
	for _, c := range comments {
		// A key that cannot be there costs no parsing; %-encoding a plain key is not sqlcommenter's way.
		if !strings.Contains(c, key) {
			continue
		}
		if len(c) > MaxCommentBytes {
			return "", errComment("a comment that names the person is too long")
		}
		pairs, ok := commentPairs(trimComment(c))
		if !ok {
			continue
		}
		for _, p := range pairs {
			if p.key != key {
				continue
			}
			switch {
			case len(p.value) > MaxPersonBytes:
				return "", errComment("the person in a comment is too long")
			case found && p.value != value:
				return "", errComment("the comments of the statement name two persons")
			}
			value, found = p.value, true
		}
	}
	if found && value == "" {
		return "", errComment("a comment names the person with an empty value")
	}
	return value, nil
}

func errComment(message string) error { return &Error{Code: CodeNoPerson, Message: message} }

// trimComment takes the delimiters off.
func trimComment(c string) string {
	c = strings.TrimSpace(c)
	switch {
	case strings.HasPrefix(c, "/*") && strings.HasSuffix(c, "*/") && len(c) >= 4:
		return c[2 : len(c)-2]
	case strings.HasPrefix(c, "--"):
		return c[2:]
	}
	return c
}

type commentPair struct{ key, value string }

var errForm = errors.New("not in sqlcommenter's form")

// commentPairs takes key='value',… apart. ok is false when the text has another form.
func commentPairs(s string) (pairs []commentPair, ok bool) {
	for {
		s = strings.TrimSpace(s)
		key, rest, found := strings.Cut(s, "=")
		if !found {
			return nil, false
		}
		key, err := url.PathUnescape(strings.TrimSpace(key))
		if err != nil || key == "" || strings.ContainsAny(key, " \t\r\n',") {
			return nil, false
		}
		value, rest, err := quoted(strings.TrimSpace(rest))
		if err != nil {
			return nil, false
		}
		if value, err = url.PathUnescape(value); err != nil {
			return nil, false
		}
		pairs = append(pairs, commentPair{key, value})
		if rest = strings.TrimSpace(rest); rest == "" {
			return pairs, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		s = rest[1:]
	}
}

// quoted reads 'value', where \' is a quote, and gives what follows.
func quoted(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, "'") {
		return "", "", errForm
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '\'':
			return b.String(), s[i+1:], nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errForm
}
