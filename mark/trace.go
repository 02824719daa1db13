package mark

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Candidate is an export that a file may have come from. Sample is nil where none was kept.
type Candidate struct {
	Export Export
	Sample *Sample
}

// Finding is what speaks for one export.
type Finding struct {
	Export    Export
	Candidate int // in the list that was given; -1 for an export that was read from the marks alone

	Marks, Right int     // different texts of the file with a mark, and those of them that are this export's
	ByMarks      float64 // the chance that a file which has nothing to do with any of the exports shows so many; 1 for nothing found

	Column, Rows, Falls int     // the column whose texts stand in the export's order, how many different ones, and how often one stands below the one before
	ByOrder             float64 // the chance of so few

	Asked, Known int // texts of the file whose hashes the sample would have, and those that it has
}

// Chance is that the finding is a false one: by marks or by order, whichever is less. What the content says is no proof, for others may have had the same rows: it is left out.
func (f *Finding) Chance() float64 { return min(1, 2*min(f.ByMarks, f.ByOrder)) }

// maxOrdered is how many rows of a file are looked at for their order.
const maxOrdered = 2000

// Trace looks in the rows of a file for the exports that they may have come from, those with the least chance of being false first. What nothing speaks for is left out. Chances are those of a file whose marks and order know nothing of the
// key: each candidate, column and number that is tried is counted in, so they may be added up over nothing more than the files that one looks at.
func Trace(key Key, rows [][]string, candidates []Candidate) []Finding {
	reader := New(key, Export{})
	type text struct {
		point, pad byte
		hash       uint64
	}
	texts := map[string]text{}
	normal := func(s string) (string, text) {
		n := string(Normal(nil, []byte(unquestion(s))))
		t, known := texts[n]
		if !known {
			t.point, t.pad, _, t.hash = reader.cell([]byte(n))
			texts[n] = t
		}
		return n, t
	}
	width := 0
	type told struct {
		text  string
		value byte
	}
	marks := map[told]seen{}
	for _, row := range rows {
		width = max(width, len(row))
		for _, cell := range row {
			n, t := normal(cell)
			if v, ok := read(cell); ok {
				marks[told{n, v}] = seen{t.point, v ^ t.pad}
			}
		}
	}
	all := make([]seen, 0, len(marks))
	for _, s := range marks {
		all = append(all, s)
	}
	columns := make([][]string, width) // different texts in the order of their first row
	for c := range columns {
		had := map[string]bool{}
		for _, row := range rows {
			if c >= len(row) {
				continue
			}
			if n, _ := normal(row[c]); n != "" && !had[n] && len(columns[c]) < maxOrdered {
				had[n] = true
				columns[c] = append(columns[c], n)
			}
		}
	}
	tried := 0 // columns whose order can tell anything
	for _, c := range columns {
		if len(c) > 2 {
			tried++
		}
	}
	rights, left := share(all, candidates)
	var list []Finding
	for i := range candidates {
		c := &candidates[i]
		f := Finding{Export: c.Export, Candidate: i, Marks: len(all), ByMarks: 1, ByOrder: 1, Column: -1}
		f.Right = rights[i]
		f.ByMarks = min(1, float64(len(candidates))*binomialTail(left[i], f.Right, 1.0/256))
		m := New(key, c.Export)
		for j, column := range columns {
			if len(column) < 3 {
				continue
			}
			falls, last := 0, uint64(0)
			for k, text := range column {
				at := m.order([]byte(text))
				if k > 0 && at < last {
					falls++
				}
				last = at
			}
			if p := min(1, float64(len(candidates)*tried)*eulerianBelow(len(column), falls)); p < f.ByOrder {
				f.ByOrder, f.Column, f.Rows, f.Falls = p, j, len(column), falls
			}
		}
		if c.Sample != nil {
			for _, column := range columns {
				asked, known := 0, 0
				for _, text := range column {
					if h := texts[text].hash; h <= c.Sample.below {
						asked++
						if c.Sample.hashes[h] {
							known++
						}
					}
				}
				if known > f.Known {
					f.Asked, f.Known = asked, known
				}
			}
		}
		if f.ByMarks < 0.01 || f.ByOrder < 0.01 || f.Known > 2 && 2*f.Known >= f.Asked {
			list = append(list, f)
		}
	}
	if !slices.ContainsFunc(list, func(f Finding) bool { return f.ByMarks < 1e-6 }) {
		if f, ok := decode(all); ok {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Chance(), b.Chance()), cmp.Compare(b.Known, a.Known))
	})
	return list
}

