package main

import (
	"encoding/binary"
	"errors"

	"cordon/audit"
)

const (
	blockRuns  = 1 << 15 // statements and events of a block
	pieceRuns  = 128     // of a row of run
	bucketBits = 9       // of a token, by which subjects are found
)

// fullBlock is with how many runs a block is full; tests have smaller ones.
var fullBlock = blockRuns

// entry is a statement or event: where its records are.
type entry struct {
	t, rows            int64
	seq                uint64
	segment, offset    int64
	ended              bool
	outSegment, outset int64
}

// stretches is which runs of a block have a name: stretches of them.
type stretches struct{ from, count []uint16 }

func (l *stretches) add(n uint16) {
	if last := len(l.from) - 1; last >= 0 {
		switch next := int(l.from[last]) + int(l.count[last]); {
		case int(n) < next: // it has the name twice
			return
		case int(n) == next:
			l.count[last]++
			return
		}
	}
	l.from, l.count = append(l.from, n), append(l.count, 1)
}

// Lists are stretches, or a bit for each run where that is shorter.
const (
	listStretches = 0
	listBits      = 1
)

func (l *stretches) append(b []byte) []byte {
	start := len(b)
	b = append(b, listStretches)
	next := uint64(0)
	for i, from := range l.from {
		gap := uint64(from) - next
		if l.count[i] == 1 {
			b = binary.AppendUvarint(b, gap<<1)
		} else {
			b = binary.AppendUvarint(b, gap<<1|1)
			b = binary.AppendUvarint(b, uint64(l.count[i])-2)
		}
		if len(b)-start > blockRuns/8 {
			var bits runSet
			for i, from := range l.from {
				for n := range l.count[i] {
					bits.add(from + n)
				}
			}
			b = append(b[:start], listBits)
			for _, word := range bits {
				b = binary.LittleEndian.AppendUint64(b, word)
			}
			return b
		}
		next = uint64(from) + uint64(l.count[i])
	}
	return b
}

var errIndexDamaged = errors.New("the index is damaged; make it anew with cordon-audit index --again")

// eachRun calls do with each run of an encoded list.
func eachRun(b []byte, do func(uint16)) error {
	if len(b) == 0 {
		return errIndexDamaged
	}
	switch b[0] {
	case listStretches:
		next := uint64(0)
		for b = b[1:]; len(b) > 0; {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return errIndexDamaged
			}
			b = b[n:]
			from, count := next+v>>1, uint64(1)
			if v&1 == 1 {
				more, n := binary.Uvarint(b)
				if n <= 0 {
					return errIndexDamaged
				}
				b = b[n:]
				count = more + 2
			}
			if from > blockRuns || count > blockRuns || from+count > blockRuns {
				return errIndexDamaged
			}
			for i := range count {
				do(uint16(from + i))
			}
			next = from + count
		}
		return nil
	case listBits:
		if len(b) != 1+blockRuns/8 {
			return errIndexDamaged
		}
		for i, c := range b[1:] {
			for j := range 8 {
				if c>>j&1 == 1 {
					do(uint16(8*i + j))
				}
			}
		}
		return nil
	default:
		return errIndexDamaged
	}
}

// runSet is a set of runs of a block.
type runSet [blockRuns / 64]uint64

func (s *runSet) add(n uint16)      { s[n/64] |= 1 << (n % 64) }
func (s *runSet) has(n uint16) bool { return s[n/64]>>(n%64)&1 == 1 }

// sighted is that a run has shown a subject: the beginning of its token.
type sighted struct {
	token uint64
	n     uint16
}

const sightedSize = 10

func tokenStart(t *audit.SubjectToken) uint64 { return binary.BigEndian.Uint64(t[:8]) }

// block is a block being filled.
type block struct {
	id     int64
	runs   []entry
	lists  map[int64]*stretches
	seen   []sighted
	since  int64
	until  int64
	newest uint64
}

func newBlock(id int64) *block { return &block{id: id, lists: map[int64]*stretches{}} }

func (b *block) list(word int64) *stretches {
	l := b.lists[word]
	if l == nil {
		l = &stretches{}
		b.lists[word] = l
	}
	return l
}

// append adds a run and gives its number.
func (b *block) append(r entry) uint16 {
	if len(b.runs) == 0 || r.t < b.since {
		b.since = r.t
	}
	if len(b.runs) == 0 || r.t > b.until {
		b.until = r.t
	}
	b.newest = max(b.newest, r.seq)
	b.runs = append(b.runs, r)
	return uint16(len(b.runs) - 1)
}

func appendRuns(b []byte, runs []entry) []byte {
	var last entry
	for i := range runs {
		r := &runs[i]
		b = binary.AppendVarint(b, r.t-last.t)
		b = binary.AppendVarint(b, int64(r.seq-last.seq))
		b = binary.AppendVarint(b, r.segment-last.segment)
		b = binary.AppendVarint(b, r.offset-last.offset)
		if r.ended {
			b = binary.AppendVarint(b, r.rows<<1|1)
			b = binary.AppendVarint(b, r.outSegment-r.segment)
			b = binary.AppendVarint(b, r.outset-r.offset)
		} else {
			b = binary.AppendVarint(b, r.rows<<1)
		}
		last = *r
	}
	return b
}

func readRuns(b []byte) (runs []entry, err error) {
	var last entry
	var bad bool
	next := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	runs = make([]entry, 0, pieceRuns)
	for len(b) > 0 {
		r := entry{t: last.t + next(), seq: last.seq + uint64(next()), segment: last.segment + next(), offset: last.offset + next()}
		rows := next()
		r.rows, r.ended = rows>>1, rows&1 == 1
		if r.ended {
			r.outSegment = r.segment + next()
			r.outset = r.offset + next()
		}
		runs = append(runs, r)
		last = r
	}
	if bad || len(runs) > pieceRuns {
		return nil, errIndexDamaged
	}
	return runs, nil
}
