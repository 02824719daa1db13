package demo

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columnWidth is the width of one person's column, and labelWidth that of the labels before the columns, in terminal cells: four people fit into 120.
const (
	columnWidth = 24
	labelWidth  = 12
)

// cells is how many terminal cells a text takes: Chinese, Japanese and Korean characters take two, combining marks none.
func cells(s string) int {
	n := 0
	for _, c := range s {
		n += runeCells(c)
	}
	return n
}

func runeCells(c rune) int {
	if unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad fills a text up with spaces.
func pad(s string, to int) string {
	return s + strings.Repeat(" ", max(0, to-cells(s)))
}

// wrap breaks a text into lines of at most that many cells, at spaces where it can.
func wrap(s string, most int) []string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		line, size := "", 0
		for _, word := range strings.Fields(paragraph) {
			if size > 0 && size+1+cells(word) <= most {
				line, size = line+" "+word, size+1+cells(word)
				continue
			}
			if size > 0 {
				lines = append(lines, line)
			}
			for cells(word) > most {
				at, taken := 0, 0
				for i, c := range word {
					if taken+runeCells(c) > most {
						break
					}
					at, taken = i+len(string(c)), taken+runeCells(c)
				}
				lines = append(lines, word[:at])
				word = word[at:]
			}
			line, size = word, cells(word)
		}
		lines = append(lines, line)
	}
	return lines
}

// sideBySide lays a line of a table out: a label and one text for each column, wrapped within its column.
func sideBySide(label string, columns []string) string {
	parts := make([][]string, len(columns))
	labels := wrap(label, labelWidth)
	height := len(labels)
	for i, c := range columns {
		parts[i] = wrap(c, columnWidth)
		height = max(height, len(parts[i]))
	}
	var out strings.Builder
	for y := range height {
		line := "  "
		if y < len(labels) {
			line += labels[y]
		}
		line = pad(line, labelWidth+2)
		for _, p := range parts {
			text := ""
			if y < len(p) {
				text = p[y]
			}
			line += " │ " + pad(text, columnWidth)
		}
		out.WriteString(strings.TrimRight(line, " "))
		out.WriteByte('\n')
	}
	return out.String()
}

// rule is the line under a table's head.
func rule(columns int) string {
	return "  " + strings.Repeat("─", labelWidth) + strings.Repeat("─┼─"+strings.Repeat("─", columnWidth), columns) + "\n"
}
