package parse

// TokenKind tells tokens apart as far as rewriting needs.
type TokenKind uint8

const (
	Ident       TokenKind = iota + 1 // an unquoted identifier or keyword, as written
	QuotedIdent                      // "x" or U&"x"
	String                           // 'x', E'x', N'x', U&'x', $tag$x$tag$ (one token for the whole literal, continuation lines included)
	BitString                        // B'01', X'1F'
	Number                           // 1, 1.5, 1e9, and 0x1F, 0o17, 0b1, 1_000 of PostgreSQL 16
	Param                            // $1
	Operator                         // any operator, also the single characters + - * / < > = and <= >= <> != := => :: ..
	Punct                            // one of ( ) [ ] , ; : .
	Other                            // any other character; no rule of the grammar takes one
	comment                          // /* … */ or -- …; only inside this package
)

// Token is one lexical element: Source[Start:End].
type Token struct {
	Kind       TokenKind
	Keyword    bool // for Ident: it is one of PostgreSQL's keywords (of any class)
	Start, End int32
}

// Text is the token as written in sql, the text it was lexed from.
func (t Token) Text(sql string) string { return sql[t.Start:t.End] }

// Is tells whether the token is the keyword given in lower case. A quoted identifier never is.
func (t Token) Is(sql, keyword string) bool {
	return t.Keyword && equalFold(sql[t.Start:t.End], keyword)
}
