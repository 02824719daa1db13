package main

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// words are a text in the languages that reports are written in.
type words struct{ en, zh string }

func (w words) in(lang string) string {
	if lang == "zh" {
		return w.zh
	}
	return w.en
}

// document is a report before it has a form.
type document struct {
	lang   string
	title  words
	facts  []fact
	tables []*grid
}

// fact is one line at the head of a report.
type fact struct {
	name  words
	value string
}

// grid is a table of a report.
type grid struct {
	title words
	note  words // under the title, when it is not empty
	head  []words
	rows  [][]string
	below int // the column that a page shows in a line of its own below its row, as it is long; 0: none
	code  int // the column of commands; 0: none
}

func (d *document) fact(name words, format string, args ...any) {
	d.facts = append(d.facts, fact{name, fmt.Sprintf(format, args...)})
}

func (d *document) grid(title words, head ...words) *grid {
	g := &grid{title: title, head: head}
	d.tables = append(d.tables, g)
	return g
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// write writes the document as html or csv.
func (d *document) write(w io.Writer, format string) error {
	if format == "csv" {
		return d.csv(w)
	}
	return d.html(w)
}

// csv writes the facts and tables one behind the other, each row with the title of its table in front, so that one file holds all of it and a filter on the first column gives one table.
func (d *document) csv(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // without it spreadsheets take UTF-8 for something else
		return err
	}
	c := csv.NewWriter(w)
	for _, f := range d.facts {
		c.Write([]string{plainCell(d.title.in(d.lang)), plainCell(f.name.in(d.lang)), plainCell(f.value)})
	}
	for _, g := range d.tables {
		line := []string{plainCell(g.title.in(d.lang))}
		for _, h := range g.head {
			line = append(line, plainCell(h.in(d.lang)))
		}
		c.Write(line)
		for _, r := range g.rows {
			line = line[:1]
			for _, cell := range r {
				line = append(line, plainCell(cell))
			}
			c.Write(line)
		}
	}
	c.Flush()
	return c.Error()
}

// plainCell keeps a spreadsheet from running a cell as a formula: an application's name comes from its client.
func plainCell(s string) string {
	s = oneLine(s, 1<<16)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// On paper: heads again on each page, no row in two pieces, and no column beyond the edge.
const documentStyle = `@page{size:A4 landscape;margin:12mm}
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em;color:#222}
table{border-collapse:collapse;margin:0 0 1.5em;font-size:13px}
th,td{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}
th{background:#f0f0f0}
.n{white-space:nowrap}
.w{overflow-wrap:anywhere;min-width:10em}
code{font:12px/1.45 ui-monospace,monospace}
h1{overflow-wrap:anywhere}
h2{break-after:avoid}
tbody,tr{break-inside:avoid}
@media print{body{margin:0;font-size:11px}table{font-size:10px}code{font-size:9px}th,td{padding:.15em .4em}th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`

// html writes a page that needs nothing else: no script, no picture, no other file.
func (d *document) html(w io.Writer) error {
	var b strings.Builder
	esc := func(s string) string { return html.EscapeString(oneLine(s, 1<<16)) }
	lang := map[string]string{"zh": "zh-CN"}[d.lang]
	if lang == "" {
		lang = "en"
	}
	title := esc(d.title.in(d.lang))
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n<style>\n%s\n</style>\n</head>\n<body>\n<h1>%s</h1>\n<table>\n", lang, title, documentStyle, title)
	for _, f := range d.facts {
		fmt.Fprintf(&b, "<tr><th>%s</th><td class=\"w\">%s</td></tr>\n", esc(f.name.in(d.lang)), esc(f.value))
	}
	b.WriteString("</table>\n")
	for _, g := range d.tables {
		fmt.Fprintf(&b, "<h2>%s</h2>\n", esc(g.title.in(d.lang)))
		if note := g.note.in(d.lang); note != "" {
			fmt.Fprintf(&b, "<p>%s</p>\n", esc(note))
		}
		if len(g.rows) == 0 {
			fmt.Fprintf(&b, "<p>%s</p>\n", words{"None.", "无。"}.in(d.lang))
			continue
		}
		b.WriteString("<table>\n<thead><tr>")
		for k, h := range g.head {
			if g.below == 0 || k != g.below {
				nowrap := ""
				if h := h.in(d.lang); short(h) && !strings.Contains(h, " ") {
					nowrap = " class=\"n\""
				}
				fmt.Fprintf(&b, "<th%s>%s</th>", nowrap, esc(h.in(d.lang)))
			}
		}
		b.WriteString("</tr></thead>\n")
		for _, r := range g.rows {
			b.WriteString("<tbody><tr>")
			for k, cell := range r {
				switch {
				case k > 0 && k == g.below:
				case k > 0 && k == g.code:
					b.WriteString("<td><code>")
					for _, word := range strings.Fields(oneLine(cell, 1<<16)) { // a browser breaks a line behind the hyphens of an option
						if len(word) <= 40 {
							fmt.Fprintf(&b, "<span class=\"n\">%s</span> ", html.EscapeString(word))
						} else {
							b.WriteString(html.EscapeString(word) + " ")
						}
					}
					b.WriteString("</code></td>")
				case short(cell):
					fmt.Fprintf(&b, "<td class=\"n\">%s</td>", esc(cell))
				case long(cell):
					fmt.Fprintf(&b, "<td class=\"w\">%s</td>", esc(cell))
				default:
					fmt.Fprintf(&b, "<td>%s</td>", esc(cell))
				}
			}
			b.WriteString("</tr>")
			if g.below > 0 && r[g.below] != "" {
				fmt.Fprintf(&b, "\n<tr><td class=\"w\" colspan=\"%d\"><code>%s</code></td></tr>", len(g.head)-1, esc(r[g.below]))
			}
			b.WriteString("</tbody>\n")
		}
		b.WriteString("</table>\n")
	}
	b.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// long says that a cell has a word to break: a client may call its application anything.
func long(s string) bool {
	return slices.ContainsFunc(strings.Fields(s), func(word string) bool { return len(word) > 40 })
}

// short says that a cell fits on a line, as a time does: a Chinese character is as wide as two others.
func short(s string) bool {
	n := 0
	for _, c := range s {
		if n++; c >= 0x1100 {
			n++
		}
	}
	return n <= 19
}
