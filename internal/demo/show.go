package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// person is one of the people whom the demonstration logs in as.
type person struct {
	login, title string
	conn         *pgconn.PgConn
}

// people are shown in this order.
var people = []person{{login: "alice", title: "salesperson"}, {login: "bob", title: "her manager"}, {login: "erin", title: "support"}, {login: "carol", title: "compliance"}}

// Password is what a login of the demonstration logs in with.
func Password(login string) string { return login + "-demo" }

// answer is what one person got for one statement.
type answer struct {
	columns []string
	rows    [][]string
	tag     string
	err     error
}

// ask runs a statement in the simple query protocol. A refusal is an answer; the error is for a connection that broke.
func ask(ctx context.Context, conn *pgconn.PgConn, sql string) (answer, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	var refused *pgconn.PgError
	if err != nil && (!errors.As(err, &refused) || conn.IsClosed()) {
		return answer{}, err
	}
	a := answer{err: err}
	if len(results) == 0 {
		return a, nil
	}
	last := results[len(results)-1]
	a.tag = last.CommandTag.String()
	for _, f := range last.FieldDescriptions {
		a.columns = append(a.columns, f.Name)
	}
	for _, row := range last.Rows {
		texts := make([]string, len(row))
		for i, value := range row {
			if texts[i] = string(value); value == nil {
				texts[i] = "NULL"
			}
		}
		a.rows = append(a.rows, texts)
	}
	return a, nil
}

// refusal is an error in the words that a client shows.
func refusal(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err.Error()
	}
	text := fmt.Sprintf("ERROR %s\n%s", e.Code, e.Message)
	if e.Hint != "" {
		text += "\nHINT: " + e.Hint
	}
	return text
}

// stage prints what the demonstration does.
type stage struct {
	out  io.Writer
	bold bool // the output is a terminal
	done []statement
}

// statement is one that was run, to be found again in the log.
type statement struct{ login, sql string }

func (s *stage) title(text string) {
	if s.bold {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	fmt.Fprintf(s.out, "\n%s\n", text)
}

func (s *stage) say(text string) {
	for _, line := range wrap(text, 116) {
		fmt.Fprintf(s.out, "  %s\n", line)
	}
}

// sql shows a statement behind a prompt like psql's.
func (s *stage) sql(who, text string) {
	prompt := who + "=> "
	text = strings.ReplaceAll(text, "\n", "\n  "+strings.Repeat(" ", len(prompt)))
	fmt.Fprintf(s.out, "\n  %s%s\n\n", prompt, text)
}

func (s *stage) head(names []string) {
	fmt.Fprint(s.out, sideBySide("", names), rule(len(names)))
}

// The ways to show answers beside each other.
const (
	byKey  = iota // a line for each column of each row; the first column tells the rows apart
	single        // the same for an answer of one row
	amount        // only how many rows came
)

// compare runs one statement as each of the people and shows the answers beside each other.
func (s *stage) compare(ctx context.Context, group []person, sql string, how int) error {
	s.sql("crm", sql)
	answers := make([]answer, len(group))
	names := make([]string, len(group))
	for i, p := range group {
		var err error
		if answers[i], err = ask(ctx, p.conn, sql); err != nil {
			return fmt.Errorf("as %s: %s: %w", p.login, sql, err)
		}
		s.done = append(s.done, statement{p.login, sql})
		names[i] = p.login + " (" + p.title + ")"
	}
	s.head(names)
	s.refusals(answers)
	if how == amount {
		s.amounts(answers)
		return nil
	}
	s.rows(answers, how == byKey)
	return nil
}

func (s *stage) amounts(answers []answer) {
	texts := make([]string, len(answers))
	for i, a := range answers {
		texts[i] = fmt.Sprint(len(a.rows))
	}
	fmt.Fprint(s.out, sideBySide("rows", texts))
}

// refusals shows the errors among the answers on a line of their own.
func (s *stage) refusals(answers []answer) {
	texts, any := make([]string, len(answers)), false
	for i, a := range answers {
		if a.err != nil {
			texts[i], any = refusal(a.err), true
		}
	}
	if any {
		fmt.Fprint(s.out, sideBySide("", texts))
	}
}

func (s *stage) rows(answers []answer, keyed bool) {
	var keys, columns []string
	for _, a := range answers {
		if len(columns) == 0 {
			columns = a.columns
		}
		for _, row := range a.rows {
			if key := rowKey(row, keyed); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return len(a)*2 - len(b)*2 + strings.Compare(a, b) }) // ids, by value
	for n, key := range keys {
		if n > 0 {
			fmt.Fprint(s.out, sideBySide("", make([]string, len(answers))))
		}
		for c, column := range columns {
			texts := make([]string, len(answers))
			for i, a := range answers {
				at := slices.IndexFunc(a.rows, func(row []string) bool { return rowKey(row, keyed) == key })
				switch {
				case at >= 0:
					texts[i] = a.rows[at][c]
				case a.err == nil && c == 0:
					texts[i] = "(no such row)"
				}
			}
			fmt.Fprint(s.out, sideBySide(column, texts))
		}
	}
}

func rowKey(row []string, keyed bool) string {
	if !keyed || len(row) == 0 {
		return ""
	}
	return row[0]
}

// one runs a statement as one person and shows its answer below it.
func (s *stage) one(ctx context.Context, p person, sql string) error {
	s.sql(p.login, sql)
	a, err := ask(ctx, p.conn, sql)
	if err != nil {
		return fmt.Errorf("as %s: %s: %w", p.login, sql, err)
	}
	s.done = append(s.done, statement{p.login, sql})
	switch {
	case a.err != nil:
		for _, line := range strings.Split(refusal(a.err), "\n") {
			fmt.Fprintf(s.out, "  %s\n", line)
		}
	case len(a.rows) == 0:
		fmt.Fprintf(s.out, "  %s\n", a.tag)
	default:
		for _, row := range a.rows {
			for i, value := range row {
				fmt.Fprintf(s.out, "  %s %s\n", pad(a.columns[i], labelWidth), value)
			}
		}
	}
	return nil
}
