package proxy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cordon/catalog"
	"cordon/rewrite"
	"cordon/wire"
)

// A transaction at REPEATABLE READ or SERIALIZABLE reads system catalogs, like every table, as they were when it began; but names in its statements, and the views behind them, mean what they mean now (PostgreSQL looks them up by snapshots of
// their own). So such a transaction cannot tell Cordon by a query that a view has been replaced since. What it can tell is what a name stands for, by to_regclass; and what another session has read of the catalog lately holds for it too.

// askIsolation finds out whether the transaction is one of these.
func (s *session) askIsolation(query catalog.Query) error {
	rows, err := query(context.Background(), "SELECT pg_catalog.current_setting('transaction_isolation')")
	if err != nil {
		return fmt.Errorf("ask for the isolation level: %w", err)
	}
	if len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil {
		return errors.New("ask for the isolation level: the server did not answer with one text")
	}
	switch *rows[0][0] {
	case "repeatable read", "serializable":
		s.names.blind, s.names.blindSync = true, s.syncs+1
	}
	return nil
}

// confirm makes sure, in such a transaction, that what a statement names is what it was planned for. Tables are told by their number. A view under no rule, which the server expands by itself, must be one that the transaction has made, or that stands
// unchanged in a snapshot of another session's that is not old.
func (s *session) confirm(p *planned) (*planned, error) {
	n := &s.names
	if !n.blind || p.refusal != nil || s.grant.RawTables() {
		return p, nil
	}
	shared := n.database.now.Load()
	fresh := shared != nil && time.Since(time.Unix(0, shared.checked.Load())) <= 2*s.server.Limits.CatalogCheck
	var query strings.Builder
	var asked []*meaning
	for i := range p.steps {
		for k := range p.steps[i].meant {
			m := &p.steps[i].meant[k]
			if m.view && shared != nil {
				if was := shared.RelationByOID(m.oid); was != nil && (!fresh || was.Definition != m.definition) {
					return s.changed(p, m), nil
				}
			}
			// to_regclass answers from memory; opening the relation, which the other function does, makes the server look whether that still holds.
			fmt.Fprintf(&query, ", pg_catalog.pg_relation_is_updatable(%d, false), pg_catalog.to_regclass(%s)::pg_catalog.oid", m.oid, escaped(m.name))
			asked = append(asked, m)
		}
	}
	if len(asked) == 0 {
		return p, nil
	}
	rows, err := s.ask("SELECT " + query.String()[2:])
	if err != nil {
		return s.unresolved(p.text, p.steps[0].kind, err)
	}
	if len(rows) != 1 || len(rows[0]) != 2*len(asked) {
		return s.unresolved(p.text, p.steps[0].kind, errors.New("the server did not answer with one row"))
	}
	for i, m := range asked {
		if oid := rows[0][2*i+1]; oid == nil || *oid != strconv.FormatUint(uint64(m.oid), 10) {
			return s.changed(p, m), nil
		}
	}
	return p, nil
}

// meaning is what a name in a statement was found to stand for.
type meaning struct {
	oid        catalog.OID
	name       string // with its schema, quoted
	view       bool   // which the server expands
	definition string
}

// meanings are those of the names that stand in the text that is run, but for PostgreSQL's own relations and temporary ones.
func meanings(touched []rewrite.Touched) []meaning {
	var list []meaning
	for k := range touched {
		rel := touched[k].Relation
		if rel == nil || rel.OID < catalog.FirstUserOID || rel.Persistence == 't' || touched[k].Expanded {
			continue
		}
		m := meaning{oid: rel.OID, name: catalog.QuoteIdent(rel.Schema) + "." + catalog.QuoteIdent(rel.Name)}
		if rel.Kind == catalog.View {
			m.view, m.definition = true, rel.Definition
		}
		list = append(list, m)
	}
	return list
}

// changed refuses a statement that may read something else than it was planned for.
func (s *session) changed(p *planned, m *meaning) *planned {
	return refused(p.text, p.steps[0].kind, &wire.Error{Code: codeSerialization, Message: "could not serialize access: " + m.name + " may have been changed since this transaction began",
		Hint: "Retry the transaction."}, s.grant)
}

// escaped is a text as a literal of ASCII characters alone, for a query in whatever encoding the client uses.
func escaped(text string) string {
	var b strings.Builder
	b.WriteString("U&'")
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteRune(r)
			b.WriteRune(r)
		case r < 0x80:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "\\+%06X", r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
