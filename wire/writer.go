package wire

import "io"

// Writer gathers what goes to one peer until Flush: frames of its own, and stretches of the other peer's read buffer that are forwarded as they are. It is not for concurrent use.
//
// A burst that is forwarded whole is written from the read buffer it came in, without a copy.
type Writer struct {
	dst io.Writer
	own []byte // copied; nil when empty
	run []byte // borrowed, behind own: valid until the Flush that must come before the next read
	n   int64  // bytes written
}

// NewWriter returns a Writer on dst.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Reset goes on with another destination, such as the TLS connection over the first one. Nothing may be buffered.
func (w *Writer) Reset(dst io.Writer) { w.dst = dst }

// flushAt is where a Writer's own bytes are written before the burst ends, so that what is copied stays bounded.
const flushAt = 64 << 10

// Forward adds p as it is. p is kept, not copied, until the next Flush: it must stay valid and unchanged until then.
func (w *Writer) Forward(p []byte) {
	if len(p) == 0 {
		return
	}
	if n := len(w.run); n > 0 {
		if cap(w.run) > n && &w.run[:n+1][n] == &p[0] {
			w.run = w.run[:n+len(p)]
			return
		}
		w.settle()
	}
	w.run = p
}

// settle copies the borrowed stretch, so that something else can stand behind it.
func (w *Writer) settle() {
	if len(w.run) > 0 {
		w.own = w.grow(len(w.run))
		w.own = append(w.own, w.run...)
		w.run = nil
	}
}

// Hold copies what is borrowed, so that it can wait for a Flush behind the next read.
func (w *Writer) Hold() { w.settle() }

func (w *Writer) grow(n int) []byte {
	if w.own == nil {
		w.own = getBuffer(n)[:0]
		return w.own
	}
	if cap(w.own)-len(w.own) < n {
		b := append(getBuffer(max(len(w.own)+n, 2*cap(w.own)))[:0], w.own...)
		putBuffer(w.own[:cap(w.own)])
		w.own = b
	}
	return w.own
}

// Write adds a copy of p.
func (w *Writer) Write(p []byte) (int, error) {
	w.settle()
	w.own = append(w.grow(len(p)), p...)
	return len(p), nil
}

// Append gives the gathered bytes to f, which appends to them; n is about how many.
func (w *Writer) Append(n int, f func(dst []byte) []byte) {
	w.settle()
	w.own = f(w.grow(n))
}

// Tail is the gathered bytes to append to, with room for n more; Took must follow with the result.
func (w *Writer) Tail(n int) []byte {
	w.settle()
	return w.grow(n)
}

// Took takes what was appended to Tail's result.
func (w *Writer) Took(b []byte) { w.own = b }

// Buffered is the number of bytes that wait for Flush.
func (w *Writer) Buffered() int { return len(w.own) + len(w.run) }

// Full says that so much has been copied that a Flush is due before more is added.
func (w *Writer) Full() bool { return len(w.own) >= flushAt }

// Written is the number of bytes written so far.
func (w *Writer) Written() int64 { return w.n }

// Flush writes everything. The buffer is given back.
func (w *Writer) Flush() error {
	if w.own != nil && len(w.run) > 0 && len(w.run) <= smallBuffer {
		w.settle() // one write is worth a small copy
	}
	var err error
	if len(w.own) > 0 {
		_, err = w.dst.Write(w.own)
		w.n += int64(len(w.own))
	}
	if w.own != nil {
		putBuffer(w.own[:cap(w.own)])
		w.own = nil
	}
	if len(w.run) > 0 && err == nil {
		_, err = w.dst.Write(w.run)
		w.n += int64(len(w.run))
	}
	w.run = nil
	return err
}
