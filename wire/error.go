package wire

import (
	"strconv"
)

// Fields of ErrorResponse and NoticeResponse by their type bytes.
const (
	FieldSeverity         = 'S'
	FieldSeverityRaw      = 'V' // never localized
	FieldCode             = 'C'
	FieldMessage          = 'M'
	FieldDetail           = 'D'
	FieldHint             = 'H'
	FieldPosition         = 'P'
	FieldInternalPosition = 'p'
	FieldInternalQuery    = 'q'
	FieldWhere            = 'W'
	FieldSchema           = 's'
	FieldTable            = 't'
	FieldColumn           = 'c'
	FieldDataType         = 'd'
	FieldConstraint       = 'n'
	FieldFile             = 'F'
	FieldLine             = 'L'
	FieldRoutine          = 'R'
)

// Field is one field of an ErrorResponse or NoticeResponse.
type Field struct {
	Type  byte
	Value []byte
}

// Report is the content of an ErrorResponse or NoticeResponse, in the order of its fields.
type Report []Field

// DecodeReport appends the fields of an ErrorResponse or NoticeResponse to r. They belong to the body.
func DecodeReport(r Report, p []byte) (Report, error) {
	b := body{b: p}
	for {
		t := b.byte()
		if b.bad || t == 0 {
			break
		}
		v := b.cstring()
		if b.bad {
			break
		}
		r = append(r, Field{t, v})
	}
	return r, b.end("ErrorResponse")
}

// Get is the value of the first field of that type, nil when there is none. An error may come without a SQLSTATE: callers must not count on any field.
func (r Report) Get(typ byte) []byte {
	for i := range r {
		if r[i].Type == typ {
			return r[i].Value
		}
	}
	return nil
}

// Fatal says that the server ends the connection behind this report.
func (r Report) Fatal() bool {
	s := r.Get(FieldSeverityRaw)
	if s == nil {
		s = r.Get(FieldSeverity)
	}
	return string(s) == "FATAL" || string(s) == "PANIC"
}

// AppendTo appends an ErrorResponse or NoticeResponse, by typ.
func (r Report) AppendTo(dst []byte, typ byte) []byte {
	dst, at := begin(dst, typ)
	for i := range r {
		dst = append(dst, r[i].Type)
		dst = append(append(dst, r[i].Value...), 0)
	}
	return finish(append(dst, 0), at)
}

// Error is an error of Cordon's own for a client. The zero values of its fields are left out, but for Severity.
type Error struct {
	Severity string // "" means ERROR
	Code     string // SQLSTATE
	Message  string
	Detail   string
	Hint     string
	Position int // in characters of the client's text, from 1; 0 for none
}

func (e *Error) Error() string { return e.Message + " (" + e.Code + ")" }

// AppendTo appends the ErrorResponse. A zero byte inside a text would end its field early: it becomes a blank.
func (e *Error) AppendTo(dst []byte) []byte {
	dst, at := begin(dst, TypeErrorResponse)
	severity := e.Severity
	if severity == "" {
		severity = "ERROR"
	}
	dst = appendField(dst, FieldSeverity, severity)
	dst = appendField(dst, FieldSeverityRaw, severity)
	dst = appendField(dst, FieldCode, e.Code)
	dst = appendField(dst, FieldMessage, e.Message)
	if e.Detail != "" {
		dst = appendField(dst, FieldDetail, e.Detail)
	}
	if e.Hint != "" {
		dst = appendField(dst, FieldHint, e.Hint)
	}
	if e.Position > 0 {
		dst = appendField(dst, FieldPosition, strconv.Itoa(e.Position))
	}
	return finish(append(dst, 0), at)
}

func appendField(dst []byte, typ byte, value string) []byte {
	dst = append(dst, typ)
	at := len(dst)
	dst = append(dst, value...)
	for i := at; i < len(dst); i++ {
		if dst[i] == 0 {
			dst[i] = ' '
		}
	}
	return append(dst, 0)
}
