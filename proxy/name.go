package proxy

import (
	"strings"
	"unicode/utf8"

	"cordon/wire"
)

// maxName is how many bytes of the name of a prepared statement, portal, cursor, role or database PostgreSQL looks at (NAMEDATALEN - 1). What is behind them it ignores: two longer names can be one.
const maxName = 63

// ownPrefix begins the names that Cordon gives to what it prepares on the server.
const ownPrefix = "_cordon_"

// checkName refuses names in the protocol by which Cordon and the server could mean different statements: then one text would be planned, metered and recorded, and another one run.
func (s *session) checkName(what string, name []byte) *wire.Error {
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
