package rewrite

import (
	"errors"
	"fmt"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// Check holds a policy against a database's catalog: tables and columns that are not there, masks that cannot serve a column's type, expressions over
// unknown columns. It gives every mistake, in the order of the file's rules.
func Check(p *policy.Policy, cat *catalog.Snapshot) []policy.Problem {
	c := &checker{policy: p, cat: cat, seen: map[policy.Problem]bool{}}
	for _, r := range p.Rules {
		c.rule(r)
	}
	for _, t := range p.Tags {
		for _, tc := range t.Columns {
			c.tagColumn(t, tc)
		}
	}
	for k := range p.SubjectKeys {
		c.subject(&p.SubjectKeys[k])
	}
	return c.problems
}

// subject holds a subject key against the catalog.
func (c *checker) subject(k *policy.SubjectKey) {
	for _, name := range []policy.TableName{k.Table, k.Of} {
		if c.cat.Relation(name.Schema, name.Name) == nil {
			c.add(k.Line, k.Col, "subjects: there is no table %s%s", name, hint(name.String(), c.tables()))
			return
		}
	}
	rel := c.cat.Relation(k.Table.Schema, k.Table.Name)
	var names []string
	for i := range rel.Columns {
		if rel.Columns[i].Name == k.Column {
			return
		}
		names = append(names, rel.Columns[i].Name)
	}
	c.add(k.Line, k.Col, "subjects: %s has no column %q%s", k.Table, k.Column, hint(k.Column, names))
}

type checker struct {
	policy   *policy.Policy
	cat      *catalog.Snapshot
	problems []policy.Problem
	seen     map[policy.Problem]bool
}

func (c *checker) add(line, col int, format string, args ...any) {
	p := policy.Problem{File: c.policy.Path, Line: line, Col: col, Text: fmt.Sprintf(format, args...)}
	if !c.seen[p] {
		c.seen[p] = true
		c.problems = append(c.problems, p)
	}
}

func (c *checker) tables() []string {
	var out []string
	for _, r := range c.cat.Relations() {
		if isTable(r) && r.Schema != "pg_catalog" && r.Schema != "information_schema" {
			out = append(out, r.Schema+"."+r.Name)
		}
	}
	return out
}

func isTable(r *catalog.Relation) bool {
	switch r.Kind {
	case catalog.Table, catalog.PartitionedTable, catalog.View, catalog.MaterializedView, catalog.ForeignTable:
		return true
	}
	return false
}

func hint(word string, candidates []string) string {
	if n := policy.Nearest(word, candidates); n != "" {
		return " (did you mean \"" + n + "\"?)"
	}
	return ""
}

// matches are the relations that a pattern names.
func (c *checker) matches(t *policy.TablePattern) []*catalog.Relation {
	if name, ok := t.Exact(); ok {
		r := c.cat.Relation(name.Schema, name.Name)
		if r == nil || !isTable(r) {
			c.add(t.Line, t.Col, "the database %s has no table %s%s", c.cat.Database, t.Text, hint(name.Schema+"."+name.Name, c.tables()))
			return nil
		}
		return []*catalog.Relation{r}
	}
	var out []*catalog.Relation
	for _, r := range c.cat.Relations() {
		if isTable(r) && t.Match(policy.TableName{Schema: r.Schema, Name: r.Name}) {
			out = append(out, r)
		}
	}
	return out
}

func (c *checker) column(r *catalog.Relation, name string, line, col int, exact bool) *catalog.Column {
	column := r.Column(name)
	if column == nil && exact {
		var names []string
		for k := range r.Columns {
			names = append(names, r.Columns[k].Name)
		}
		c.add(line, col, "the table %s.%s has no column %q%s", r.Schema, r.Name, name, hint(name, names))
	}
	return column
}

func (c *checker) rule(r *policy.Rule) {
	for k := range r.Tables {
		t := &r.Tables[k]
		_, exact := t.Exact()
		for _, rel := range c.matches(t) {
			c.expr(rel, r.Rows, r, exact)
			for _, m := range r.Masks {
				if m.Tag != nil {
					for _, tc := range m.Tag.Columns {
						if tc.Table.Match(policy.TableName{Schema: rel.Schema, Name: rel.Name}) {
							c.mask(rel, tc.Column, m, tc.Line, tc.Col, false)
						}
					}
					continue
				}
				c.mask(rel, m.Column, m, m.Line, m.Col, exact)
			}
			if r.Unmask != nil {
				for _, w := range r.Unmask.Columns {
					c.column(rel, w.Text, w.Line, w.Col, exact)
				}
				c.expr(rel, r.Unmask.When, r, exact)
			}
			for _, f := range r.Force {
				if f.Value != nil && c.column(rel, f.Column, f.Value.Line, f.Value.Col, exact) != nil {
					c.expr(rel, f.Value, r, exact)
				}
			}
			for _, w := range r.ReadOnly {
				c.column(rel, w.Text, w.Line, w.Col, exact)
			}
			if r.Export != nil && r.Export.Approval != nil {
				for _, w := range r.Export.Approval.Watermark {
					if column := c.column(rel, w.Text, w.Line, w.Col, exact); column != nil && !marked(c.cat.BaseType(column.Type)) {
						c.add(w.Line, w.Col, "%s.%s.%s is no text or varchar, so it cannot carry a watermark", rel.Schema, rel.Name, w.Text)
					}
				}
			}
		}
	}
}

// marked says that values of a type can carry a watermark.
func marked(t catalog.OID) bool { return t == 25 || t == 1043 }

func (c *checker) mask(rel *catalog.Relation, name string, m policy.RuleMask, line, col int, exact bool) {
	column := c.column(rel, name, line, col, exact)
	if column == nil || m.Mask == nil {
		return
	}
	if err := checkMask(m.Mask, column, c.cat); err != nil {
		c.add(m.Line, m.Col, "%s.%s.%s: %s", rel.Schema, rel.Name, name, err)
	}
}

func (c *checker) tagColumn(t *policy.Tag, tc policy.TagColumn) {
	for _, rel := range c.matches(&tc.Table) {
		_, exact := tc.Table.Exact()
		c.column(rel, tc.Column, tc.Line, tc.Col, exact)
	}
}

// expr binds an expression of the policy. For a pattern of tables a table without its columns is not a mistake: the rule denies it when it is used.
func (c *checker) expr(rel *catalog.Relation, e *policy.Expr, r *policy.Rule, exact bool) {
	if e == nil || !exact {
		return
	}
	attrs := map[string]policy.Value{}
	for _, a := range e.Attrs {
		attrs[a.Name] = policy.Value{SQL: "NULL"}
	}
	text, err := e.SQL(attrs)
	if err != nil {
		return
	}
	if _, err := bindExpr(c.cat, rel, tableName(rel), text); err != nil {
		var syntax *parse.SyntaxError
		if errors.As(err, &syntax) && syntax.Message == unknownName {
			c.unknownNames(rel, e)
			return
		}
		c.add(e.Line, e.Col, "rule %q does not fit the table %s.%s: %s", r.Name, rel.Schema, rel.Name, err)
	}
}

// unknownNames tells which names of an expression the table does not have.
func (c *checker) unknownNames(rel *catalog.Relation, e *policy.Expr) {
	var names []string
	for k := range rel.Columns {
		names = append(names, rel.Columns[k].Name)
	}
	found := false
	eachNode(e.Node().ProtoReflect(), func(m any) {
		n, ok := m.(interface {
			GetLocation() int32
		})
		if !ok {
			return
		}
		name := simpleColumn(m)
		if name == "" || rel.Column(name) != nil || name == rel.Name {
			return
		}
		found = true
		line, col := e.At(int(n.GetLocation()))
		c.add(line, col, "the table %s.%s has no column %q%s", rel.Schema, rel.Name, name, hint(name, names))
	})
	if !found {
		c.add(e.Line, e.Col, "the expression names a column or function that the table %s.%s and the tables of its sub-selects do not have", rel.Schema, rel.Name)
	}
}
