package wire

import (
	"bytes"
	"encoding/binary"
)

// DecodeQuery returns the text of a Query message.
func DecodeQuery(p []byte) ([]byte, error) {
	if n := len(p) - 1; n >= 0 && bytes.IndexByte(p, 0) == n { // a text can be long
		return p[:n:n], nil
	}
	b := body{b: p}
	text := b.cstring()
	return text, b.end("Query")
}

// AppendQuery appends a Query message.
func AppendQuery[T ~string | ~[]byte](dst []byte, text T) []byte {
	dst = AppendHeader(dst, TypeQuery, len(text)+1)
	return append(append(dst, text...), 0)
}

// Parse is a Parse message. Its slices belong to the body.
type Parse struct {
	Name []byte // of the prepared statement, empty for the unnamed one
	Text []byte
	OIDs []byte // four bytes each: the types of the first parameters, 0 for unknown
}

// DecodeParse decodes a Parse message.
func DecodeParse(p []byte) (Parse, error) {
	b := body{b: p}
	m := Parse{Name: b.cstring(), Text: b.cstring()}
	n := int(b.uint16())
	m.OIDs = b.bytes(4 * n)
	return m, b.end("Parse")
}

// AppendParse appends a Parse message; oids is four bytes each.
func AppendParse[N, T ~string | ~[]byte](dst []byte, name N, text T, oids []byte) []byte {
	dst = AppendHeader(dst, TypeParse, len(name)+len(text)+4+len(oids))
	dst = append(append(dst, name...), 0)
	dst = append(append(dst, text...), 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(oids)/4))
	return append(dst, oids...)
}

// BindNames is the front of a Bind message.
type BindNames struct {
	Portal    []byte
	Statement []byte
	Rest      int // where the parameter formats begin in the body
}

// Bind is a Bind message. The values can be long and are read by DecodeBind only.
type Bind struct {
	BindNames

	formats       []byte
	params        int
	values        []byte
	resultFormats []byte
}

// DecodeBindNames decodes the names at the front of a Bind message, of which p is a beginning. ok is false when p ends before them.
func DecodeBindNames(p []byte) (m BindNames, ok bool) {
	portal := zeroFrom(p, 0)
	statement := zeroFrom(p, portal+1)
	if statement >= len(p) {
		return m, false
	}
	return BindNames{p[:portal:portal], p[portal+1 : statement : statement], statement + 1}, true
}

// zeroFrom is where the first zero byte from a place on is, at least len(p) when there is none. It is for names, which are short.
func zeroFrom(p []byte, i int) int {
	for i < len(p) && p[i] != 0 {
		i++
	}
	return i
}

// DecodeBind decodes and checks a whole Bind message.
func DecodeBind(p []byte) (Bind, error) {
	b := body{b: p}
	m := Bind{BindNames: BindNames{Portal: b.cstring(), Statement: b.cstring()}}
	m.Rest = len(p) - len(b.b)
	m.formats = b.bytes(2 * int(b.uint16()))
	m.params = int(b.uint16())
	at := b.b
	for range m.params {
		if n := int32(b.uint32()); n > 0 {
			b.bytes(int(n))
		} else if n < -1 {
			b.fail("insufficient data left in message")
		}
		if b.bad {
			break
		}
	}
	m.values = at[:len(at)-len(b.b)]
	m.resultFormats = b.bytes(2 * int(b.uint16()))
	if err := b.end("Bind"); err != nil {
		return Bind{}, err
	}
	return m, nil
}

// Params is the number of parameter values.
func (m *Bind) Params() int { return m.params }

// Param returns the i-th parameter value from 0 (nil for NULL) and whether it is in binary format. It walks: call it for few.
func (m *Bind) Param(i int) (value []byte, binaryFormat bool) {
	b := body{b: m.values}
	for j := 0; ; j++ {
		n := int32(b.uint32())
		var v []byte
		if n >= 0 {
			v = b.bytes(int(n))
		}
		if j < i {
			continue
		}
		switch {
		case len(m.formats) == 2:
			binaryFormat = binary.BigEndian.Uint16(m.formats) == 1
		case len(m.formats) >= 2*(i+1):
			binaryFormat = binary.BigEndian.Uint16(m.formats[2*i:]) == 1
		}
		return v, binaryFormat
	}
}

// ResultFormats is the number of formats that the client names for result columns: none, one for all, or one for each.
func (m *Bind) ResultFormats() int { return len(m.resultFormats) / 2 }

// AppendMoreResults appends the message for another statement, with formats for more result columns, in text, behind those that are there.
func (m *Bind) AppendMoreResults(dst []byte, statement []byte, more int) []byte {
	dst = AppendBindHead(dst, m.Portal, statement, 2+len(m.formats)+2+len(m.values)+2+len(m.resultFormats)+2*more)
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(len(m.formats)/2)), m.formats...)
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(m.params)), m.values...)
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(len(m.resultFormats)/2+more)), m.resultFormats...)
	return append(dst, make([]byte, 2*more)...)
}

// AppendBindHead appends the header and names of a Bind message whose parameter formats and all behind have rest bytes, which must follow.
func AppendBindHead[N, M ~string | ~[]byte](dst []byte, portal N, statement M, rest int) []byte {
	dst = AppendHeader(dst, TypeBind, len(portal)+1+len(statement)+1+rest)
	dst = append(append(dst, portal...), 0)
	return append(append(dst, statement...), 0)
}

