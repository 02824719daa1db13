package catalog_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"cordon/catalog"
	"cordon/internal/pgtest"
)

// filled makes a database of n tables of 15 columns with a key, an index, and a view over every tenth.
func filled(b *testing.B, n int) (*pgtest.Server, string) {
	b.Helper()
	pg := pgtest.Shared(b)
	db := pg.CreateDatabase(b)
	for from := 1; from <= n; from += 100 {
		pg.Exec(b, db, fmt.Sprintf(`DO $$ BEGIN FOR i IN %d..%d LOOP
			EXECUTE format('CREATE TABLE t%%s (id bigserial PRIMARY KEY, a text, b varchar(20) NOT NULL, c numeric(12,2), d date, e timestamptz DEFAULT now(), f jsonb, g int, h boolean, i int REFERENCES t%%s, j text, k text, l int, m int, n text)', i, i);
			EXECUTE format('CREATE INDEX ON t%%s (g)', i);
			IF i %% 10 = 0 THEN EXECUTE format('CREATE VIEW v%%s AS SELECT t.*, u.a AS ua FROM t%%s t JOIN t%%s u ON u.id = t.i', i, i, i); END IF;
		END LOOP; END $$`, from, min(n, from+99)))
	}
	pg.Exec(b, db, "VACUUM ANALYZE pg_catalog.pg_attribute, pg_catalog.pg_class, pg_catalog.pg_type")
	return pg, db
}

func eachSize(b *testing.B, f func(b *testing.B, s *pgtest.Session)) {
	for _, n := range []int{0, 500, 10000} {
		if n == 10000 && testing.Short() {
			continue
		}
		pg, db := filled(b, n)
		s := pg.Connect(b, "postgres", "", db)
		b.Run(fmt.Sprintf("tables=%d", n), func(b *testing.B) { f(b, s) })
	}
}

func BenchmarkFingerprint(b *testing.B) {
	eachSize(b, func(b *testing.B, s *pgtest.Session) {
		for b.Loop() {
			if _, err := catalog.Fingerprint(context.Background(), s.Query); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	eachSize(b, func(b *testing.B, s *pgtest.Session) {
		heap := func() uint64 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		b.ReportAllocs()
		before := heap()
		var snap *catalog.Snapshot
		for b.Loop() {
			snap = load(b, s)
		}
		b.ReportMetric(float64(heap()-before), "snapshot-bytes")
		runtime.KeepAlive(snap)
	})
}

func BenchmarkResolve(b *testing.B) {
	s := catalog.Standard()
	path := []string{"pg_catalog", "public"}
	b.ReportAllocs()
	for b.Loop() {
		if s.Resolve("pg_attribute", path) == nil || s.Resolve("customers", path) != nil {
			b.Fatal("wrong")
		}
	}
}
