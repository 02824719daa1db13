package policy

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one mistake in a policy file, at one place.
type Problem struct {
	File      string
	Line, Col int // from 1; 0 when the place is not known
	Text      string
}

// String is `file:line:col: sentence`; the parts that are not known are left out.
func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	case p.Col == 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	default:
		return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Text)
	}
}

// Problems are all mistakes of a file. As an error it prints one line for each.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sort orders the problems by their place in the file.
func (ps Problems) sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		if ps[i].Line != ps[j].Line {
			return ps[i].Line < ps[j].Line
		}
		return ps[i].Col < ps[j].Col
	})
}

// Nearest is the word that was probably meant: the candidate with the smallest edit distance to the word, when that is small enough for a slip; else one
// that the word begins with, or that begins with the word. "" when there is none.
func Nearest(word string, candidates []string) string {
	lower := strings.ToLower(word)
	best, bestDistance := "", 1+max(1, min(3, (len([]rune(word))+1)/3))
	for _, c := range candidates {
		if c == word {
			continue
		}
		d := distance(lower, strings.ToLower(c), bestDistance+1)
		if d < bestDistance || d == bestDistance && best != "" && c < best {
			best, bestDistance = c, d
		}
	}
	if best != "" {
		return best
	}
	for _, c := range candidates {
		l := strings.ToLower(c)
		if c != word && min(len(l), len(lower)) >= 3 && (strings.HasPrefix(l, lower) || strings.HasPrefix(lower, l)) && (best == "" || c < best) {
			best = c
		}
	}
	return best
}

// didYouMean is ` (did you mean "x"?)` for the nearest candidate, or nothing.
func didYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return fmt.Sprintf(" (did you mean %q?)", n)
	}
	return ""
}

// distance is the number of insertions, deletions, replacements and swaps of neighbours between a and b (optimal string alignment), or limit when it is not less.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 200 || len(y) > 200 || len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], limit)
}
