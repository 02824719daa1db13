package pgtest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgproto3/v2"
)

// describe prints a backend message on one line, in the manner of libpq's trace: its name, then its fields.
func describe(f frame) string {
	text, err := describeBody(f)
	if err != nil {
		text = fmt.Sprintf("Malformed %q %s", f.kind, bytesText(f.body))
	}
	if len(text) > maxLine {
		sum := sha256.Sum256([]byte(text))
		text = fmt.Sprintf("%s… (%d bytes, SHA-256 %x)", strings.ToValidUTF8(text[:60], ""), len(text), sum[:8])
	}
	return text
}

// maxLine is how long a line may be before its digest is printed in its place.
const maxLine = 2000

// decode reads a message's body. pgproto3's NotificationResponse panics when its body is too short.
func decode(m pgproto3.BackendMessage, body []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode %T: %v", m, p)
		}
	}()
	return m.Decode(body)
}

func describeBody(f frame) (string, error) {
	switch f.kind {
	case 'R':
		if len(f.body) < 4 {
			return "", fmt.Errorf("short")
		}
		return "Authentication " + authenticationName(binary.BigEndian.Uint32(f.body)), nil
	case 'K':
		if len(f.body) < 8 {
			return "", fmt.Errorf("short")
		}
		return fmt.Sprintf("BackendKeyData pid key(%d)", len(f.body)-4), nil
	case 'S':
		var m pgproto3.ParameterStatus
		err := decode(&m, f.body)
		return fmt.Sprintf("ParameterStatus %q %q", m.Name, m.Value), err
	case 'Z':
		var m pgproto3.ReadyForQuery
		err := decode(&m, f.body)
		return "ReadyForQuery " + strings.Trim(strconv.QuoteRune(rune(m.TxStatus)), "'"), err
	case 'T':
		var m pgproto3.RowDescription
		if err := decode(&m, f.body); err != nil {
			return "", err
		}
		var b strings.Builder
		fmt.Fprintf(&b, "RowDescription %d", len(m.Fields))
		for _, c := range m.Fields {
			fmt.Fprintf(&b, " (%q %s %d %s %d %d %d)", c.Name, oidText(c.TableOID), c.TableAttributeNumber, oidText(c.DataTypeOID), c.DataTypeSize, c.TypeModifier, c.Format)
		}
		return b.String(), nil
	case 'D':
		var m pgproto3.DataRow
		if err := decode(&m, f.body); err != nil {
			return "", err
		}
		var b strings.Builder
		fmt.Fprintf(&b, "DataRow %d", len(m.Values))
		for _, v := range m.Values {
			b.WriteString(" " + valueText(v))
		}
		return b.String(), nil
	case 'C':
		var m pgproto3.CommandComplete
		err := decode(&m, f.body)
		return fmt.Sprintf("CommandComplete %q", m.CommandTag), err
	case 'E', 'N':
		return describeError(f)
	case 'A':
		var m pgproto3.NotificationResponse
		err := decode(&m, f.body)
		return fmt.Sprintf("NotificationResponse pid %q %q", m.Channel, m.Payload), err
	case 't':
		var m pgproto3.ParameterDescription
		if err := decode(&m, f.body); err != nil {
			return "", err
		}
		var b strings.Builder
		fmt.Fprintf(&b, "ParameterDescription %d", len(m.ParameterOIDs))
		for _, oid := range m.ParameterOIDs {
			b.WriteString(" " + oidText(oid))
		}
		return b.String(), nil
	case 'G', 'H', 'W':
		name := map[byte]string{'G': "CopyInResponse", 'H': "CopyOutResponse", 'W': "CopyBothResponse"}[f.kind]
		if len(f.body) < 3 || len(f.body) != 3+2*int(binary.BigEndian.Uint16(f.body[1:])) {
			return "", fmt.Errorf("wrong length")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s %d", name, f.body[0])
		for i := 3; i < len(f.body); i += 2 {
			fmt.Fprintf(&b, " %d", binary.BigEndian.Uint16(f.body[i:]))
		}
		return b.String(), nil
	case 'd':
		return "CopyData " + bytesText(f.body), nil
	case 'V':
		if len(f.body) < 4 {
			return "", fmt.Errorf("short")
		}
		if int32(binary.BigEndian.Uint32(f.body)) == -1 {
			return "FunctionCallResponse null", nil
		}
		return "FunctionCallResponse " + valueText(f.body[4:]), nil
	case 'v':
		if len(f.body) < 8 {
			return "", fmt.Errorf("short")
		}
		return fmt.Sprintf("NegotiateProtocolVersion %d %d %s", binary.BigEndian.Uint32(f.body)&0xffff, binary.BigEndian.Uint32(f.body[4:]), bytesText(f.body[8:])), nil
	case '1', '2', '3', 'c', 'I', 'n', 's':
		if len(f.body) != 0 {
			return "", fmt.Errorf("not empty")
		}
		return map[byte]string{'1': "ParseComplete", '2': "BindComplete", '3': "CloseComplete", 'c': "CopyDone", 'I': "EmptyQueryResponse", 'n': "NoData", 's': "PortalSuspended"}[f.kind], nil
	}
	return fmt.Sprintf("Unknown %q %s", f.kind, bytesText(f.body)), nil
}

func authenticationName(code uint32) string {
	switch code {
	case pgproto3.AuthTypeGSS:
		return "GSS"
	case pgproto3.AuthTypeOk:
		return "Ok"
	case pgproto3.AuthTypeCleartextPassword:
		return "CleartextPassword"
	case pgproto3.AuthTypeMD5Password:
		return "MD5Password"
	case pgproto3.AuthTypeSASL:
		return "SASL"
	case pgproto3.AuthTypeSASLContinue:
		return "SASLContinue"
	case pgproto3.AuthTypeSASLFinal:
		return "SASLFinal"
	}
	return strconv.FormatUint(uint64(code), 10)
}

// describeError prints every field of an error or notice in its order but F, L and R: the server's source file, line and routine, which differ from version to version.
func describeError(f frame) (string, error) {
	var b strings.Builder
	b.WriteString("ErrorResponse")
	if f.kind == 'N' {
		b.Reset()
		b.WriteString("NoticeResponse")
	}
	rest := f.body
	for len(rest) > 0 && rest[0] != 0 {
		kind := rest[0]
		end := strings.IndexByte(string(rest), 0)
		if end < 0 {
			return "", fmt.Errorf("a field is not closed")
		}
		if kind != 'F' && kind != 'L' && kind != 'R' {
			fmt.Fprintf(&b, " %c %q", kind, rest[1:end])
		}
		rest = rest[end+1:]
	}
	if len(rest) != 1 {
		return "", fmt.Errorf("no end")
	}
	return b.String(), nil
}

// oidText prints an OID; those of user objects differ from database to database, those that initdb gave out in order from machine to machine.
func oidText(oid uint32) string {
	switch {
	case oid >= 16384:
		return "user"
	case oid >= 10000:
		return "initdb"
	}
	return strconv.FormatUint(uint64(oid), 10)
}

func valueText(v []byte) string {
	if v == nil {
		return "null"
	}
	return bytesText(v)
}

// bytesText prints bytes as a text in quotes when they are one, else in hex.
func bytesText(b []byte) string {
	if utf8.Valid(b) {
		plain := true
		for _, r := range string(b) {
			if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
				plain = false
				break
			}
		}
		if plain {
			return strconv.Quote(string(b))
		}
	}
	return fmt.Sprintf("0x%x", b)
}
