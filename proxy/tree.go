package proxy

import (
	"strings"

	"cordon/parse"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// eachNode calls f for a node of a parse tree and all nodes below it.
func eachNode(m protoreflect.Message, f func(any)) {
	f(m.Interface())
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				eachNode(v.List().Get(i).Message(), f)
			}
		default:
			eachNode(v.Message(), f)
		}
		return true
	})
}

// hiddenByTemp refuses a statement that names a temporary relation of the session by a name without a schema: a temporary relation stands before all others, and on a login that speaks for others another person may have
// filled it.
func (s *session) hiddenByTemp(st *parse.Statement) (refusal *wire.Error) {
	if len(s.names.temp) == 0 {
		return nil
	}
	eachNode(st.Tree.ProtoReflect(), func(n any) {
		if r, ok := n.(*pg_query.RangeVar); ok && r.Schemaname == "" && s.names.temp[r.Relname] {
			refusal = &wire.Error{Code: codePermission, Message: "permission denied for temporary table \"" + r.Relname + "\": another person of this login may have made it",
				Hint: "Write the schema of the table that is meant, or drop the temporary table."}
		}
	})
	return refusal
}

// copyHeader says whether a COPY TO STDOUT sends the names of its columns before the rows.
func copyHeader(st *parse.Statement) bool {
	n := st.Tree.GetCopyStmt()
	if n == nil || n.IsFrom {
		return false
	}
	for _, o := range n.Options {
		d := o.GetDefElem()
		if d == nil || d.Defname != "header" {
			continue
		}
		if d.Arg == nil || d.Arg.Node == nil {
			return true
		}
		if i := d.Arg.GetInteger(); i != nil {
			return i.Ival == 1
		}
		if b := d.Arg.GetBoolean(); b != nil {
			return b.Boolval
		}
		switch strings.ToLower(d.Arg.GetString_().GetSval()) {
		case "true", "on":
			return true
		}
	}
	return false
}

// writesAndReturns says whether a statement writes rows and gives some back: RETURNING, or a WITH that writes in front of a SELECT.
func writesAndReturns(st *parse.Statement) bool {
	switch n := st.Tree.Node.(type) {
	case *pg_query.Node_InsertStmt:
		return len(n.InsertStmt.ReturningList) > 0
	case *pg_query.Node_UpdateStmt:
		return len(n.UpdateStmt.ReturningList) > 0
	case *pg_query.Node_DeleteStmt:
		return len(n.DeleteStmt.ReturningList) > 0
	case *pg_query.Node_ExecuteStmt: // it may be of such a one
		return true
	case *pg_query.Node_SelectStmt:
		if n.SelectStmt.WithClause == nil {
			return false
		}
	case *pg_query.Node_CopyStmt:
		if n.CopyStmt.IsFrom || n.CopyStmt.Query == nil {
			return false
		}
	default:
		return false
	}
	found := false
	eachNode(st.Tree.ProtoReflect(), func(n any) {
		switch n.(type) {
		case *pg_query.InsertStmt, *pg_query.UpdateStmt, *pg_query.DeleteStmt, *pg_query.MergeStmt:
			found = true
		}
	})
	return found
}
