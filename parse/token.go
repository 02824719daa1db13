package parse

// TokenKind tells tokens apart as far as rewriting needs.
type TokenKind uint8

const (
	Ident       TokenKind = iota + 1 // an unquoted identifier or keyword, as written
	QuotedIdent                      // "x" or U&"x"
	String                           // 'x', E'x', N'x', U&'x', $tag$x$tag$ (one token for the whole literal, continuation lines included)
	BitString                        // B'01', X'1F'
	Number                           // 1, 1.5, 1e9, 0x1F where PostgreSQL's grammar takes it
	Param                            // $1
	Operator                         // any operator, also the single characters + - * / < > = and <= >= <> != := => :: ..
	Punct                            // one of ( ) [ ] , ; : .
)

// Token is one lexical element: Source[Start:End].
type Token struct {
	Kind       TokenKind
	Keyword    bool // for Ident: it is one of PostgreSQL's keywords (of any class)
	Start, End int32
}