// share gives each candidate the marks that are its own, those with the most first, and out of how many: two numbers agree at up to five points, and what one explains says nothing for another.
func share(all []seen, candidates []Candidate) (rights, left []int) {
	rights, left = make([]int, len(candidates)), make([]int, len(candidates))
	open := make([]int, len(candidates))
	for i := range open {
		open[i] = i
	}
	for rest := all; len(open) > 0; {
		best := 0
		for _, i := range open {
			number := candidates[i].Export.number()
			rights[i], left[i] = 0, len(rest)
			for _, s := range rest {
				if value(&number, s.point) == s.value {
					rights[i]++
				}
			}
			if rights[i] > rights[open[best]] {
				best = slices.Index(open, i)
			}
		}
		if rights[open[best]] < 3 {
			break // what is left explains nothing
		}
		number := candidates[open[best]].Export.number()
		open = slices.Delete(open, best, best+1)
		rest = slices.DeleteFunc(slices.Clone(rest), func(s seen) bool { return value(&number, s.point) == s.value })
	}
	return rights, left
}

// decode reads a number from the marks alone, of an export that is no candidate. It takes six of them at a time and asks how many of the others agree.
func decode(all []seen) (f Finding, ok bool) {
	const tries = 4000
	if len(all) < numberBytes+2 {
		return f, false
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same file gives the same answer
	var best [numberBytes]byte
	right := 0
	for range tries {
		var six [numberBytes]seen
		var points [256]bool
		n := 0
		for range 100 { // a file may have fewer than six points
			if s := all[random.IntN(len(all))]; n < numberBytes && !points[s.point] {
				points[s.point] = true
				six[n] = s
				n++
			}
		}
		if n < numberBytes {
			continue
		}
		number := interpolate(&six)
		n = 0
		for _, s := range all {
			if value(&number, s.point) == s.value {
				n++
			}
		}
		if n > right {
			best, right = number, n
		}
		if 2*right > len(all)+numberBytes {
			break
		}
	}
	f = Finding{Candidate: -1, Marks: len(all), Right: right, ByOrder: 1, Column: -1}
	f.Export = Export{Request: [5]byte(best[:5]), Use: best[5]}
	f.ByMarks = min(1, math.Pow(256, numberBytes)*binomialTail(len(all), right, 1.0/256)) // any number could have been found
	return f, f.ByMarks < 1e-6
}

// binomialTail is the chance of at least m of n, each with chance p.
func binomialTail(n, m int, p float64) float64 {
	if m <= 0 {
		return 1
	}
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	sum := 0.0
	for k := m; k <= n; k++ {
		term := math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		sum += term
		if term < sum*1e-12 {
			break
		}
	}
	return min(1, sum)
}

// eulerianBelow is the chance that n different things in a random order have at most so many falls, each thing below the one before: the sum of Eulerian numbers over n!.
func eulerianBelow(n, falls int) float64 {
	if falls >= n-1 {
		return 1
	}
	if falls > n/2 {
		return 1 // about half is what chance gives
	}
	p := make([]float64, falls+2) // p[k]: exactly k falls
	p[0] = 1
	for m := 2; m <= n; m++ {
		for k := min(falls, m-1); k >= 0; k-- {
			v := float64(k+1) * p[k]
			if k > 0 {
				v += float64(m-k) * p[k-1]
			}
			p[k] = v / float64(m)
		}
	}
	sum := 0.0
	for _, v := range p[:falls+1] {
		sum += v
	}
	return min(1, sum)
}
