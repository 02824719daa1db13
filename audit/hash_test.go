package audit

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

func TestHasher(t *testing.T) {
	var h hasher
	for n := range 600 {
		b := bytes.Repeat([]byte{byte(n)}, n)
		if got, want := h.sum(b), sha256.Sum256(b); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
	}
}
