// Package parse turns SQL text into statements: it is the one door to PostgreSQL's own grammar (pg_query, through cgo), and keeps the limits that make that door safe.
package parse

import (
	pg_query "github.com/pganalyze/pg_query_go/v5"
)

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
	Code     string // SQLSTATE: 42601 for the grammar's own complaint, 54001 for a text over Limits, 22021 and such otherwise
	Message  string // PostgreSQL's own words where it is PostgreSQL's complaint
	Hint     string
	Position int // 1-based character (not byte) position as ErrorResponse's field P, 0 when unknown

	offset int // byte offset of the place, for this package
}

func (e *SyntaxError) Error() string { return e.Message }

// The SQLSTATEs of a SyntaxError.
const (
	codeSyntax        = "42601"
	codeFeature       = "0A000"
	codeTooComplex    = "54001"
	codeTooLong       = "54000"
	codeEncoding      = "22021"
	codeInvalidEscape = "22025"
	codeUnsafeEscape  = "22P06"
	codeNoParameter   = "42P02"
	codeInternal      = "XX000"
)
