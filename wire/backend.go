package wire

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// Column is one field of a RowDescription. Name belongs to the body.
type Column struct {
	Name   []byte
	Table  uint32 // OID of the table that the column is of, 0 when it is none's
	Num    int16  // pg_attribute.attnum in Table, 0 when it is none's
	Type   uint32
	Size   int16
	Typmod int32
	Format int16 // 0 text, 1 binary
}

// fixedColumn is what a Column has behind its name.
const fixedColumn = 18

// DecodeRowDescription appends the columns of a RowDescription to cols.
func DecodeRowDescription(cols []Column, p []byte) ([]Column, error) {
	b := body{b: p}
	n := int(int16(b.uint16()))
	if n < 0 || n*(fixedColumn+1) > len(b.b) {
		return cols, &FormatError{"RowDescription", "more fields than the message can hold"}
	}
	for range n {
		cols = append(cols, Column{
			Name: b.cstring(), Table: b.uint32(), Num: int16(b.uint16()), Type: b.uint32(), Size: int16(b.uint16()), Typmod: int32(b.uint32()), Format: int16(b.uint16()),
		})
		if b.bad {
			break
		}
	}
	return cols, b.end("RowDescription")
}

// AppendRowDescription appends a RowDescription.
func AppendRowDescription(dst []byte, cols []Column) []byte {
	dst, at := begin(dst, TypeRowDescription)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(cols)))
	for i := range cols {
		c := &cols[i]
		dst = append(append(dst, c.Name...), 0)
		dst = binary.BigEndian.AppendUint32(dst, c.Table)
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Num))
		dst = binary.BigEndian.AppendUint32(dst, c.Type)
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Size))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Typmod))
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Format))
	}
	return finish(dst, at)
}

// DecodeDataRow appends the values of a DataRow (nil for NULL) to values. They belong to the body.
func DecodeDataRow(values [][]byte, p []byte) ([][]byte, error) {
	b := body{b: p}
	n := int(b.uint16())
	if n*4 > len(b.b) {
		return values, &FormatError{"DataRow", "more columns than the message can hold"}
	}
	for range n {
		switch l := int32(b.uint32()); {
		case l == -1:
			values = append(values, nil)
		case l < -1:
			b.fail("insufficient data left in message")
		default:
			values = append(values, b.bytes(int(l)))
		}
		if b.bad {
			break
		}
	}
	return values, b.end("DataRow")
}

// AppendDataRowHead appends to dst a DataRow with the first keep columns of the row whose body is p.
func AppendDataRowHead(dst, p []byte, keep int) ([]byte, error) {
	b := body{b: p}
	n := int(b.uint16())
	if keep > n {
		return dst, &FormatError{"DataRow", "fewer columns than described"}
	}
	at := b.b
	for range keep {
		if l := int32(b.uint32()); l > 0 {
			b.bytes(int(l))
		} else if l < -1 {
			b.fail("insufficient data left in message")
		}
		if b.bad {
			return dst, &FormatError{"DataRow", "the message ends too early"}
		}
	}
	kept := at[:len(at)-len(b.b)]
	dst = AppendHeader(dst, TypeDataRow, 2+len(kept))
	dst = binary.BigEndian.AppendUint16(dst, uint16(keep))
	return append(dst, kept...), nil
}

// DecodeCommandComplete returns the command tag, such as INSERT 0 1.
func DecodeCommandComplete(p []byte) ([]byte, error) {
	b := body{b: p}
	tag := b.cstring()
	return tag, b.end("CommandComplete")
}

