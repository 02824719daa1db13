package wire

import (
	"encoding/binary"
)

// Codes that stand where a startup packet has the protocol version.
const (
	ProtocolVersion3 = 3 << 16
	CodeCancel       = 1234<<16 | 5678
	CodeSSL          = 1234<<16 | 5679
	CodeGSSENC       = 1234<<16 | 5680
)

// MaxStartup is the longest startup packet, its length field included, as PostgreSQL has it (MAX_STARTUP_PACKET_LENGTH).
const MaxStartup = 10_000

// StartupLength reads the length field of an untyped packet, which counts itself, and checks it as PostgreSQL does. b must hold four bytes.
func StartupLength(b []byte) (int, error) {
	n := int32(binary.BigEndian.Uint32(b))
	if n < 8 || n > MaxStartup {
		return 0, &LengthError{Length: int(n), Limit: MaxStartup}
	}
	return int(n), nil
}

// Startup is the first packet of a connection, or one of the requests that may come in its place.
type Startup struct {
	Code       uint32 // the protocol version, major<<16|minor, or one of the Code constants
	Parameters []Parameter
	PID        uint32 // of a CancelRequest
	Key        []byte // of a CancelRequest: four bytes up to protocol 3.0, up to 256 since 3.2; a slice of the packet
}

// Parameter is one name and value of a startup packet.
type Parameter struct{ Name, Value string }

// Get is the value of the last parameter of that name, as PostgreSQL takes it, and whether there is one.
func (s *Startup) Get(name string) (string, bool) {
	for i := len(s.Parameters) - 1; i >= 0; i-- {
		if s.Parameters[i].Name == name {
			return s.Parameters[i].Value, true
		}
	}
	return "", false
}

// DecodeStartup decodes a whole untyped packet, its length field included. A version that is not 3.x is not an error: the server says what it thinks of it.
func DecodeStartup(p []byte) (*Startup, error) {
	if len(p) < 8 {
		return nil, &FormatError{"StartupMessage", "the message ends too early"}
	}
	s := &Startup{Code: binary.BigEndian.Uint32(p[4:])}
	b := body{b: p[8:]}
	switch s.Code {
	case CodeSSL, CodeGSSENC:
		return s, b.end("SSLRequest")
	case CodeCancel:
		s.PID = b.uint32()
		if b.bad || len(b.b) == 0 || len(b.b) > 256 {
			return nil, &FormatError{"CancelRequest", "the secret key has no valid length"}
		}
		s.Key = b.b
		return s, nil
	}
	if s.Code>>16 != 3 {
		return s, nil
	}
	for {
		name := b.cstring()
		if b.bad {
			return nil, &FormatError{"StartupMessage", "no terminator is the last byte"}
		}
		if len(name) == 0 {
			break
		}
		value := b.cstring()
		if b.bad {
			return nil, &FormatError{"StartupMessage", "a parameter has no value"}
		}
		s.Parameters = append(s.Parameters, Parameter{string(name), string(value)})
	}
	if err := b.end("StartupMessage"); err != nil {
		return nil, err
	}
	return s, nil
}

// AppendTo appends the startup packet; only for protocol versions, not for requests.
func (s *Startup) AppendTo(dst []byte) []byte {
	at := len(dst)
	dst = binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 0), s.Code)
	for _, p := range s.Parameters {
		dst = append(append(dst, p.Name...), 0)
		dst = append(append(dst, p.Value...), 0)
	}
	dst = append(dst, 0)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at))
	return dst
}

// AppendRequest appends an SSLRequest or GSSENCRequest.
func AppendRequest(dst []byte, code uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, 8), code)
}

// AppendCancel appends a CancelRequest.
func AppendCancel(dst []byte, pid uint32, key []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(12+len(key)))
	dst = binary.BigEndian.AppendUint32(dst, CodeCancel)
	dst = binary.BigEndian.AppendUint32(dst, pid)
	return append(dst, key...)
}
