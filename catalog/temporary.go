package catalog

import (
	"context"
	"fmt"
)

// temporaryQuery asks for the session's own temporary tables, sequences and views, a row for each column, and one for a table without any; and for the names of its types, those of the tables' rows among them. What the views read is not asked. The session's search_path may be anything, so that every operator is named in full.
const temporaryQuery = `(SELECT pg_catalog.concat_ws(' ', c.oid, c.relkind, c.relowner, c.relhasrules, c.relhastriggers), n.nspname, c.relname,
	pg_catalog.concat_ws(' ', a.attnum, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, pg_catalog.concat('i', a.attidentity), pg_catalog.concat('g', a.attgenerated)), a.attname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON (a.attrelid OPERATOR(pg_catalog.=) c.oid) AND (a.attnum OPERATOR(pg_catalog.>) 0) AND NOT a.attisdropped
WHERE (c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()) AND (c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r','p','v','S']::pg_catalog."char"[]))
ORDER BY c.oid, a.attnum)
UNION ALL SELECT NULL, NULL, t.typname, NULL, NULL FROM pg_catalog.pg_type t WHERE t.typnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()`

// Temporary reads the session's own temporary tables, sequences and views, by name, and the names of its types. No snapshot has them: they are the session's alone, and stand before every other relation or type of their name. Their columns have no TypeName, views no Definition. It is one query that may be run within a transaction.
func Temporary(ctx context.Context, query Query) (relations map[string]*Relation, types map[string]bool, err error) {
	rows, err := query(ctx, temporaryQuery)
	if err != nil {
		return nil, nil, fmt.Errorf("load the temporary tables: %w", err)
	}
	types = make(map[string]bool)
	found := make(map[string]*Relation)
	for _, row := range rows {
		if len(row) == 5 && row[0] == nil && row[2] != nil {
			types[*row[2]] = true
			continue
		}
		if len(row) != 5 || row[1] == nil || row[2] == nil {
			return nil, nil, fmt.Errorf("load the temporary tables: the server did not answer with tables")
		}
		f := split(row[0])
		r := found[*row[2]]
		if r == nil {
			r = &Relation{OID: f.oid(), Kind: RelKind(f.byte()), Owner: f.oid(), HasRules: f.bool(), HasTriggers: f.bool(), Schema: *row[1], Name: *row[2], Persistence: 't'}
			r.RowTriggers = r.HasTriggers // which ones is not asked
			found[r.Name] = r
		}
		if row[4] != nil {
			a := split(row[3])
			r.Columns = append(r.Columns, Column{Num: int16(a.int32()), Type: a.oid(), Typmod: a.int32(), Collation: a.oid(), NotNull: a.bool(), HasDefault: a.bool(), Identity: a.tagged(), Generated: a.tagged(), Name: *row[4]})
			if a.err != nil {
				return nil, nil, fmt.Errorf("load the temporary tables: %w", a.err)
			}
		}
		if f.err != nil {
			return nil, nil, fmt.Errorf("load the temporary tables: %w", f.err)
		}
	}
	return found, types, nil
}