// TagRows is the row count at the end of a command tag, -1 when it has none.
func TagRows(tag []byte) int64 {
	i := bytes.LastIndexByte(tag, ' ')
	if i < 0 {
		return -1
	}
	n, err := strconv.ParseInt(string(tag[i+1:]), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// DecodeParameterStatus returns a run-time parameter and its value.
func DecodeParameterStatus(p []byte) (name, value []byte, err error) {
	b := body{b: p}
	name, value = b.cstring(), b.cstring()
	return name, value, b.end("ParameterStatus")
}

// The transaction states of ReadyForQuery.
const (
	Idle          = 'I'
	InTransaction = 'T'
	Failed        = 'E'
)

// DecodeReadyForQuery returns the transaction state: Idle, InTransaction or Failed.
func DecodeReadyForQuery(p []byte) (byte, error) {
	if len(p) == 1 {
		return p[0], nil
	}
	return 0, badReady(p)
}

func badReady(p []byte) error {
	b := body{b: p}
	b.byte()
	return b.end("ReadyForQuery")
}

// AppendReadyForQuery appends a ReadyForQuery.
func AppendReadyForQuery(dst []byte, state byte) []byte {
	return append(AppendHeader(dst, TypeReadyForQuery, 1), state)
}

// DecodeBackendKeyData returns the server process and the secret key to cancel with. The key belongs to the body.
func DecodeBackendKeyData(p []byte) (pid uint32, key []byte, err error) {
	b := body{b: p}
	pid = b.uint32()
	if b.bad || len(b.b) < 4 || len(b.b) > 256 {
		return 0, nil, &FormatError{"BackendKeyData", "the secret key has no valid length"}
	}
	return pid, b.b, nil
}

// Authentication requests that Cordon must tell apart.
const (
	AuthOk           = 0
	AuthKerberosV5   = 2
	AuthCleartext    = 3
	AuthMD5          = 5
	AuthGSS          = 7
	AuthGSSContinue  = 8
	AuthSSPI         = 9
	AuthSASL         = 10
	AuthSASLContinue = 11
	AuthSASLFinal    = 12
)

// DecodeAuthentication returns the code of an authentication request and what stands behind it.
func DecodeAuthentication(p []byte) (code uint32, rest []byte, err error) {
	b := body{b: p}
	code = b.uint32()
	if b.bad {
		return 0, nil, &FormatError{"Authentication", "the message ends too early"}
	}
	return code, b.b, nil
}

// AppendSASLWithout appends an AuthenticationSASL with the mechanisms of rest (as DecodeAuthentication returned it) but the one named; n is how many are left.
func AppendSASLWithout(dst, rest []byte, mechanism string) (out []byte, n int, err error) {
	dst, at := begin(dst, TypeAuthentication)
	dst = binary.BigEndian.AppendUint32(dst, AuthSASL)
	b := body{b: rest}
	for {
		m := b.cstring()
		if b.bad {
			return dst[:at], 0, &FormatError{"AuthenticationSASL", "the message ends too early"}
		}
		if len(m) == 0 {
			break
		}
		if string(m) != mechanism {
			dst = append(append(dst, m...), 0)
			n++
		}
	}
	return finish(append(dst, 0), at), n, b.end("AuthenticationSASL")
}

// CopyFormat is the body of CopyInResponse, CopyOutResponse and CopyBothResponse.
type CopyFormat struct {
	Binary  bool
	Columns int
}

// DecodeCopyFormat decodes a CopyInResponse, CopyOutResponse or CopyBothResponse.
func DecodeCopyFormat(p []byte) (CopyFormat, error) {
	b := body{b: p}
	f := CopyFormat{Binary: b.byte() == 1, Columns: int(b.uint16())}
	b.bytes(2 * f.Columns)
	return f, b.end("CopyResponse")
}

// DecodeFunctionResult returns what a FunctionCallResponse brings, nil for NULL. It belongs to the body.
func DecodeFunctionResult(p []byte) (value []byte, err error) {
	b := body{b: p}
	if n := b.uint32(); n != 0xffffffff {
		value = b.bytes(int(n))
	}
	return value, b.end("FunctionCallResponse")
}

// DecodeNotification decodes a NotificationResponse: the sender's pid, the channel and the payload. They belong to the body.
func DecodeNotification(p []byte) (pid uint32, channel, payload []byte, err error) {
	b := body{b: p}
	pid, channel, payload = b.uint32(), b.cstring(), b.cstring()
	return pid, channel, payload, b.end("NotificationResponse")
}

// AppendNotification appends a NotificationResponse.
func AppendNotification(dst []byte, pid uint32, channel, payload []byte) []byte {
	dst, at := begin(dst, TypeNotificationResponse)
	dst = binary.BigEndian.AppendUint32(dst, pid)
	dst = append(append(dst, channel...), 0)
	dst = append(append(dst, payload...), 0)
	return finish(dst, at)
}
