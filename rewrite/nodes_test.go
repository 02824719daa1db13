package rewrite

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cordon/catalog"
	"cordon/internal/golden"
	"cordon/policy"
)

// Every kind of node that the parser can give is tried as an expression, as a FROM item and as a statement. What the rewriter looks into is written down;
// everything else it refuses by name. A kind that a new parser brings shows up here as a difference.
func TestEveryNodeKindIsDecided(t *testing.T) {
	fields := (&pg.Node{}).ProtoReflect().Descriptor().Oneofs().ByName("node").Fields()
	var lines []string
	for i := 0; i < fields.Len(); i++ {
		f := fields.Get(i)
		node := &pg.Node{}
		node.ProtoReflect().Set(f, protoreflect.ValueOfMessage(node.ProtoReflect().NewField(f).Message()))
		var in []string
		for _, place := range []struct {
			name string
			try  func(q *query, n *pg.Node)
		}{
			{"expression", func(q *query, n *pg.Node) { q.expr(n, &scope{}) }},
			{"from", func(q *query, n *pg.Node) { q.fromItem(n, &scope{}, &result{}) }},
			{"statement", func(q *query, n *pg.Node) { q.plannable(n) }},
		} {
			if !refusedByName(place.try, node) {
				in = append(in, place.name)
			}
		}
		verdict := "refused"
		if len(in) > 0 {
			verdict = strings.Join(in, ", ")
		}
		lines = append(lines, fmt.Sprintf("%-28s %s", f.Message().Name(), verdict))
	}
	sort.Strings(lines)
	golden.Text(t, "testdata/nodes.txt", strings.Join(lines, "\n")+"\n")
}

// refusedByName says that a node, alone and empty, is refused as one that Cordon does not know. An empty node of a known kind may well be refused for another reason, or lack what the rewriter asks of it.
func refusedByName(try func(*query, *pg.Node), n *pg.Node) (refused bool) {
	r := &rewriter{in: Input{Catalog: catalog.Standard(), Grant: &policy.Grant{}}, cat: catalog.Standard(), plan: &Plan{}}
	r.init()
	q := &query{rewriter: r, p: &piece{}, path: []string{"pg_catalog"}}
	defer func() {
		if recover() != nil {
			refused = false // it went on to look inside
		}
	}()
	try(q, n)
	return r.err != nil && strings.HasPrefix(r.err.Message, "Cordon does not know what to make of “")
}
