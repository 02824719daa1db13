package wire

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// Reader holds what has come from one peer and has not been dealt with. It is not for concurrent use.
//
// While it waits on a plain TCP or Unix connection it holds no buffer.
type Reader struct {
	src  io.Reader
	raw  syscall.RawConn // of src, when it is a plain socket; nil otherwise
	keep sparer          // src, when it keeps buffers; nil otherwise
	buf  []byte          // nil while nothing is buffered
	r, w int
	big  bool // the last read filled the buffer: take a large one next

	// of a raw read in progress, here so that the callback allocates nothing
	readable func(fd uintptr) bool
	want     int
	n        int
	err      error
}

// sparer is a source that has a place for a small buffer between two reads, if only sometimes: for whoever reads next there, not for this Reader alone.
type sparer interface{ Spare() *[]byte }

// NewReader returns a Reader on src.
func NewReader(src io.Reader) *Reader {
	r := &Reader{}
	r.Reset(src)
	return r
}

// Reset goes on with another source of the same bytes. What is buffered stays; behind a TLS handshake that must be nothing.
func (r *Reader) Reset(src io.Reader) {
	r.src, r.raw = src, nil
	r.keep, _ = src.(sparer)
	switch c := src.(type) {
	case *net.TCPConn:
		r.raw, _ = c.SyscallConn()
	case *net.UnixConn:
		r.raw, _ = c.SyscallConn()
	}
	if r.raw != nil {
		r.readable = r.readRaw
	}
}

// Buffered is what has been read and not discarded. It is valid until the next Fill or Release.
func (r *Reader) Buffered() []byte { return r.buf[r.r:r.w] }

// Discard drops n buffered bytes.
func (r *Reader) Discard(n int) {
	r.r += n
	if r.r > r.w {
		panic("wire: discarded more than is buffered")
	}
}

// Fill reads once, at least until need bytes are buffered; at once when they already are. The caller has checked need against a limit: memory for that many bytes is taken.
// An end of file before need bytes is io.ErrUnexpectedEOF when some bytes are buffered, io.EOF when none.
func (r *Reader) Fill(need int) error {
	for r.w-r.r < need {
		if err := r.read(need); err != nil {
			if err == io.EOF && r.w > r.r {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// More reads once, whatever it brings: at least one byte.
func (r *Reader) More() error { return r.Fill(r.w - r.r + 1) }

// ReadOnce reads once, from a source that does not wait. need is how many bytes the caller must have buffered before it can go on, 0 for any: memory for that many is taken.
func (r *Reader) ReadOnce(need int) error {
	if r.buf == nil && !r.big && need <= smallBuffer && r.raw == nil { // as between most bursts: what follows, in fewer steps
		r.buf = r.takeSmall()
		n, err := r.src.Read(r.buf)
		if n > 0 {
			r.r, r.w, r.big = 0, n, n == len(r.buf)
			return nil
		}
		return r.took(0, err)
	}
	err := r.read(max(need, r.w-r.r+1))
	if err == io.EOF && r.w > r.r {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Rest gives the buffer back if nothing is buffered.
func (r *Reader) Rest() {
	if r.r == r.w {
		r.Release()
	}
}

func (r *Reader) read(need int) error {
	if r.r == r.w {
		r.r, r.w = 0, 0
		if r.buf != nil && (r.raw != nil || r.big && cap(r.buf) == smallBuffer || cap(r.buf) > largeBuffer) {
			putBuffer(r.buf)
			r.buf = nil
		}
	}
	if r.raw != nil {
		r.want = need
		if err := r.raw.Read(r.readable); err != nil {
			return err
		}
		return r.took(r.n, r.err)
	}
	r.room(need)
	n, err := r.src.Read(r.buf[r.w:])
	if n > 0 {
		err = nil // a sticky error comes again
	}
	return r.took(n, err)
}

func (r *Reader) took(n int, err error) error {
	r.w += n
	if n > 0 {
		r.big = r.w == len(r.buf) || r.big && n > smallBuffer
	}
	if err != nil && r.r == r.w && r.buf != nil {
		r.Release()
	}
	return err
}

// readRaw is called when the socket may be readable: only then a buffer is taken, and given back when there was nothing.
func (r *Reader) readRaw(fd uintptr) bool {
	borrowed := r.buf == nil
	r.room(r.want)
	for {
		n, err := syscall.Read(int(fd), r.buf[r.w:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if borrowed {
				putBuffer(r.buf)
				r.buf = nil
			}
			return false
		case err != nil:
			r.n, r.err = 0, err
		case n == 0:
			r.n, r.err = 0, io.EOF
		default:
			r.n, r.err = n, nil
		}
		return true
	}
}

// room makes place for at least need buffered bytes in all, one of them unread.
func (r *Reader) room(need int) {
	have := r.w - r.r
	size := smallBuffer
	if r.big {
		size = largeBuffer
	}
	if need > size {
		size = need
	}
	switch {
	case r.buf == nil:
		r.buf = getBuffer(size)
		r.r, r.w = 0, 0
	case need > len(r.buf) || r.w == len(r.buf) && r.r == 0:
		b := getBuffer(max(size, need))
		copy(b, r.buf[r.r:r.w])
		putBuffer(r.buf)
		r.buf, r.r, r.w = b, 0, have
	case r.r > 0 && len(r.buf)-r.r < need || r.w == len(r.buf):
		copy(r.buf, r.buf[r.r:r.w])
		r.r, r.w = 0, have
	}
}

// Release gives the buffer back; what is buffered is lost.
func (r *Reader) Release() {
	if r.buf != nil {
		r.giveBack()
	}
	r.r, r.w = 0, 0
}

// takeSmall is getBuffer for a small buffer.
func (r *Reader) takeSmall() []byte {
	if r.keep != nil {
		if spare := r.keep.Spare(); spare != nil && *spare != nil {
			b := *spare
			*spare = nil
			return b
		}
	}
	return getBuffer(smallBuffer)
}

func (r *Reader) giveBack() {
	b := r.buf
	r.buf = nil
	if r.keep != nil && cap(b) == smallBuffer {
		if spare := r.keep.Spare(); spare != nil && *spare == nil {
			*spare = b
			return
		}
	}
	putBuffer(b)
}

// IsClosed says that an error of a read or write only means that the peer, or this side, has closed the connection.
func IsClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// IsLost says that an error of a read or write is the network's: the peer has gone without a word, or the way to it.
func IsLost(err error) bool {
	var number syscall.Errno
	return IsClosed(err) || errors.As(err, &number)
}
