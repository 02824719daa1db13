package policy

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// usersFile reads people from a file of their own: YAML in the form of the users section, or CSV as a personnel system exports it.
func (l *loader) usersFile(n *yaml.Node) {
	at := n
	l.p.StaleFor = DefaultStaleFor
	if n.Kind == yaml.MappingNode {
		f := l.fields(n, "users_file", "path", "stale_for")
		if at = f.get("path"); at == nil {
			l.refuse(n, "users_file does not say its path")
			return
		}
		if span := f.get("stale_for"); span != nil {
			l.p.StaleFor, _ = l.duration(span, "stale_for", time.Second, 31*24*time.Hour)
		}
	}
	name, ok := l.word(at, "users_file")
	if !ok {
		return
	}
	path := l.resolve(name)
	l.p.fileOrigin = &Origin{Name: "the file of users"}
	l.p.Files = append(l.p.Files, path)
	data, err := l.readFile(path)
	if err != nil {
		l.refuse(at, "the file of users cannot be read: %s", fileError(path, err))
		return
	}
	l.p.usersPath, l.p.usersText = path, data
	inPolicy := l.p.Users
	l.p.Users = map[string]*User{}
	granted := len(l.granted)
	// Its mistakes are told with its own name and lines.
	outer := l.reader
	l.reader = reader{file: path}
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		l.csvUsers(data)
	} else if root := l.document(data); root != nil {
		for _, e := range l.entries(root, "the users") {
			if _, ok := l.word(e.key, "a user"); ok {
				l.user(e)
			}
		}
	}
	for _, u := range l.p.Users {
		u.Origin = l.p.fileOrigin
		if inPolicy[u.Name] != nil {
			l.refuseAt(u.Line, u.Col, "user %q is in the policy too, line %d: one of the two must go", u.Name, inPolicy[u.Name].Line)
		}
		for _, role := range u.Roles {
			l.known[role] = true // the file may know more roles than the policy has rules for
		}
		inPolicy[u.Name] = u
	}
	l.p.Users, l.granted = inPolicy, l.granted[:granted]
	outer.problems, outer.warnings = append(outer.problems, l.problems...), append(outer.warnings, l.warnings...)
	l.reader = outer
}

// csvUsers reads a table whose first line names the columns: user, and of roles, valid_until, disabled; every other column is an attribute, with its type behind a colon: name:text (or no type), :integer, :decimal, :boolean, and :list,
// whose items have semicolons between them. An empty cell is no attribute.
func (l *loader) csvUsers(data []byte) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		l.csvProblem(err)
		return
	}
	head = slices.Clone(head)
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
		if slices.Contains(head[:i], head[i]) {
			l.refuseAt(1, 0, "two columns are named %q", head[i])
		}
	}
	at := slices.Index(head, "user")
	if at < 0 {
		l.refuseAt(1, 0, "the first line names no column user")
		return
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.csvProblem(err)
			return
		}
		line, _ := r.FieldPos(0)
		u := &User{Name: record[at], Attributes: map[string]Value{}, Line: line}
		switch {
		case u.Name == "" || checkText(u.Name) != nil:
			l.refuseAt(line, 0, "the user has no name")
			continue
		case l.p.Users[u.Name] != nil:
			l.refuseAt(line, 0, "user %q is there twice: the first time in line %d", u.Name, l.p.Users[u.Name].Line)
			continue
		}
		for i, column := range head {
			if cell := strings.TrimSpace(record[i]); cell != "" && i != at {
				if err := u.set(column, cell); err != nil {
					l.refuseAt(line, 0, "%s of user %q: %s", column, u.Name, err)
				}
			}
		}
		l.p.Users[u.Name] = u
	}
}

func (l *loader) csvProblem(err error) {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		l.refuseAt(parse.Line, parse.Column, "%s", parse.Err)
		return
	}
	l.refuseAt(1, 0, "the file is empty")
}

// set gives a user what a cell says.
func (u *User) set(column, cell string) error {
	items := func() (list []string) {
		for _, item := range strings.Split(cell, ";") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		return list
	}
	switch column {
	case "roles":
		u.Roles = items()
		return nil
	case "disabled":
		switch strings.ToLower(cell) {
		case "true", "yes", "1":
			u.Disabled = true
		case "false", "no", "0":
		default:
			return fmt.Errorf("%q is neither true nor false", cell)
		}
		return nil
	case "valid_until":
		t, err := parseMoment(&yaml.Node{Kind: yaml.ScalarNode, Value: cell})
		if err != nil {
			return fmt.Errorf("%q is no date and time with its offset, such as 2026-12-31T18:00:00+08:00", cell)
		}
		u.ValidUntil = t
		return nil
	}
	name, kind, _ := strings.Cut(column, ":")
	if name == "" {
		return errors.New("the column has no name")
	}
	var v Value
	var err error
	switch kind {
	case "", "text":
		v, err = TextValue(cell)
	case "integer", "decimal":
		if v, err = NumberValue(cell); err == nil && kind == "integer" && v.Kind != IntegerValue {
			err = fmt.Errorf("%q is no integer", cell)
		}
	case "boolean":
		switch strings.ToLower(cell) {
		case "true", "false":
			v = BoolValue(strings.EqualFold(cell, "true"))
		default:
			err = fmt.Errorf("%q is neither true nor false", cell)
		}
	case "list":
		var values []Value
		for _, item := range items() {
			one, textErr := TextValue(item)
			if textErr != nil {
				return textErr
			}
			values = append(values, one)
		}
		v, err = ListValue(values)
	default:
		return fmt.Errorf("the type %q is none of text, integer, decimal, boolean and list", kind)
	}
	u.Attributes[name] = v
	return err
}

// Request says that a rule fits nobody by itself: someone must grant it, for a time.
type Request struct {
	By     []string // who may grant it
	Needs  int      // how many of them must, one or two
	Max    time.Duration
	Line   int
	Column int
}

func (l *loader) onRequest(n *yaml.Node) *Request {
	q := &Request{Needs: 1, Max: 24 * time.Hour, Line: n.Line, Column: n.Column}
	f := l.fields(n, "on_request", "by", "approvals", "max")
	by := f.get("by")
	if by == nil {
		l.refuse(f.node, "on_request does not say by whom: name those who may grant the rule")
		return q
	}
	for _, w := range l.words(by, "by") {
		if l.p.Users[w.Text] == nil {
			l.refuseAt(w.Line, w.Col, "unknown user %q%s", w.Text, didYouMean(w.Text, keysOf(l.p.Users)))
		}
		if !slices.Contains(q.By, w.Text) {
			q.By = append(q.By, w.Text)
		}
	}
	if n := f.get("approvals"); n != nil {
		needs, _ := l.count(n, "approvals", 1, 2)
		if q.Needs = int(needs); q.Needs > len(q.By) {
			l.refuse(n, "approvals is %d, and by names %d", q.Needs, len(q.By))
		}
	}
	if n := f.get("max"); n != nil {
		q.Max, _ = l.duration(n, "max", time.Minute, 31*24*time.Hour)
	}
	return q
}
