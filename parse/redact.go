package parse

import (
	"regexp"
	"strings"
	"unsafe"
)

const hidden = "'***'"

// Redact is the statement's text without what may be a secret. In statements that carry passwords, connection strings or options of foreign servers, and in those whose body speaks of passwords, each string becomes
// '***' and comments go; so does the value of a setting whose name says that it is secret, also where it is a bare word; in any other, each string, comment and quoted name that looks like a connection with a password. Signed tokens go from every text. The text of a statement without secrets is unchanged.
func Redact(s *Statement) string { return HideTokens(redact(s)) }

func redact(s *Statement) string {
	secret := secretText
	every := func(string) bool { return true }
	switch s.Kind {
	case Role, System:
		secret = every
	case Do, Function, Unknown: // a body is a string that can hold any statement
		secret = func(text string) bool { return secretText(text) || secretBody(text) }
	case CopyTo, CopyFrom: // a shell's command line
		if hasWord(s, "program") {
			secret = every
		}
	case Set, Reset:
		if setsSecret(s) {
			secret = every
		}
	case DDL: // CREATE FOREIGN TABLE, IMPORT FOREIGN SCHEMA … OPTIONS (…)
		for _, t := range s.Tokens {
			if t.Is(s.Source, "options") {
				secret = every
				break
			}
		}
	}
	if TakesSecrets(s) {
		secret = every
	}
	values := secretValues(s)
	found := s.Kind == Role || s.Kind == System || len(values) > 0 || secretComment(s)
	hide := func(i int) string {
		t := s.Tokens[i]
		text := t.Text(s.Source)
		switch {
		case values[i], isString(t) && secret(text):
			return hidden
		case t.Kind == QuotedIdent && looksLikeConnection(text):
			return `"***"`
		}
		return ""
	}
	for i := 0; i < len(s.Tokens) && !found; i++ {
		found = hide(i) != ""
	}
	if !found {
		return s.Text()
	}
	i := -1
	return replaceTokens(s.Source, s.Start, s.End, s.Tokens, func(t Token) string {
		i++
		if text := hide(i); text != "" {
			return text
		}
		return t.Text(s.Source)
	})
}

// secretComment tells whether a comment of the statement looks like a connection with a password.
func secretComment(s *Statement) bool {
	if !mayBeConnection(s.Source[s.Start:s.End]) {
		return false
	}
	at := s.Start
	for _, t := range s.Tokens {
		if looksLikeConnection(s.Source[at:t.Start]) {
			return true
		}
		at = int(t.End)
	}
	return looksLikeConnection(s.Source[at:s.End])
}

// secretValues are the tokens, by their index, that are values in SET name = value, value … of a setting whose name says that it is secret, wherever a statement can say that: a value may be a bare word, which no rule for strings meets.
func secretValues(s *Statement) map[int]bool {
	switch s.Kind {
	case Set, Role, System, DDL, Function:
	default:
		return nil
	}
	var values map[int]bool
	for i := 0; i < len(s.Tokens); i++ {
		if !s.Tokens[i].Is(s.Source, "set") {
			continue
		}
		named := false
		for i++; i < len(s.Tokens); i++ { // LOCAL, SESSION, and the name
			t := s.Tokens[i]
			text := t.Text(s.Source)
			if text == "=" || t.Is(s.Source, "to") || t.Kind != Ident && t.Kind != QuotedIdent && text != "." {
				break
			}
			named = named || secretName(text)
		}
		if i == len(s.Tokens) || !named || s.Tokens[i].Text(s.Source) != "=" && !s.Tokens[i].Is(s.Source, "to") {
			continue
		}
		for i++; i < len(s.Tokens); i++ {
			t := s.Tokens[i]
			if t.Kind == Operator { // a sign
				continue
			}
			if t.Kind == Punct {
				break
			}
			if values == nil {
				values = map[int]bool{}
			}
			values[i] = true
			if i+1 == len(s.Tokens) || s.Tokens[i+1].Text(s.Source) != "," {
				break
			}
			i++
		}
	}
	return values
}

