package parse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cordon/internal/pgtest"
)

// What a server answers at once, without looking at tables: its complaints of grammar and lexing.
func serverError(t *testing.T, session *pgtest.Session, sql string) *pgtest.Error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := session.Query(ctx, sql)
	if err == nil {
		return nil
	}
	var e *pgtest.Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v", sql, err)
	}
	return e
}

// Where Parse complains, the server makes the same complaint at the same place, but for limits of our own; where Parse does not, the server does not complain of the grammar.
func TestParseComplainsAsServer(t *testing.T) {
	server := pgtest.Shared(t)
	session := server.Connect(t, "postgres", "", "postgres")
	for _, text := range lexTexts {
		for _, form := range []string{"select %s", "select 1 where 'a' = %s and 1", "%s", "select %s x from", "select (%s, %s)", "select x %s\n'y'", "selec %s", "select 1 as %s"} {
			sql := strings.ReplaceAll(form, "%s", text)
			if strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql) {
				continue
			}
			_, err := Parse(sql, Limits{Major: 15})
			theirs := serverError(t, session, sql)
			var ours *SyntaxError
			errors.As(err, &ours)
			grammatical := theirs != nil && (theirs.Code == codeSyntax || theirs.Code == codeInvalidEscape || theirs.Code == codeEncoding || theirs.Code == codeUnsafeEscape)
			// Servers before 16 say “trailing junk” of numbers that begin like 0x, and all since 15 show more of it or refuse it also behind a parameter, which pg_query takes; pg_query's grammar takes
			// parameters in some more places. The server's complaint comes to the client in its own words then.
			number := ours != nil && (strings.Contains(ours.Message, "junk after numeric") || strings.Contains(ours.Message, "integer at or near"))
			switch {
			case strings.HasPrefix(text, "$") && grammatical:
			case sql == "N'a": // N is a token of its own to PostgreSQL, and comes before the string
			case ours != nil && ours.Code == codeNoParameter:
			case ours == nil && grammatical, ours != nil && !grammatical:
				t.Errorf("%q: Parse says %v, the server %v", sql, err, theirs)
			case ours == nil:
			case ours.Code != theirs.Code || ours.Position != int(theirs.Position) || !number && ours.Message != theirs.Message:
				t.Errorf("%q:\nParse  %s @%d %s\nserver %s @%d %s", sql, ours.Code, ours.Position, ours.Message, theirs.Code, theirs.Position, theirs.Message)
			}
		}
	}
}

// The values of literals and names are the server's.
func TestValuesOfServer(t *testing.T) {
	server := pgtest.Shared(t)
	compared := 0
	session := server.Connect(t, "postgres", "", "postgres")
	texts := append([]string{`U&"d!0061t\a" uescape '!'`, `U&'\0061\+01F600\\' `, `U&'a''!00e9' /* x */ UESCAPE E'!'`, `U&'\D83D\DE00'`, `"` + strings.Repeat("日", 30) + `"`, strings.Repeat("Ab", 40), `U&"` + strings.Repeat(`\65E5`, 30) + `"`, "ÄÖÜ", "Ident$1", `'a\b'`, `"A""b"`, "'a' -- c\n  'b'"}, lexTexts...)
	for _, text := range texts {
		if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) {
			continue
		}
		tokens, err := Lex(nil, text)
		if err != nil || len(tokens) == 0 || len(tokens) > 3 || len(tokens) > 1 && !tokens[1].Is(text, "uescape") {
			continue
		}
		var sql string
		switch tokens[0].Kind {
		case String:
			sql = "select " + text
		case Ident, QuotedIdent:
			sql = "select key from json_each(row_to_json((select r from (select 1 as " + text + "\n) r)))"
		default:
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		rows, err := session.Query(ctx, sql)
		cancel()
		value, ourErr := Value(text, tokens[0])
		if err != nil {
			if ourErr == nil {
				t.Errorf("%q: the server says %v, Value is %q", text, err, value)
			}
			continue
		}
		if ourErr != nil || *rows[0][0] != value {
			t.Errorf("%q: Value is %q, %v; the server's %q", text, value, ourErr, *rows[0][0])
		}
		compared++
	}
	if compared < 60 {
		t.Errorf("only %d texts compared", compared)
	}
	for _, name := range []string{"a", "A", "select", "user", "a b", `a"b`, "é", "a$", "1a", "", "timestamp", "_x1"} {
		quoted := QuoteIdent(name)
		tokens, err := Lex(nil, quoted)
		if name == "" {
			if err == nil {
				t.Error("an empty name can be quoted")
			}
			continue
		}
		if v, verr := IdentValue(quoted, tokens[0]); err != nil || verr != nil || len(tokens) != 1 || v != name {
			t.Errorf("QuoteIdent(%q) = %s means %q", name, quoted, v)
		}
	}
	for _, s := range []string{"", "a", "a'b", `a\b`, `\'`, "é\n"} {
		if rows := server.Query(t, "postgres", "select "+QuoteString(s)+", "+fmt.Sprint(1)); rows[0][0] != s {
			t.Errorf("QuoteString(%q) = %s means %q", s, QuoteString(s), rows[0][0])
		}
	}
}
