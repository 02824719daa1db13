package rewrite

import (
	pg "github.com/pganalyze/pg_query_go/v5"
)

// columnName is the name that PostgreSQL gives to a result column without one, as far as another query may refer to it. A name that PostgreSQL does not
// give must not come out: what names it would be bound here, and by PostgreSQL to a column further out.
func columnName(n *pg.Node) string {
	name, _ := figureName(n)
	if name == "" {
		return "?column?"
	}
	return name
}

// figureName is FigureColnameInternal of parse_target.c: the name, and whether it is a good one, which a cast or CASE around it keeps.
func figureName(n *pg.Node) (name string, good bool) {
	if n == nil {
		return "", false
	}
	switch v := n.Node.(type) {
	case *pg.Node_ColumnRef:
		for k := len(v.ColumnRef.Fields) - 1; k >= 0; k-- {
			if s := v.ColumnRef.Fields[k].GetString_(); s != nil {
				return s.Sval, true
			}
		}
	case *pg.Node_AIndirection:
		for k := len(v.AIndirection.Indirection) - 1; k >= 0; k-- {
			if s := v.AIndirection.Indirection[k].GetString_(); s != nil {
				return s.Sval, true
			}
		}
		return figureName(v.AIndirection.Arg)
	case *pg.Node_FuncCall:
		return v.FuncCall.Funcname[len(v.FuncCall.Funcname)-1].GetString_().GetSval(), true
	case *pg.Node_AExpr:
		if v.AExpr.Kind == pg.A_Expr_Kind_AEXPR_NULLIF {
			return "nullif", true
		}
	case *pg.Node_TypeCast:
		if s, good := figureName(v.TypeCast.Arg); good {
			return s, true
		}
		if p := names(v.TypeCast.TypeName.GetNames()); len(p) > 0 {
			return p[len(p)-1], false
		}
	case *pg.Node_CollateClause:
		return figureName(v.CollateClause.Arg)
	case *pg.Node_GroupingFunc:
		return "grouping", true
	case *pg.Node_SubLink:
		switch v.SubLink.SubLinkType {
		case pg.SubLinkType_EXISTS_SUBLINK:
			return "exists", true
		case pg.SubLinkType_ARRAY_SUBLINK:
			return "array", true
		case pg.SubLinkType_EXPR_SUBLINK:
			sel := v.SubLink.Subselect.GetSelectStmt()
			if sel == nil {
				return "", false
			}
			for sel.Op != pg.SetOperation_SETOP_NONE {
				sel = sel.Larg
			}
			if len(sel.ValuesLists) > 0 {
				return "column1", true
			}
			if len(sel.TargetList) > 0 {
				t := sel.TargetList[0].GetResTarget()
				if t.GetName() != "" {
					return t.Name, true
				}
				if c := t.GetVal().GetColumnRef(); c != nil && isStar(c.Fields[len(c.Fields)-1]) {
					return "", false // its first column's: not followed
				}
				return columnName(t.GetVal()), true
			}
		}
	case *pg.Node_CaseExpr:
		if s, good := figureName(v.CaseExpr.Defresult); good {
			return s, true
		}
		return "case", false
	case *pg.Node_AArrayExpr:
		return "array", true
	case *pg.Node_RowExpr:
		return "row", true
	case *pg.Node_CoalesceExpr:
		return "coalesce", true
	case *pg.Node_MinMaxExpr:
		if v.MinMaxExpr.Op == pg.MinMaxOp_IS_LEAST {
			return "least", true
		}
		return "greatest", true
	case *pg.Node_SqlvalueFunction:
		return sqlValueName(v.SqlvalueFunction.Op), true
	case *pg.Node_XmlSerialize:
		return "xmlserialize", true
	}
	return "", false
}

func sqlValueName(op pg.SQLValueFunctionOp) string {
	switch op {
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_DATE:
		return "current_date"
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_TIME, pg.SQLValueFunctionOp_SVFOP_CURRENT_TIME_N:
		return "current_time"
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP, pg.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP_N:
		return "current_timestamp"
	case pg.SQLValueFunctionOp_SVFOP_LOCALTIME, pg.SQLValueFunctionOp_SVFOP_LOCALTIME_N:
		return "localtime"
	case pg.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP, pg.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP_N:
		return "localtimestamp"
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_ROLE:
		return "current_role"
	case pg.SQLValueFunctionOp_SVFOP_USER:
		return "user"
	case pg.SQLValueFunctionOp_SVFOP_SESSION_USER:
		return "session_user"
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_CATALOG:
		return "current_catalog"
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_SCHEMA:
		return "current_schema"
	}
	return "current_user"
}
