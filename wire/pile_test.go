package wire

import (
	"bytes"
	"testing"
)

func TestPile(t *testing.T) {
	var p Pile
	for round := range 3 {
		var want []byte
		for i := range 3000 {
			frame := bytes.Repeat([]byte{byte(i + round)}, i*7%997)
			if i%1000 == 999 {
				frame = bytes.Repeat([]byte{byte(i)}, 2*largeBuffer)
			}
			more := 0
			if i%100 == 50 {
				more = largeBuffer // more is appended than was said
			}
			p.Took(append(p.Tail(len(frame)-min(more, len(frame))), frame...))
			want = append(want, frame...)
			if p.Len() != len(want) {
				t.Fatalf("%d bytes, and %d were added", p.Len(), len(want))
			}
		}
		if !bytes.Equal(bytes.Join(p.Pieces(), nil), want) {
			t.Fatal("other bytes")
		}
		if p.Drop(); p.Len() != 0 || len(p.Pieces()) != 0 {
			t.Fatal("not empty")
		}
	}
}

func BenchmarkPile(b *testing.B) {
	frame := make([]byte, 120)
	b.ReportAllocs()
	var p Pile
	for b.Loop() {
		for range 1000 {
			p.Took(append(p.Tail(len(frame)), frame...))
		}
		p.Drop()
	}
}