// RedactUnparsed is Redact for a text that is no statement: unless it begins with SELECT, INSERT, UPDATE, DELETE or the like and holds no word that goes with secrets, every literal, quoted identifier, comment
// and the word behind PASSWORD go, and all from the place on where the text cannot be lexed.
func RedactUnparsed(sql string) string { return HideTokens(redactUnparsed(sql)) }

func redactUnparsed(sql string) string {
	l := lexer{sql: sql}
	if first, err := l.skipComments(); err == nil && shapely(sql, first) && !looksSecret(sql) && !secretText(sql) && !namesSecretCall(sql) && !secretBody(sql) {
		return sql
	}
	value, given := false, false // a secret's value comes next; has just come
	return replaceLexed(sql, hidden, func(t Token) string {
		text := t.Text(sql)
		after := value
		to := t.Is(sql, "to")
		bare := t.Kind == Ident || t.Kind == Param || t.Kind == Other
		value = (t.Kind == Ident || t.Kind == QuotedIdent) && secretName(text) || after && (t.Kind == Operator || t.Kind == Punct || to) || given && text == "," // PASSWORD = x, y
		given = after && (bare || isString(t) || t.Kind == Number || t.Kind == QuotedIdent) && !to
		if isString(t) || t.Kind == Number || t.Kind == QuotedIdent || after && bare && !to {
			return hidden
		}
		return text
	})
}

// Literals is sql with every literal replaced by $?, and without comments, for display. From a place on where it cannot be lexed it is $?.
func Literals(sql string) string {
	return replaceLexed(sql, "$?", func(t Token) string {
		if isString(t) || t.Kind == Number {
			return "$?"
		}
		return t.Text(sql)
	})
}

func isString(t Token) bool { return t.Kind == String || t.Kind == BitString }

// replaceLexed is replaceTokens for a text that need not be lexically right: rest stands for all behind its last token then.
func replaceLexed(sql, rest string, with func(Token) string) string {
	tokens, err := Lex(nil, sql)
	if err == nil {
		return strings.TrimSpace(replaceTokens(sql, 0, len(sql), tokens, with))
	}
	end := 0
	if len(tokens) > 0 {
		end = int(tokens[len(tokens)-1].End)
	}
	return strings.TrimSpace(replaceTokens(sql, 0, end, tokens, with) + " " + rest)
}

// replaceTokens is sql[start:end] with each token as with writes it, and what holds comments between them, which may say anything, as one space.
func replaceTokens(sql string, start, end int, tokens []Token, with func(Token) string) string {
	var b strings.Builder
	between := func(to int) {
		if white := sql[start:to]; strings.Trim(white, " \t\n\r\f") == "" {
			b.WriteString(white)
		} else {
			b.WriteByte(' ')
		}
	}
	for _, t := range tokens {
		between(int(t.Start))
		b.WriteString(with(t))
		start = int(t.End)
	}
	between(end)
	return b.String()
}

