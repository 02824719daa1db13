package wire

// A Pile gathers frames that are kept back, in pieces that are used again: one buffer that grows would be copied, and made anew, each time that it is full. The zero value is empty. It is not for concurrent use.
type Pile struct {
	pieces [][]byte
	size   int // of all but the last piece
}

// Len is how many bytes are there.
func (p *Pile) Len() int {
	if len(p.pieces) == 0 {
		return 0
	}
	return p.size + len(p.pieces[len(p.pieces)-1])
}

// Tail is a piece to append to, with room for n bytes more; Took must follow with the result.
func (p *Pile) Tail(n int) []byte {
	last := len(p.pieces) - 1
	switch {
	case last < 0:
		p.pieces = append(p.pieces, getBuffer(n)[:0])
	case cap(p.pieces[last])-len(p.pieces[last]) < n:
		p.size += len(p.pieces[last])
		p.pieces = append(p.pieces, getBuffer(max(n, largeBuffer))[:0])
	}
	return p.pieces[len(p.pieces)-1]
}

// Took takes what was appended to Tail's result.
func (p *Pile) Took(b []byte) { p.pieces[len(p.pieces)-1] = b }

// Pieces are the bytes in their order. They are valid until Drop.
func (p *Pile) Pieces() [][]byte { return p.pieces }

// Drop empties the pile.
func (p *Pile) Drop() {
	for i, b := range p.pieces {
		putBuffer(b[:cap(b)])
		p.pieces[i] = nil
	}
	p.pieces, p.size = p.pieces[:0], 0
	if cap(p.pieces) > 16 {
		p.pieces = nil
	}
}
