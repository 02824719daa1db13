package proxy

import (
	"context"
	"strings"
	"testing"

	"cordon/rewrite"
)

// The second line: were the rewriter to leave a masked column raw, RowDescription tells where the column comes from, and nothing of it reaches the client.
func TestRawColumnIsStopped(t *testing.T) {
	f, _, db := crm(t, func(s *Server) {
		s.tamper = func(p *rewrite.Plan) {
			p.SQL, p.Changed, p.Edits = "SELECT id, phone FROM public.customers WHERE id < 4", true, nil
		}
	})
	const want = "FATAL XX000: "
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			got := show(c, mode, "SELECT id, phone FROM customers WHERE id < 3")
			if !strings.HasPrefix(got, want) || strings.Contains(got, "1380000") {
				t.Errorf("got:\n%s\nwant an error that begins with %s, and no row", got, want)
			}
		})
	}
	t.Run("binary", func(t *testing.T) {
		c := f.connect(t, "alice", db, "")
		r := c.PgConn().ExecParams(context.Background(), "SELECT id, phone FROM customers WHERE id < 3", nil, nil, nil, []int16{1}).Read()
		if got := errorText(r.Err); len(r.Rows) > 0 || !strings.HasPrefix(got, want) {
			t.Errorf("%d rows and %s", len(r.Rows), got)
		}
	})
}
