package rewrite

import (
	"cmp"
	"slices"
	"strings"

	"cordon/catalog"
)

// A piece is one source text (the client's statement, or the definition of a view) with the edits to be made to it.
// Edits only insert text or replace whole names, so everything else of the text stays as it was written.
type piece struct {
	src    string
	client bool // it is the client's own text
	base   int  // offset of src[0] in the client's whole text; view definitions have none
	end    int  // where the text to print ends
	start  int  // where it begins
	toks   tokens
	edits  []edit

	unprinted bool // it is only looked at; its edits are dropped
}

// edit replaces src[from:to] by text, known only when the piece is printed: a fence may still be asked for after the
// place it goes to has been visited.
type edit struct {
	from, to int
	order    int // among edits at one place: closing insertions, then opening ones, then replacements
	width    int // opening insertions: the wider span first; closing ones: the narrower first
	nest     int // of those as wide, the one made later is put around the one made before
	text     func(*strings.Builder)
}

const (
	orderClose = iota
	orderOpen
	orderReplace
)

func literal(s string) func(*strings.Builder) {
	return func(b *strings.Builder) { b.WriteString(s) }
}

// replace puts text in the place of src[from:to].
func (p *piece) replace(from, to int, text func(*strings.Builder)) {
	p.edits = append(p.edits, edit{from: from, to: to, order: orderReplace, text: text})
}

// wrap puts before in front of src[from:to] and after behind it, outside of what has been put around the same text already.
func (p *piece) wrap(from, to int, before, after string) {
	p.around(from, to, to-from, literal(before), literal(after))
}

// wrapText is wrapLate outside of all else that is put there.
func (p *piece) wrapText(from, to int, before, after func(*strings.Builder)) {
	p.around(from, to, 1<<29, before, after)
}

// wrapLate is wrap with texts that are known only when the piece is printed.
func (p *piece) wrapLate(from, to int, before, after func(*strings.Builder)) {
	p.around(from, to, to-from, before, after)
}

func (p *piece) around(from, to, width int, before, after func(*strings.Builder)) {
	nest := len(p.edits)
	p.edits = append(p.edits,
		edit{from: from, to: from, order: orderOpen, width: width, nest: nest, text: before},
		edit{from: to, to: to, order: orderClose, width: width, nest: nest, text: after})
}

// insert puts text at the end of what stands before at.
func (p *piece) insert(at int, text func(*strings.Builder)) {
	p.edits = append(p.edits, edit{from: at, to: at, order: orderClose, width: 1 << 30, text: text})
}

// sort brings the edits into the order of the text.
func (p *piece) sort() {
	slices.SortStableFunc(p.edits, func(x, y edit) int {
		if x.from != y.from {
			return x.from - y.from
		}
		if x.order != y.order {
			return x.order - y.order
		}
		switch x.order {
		case orderOpen:
			return cmp.Or(y.width-x.width, y.nest-x.nest)
		case orderClose:
			return x.width - y.width
		}
		return 0
	})
}

// part writes src[from:to] with the edits that lie in it. It serves texts of edits, which are asked for when all edits are there and in order.
func (p *piece) part(b *strings.Builder, from, to int) {
	at := from
	for _, e := range p.edits {
		if e.from < at || e.to > to || e.from == from && e.order == orderClose || e.from == to && e.order != orderClose {
			continue
		}
		b.WriteString(p.src[at:e.from])
		e.text(b)
		at = e.to
	}
	b.WriteString(p.src[at:to])
}

// print writes the edited text and returns the map of places.
func (p *piece) print(b *strings.Builder) []Edit {
	p.sort()
	var places []Edit
	at, out := p.start, b.Len()
	for _, e := range p.edits {
		if e.from < at { // an edit inside text that is replaced already has gone with it
			continue
		}
		b.WriteString(p.src[at:e.from])
		to := b.Len()
		e.text(b)
		places = append(places, Edit{From: e.from, FromLen: e.to - e.from, To: to - out, ToLen: b.Len() - to})
		at = e.to
	}
	b.WriteString(p.src[at:p.end])
	return places
}

func quoteIdent(s string) string { return catalog.QuoteIdent(s) }

func quoteName(schema, name string) string { return quoteIdent(schema) + "." + quoteIdent(name) }

// insertLast puts text behind everything else that is inserted at a place.
func (p *piece) insertLast(at int, text string) {
	p.edits = append(p.edits, edit{from: at, to: at, order: orderClose, width: 1<<31 - 1, text: literal(text)})
}

// insertName puts a result column's name behind its expression and whatever is wrapped around that.
func (p *piece) insertName(at int, text func(*strings.Builder)) {
	p.edits = append(p.edits, edit{from: at, to: at, order: orderClose, width: 1<<30 - 1, text: text})
}
