package rewrite_test

import (
	"context"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
	"cordon/policy"
)

// Each case of writes.case runs in a transaction that is rolled back: the statement as alice, then, as the database's owner, what came of it.
func TestWrites(t *testing.T) {
	d := open(t)
	g := grant(t, "alice")
	golden.Run(t, "testdata/writes.case", func(t *testing.T, c *golden.Directive) string {
		if unknownThere(d, c) {
			return c.Expected
		}
		got := write(t, d, g, c.Input)
		if unsubscripted(d, got) {
			return c.Expected
		}
		return got
	})
}

// unknownThere says that the server at hand does not know the statement of a case: MERGE is new in PostgreSQL 15, labels that are key words in 14.
func unknownThere(d *database, c *golden.Directive) bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(c.Input, w) })
	}
	return d.cat.ServerVersion < 150000 && has("MERGE") || d.cat.ServerVersion < 140000 && has(" case)", " using)", "(SELECT 1 end)")
}

// unsubscripted says that the server at hand has no subscripts for jsonb, which came with 14.
func unsubscripted(d *database, got string) bool {
	return d.cat.ServerVersion < 140000 && strings.HasPrefix(got, "ERROR: cannot subscript type jsonb")
}

// restrictsOf18 puts what PostgreSQL 18 says of a key that something refers to ON DELETE RESTRICT into the words of older servers.
var restrictsOf18 = strings.NewReplacer("violates RESTRICT setting of foreign key", "violates foreign key", "(SQLSTATE 23001)", "(SQLSTATE 23503)")

// The files of testdata/writes bring a schema and a policy of their own.
func TestWriteCases(t *testing.T) {
	files, err := filepath.Glob("testdata/writes/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, f := range files {
		var d *database
		var g *policy.Grant
		file := t // the connection outlives the case that opens it
		golden.Run(t, f, func(t *testing.T, c *golden.Directive) string {
			switch c.Name {
			case "schema":
				s := pgtest.Shared(t)
				name := s.CreateDatabase(file)
				s.Exec(t, name, c.Input)
				d = connect(file, name)
			case "policy":
				p, err := policy.Parse("policy.yaml", []byte(c.Input))
				if err != nil {
					return err.Error()
				}
				g = p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
			default:
				if unknownThere(d, c) {
					return c.Expected
				}
				got := write(t, d, g, c.Input)
				if unsubscripted(d, got) {
					return c.Expected
				}
				if d.cat.ServerVersion >= 180000 {
					got = restrictsOf18.Replace(got)
				}
				return got
			}
			return ""
		})
	}
}

// write runs one case: a statement (and the data of COPY behind a line of <), and behind -- what looks at its effect.
func write(t *testing.T, d *database, g *policy.Grant, input string) string {
	sql, look, _ := strings.Cut(input, "\n--\n")
	sql, data, isCopy := strings.Cut(sql, "\n<\n")
	plans, err := plan(d, g, sql)
	if err != nil {
		return "refused: " + err.Error()
	}
	defer func() { d.conn.Exec(context.Background(), "ROLLBACK").Close() }()
	var out strings.Builder
	if _, err := d.conn.Exec(context.Background(), "BEGIN").ReadAll(); err != nil {
		t.Fatal(err)
	}
	if isCopy {
		tag, err2 := d.conn.CopyFrom(context.Background(), strings.NewReader(data+"\n"), joined(plans))
		if err = err2; err == nil {
			out.WriteString(tag.String() + "\n")
		}
	} else {
		var results []*pgconn.Result
		results, err = d.conn.Exec(context.Background(), joined(plans)).ReadAll()
		for k, r := range results {
			if r.Err != nil {
				continue
			}
			strip := plans[min(k, len(plans)-1)].Strip
			for _, row := range r.Rows {
				if strip >= 0 {
					out.WriteString(text(row[:len(row)-strip]) + "\n")
				}
			}
			out.WriteString(r.CommandTag.String() + "\n")
		}
	}
	if err != nil {
		for _, p := range plans {
			for _, check := range p.RowChecks {
				if strings.Contains(err.Error(), check.Mark) {
					return out.String() + check.Refusal.Code + ": " + check.Refusal.Message + "\n"
				}
			}
		}
		return out.String() + err.Error() + "\n"
	}
	if look != "" {
		results, err := d.conn.Exec(context.Background(), look).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("then\n")
		for _, r := range results {
			for _, row := range r.Rows {
				out.WriteString(text(row) + "\n")
			}
		}
	}
	return out.String()
}

func text(row [][]byte) string {
	var parts []string
	for _, v := range row {
		if v == nil {
			parts = append(parts, "∅")
		} else {
			parts = append(parts, string(v))
		}
	}
	return strings.Join(parts, "|")
}