// AppendBind appends a Bind message without parameters, with results in text.
func AppendBind[N, M ~string | ~[]byte](dst []byte, portal N, statement M) []byte {
	dst = AppendBindHead(dst, portal, statement, 6)
	return append(dst, 0, 0, 0, 0, 0, 0)
}

// Object is what Describe and Close name.
type Object struct {
	Kind byte // 'S' for a prepared statement, 'P' for a portal
	Name []byte
}

// DecodeObject decodes the body of a Describe or Close message, which what names. A kind other than S and P is left for the server to complain about.
func DecodeObject(what string, p []byte) (Object, error) {
	b := body{b: p}
	m := Object{Kind: b.byte(), Name: b.cstring()}
	return m, b.end(what)
}

// AppendObject appends a Describe or Close message.
func AppendObject[N ~string | ~[]byte](dst []byte, typ, kind byte, name N) []byte {
	dst = AppendHeader(dst, typ, len(name)+2)
	dst = append(dst, kind)
	return append(append(dst, name...), 0)
}

// Execute is an Execute message.
type Execute struct {
	Portal []byte
	Rows   int32 // the row limit, 0 for none
}

// DecodeExecute decodes an Execute message.
func DecodeExecute(p []byte) (Execute, error) {
	if len(p) == 5 && p[0] == 0 { // of the unnamed portal, as nearly all
		return Execute{Portal: p[:0:0], Rows: int32(binary.BigEndian.Uint32(p[1:]))}, nil
	}
	b := body{b: p}
	m := Execute{Portal: b.cstring(), Rows: int32(b.uint32())}
	return m, b.end("Execute")
}

// AppendExecute appends an Execute message.
func AppendExecute[N ~string | ~[]byte](dst []byte, portal N, rows int32) []byte {
	dst = AppendHeader(dst, TypeExecute, len(portal)+5)
	dst = append(append(dst, portal...), 0)
	return binary.BigEndian.AppendUint32(dst, uint32(rows))
}

// DecodeFunctionCall returns the OID of the function that a FunctionCall message, of which p is a beginning, calls.
func DecodeFunctionCall(p []byte) (oid uint32, err error) {
	b := body{b: p}
	oid = b.uint32()
	if b.bad {
		return 0, &FormatError{"FunctionCall", b.why}
	}
	return oid, nil
}

// AppendFunctionCall appends a FunctionCall message. The arguments, nil for NULL, and the result are in binary format.
func AppendFunctionCall(dst []byte, oid uint32, arguments ...[]byte) []byte {
	dst, at := begin(dst, TypeFunctionCall)
	dst = binary.BigEndian.AppendUint32(dst, oid)
	dst = append(dst, 0, 1, 0, 1) // one format for all
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(arguments)))
	for _, a := range arguments {
		if a == nil {
			dst = binary.BigEndian.AppendUint32(dst, 0xffffffff)
			continue
		}
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(a))), a...)
	}
	return finish(append(dst, 0, 1), at)
}

// AppendSync appends a Sync message.
func AppendSync(dst []byte) []byte { return AppendHeader(dst, TypeSync, 0) }

// AppendFlush appends a Flush message.
func AppendFlush(dst []byte) []byte { return AppendHeader(dst, TypeFlush, 0) }

// AppendTerminate appends a Terminate message.
func AppendTerminate(dst []byte) []byte { return AppendHeader(dst, TypeTerminate, 0) }

// DecodeEmpty checks that a message without a body has none.
func DecodeEmpty(what string, p []byte) error {
	if len(p) > 0 {
		return &FormatError{what, "invalid message format"}
	}
	return nil
}

// Values are the parameters of a Bind from behind its names, or the arguments of a FunctionCall from behind its OID. Its slices belong to what was decoded.
type Values struct {
	b       []byte // all of them, with the formats in front
	formats int    // how many there are
	count   int
	next    int // the number of the next parameter
	at      int // and where it begins
}

// DecodeValues begins to read parameters in p, which need not hold all of them. ok is false when it ends before the first.
func DecodeValues(p []byte) (v Values, ok bool) {
	if len(p) < 2 {
		return v, false
	}
	at := 2 + 2*int(binary.BigEndian.Uint16(p))
	if len(p) < at+2 {
		return v, false
	}
	return Values{b: p, formats: (at - 2) / 2, count: int(binary.BigEndian.Uint16(p[at:])), at: at + 2}, true
}

// Count is the number of parameters.
func (v *Values) Count() int { return v.count }

// Next returns what there is of the next parameter (nil for NULL), the length that it has in all, and whether it is in binary format. ok is false behind the last of which something is there.
func (v *Values) Next() (value []byte, length int, binaryFormat, ok bool) {
	rest := v.b[v.at:]
	if v.next == v.count || len(rest) < 4 {
		return nil, 0, false, false
	}
	v.at += 4
	if n := int(int32(binary.BigEndian.Uint32(rest))); n >= 0 {
		value, length = rest[4:min(4+n, len(rest))], n
		v.at += len(value)
	}
	switch {
	case v.formats == 1:
		binaryFormat = binary.BigEndian.Uint16(v.b[2:]) == 1
	case v.formats > v.next:
		binaryFormat = binary.BigEndian.Uint16(v.b[2+2*v.next:]) == 1
	}
	v.next++
	return value, length, binaryFormat, true
}
