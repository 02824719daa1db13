package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func TestHasher(t *testing.T) {
	var h hasher
	for n := range 600 {
		b := bytes.Repeat([]byte{byte(n)}, n)
		got, same := h.sumEnd(append([]byte("before"), b...), len("before"))
		if want := sha256.Sum256(b); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
		if want := "before" + string(b); string(same) != want {
			t.Fatalf("%d bytes: the message became %q", n, same)
		}
	}
}

func TestNodeHash(t *testing.T) {
	left, right := tlog.RecordHash([]byte("left")), tlog.RecordHash([]byte("right"))
	if got, want := new(nodes).hash(&left, &right), tlog.NodeHash(left, right); got != want {
		t.Fatalf("%v, want %v", got, want)
	}
}

// What is written by hand, since it is written for every statement, is what the library writes.
func TestEncodedByHand(t *testing.T) {
	for v := range uint64(1 << 12) { // every pair of characters at every place
		var sum [sha256.Size]byte
		for i := range 21 {
			bits := v << 4 >> (i % 2 * 4)
			at := i * 12 / 8
			sum[at] |= byte(bits >> 8)
			sum[at+1] |= byte(bits)
		}
		if got, want := string(appendSum([]byte("x"), &sum)), "x"+base64.RawURLEncoding.EncodeToString(sum[:]); got != want {
			t.Fatalf("appendSum(%x) = %s, want %s", sum, got, want)
		}
	}
	for _, v := range []int64{0, 1, 9, 10, 11, 99, 100, 12345678901234567, math.MaxInt64, -1, math.MinInt64} {
		if got, want := string(appendInt([]byte("x"), v)), "x"+strconv.FormatInt(v, 10); got != want {
			t.Errorf("appendInt(%d) = %s, want %s", v, got, want)
		}
	}
	if got, want := string(appendUint(nil, math.MaxUint64)), "18446744073709551615"; got != want {
		t.Errorf("appendUint = %s, want %s", got, want)
	}
	s := new(scratch)
	for _, text := range []string{"2026-11-21T19:43:26.123456789Z", "2026-11-21T19:43:26.000000001Z", "2026-11-21T19:43:27Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		s.begin(at.In(time.FixedZone("", 3600)), "kind.of")
		if got, want := string(s.leaf), at.UTC().Format(`,"t":"2006-01-02T15:04:05.000000000Z","kind":"`)+`kind.of"`; got != want {
			t.Errorf("begin: %s, want %s", got, want)
		}
	}
}
