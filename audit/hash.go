package audit

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// hasher computes one SHA-256 sum after another, for one goroutine. It does the padding itself and takes the sum out of the marshaled state, which costs a sixth less than sha256.Sum256 for messages as short as records are: that copies
// its state and pads by pieces. A record and its place in the tree take up to seven sums.
type hasher struct {
	hash  hash.Hash
	state encoding.BinaryAppender      // of hash: four bytes that say which hash it is, the sum, …
	last  [2 * sha256.BlockSize]byte   // the end of the message, padded
	out   [2*sha256.BlockSize - 8]byte // more than a state takes
}

// sum returns the SHA-256 of b.
func (h *hasher) sum(b []byte) (sum [sha256.Size]byte) {
	if h.hash == nil {
		h.hash = sha256.New()
		h.state = h.hash.(encoding.BinaryAppender)
	}
	h.hash.Reset()
	whole := len(b) &^ (sha256.BlockSize - 1)
	if whole > 0 {
		h.hash.Write(b[:whole])
	}
	n := copy(h.last[:], b[whole:])
	h.last[n] = 0x80
	end := sha256.BlockSize
	if n+9 > end {
		end *= 2
	}
	clear(h.last[n+1 : end-8])
	binary.BigEndian.PutUint64(h.last[end-8:], uint64(len(b))*8)
	h.hash.Write(h.last[:end])
	state, _ := h.state.AppendBinary(h.out[:0]) // never fails
	copy(sum[:], state[4:])
	return sum
}
