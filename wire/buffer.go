package wire

import "sync"

// Sizes of the pooled buffers. A session that waits for its peer holds none (with TLS the TLS layer holds its own); a burst of small frames takes a small one, and a result that keeps filling it a large one, so that a
// bulk transfer costs few system calls.
const (
	smallBuffer = 16 << 10
	largeBuffer = 128 << 10
)

var (
	smallPool = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largePool = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

// getBuffer returns a buffer of at least n bytes, from a pool where n is of a pool's size.
func getBuffer(n int) []byte {
	switch {
	case n <= smallBuffer:
		return smallPool.Get().(*[smallBuffer]byte)[:]
	case n <= largeBuffer:
		return largePool.Get().(*[largeBuffer]byte)[:]
	}
	return make([]byte, n)
}

// putBuffer gives back what getBuffer gave; it must have its full capacity. The bytes of one session can be seen by the next holder only through its own slice's length: every reader writes before it reads.
func putBuffer(b []byte) {
	switch cap(b) {
	case smallBuffer:
		smallPool.Put((*[smallBuffer]byte)(b[:smallBuffer]))
	case largeBuffer:
		largePool.Put((*[largeBuffer]byte)(b[:largeBuffer]))
	}
}
