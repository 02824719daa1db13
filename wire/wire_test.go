package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgproto3/v2"
)

// What the encoders write is what pgproto3 reads, and the other way round.
func TestFrontendMessagesAgreeWithPgproto3(t *testing.T) {
	oids := []byte{0, 0, 0, 23, 0, 0, 0, 25}
	for _, c := range []struct {
		ours   []byte
		theirs pgproto3.FrontendMessage
	}{
		{AppendQuery(nil, "SELECT 1"), &pgproto3.Query{String: "SELECT 1"}},
		{AppendParse(nil, "s", "SELECT $1", oids), &pgproto3.Parse{Name: "s", Query: "SELECT $1", ParameterOIDs: []uint32{23, 25}}},
		{AppendBind(nil, "p", "s"), &pgproto3.Bind{DestinationPortal: "p", PreparedStatement: "s"}},
		{AppendObject(nil, TypeDescribe, 'S', "s"), &pgproto3.Describe{ObjectType: 'S', Name: "s"}},
		{AppendObject(nil, TypeClose, 'P', "p"), &pgproto3.Close{ObjectType: 'P', Name: "p"}},
		{AppendExecute(nil, "p", 7), &pgproto3.Execute{Portal: "p", MaxRows: 7}},
		{AppendSync(nil), &pgproto3.Sync{}},
		{AppendFlush(nil), &pgproto3.Flush{}},
		{AppendTerminate(nil), &pgproto3.Terminate{}},
	} {
		theirs, err := c.theirs.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.ours, theirs) {
			t.Errorf("%T: %q, pgproto3 has %q", c.theirs, c.ours, theirs)
		}
	}
}

