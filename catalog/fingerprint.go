package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Query runs one statement over the caller's own session and gives its rows as text in UTF-8; a nil value is NULL. A statement without rows gives none.
type Query func(ctx context.Context, sql string) ([][]*string, error)

// watched are the system catalogs that a snapshot stands on, each with the column that tells whose row it is, and the rows that count. Those of temporary relations (t) and schemas (n) do not.
var watched = []struct{ catalog, oid, where string }{
	partClass:      {"pg_class", "oid", `(x.relpersistence OPERATOR(pg_catalog.<>) 't') AND (x.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r','p','v','m','f','S','c']::pg_catalog."char"[]))`},
	partAttribute:  {"pg_attribute", "attrelid", `(x.attnum OPERATOR(pg_catalog.>) 0) AND (x.attrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid) AND NOT (x.attrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partType:       {"pg_type", "oid", `NOT (x.typnamespace OPERATOR(pg_catalog.=) ANY (SELECT oid FROM n))`},
	partProc:       {"pg_proc", "oid", `NOT (x.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT oid FROM n))`},
	partRewrite:    {"pg_rewrite", "ev_class", `NOT (x.ev_class OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partInherits:   {"pg_inherits", "inhrelid", `NOT (x.inhrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partIndex:      {"pg_index", "indrelid", `x.indisprimary AND NOT (x.indrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partTrigger:    {"pg_trigger", "tgrelid", `(NOT x.tgisinternal) AND NOT (x.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partConstraint: {"pg_constraint", "oid", `(x.contypid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid) OR (x.contype OPERATOR(pg_catalog.=) 'f') AND NOT (x.conrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM t))`},
	partOperator:   {"pg_operator", "oid", `true`},
	partCast:       {"pg_cast", "oid", `true`},
	partOpclass:    {"pg_opclass", "oid", `x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid`},
	partNamespace:  {"pg_namespace", "oid", `NOT (x.oid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM n))`},
}

// The parts of a fingerprint.
const (
	partClass = iota
	partAttribute
	partType
	partProc
	partRewrite
	partInherits
	partIndex
	partTrigger
	partConstraint
	partOperator
	partCast
	partOpclass
	partNamespace
)

// FingerprintQuery gives one row of one text that changes when a snapshot taken earlier may be out of date. Any login may run it, in any transaction that has not failed; every name in it is qualified.
//
// For each system catalog it gives the number of rows and the sum of a hash of their OID and xmin, apart for what initdb has made and for the rest. A change of a catalog changes the number of rows, or replaces some by as many
// with an xmin that they did not have. A plain sum of xmin would not do: a transaction that is older than the last change of one row, and younger than that of another, can replace both and leave it as it was.
// Within a transaction of one's own two changes of a row look the same; what others see has only the last of them.
// In-place updates (of ANALYZE and VACUUM) leave xmin alone and do not count as a change, and rows that belong to temporary relations are left out. CREATE INDEX, TRUNCATE, GRANT and REFRESH MATERIALIZED VIEW count, needlessly.
//
// It gets at xmin through age(xmin), because a cast of xmin to text takes twice as long. Rows from initdb have an age of 2147483647 for ever and are only counted.
//
// Its cost is that of reading pg_attribute from memory (BenchmarkFingerprint). Ask it at most once a second per database, not once per statement.
var FingerprintQuery = fingerprintQuery()

func fingerprintQuery() string {
	var b strings.Builder
	b.WriteString(`WITH s AS MATERIALIZED (SELECT pg_catalog.age('3'::pg_catalog.xid)::pg_catalog.int8 AS now),
	t AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_class WHERE relpersistence OPERATOR(pg_catalog.=) 't'),
	n AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.~) '^pg_(toast_)?temp_')
SELECT pg_catalog.concat_ws(' '`)
	for _, w := range watched {
		fmt.Fprintf(&b, `,
	(SELECT pg_catalog.concat(pg_catalog.sum(y.n) FILTER (WHERE y.made), '.', pg_catalog.sum(y.h) FILTER (WHERE y.made), '/', pg_catalog.sum(y.n) FILTER (WHERE NOT y.made), '.', pg_catalog.sum(y.h) FILTER (WHERE NOT y.made)) FROM (
		SELECT x.%[2]s OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AS made, pg_catalog.count(*) AS n,
			pg_catalog.sum(pg_catalog.hashoidextended(x.%[2]s, (SELECT now FROM s) OPERATOR(pg_catalog.-) pg_catalog.age(x.xmin))) FILTER (WHERE pg_catalog.age(x.xmin) OPERATOR(pg_catalog.<) 2147483647) AS h
		FROM pg_catalog.%[1]s x WHERE %[3]s GROUP BY 1) y)`, w.catalog, w.oid, w.where)
	}
	b.WriteString(")")
	return b.String()
}

// Fingerprint asks FingerprintQuery. When the answer equals Snapshot.Fingerprint, the snapshot is up to date as the session's transaction sees the catalogs.
func Fingerprint(ctx context.Context, query Query) (string, error) {
	rows, err := query(ctx, FingerprintQuery)
	if err != nil {
		return "", fmt.Errorf("ask for the catalog's fingerprint: %w", err)
	}
	if len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil || *rows[0][0] == "" {
		return "", errors.New("ask for the catalog's fingerprint: the server did not answer with one row of one text")
	}
	return *rows[0][0], nil
}

// parts are a fingerprint taken apart, by watched catalog: what tells of rows made after initdb, and of initdb's own. Both are nil for a text that is no fingerprint, so that nothing equals it.
func parts(fingerprint string) (made, own []string) {
	list := strings.Split(fingerprint, " ")
	if len(list) != len(watched) {
		return nil, nil
	}
	for _, part := range list {
		m, o, ok := strings.Cut(part, "/")
		if !ok {
			return nil, nil
		}
		made, own = append(made, m), append(own, o)
	}
	return made, own
}
