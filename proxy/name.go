package proxy

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cordon/parse"
	"cordon/wire"
)

// maxName is how many bytes of the name of a prepared statement, portal, cursor, role or database PostgreSQL looks at (NAMEDATALEN - 1). What is behind them it ignores: two longer names can be one.
const maxName = 63

// ownPrefix begins the names that Cordon gives to what it prepares on the server.
const ownPrefix = "_cordon_"

// checkName refuses names in the protocol by which Cordon and the server could mean different statements: then one text would be planned, metered and recorded, and another one run.
func (s *session) checkName(what string, name []byte) *wire.Error {
	if len(name) == 0 { // the unnamed one
		return nil
	}
	return s.checkGiven(what, name)
}

func (s *session) checkGiven(what string, name []byte) *wire.Error {
	switch {
	case len(name) > maxName:
		return &wire.Error{Code: codeNameTooLong, Message: "the name of a " + what + " can have 63 bytes", Hint: "PostgreSQL ignores what is behind them, so that two names could be one."}
	case strings.HasPrefix(string(name), ownPrefix):
		return reservedName(what)
	case !ascii(name) && (s.rereading || encodingName(s.reading().encoding) != "" || !utf8.Valid(name)):
		return &wire.Error{Code: codeUnsupported, Message: "the name of a " + what + " can have characters beyond ASCII in the client encoding UTF8 only",
			Hint: "In another encoding the same bytes are another name."}
	}
	return nil
}

// checkTarget does the same with a name in an SQL statement, which the parser has cut and put into lower case as a server in UTF8 does.
func (s *session) checkTarget(t *target) *wire.Error {
	switch {
	case t.name == "" || t.verb == targetNone:
		return nil
	case strings.HasPrefix(t.name, ownPrefix):
		return reservedName(t.what())
	case !ascii(t.name) && (len(t.name) > maxName-utf8.UTFMax || !s.utf8Server.Load()):
		return &wire.Error{Code: codeUnsupported, Message: "the name of a " + t.what() + " can have characters beyond ASCII on a server in UTF8 only, and then 59 bytes", Hint: "Use a plain name."}
	}
	return nil
}

// checkNames refuses a statement with a name that a server in another encoding than UTF8 would make another one of than the parser has: it cuts names at 63 bytes of its own encoding, and in one of single bytes puts capital letters into
// lower case by its locale. Whoever may create a table could give it the name that Cordon reads, and would be shown the one that the server reads.
func (s *session) checkNames(text string) *wire.Error {
	if s.utf8Server.Load() || ascii(text) && !strings.Contains(text, `&"`) {
		return nil
	}
	encoding := ""
	if e := s.serverEncoding.Load(); e != nil {
		encoding = *e
	}
	tokens, err := parse.Lex(nil, text)
	if err != nil {
		return &wire.Error{Code: codeSyntaxError, Message: err.Error()}
	}
	for i := range tokens {
		if kind := tokens[i].Kind; kind != parse.Ident && kind != parse.QuotedIdent {
			continue
		}
		switch name := tokens[i].Text(text); {
		case nameLength(name, encoding) > maxName && (!ascii(name) || strings.HasPrefix(strings.ToLower(name), `u&"`)):
			return &wire.Error{Code: codeNameTooLong, Message: "a name beyond ASCII is too long for a server in " + encoding, Detail: "PostgreSQL would cut it at another place than Cordon.", Hint: "Use a shorter name.", Position: tokenPosition(text, int(tokens[i].Start))}
		case tokens[i].Kind == parse.Ident && !ascii(name) && singleByte(encoding) && strings.ContainsFunc(name, capital):
			return &wire.Error{Code: codeUnsupported, Message: "the name " + strconv.Quote(name) + " has capital letters beyond ASCII, which a server in " + encoding + " may read as small ones", Hint: "Write it in small letters, or in double quotes.",
				Position: tokenPosition(text, int(tokens[i].Start))}
		}
	}
	return nil
}

func tokenPosition(text string, at int) int { return utf8.RuneCountInString(text[:at]) + 1 }

// capital says that a character beyond ASCII is in lower case another one.
func capital(r rune) bool { return r >= utf8.RuneSelf && unicode.ToLower(r) != r }

// singleByte says that every character of a server's encoding is one byte. The capital letters of UTF-8 in SQL_ASCII are none to any locale.
func singleByte(encoding string) bool {
	return encoding != "SQL_ASCII" && encoding != "MULE_INTERNAL" && !strings.HasPrefix(encoding, "EUC_")
}

// nameLength is how many bytes a name can have at most, in UTF-8 and in the server's encoding. An escape, as in U&"\00E9", is longer than what it stands for.
func nameLength(name, encoding string) (n int) {
	longest := 1 // of a character, in the server's encoding
	switch encoding {
	case "EUC_JP", "EUC_JIS_2004":
		longest = 3
	case "EUC_TW", "MULE_INTERNAL", "":
		longest = 4
	}
	quoted := len(name) > 0 && name[len(name)-1] == '"'
	if quoted {
		name = strings.ReplaceAll(name[strings.IndexByte(name, '"')+1:len(name)-1], `""`, `"`)
	}
	for _, r := range name {
		if r < utf8.RuneSelf {
			n++
		} else {
			n += max(utf8.RuneLen(r), longest)
		}
	}
	return n
}

func (t *target) what() string {
	switch t.verb {
	case targetDeclare, targetFetch, targetClose:
		return "cursor"
	}
	return "prepared statement"
}

func reservedName(what string) *wire.Error {
	return &wire.Error{Code: codeReservedName, Message: "the name of a " + what + " cannot begin with " + ownPrefix, Hint: "These are the names of what Cordon itself prepares."}
}