func TestDecodeBind(t *testing.T) {
	frame, err := (&pgproto3.Bind{DestinationPortal: "p", PreparedStatement: "s", ParameterFormatCodes: []int16{0, 1, 0}, Parameters: [][]byte{[]byte("a"), nil, {}}, ResultFormatCodes: []int16{1}}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := DecodeBind(frame[HeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Portal) != "p" || string(m.Statement) != "s" || m.Params() != 3 {
		t.Errorf("%q %q %d", m.Portal, m.Statement, m.Params())
	}
	if v, b := m.Param(0); string(v) != "a" || b {
		t.Errorf("first: %q %v", v, b)
	}
	if v, b := m.Param(1); v != nil || !b {
		t.Errorf("second: %q %v", v, b)
	}
	if v, b := m.Param(2); v == nil || len(v) != 0 || b {
		t.Errorf("third: %q %v", v, b)
	}
	names, ok := DecodeBindNames(frame[HeaderLen:])
	if !ok || names.Rest != m.Rest {
		t.Errorf("names: %v %d", ok, names.Rest)
	}
	again := append(AppendBindHead(nil, "p", "s", len(frame)-HeaderLen-m.Rest), frame[HeaderLen+m.Rest:]...)
	if !bytes.Equal(again, frame) {
		t.Errorf("%q, was %q", again, frame)
	}
}

func TestBackendMessagesAgreeWithPgproto3(t *testing.T) {
	rows := pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("id"), TableOID: 16384, TableAttributeNumber: 1, DataTypeOID: 23, DataTypeSize: 4, TypeModifier: -1, Format: 1},
		{Name: []byte("größe"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: 24},
	}}
	frame, _ := rows.Encode(nil)
	cols, err := DecodeRowDescription(nil, frame[HeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	if got := AppendRowDescription(nil, cols); !bytes.Equal(got, frame) {
		t.Errorf("%q, was %q", got, frame)
	}
	row := pgproto3.DataRow{Values: [][]byte{[]byte("1"), nil, {}, []byte("four")}}
	frame, _ = row.Encode(nil)
	values, err := DecodeDataRow(nil, frame[HeaderLen:])
	if err != nil || len(values) != 4 || values[1] != nil || string(values[3]) != "four" {
		t.Errorf("%q %v", values, err)
	}
	cut, err := AppendDataRowHead(nil, frame[HeaderLen:], 2)
	want, _ := (&pgproto3.DataRow{Values: [][]byte{[]byte("1"), nil}}).Encode(nil)
	if err != nil || !bytes.Equal(cut, want) {
		t.Errorf("%q %v", cut, err)
	}
	if _, err := AppendDataRowHead(nil, frame[HeaderLen:], 5); err == nil {
		t.Error("five columns of four")
	}
	e := Error{Code: "42501", Message: "no\x00such", Detail: "d", Hint: "h", Position: 3}
	var back pgproto3.ErrorResponse
	if err := back.Decode(e.AppendTo(nil)[HeaderLen:]); err != nil || back.Severity != "ERROR" || back.Code != "42501" || back.Message != "no such" || back.Detail != "d" || back.Hint != "h" || back.Position != 3 {
		t.Errorf("%+v %v", back, err)
	}
	report, err := DecodeReport(nil, e.AppendTo(nil)[HeaderLen:])
	if err != nil || report.Fatal() || string(report.Get(FieldHint)) != "h" || report.Get(FieldTable) != nil {
		t.Errorf("%q %v", report, err)
	}
	if got := report.AppendTo(nil, TypeErrorResponse); !bytes.Equal(got, e.AppendTo(nil)) {
		t.Errorf("%q", got)
	}
}

func TestStartup(t *testing.T) {
	s := &Startup{Code: 3<<16 | 2, Parameters: []Parameter{{"user", "a"}, {"_pq_.x", ""}, {"user", "b"}}}
	back, err := DecodeStartup(s.AppendTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := back.Get("user"); !ok || v != "b" {
		t.Errorf("user is %q", v)
	}
	if !bytes.Equal(back.AppendTo(nil), s.AppendTo(nil)) {
		t.Errorf("%+v", back)
	}
	for _, key := range []int{4, 32, 256} {
		c, err := DecodeStartup(AppendCancel(nil, 77, bytes.Repeat([]byte{9}, key)))
		if err != nil || c.Code != CodeCancel || c.PID != 77 || len(c.Key) != key {
			t.Errorf("key of %d: %+v %v", key, c, err)
		}
	}
	for name, p := range map[string][]byte{"no key": AppendCancel(nil, 1, nil), "long key": AppendCancel(nil, 1, make([]byte, 257)), "no end": {0, 0, 0, 9, 0, 3, 0, 0, 'u'}, "more behind": {0, 0, 0, 10, 0, 3, 0, 0, 0, 0}} {
		if _, err := DecodeStartup(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, n := range [][]byte{{0, 0, 0, 7}, {0, 0, 0x27, 0x11}, {0x80, 0, 0, 0}} {
		if _, err := StartupLength(n); err == nil {
			t.Errorf("length %x: no error", n)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		h    Header
		want string
	}{
		{Header{'S', MaxSmall - 4}, ""},
		{Header{'S', MaxSmall - 3}, `message type 'S' of length 10001, limit 10000`},
		{Header{'Q', MaxLarge - 4}, ""},
		{Header{'Q', MaxLarge - 3}, `message type 'Q' of length 1073741824, limit 1073741823`},
		{Header{'p', 4}, `invalid frontend message type 112`},
	} {
		got := ""
		if err := CheckFrontend(c.h); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.h, got, c.want)
		}
	}
	if _, err := ParseHeader([]byte{'Q', 0, 0, 0, 3}); err == nil {
		t.Error("a length that does not count itself")
	}
}

func TestTagRows(t *testing.T) {
	for tag, want := range map[string]int64{"SELECT 12": 12, "INSERT 0 3": 3, "CREATE TABLE": -1, "BEGIN": -1, "COPY 0": 0} {
		if got := TagRows([]byte(tag)); got != want {
			t.Errorf("%s: %d", tag, got)
		}
	}
}

func TestSASLWithout(t *testing.T) {
	full := []byte("SCRAM-SHA-256-PLUS\x00SCRAM-SHA-256\x00\x00")
	out, n, err := AppendSASLWithout(nil, full, "SCRAM-SHA-256-PLUS")
	if err != nil || n != 1 || string(out[HeaderLen:]) != "\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00" {
		t.Errorf("%q %d %v", out, n, err)
	}
	if _, _, err := AppendSASLWithout(nil, []byte("SCRAM"), "x"); err == nil {
		t.Error("no terminator")
	}
}

// Readers over every kind of source give the same bytes, whatever comes together.
func TestReader(t *testing.T) {
	want := strings.Repeat("0123456789", 40_000)
	tcp := func() io.Reader {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer l.Close() // closed before the accept, it would reset the connection
			c, err := l.Accept()
			if err == nil {
				io.WriteString(c, want)
				c.Close()
			}
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	for name, src := range map[string]io.Reader{"whole": strings.NewReader(want), "bytes": iotest.OneByteReader(strings.NewReader(want)), "halves": iotest.HalfReader(strings.NewReader(want)), "tcp": tcp()} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(src)
			var got []byte
			for i := 0; ; i++ {
				need := 1 + i*37%30_000
				if err := r.Fill(need); err != nil {
					if err != io.EOF && err != io.ErrUnexpectedEOF {
						t.Fatal(err)
					}
					got = append(got, r.Buffered()...)
					break
				}
				n := need
				if i%3 == 0 {
					n = need / 2
				}
				got = append(got, r.Buffered()[:n]...)
				r.Discard(n)
			}
			r.Release()
			if string(got) != want {
				t.Errorf("%d bytes, first difference at %d", len(got), difference(string(got), want))
			}
		})
	}
}

func difference(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// A Reader that waits holds no buffer.
func TestIdleReaderHoldsNoBuffer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	r := NewReader(c)
	peer.Write([]byte("x"))
	if err := r.Fill(1); err != nil {
		t.Fatal(err)
	}
	r.Discard(1)
	done := make(chan error)
	go func() { done <- r.Fill(1) }()
	peer.Close()
	if err := <-done; err != io.EOF {
		t.Error(err)
	}
	if r.buf != nil {
		t.Error("a buffer is held at the end")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriterKeepsTheOrder(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	src := []byte("abcdefgh")
	w.Forward(src[:2])
	w.Forward(src[2:4]) // contiguous
	w.Write([]byte("1"))
	w.Forward(src[4:5])
	w.Forward(src[6:8]) // not contiguous
	w.Append(1, func(b []byte) []byte { return append(b, '2') })
	if w.Buffered() != 9 {
		t.Error(w.Buffered())
	}
	if err := w.Flush(); err != nil || out.String() != "abcd1egh2" {
		t.Errorf("%q %v", out.String(), err)
	}
	big := bytes.Repeat([]byte("x"), 100_000)
	w.Write([]byte("head"))
	w.Forward(big)
	out.Reset()
	if err := w.Flush(); err != nil || out.String() != "head"+string(big) {
		t.Errorf("%d bytes %v", out.Len(), err)
	}
	w.Reset(failing{})
	w.Write(big)
	if err := w.Flush(); err == nil {
		t.Error("no error")
	}
}

func FuzzStartup(f *testing.F) {
	f.Add((&Startup{Code: ProtocolVersion3, Parameters: []Parameter{{"user", "a"}}}).AppendTo(nil))
	f.Add(AppendCancel(nil, 1, []byte{1, 2, 3, 4}))
	f.Add(AppendRequest(nil, CodeSSL))
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := DecodeStartup(p)
		if err != nil || s.Code>>16 != 3 {
			return
		}
		b := s.AppendTo(nil)
		if !bytes.Equal(b[4:], p[4:]) {
			t.Errorf("%q becomes %q", p, b)
		}
	})
}

// FuzzFrontend gives every body to every decoder of client messages: none may panic, and what one accepts it can write again.
func FuzzFrontend(f *testing.F) {
	f.Add(AppendParse(nil, "s", "SELECT 1", []byte{0, 0, 0, 23})[HeaderLen:])
	f.Add(AppendBind(nil, "p", "s")[HeaderLen:])
	f.Add(AppendExecute(nil, "p", 1)[HeaderLen:])
	f.Add(AppendObject(nil, TypeClose, 'S', "x")[HeaderLen:])
	f.Fuzz(func(t *testing.T, p []byte) {
		same := func(what string, frame []byte) {
			if !bytes.Equal(frame[HeaderLen:], p) {
				t.Errorf("%s: %q becomes %q", what, p, frame[HeaderLen:])
			}
		}
		if text, err := DecodeQuery(p); err == nil {
			same("Query", AppendQuery(nil, text))
		}
		if m, err := DecodeParse(p); err == nil {
			same("Parse", AppendParse(nil, m.Name, m.Text, m.OIDs))
		}
		if m, err := DecodeBind(p); err == nil {
			same("Bind", append(AppendBindHead(nil, m.Portal, m.Statement, len(p)-m.Rest), p[m.Rest:]...))
			for i := range min(m.Params(), 10) {
				m.Param(i)
			}
		}
		if m, err := DecodeExecute(p); err == nil {
			same("Execute", AppendExecute(nil, m.Portal, m.Rows))
		}
		if m, err := DecodeObject("Close", p); err == nil {
			same("Close", AppendObject(nil, TypeClose, m.Kind, m.Name))
		}
		DecodeFunctionCall(p)
		DecodeBindNames(p)
	})
}

// FuzzBackend does the same for a server's messages.
func FuzzBackend(f *testing.F) {
	f.Add((&Error{Code: "1", Message: "m"}).AppendTo(nil)[HeaderLen:])
	f.Add(AppendRowDescription(nil, []Column{{Name: []byte("a"), Table: 1, Num: 2}})[HeaderLen:])
	f.Add([]byte{0, 2, 0, 0, 0, 1, 'x', 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte("SCRAM-SHA-256\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if cols, err := DecodeRowDescription(nil, p); err == nil && !bytes.Equal(AppendRowDescription(nil, cols)[HeaderLen:], p) {
			t.Errorf("RowDescription %q", p)
		}
		if values, err := DecodeDataRow(nil, p); err == nil {
			if out, err := AppendDataRowHead(nil, p, len(values)); err != nil || !bytes.Equal(out[HeaderLen:], p) {
				t.Errorf("DataRow %q: %q %v", p, out, err)
			}
			if len(values) > 0 {
				AppendDataRowHead(nil, p, len(values)-1)
			}
		}
		if r, err := DecodeReport(nil, p); err == nil {
			r.Fatal()
			r.AppendTo(nil, TypeErrorResponse)
		}
		if tag, err := DecodeCommandComplete(p); err == nil {
			TagRows(tag)
		}
		DecodeParameterStatus(p)
		DecodeReadyForQuery(p)
		DecodeBackendKeyData(p)
		DecodeAuthentication(p)
		DecodeFunctionResult(p)
		DecodeCopyFormat(p)
		AppendSASLWithout(nil, p, "SCRAM-SHA-256-PLUS")
	})
}

func BenchmarkForwardBurst(b *testing.B) {
	src := bytes.Repeat(AppendExecute(nil, "p", 0), 100)
	w := NewWriter(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		for p := src; len(p) > 0; {
			h, err := ParseHeader(p)
			if err != nil {
				b.Fatal(err)
			}
			w.Forward(p[:h.Len()])
			p = p[h.Len():]
		}
		w.Flush()
	}
}

// A peer that has vanished is no peer that has said what cannot be.
func TestIsLost(t *testing.T) {
	read := func(err error) error {
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
	}
	for _, c := range []struct {
		err          error
		closed, lost bool
	}{
		{io.EOF, true, true}, {read(syscall.ECONNRESET), true, true}, {read(syscall.ETIMEDOUT), false, true}, {read(syscall.EHOSTUNREACH), false, true}, {syscall.ETIMEDOUT, false, true},
		{&FormatError{"Parse", "invalid message format"}, false, false}, {errors.New("message out of step"), false, false}, {os.ErrDeadlineExceeded, false, false},
	} {
		if IsClosed(c.err) != c.closed || IsLost(c.err) != c.lost {
			t.Errorf("%v: closed %v, lost %v", c.err, IsClosed(c.err), IsLost(c.err))
		}
	}
}
