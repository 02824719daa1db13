package audit

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"slices"
)

// hasher computes one SHA-256 sum after another, for one goroutine. It does the padding itself, behind the message, and takes the sum out of the marshaled state, which costs less than sha256.Sum256 for messages as short as records are: that
// copies its state and pads by pieces. A record and its place in the tree take up to seven sums.
type hasher struct {
	hash  hash.Hash
	state encoding.BinaryAppender      // of hash: four bytes that say which hash it is, the sum, …
	out   [2*sha256.BlockSize - 8]byte // more than a state takes
}

// sumEnd returns the SHA-256 of b[from:], and b, perhaps in a longer array: what the array holds behind b is overwritten.
func (h *hasher) sumEnd(b []byte, from int) (sum [sha256.Size]byte, same []byte) {
	n := len(b) - from
	whole := (n + 9 + sha256.BlockSize - 1) &^ (sha256.BlockSize - 1)
	b = slices.Grow(b, whole-n)
	message := b[from : from+whole]
	padding := message[n:]
	padding[0] = 0x80
	clear(padding[1:])
	binary.BigEndian.PutUint64(padding[len(padding)-8:], uint64(n)*8)
	return h.padded(message), b
}

// padded returns the sum of a message that has been padded to whole blocks.
func (h *hasher) padded(message []byte) (sum [sha256.Size]byte) {
	if h.hash == nil {
		h.hash = sha256.New()
		h.state = h.hash.(encoding.BinaryAppender)
	}
	h.hash.Reset()
	h.hash.Write(message)
	state, _ := h.state.AppendBinary(h.out[:0]) // never fails
	copy(sum[:], state[4:])
	return sum
}
