package rewrite_test

import (
	"context"
	"strings"
	"testing"

	"cordon/internal/golden"
)

// Each case of writes.case runs in a transaction that is rolled back: the statement as alice, then, as the database's owner, what came of it.
func TestWrites(t *testing.T) {
	d := open(t)
	g := grant(t, "alice")
	golden.Run(t, "testdata/writes.case", func(t *testing.T, c *golden.Directive) string {
		sql, look, _ := strings.Cut(c.Input, "\n--\n")
		plans, err := plan(d, g, sql)
		if err != nil {
			return "refused: " + err.Error()
		}
		defer func() { d.conn.Exec(context.Background(), "ROLLBACK").Close() }()
		var out strings.Builder
		if _, err := d.conn.Exec(context.Background(), "BEGIN").ReadAll(); err != nil {
			t.Fatal(err)
		}
		results, err := d.conn.Exec(context.Background(), joined(plans)).ReadAll()
		for k, r := range results {
			if r.Err != nil {
				continue
			}
			for _, row := range r.Rows {
				n := len(row)
				if strip := plans[min(k, len(plans)-1)].Strip; strip == -1 {
					continue
				} else {
					n -= strip
				}
				out.WriteString(text(row[:n]) + "\n")
			}
			out.WriteString(r.CommandTag.String() + "\n")
		}
		if err != nil {
			for _, check := range plans[len(plans)-1].RowChecks {
				if strings.Contains(err.Error(), check.Mark) {
					return out.String() + check.Refusal.Code + ": " + check.Refusal.Message + "\n"
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
	})
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
