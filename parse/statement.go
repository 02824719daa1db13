// Package parse turns SQL text into statements: it is the one door to PostgreSQL's own grammar (pg_query, through cgo), and keeps the limits that make that door safe.
package parse

import (
	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// Limits bound a text before it reaches C code. The zero value means the defaults.
type Limits struct {
	Bytes int // longest text in bytes; 0 means DefaultBytes
	Depth int // deepest nesting or longest chain of operators, set operations or joins; 0 means DefaultDepth
}

// Statement is one SQL statement of a text. It is immutable after Parse.
type Statement struct {
	Source string         // the whole text the client sent; every position of Tree and Tokens is a byte offset into it
	Start  int            // where this statement begins in Source (first token)
	End    int            // where it ends: just behind its last token, before any semicolon
	Tree   *pg_query.Node // the statement's raw parse tree
	Tokens []Token        // the statement's tokens, without white space and comments
	Kind   Kind           // what it does, by the top node
	Params int            // highest $n named in it, 0 for none
}

// Text is the statement's own text, without the semicolon.
func (s *Statement) Text() string { return s.Source[s.Start:s.End] }

// SyntaxError says why a text is not a statement Cordon can read.
type SyntaxError struct {
	Code     string // SQLSTATE: 42601 for the grammar's own complaint, 54001 for a text over Limits, 22P05 and such otherwise
	Message  string // PostgreSQL's own words where it is PostgreSQL's complaint
	Hint     string
	Position int // 1-based character (not byte) position as ErrorResponse's field P, 0 when unknown
}

func (e *SyntaxError) Error() string { return e.Message }
