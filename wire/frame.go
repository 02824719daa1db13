package wire

import (
	"encoding/binary"
	"fmt"
)

// HeaderLen is the length of a frame's header: the type and the length.
const HeaderLen = 5

// Types of the frames that a client sends.
const (
	TypeQuery        = 'Q'
	TypeParse        = 'P'
	TypeBind         = 'B'
	TypeDescribe     = 'D'
	TypeExecute      = 'E'
	TypeClose        = 'C'
	TypeFlush        = 'H'
	TypeSync         = 'S'
	TypeFunctionCall = 'F'
	TypeTerminate    = 'X'
	TypePassword     = 'p' // PasswordMessage, SASLInitialResponse, SASLResponse, GSSResponse
)

// Types of the frames that both sides send.
const (
	TypeCopyData = 'd'
	TypeCopyDone = 'c'
	TypeCopyFail = 'f'
)

// Types of the frames that a server sends.
const (
	TypeAuthentication           = 'R'
	TypeBackendKeyData           = 'K'
	TypeParameterStatus          = 'S'
	TypeReadyForQuery            = 'Z'
	TypeErrorResponse            = 'E'
	TypeNoticeResponse           = 'N'
	TypeNotificationResponse     = 'A'
	TypeNegotiateProtocolVersion = 'v'
	TypeParseComplete            = '1'
	TypeBindComplete             = '2'
	TypeCloseComplete            = '3'
	TypeParameterDescription     = 't'
	TypeRowDescription           = 'T'
	TypeNoData                   = 'n'
	TypeDataRow                  = 'D'
	TypeCommandComplete          = 'C'
	TypeEmptyQueryResponse       = 'I'
	TypePortalSuspended          = 's'
	TypeFunctionCallResponse     = 'V'
	TypeCopyInResponse           = 'G'
	TypeCopyOutResponse          = 'H'
	TypeCopyBothResponse         = 'W'
)

// Limits of PostgreSQL itself, by libpq/libpq.h: a longer frame is a protocol violation for the server, and its connection ends.
const (
	MaxSmall = 10_000      // PQ_SMALL_MESSAGE_LIMIT: frames that hold at most a name
	MaxLarge = 0x3fffffff  // PQ_LARGE_MESSAGE_LIMIT, MaxAllocSize: frames that hold text or values
	MaxReply = 0x7fffffff  // a server's frames are bounded by the length field alone
	MaxHeld  = 4 * 1 << 20 // the longest frame of a server that is held whole: RowDescription, ErrorResponse and other small ones
)

// LengthError says that a frame's length is not one that its type can have.
type LengthError struct {
	Type   byte // 0 for the startup packet
	Length int  // as the header has it: it counts itself
	Limit  int
}

func (e *LengthError) Error() string {
	if e.Type == 0 {
		return fmt.Sprintf("startup packet of length %d, limit %d", e.Length, e.Limit)
	}
	return fmt.Sprintf("message type %q of length %d, limit %d", e.Type, e.Length, e.Limit)
}

// FormatError says that a body is not what its type must have.
type FormatError struct {
	What string // the message's name in the manual
	Why  string // of a client's message, in PostgreSQL's words (pqformat.c)
}

func (e *FormatError) Error() string { return e.What + ": " + e.Why }

// TypeError says that a frame's type is not one that a client may send here.
type TypeError struct{ Type byte }

func (e *TypeError) Error() string { return fmt.Sprintf("invalid frontend message type %d", e.Type) }

// Header is a frame's type and the length of its body.
type Header struct {
	Type byte
	Body int // bytes behind the header, not negative
}

// Len is the length of the whole frame.
func (h Header) Len() int { return HeaderLen + h.Body }

// ParseHeader reads the header at the start of b, which must hold HeaderLen bytes. It does not check limits but that the length counts itself.
func ParseHeader(b []byte) (Header, error) {
	n := int32(binary.BigEndian.Uint32(b[1:5]))
	if n < 4 {
		return Header{}, &LengthError{Type: b[0], Length: int(n), Limit: MaxLarge}
	}
	return Header{Type: b[0], Body: int(n) - 4}, nil
}

// CheckFrontend holds a client's frame against PostgreSQL's limit for its type, before any of its body is read. An unknown type is a TypeError.
func CheckFrontend(h Header) error {
	limit := MaxSmall
	switch h.Type {
	case TypeQuery, TypeParse, TypeBind, TypeFunctionCall, TypeCopyData:
		limit = MaxLarge
	case TypeDescribe, TypeExecute, TypeClose, TypeFlush, TypeSync, TypeTerminate, TypeCopyDone, TypeCopyFail:
	default:
		return &TypeError{Type: h.Type}
	}
	if h.Body+4 > limit {
		return &LengthError{Type: h.Type, Length: h.Body + 4, Limit: limit}
	}
	return nil
}

// AppendHeader appends the header of a frame whose body has n bytes.
func AppendHeader(dst []byte, typ byte, n int) []byte {
	dst = append(dst, typ)
	return binary.BigEndian.AppendUint32(dst, uint32(n+4))
}

// begin appends a header whose length finish sets; it returns the place of the frame for it.
func begin(dst []byte, typ byte) ([]byte, int) {
	return append(dst, typ, 0, 0, 0, 0), len(dst)
}

func finish(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at+1:], uint32(len(dst)-at-1))
	return dst
}

// body walks over a frame's body; the first thing that does not fit sticks.
type body struct {
	b   []byte
	bad bool
	why string
}

func (r *body) fail(why string) {
	if !r.bad {
		r.bad, r.why = true, why
	}
}

func (r *body) byte() byte {
	if len(r.b) < 1 {
		r.fail("no data left in message")
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *body) uint16() uint16 {
	if len(r.b) < 2 {
		r.fail("insufficient data left in message")
		return 0
	}
	v := binary.BigEndian.Uint16(r.b)
	r.b = r.b[2:]
	return v
}

func (r *body) uint32() uint32 {
	if len(r.b) < 4 {
		r.fail("insufficient data left in message")
		return 0
	}
	v := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

func (r *body) bytes(n int) []byte {
	if n < 0 || len(r.b) < n {
		r.fail("insufficient data left in message")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// cstring is the text up to the next zero byte, without it.
func (r *body) cstring() []byte {
	for i, c := range r.b {
		if c == 0 {
			v := r.b[:i:i]
			r.b = r.b[i+1:]
			return v
		}
	}
	r.fail("invalid string in message")
	return nil
}

// end says whether the whole body fitted and nothing is left over.
func (r *body) end(what string) error {
	switch {
	case r.bad:
		return &FormatError{what, r.why}
	case len(r.b) > 0:
		return &FormatError{what, "invalid message format"}
	}
	return nil
}