// looksSecret tells whether a text holds a word that goes with secrets.
func looksSecret(sql string) bool {
	s := strings.ToLower(sql)
	for _, word := range [...]string{"pass", "pwd", "secret", "identified", "login", "role", "user", "mapping", "server", "subscription", "connection", "conninfo", "set_config", "token", "api_key", "apikey", "credential"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

func speaksOfPasswords(text string) bool { return strings.Contains(strings.ToLower(text), "passw") }

// Secret tells whether Redact hides a literal of a statement that reads or writes rows. It allocates nothing for most that it does not hide.
func Secret(literal string) bool { return mayBeConnection(literal) && secretText(literal) }

// SecretBytes is Secret for a value that is not quoted.
func SecretBytes(value []byte) bool {
	text := unsafe.String(unsafe.SliceData(value), len(value)) // looked at, not kept
	return mayBeConnection(text) && secretText(text) || strings.Contains(text, "eyJ") && jsonWebToken.MatchString(text)
}

// secretText tells whether a literal by itself says that it holds a password: a connection string, or a statement for another server or for EXECUTE.
func secretText(literal string) bool { return looksLikeConnection(literal) || speaksOfRoles(literal) }

// looksLikeConnection tells whether a literal looks like a connection string with a password: password=…, "password": …, or a URL with a user's part.
func looksLikeConnection(literal string) bool {
	if !mayBeConnection(literal) {
		return false
	}
	s := strings.ToLower(literal)
	for rest := s; ; {
		var ok bool
		if _, rest, ok = strings.Cut(rest, "pass"); !ok {
			break
		}
		if _, ok := passwordValue(rest); ok {
			return true
		}
	}
	i := strings.Index(s, "://")
	return i >= 0 && strings.Contains(s[i:], "@")
}

// passwordValue is what follows password= or "password": in a text, of which rest is what stands behind “pass”.
func passwordValue(rest string) (value string, ok bool) {
	rest = strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz0123456789_")
	bare := strings.TrimLeft(rest, `"'\`)
	quoted := len(bare) < len(rest)
	bare = strings.TrimLeft(bare, " \t\n\r")
	if strings.HasPrefix(bare, "=") || quoted && strings.HasPrefix(bare, ":") {
		return bare[1:], true
	}
	return "", false
}

// speaksOfRoles tells whether a literal is a statement, or the beginning of one, that gives a role a password or a server its options.
func speaksOfRoles(literal string) bool {
	if !mayBeConnection(literal) {
		return false
	}
	s := strings.ToLower(literal)
	if !strings.Contains(s, "alter") && !strings.Contains(s, "create") {
		return false
	}
	holds := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	return holds("passw") && holds("role", "user", "group") || holds("option") && holds("server", "mapping", "wrapper") || holds("connection") && holds("subscription")
}

// opensSecret tells whether a literal says that a password comes from somewhere else in the statement: it ends where the password begins, or has a placeholder there.
func opensSecret(literal string) bool {
	if !mayBeConnection(literal) {
		return false
	}
	if speaksOfRoles(literal) {
		return true
	}
	s := strings.ToLower(literal)
	for rest := s; ; {
		var ok bool
		if _, rest, ok = strings.Cut(rest, "pass"); !ok {
			return strings.Contains(s, "://") && strings.Contains(s, "%") && strings.Contains(s, "@") || strings.HasSuffix(strings.TrimRight(s, "'$ "), "pass")
		}
		if value, ok := passwordValue(rest); ok {
			if value = strings.TrimLeft(value, ` "'\`); value == "" || value[0] == '%' || value[0] == '$' {
				return true
			}
		}
	}
}

// assignsSecret finds, in a body, a string or number given to something whose name says that it is secret, and SET of such a setting.
var assignsSecret = regexp.MustCompile(`(?i)(?:pass|pwd|secret|token|api_?key|credential)\w*["']*\s*(?:,|(?:(?:constant\s+)?[a-z]+(?:\(\d+\))?\s*)?(?::=|=>?)|\sto\s)\s*(?:e|u&|b|x)?['$0-9]|\bset\s+(?:local\s+|session\s+)?[\w."]*(?:pass|pwd|secret|token|key|credential)[\w"]*\s*(?:=|\sto\s)`)

// secretBody tells whether a body of code may hold a secret.
func secretBody(body string) bool {
	return speaksOfPasswords(body) || namesSecretCall(body) || assignsSecret.MatchString(body)
}

// mayBeConnection tells whether a literal holds “pass”, “://”, “option” or “connection” at all.
func mayBeConnection(literal string) bool {
	for i := 0; i+2 < len(literal); i++ {
		switch literal[i] {
		case 'p', 'P':
			if i+4 <= len(literal) && equalFold(literal[i:i+4], "pass") {
				return true
			}
		case 'o', 'O':
			if i+6 <= len(literal) && equalFold(literal[i:i+6], "option") {
				return true
			}
		case 'c', 'C':
			if i+10 <= len(literal) && equalFold(literal[i:i+10], "connection") {
				return true
			}
		case ':':
			if literal[i+1] == '/' && literal[i+2] == '/' {
				return true
			}
		}
	}
	return false
}

