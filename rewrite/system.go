package rewrite

import (
	"strings"

	"cordon/catalog"
	"cordon/policy"
)

// System catalogs that hold what is in the tables: samples of columns, counts of rows, other people's statements. For people who do not have every table
// as it is they are closed, or shown with these parts masked, as if a rule said so.

// systemRule is the rule that refusals and records name.
var systemRule = &policy.Rule{Name: "built in: system catalogs that hold data", File: "cordon"}

// A systemTable is the built-in rule for one relation of pg_catalog or information_schema.
type systemTable struct {
	closed string            // why it is not shown at all; "" for shown
	rows   string            // filter
	masks  map[string]string // column → SQL
}

var ownBackend = "CASE WHEN pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() THEN "

var systemTables = map[string]systemTable{
	"pg_statistic":           {closed: "it holds samples of the columns' values"},
	"pg_statistic_ext_data":  {closed: "it holds samples of the columns' values"},
	"pg_stats":               {closed: "it holds samples of the columns' values"},
	"pg_stats_ext":           {closed: "it holds samples of the columns' values"},
	"pg_stats_ext_exprs":     {closed: "it holds samples of the columns' values"},
	"pg_largeobject":         {closed: "it holds the contents of large objects"},
	"pg_authid":              {closed: "it holds password verifiers"},
	"pg_shadow":              {closed: "it holds password verifiers"},
	"pg_user_mapping":        {closed: "it holds passwords to other servers"},
	"pg_user_mappings":       {closed: "it holds passwords to other servers"},
	"_pg_user_mappings":      {closed: "it holds passwords to other servers"},
	"user_mapping_options":   {closed: "it holds passwords to other servers"},
	"pg_subscription":        {closed: "it holds passwords to other servers"},
	"pg_prepared_statements": {closed: "it holds statements as other people of this login prepared them"},
	"pg_cursors":             {closed: "it holds statements as other people of this login declared them"},
	"pg_file_settings":       {closed: "it holds the server's files"},
	"pg_hba_file_rules":      {closed: "it holds the server's files"},
	"pg_ident_file_mappings": {closed: "it holds the server's files"},
	"pg_replication_slots":   {closed: "it is the replication's"},
	// Planner's estimates count rows that the policy hides.
	"pg_class": {masks: map[string]string{"relpages": "0", "reltuples": "-1", "relallvisible": "0", "relallfrozen": "0"}},
	"pg_stat_activity": {masks: map[string]string{
		"query":       "'<insufficient privilege>'", // one's own is the statement as Cordon has rewritten it, with the keys of its masks
		"query_id":    ownBackend + "query_id END",
		"backend_xid": ownBackend + "backend_xid END", "backend_xmin": ownBackend + "backend_xmin END",
	}},
	"pg_stat_ssl": {}, "pg_stat_gssapi": {},
}

// systemWrite refuses to write to a system catalog: PostgreSQL lets a superuser do it, and UPDATE pg_settings is a way to say SET that Cordon would not see.
func (q *query) systemWrite(rel *catalog.Relation, loc int) bool {
	switch rel.Schema {
	case "pg_catalog", "information_schema", "pg_toast":
	default:
		return false
	}
	if q.trusted || q.in.Grant.RawTables() {
		return false
	}
	q.refuseHint(loc, "42501", "permission denied for "+rel.Schema+"."+rel.Name+": Cordon does not let people who do not have every table as it is write to system catalogs.",
		"SET changes a setting.")
	return true
}

func (q *query) systemDecision(rel *catalog.Relation) *policy.Decision {
	if q.trusted || q.in.Grant.RawTables() {
		return nil
	}
	t, ok := systemTables[rel.Name]
	if !ok {
		switch {
		case rel.Schema == "pg_toast":
			t = systemTable{closed: "it holds large values of tables"}
		case strings.HasPrefix(rel.Name, "pg_stat_"), strings.HasPrefix(rel.Name, "pg_statio_"):
			t = systemTable{closed: "it counts rows that the policy hides"}
		default:
			return nil
		}
	}
	d := &policy.Decision{Verdict: policy.Restricted, Table: tableName(rel), Rule: systemRule, Allow: policy.OpSelect}
	if t.closed != "" {
		d.Verdict, d.Reason = policy.Denied, t.closed
		return d
	}
	if t.rows != "" {
		d.Rows = &policy.Expr{Text: t.rows}
	}
	for k := range rel.Columns {
		if sql, ok := t.masks[rel.Columns[k].Name]; ok {
			d.Masks = append(d.Masks, policy.ColumnMask{Column: rel.Columns[k].Name, Mask: &policy.Mask{Kind: policy.MaskSQL, SQL: &policy.Expr{Text: sql}}})
		}
	}
	if d.Rows == nil && len(d.Masks) == 0 {
		return nil
	}
	return d
}
