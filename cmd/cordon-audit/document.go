package main

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
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

const documentStyle = `body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em;color:#222}
table{border-collapse:collapse;margin:0 0 1.5em}
th,td{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}
th{background:#f0f0f0}
code,td.mono{font-family:ui-monospace,monospace;font-size:12px}`

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
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%s</td></tr>\n", esc(f.name.in(d.lang)), esc(f.value))
	}
	b.WriteString("</table>\n")
	for _, g := range d.tables {
		fmt.Fprintf(&b, "<h2>%s</h2>\n", esc(g.title.in(d.lang)))
		if note := g.note.in(d.lang); note != "" {
			fmt.Fprintf(&b, "<p>%s</p>\n", esc(note))
		}
		b.WriteString("<table>\n<tr>")
		for _, h := range g.head {
			fmt.Fprintf(&b, "<th>%s</th>", esc(h.in(d.lang)))
		}
		b.WriteString("</tr>\n")
		for _, r := range g.rows {
			b.WriteString("<tr>")
			for _, cell := range r {
				fmt.Fprintf(&b, "<td>%s</td>", esc(cell))
			}
			b.WriteString("</tr>\n")
		}
		b.WriteString("</table>\n")
	}
	b.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