// jsonWebToken is what a signed token looks like: three parts in base64url, the first of which is JSON that begins with {" .
var jsonWebToken = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?`)

// HideTokens takes signed tokens out of a text: whoever reads one in a log could be that person.
func HideTokens(text string) string {
	if !strings.Contains(text, "eyJ") {
		return text
	}
	return jsonWebToken.ReplaceAllString(text, "(token)")
}

// secretCalls are functions one of whose arguments is a password or a key: of pgcrypto, dblink, and extensions that keep secrets.
var secretCalls = map[string]bool{
	"crypt": true, "hmac": true, "encrypt": true, "decrypt": true, "encrypt_iv": true, "decrypt_iv": true,
	"pgp_sym_encrypt": true, "pgp_sym_encrypt_bytea": true, "pgp_sym_decrypt": true, "pgp_sym_decrypt_bytea": true,
	"pgp_pub_encrypt": true, "pgp_pub_encrypt_bytea": true, "pgp_pub_decrypt": true, "pgp_pub_decrypt_bytea": true,
	"dblink_connect": true, "dblink_connect_u": true, "create_secret": true, "update_secret": true, "create_aws_credentials": true, "account_add": true,
}

// TakesSecrets tells whether a statement calls a function that takes a password or a key. Which of its literals and parameters reaches that argument is for the server to know, so all of them count as secret.
func TakesSecrets(s *Statement) bool {
	settings, named := false, false
	for i, t := range s.Tokens {
		text := t.Text(s.Source)
		switch t.Kind {
		case String:
			named = named || secretName(text)
			if opensSecret(text) {
				return true
			}
		case Ident, QuotedIdent:
			name := strings.ToLower(strings.Trim(text, `"`))
			if name == "rolpassword" {
				return true
			}
			if i+1 == len(s.Tokens) || s.Tokens[i+1].Text(s.Source) != "(" {
				continue
			}
			if secretCalls[name] || t.Kind == QuotedIdent && strings.HasPrefix(text, "U&") || t.Kind == QuotedIdent && strings.HasPrefix(text, "u&") {
				return true
			}
			if name == "set_config" {
				settings = true
				// A name that is put together or comes from elsewhere may be any.
				named = named || i+3 >= len(s.Tokens) || s.Tokens[i+2].Kind != String || s.Tokens[i+3].Text(s.Source) != ","
			}
		}
	}
	return settings && named
}

// Calls tells whether a statement calls a function of this name, in lower case.
func Calls(s *Statement, function string) bool {
	for i, t := range s.Tokens {
		if (t.Kind == Ident || t.Kind == QuotedIdent) && i+1 < len(s.Tokens) && s.Tokens[i+1].Text(s.Source) == "(" && strings.ToLower(strings.Trim(t.Text(s.Source), `"`)) == function {
			return true
		}
	}
	return false
}

// setsSecret tells whether SET is of a setting whose name says that it is secret.
func setsSecret(s *Statement) bool {
	for _, t := range s.Tokens {
		if (t.Kind == Ident || t.Kind == QuotedIdent) && secretName(t.Text(s.Source)) {
			return true
		}
	}
	return false
}

func hasWord(s *Statement, word string) bool {
	for _, t := range s.Tokens {
		if t.Is(s.Source, word) {
			return true
		}
	}
	return false
}

// secretName tells whether the name of a setting says that its value is a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"pass", "pwd", "secret", "token", "key", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// namesSecretCall tells whether a body names a function that takes a password or a key.
func namesSecretCall(body string) bool {
	body = strings.ToLower(body)
	for name := range secretCalls {
		if strings.Contains(body, name) {
			return true
		}
	}
	return false
}

// Hides tells whether Redact takes a literal out of the statement.
func Hides(s *Statement, redacted string) bool {
	return strings.Count(redacted, hidden) > strings.Count(s.Text(), hidden)
}

// HideLiterals is a statement's text with every string as '***' and no comments.
func HideLiterals(sql string) string {
	return replaceLexed(sql, hidden, func(t Token) string {
		if isString(t) {
			return hidden
		}
		return t.Text(sql)
	})
}
