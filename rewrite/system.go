package rewrite

import (
	"slices"
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
	shown  []string          // not nil: all other columns are NULL
}

var ownBackend = "CASE WHEN pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() THEN "

var systemTables = map[string]systemTable{
	"pg_statistic":          {closed: "it holds samples of the columns' values"},
	"pg_statistic_ext_data": {closed: "it holds samples of the columns' values"},
	// As PostgreSQL itself shows them to people without a right to the column: without rows.
	"pg_stats":               {rows: "false"},
	"pg_stats_ext":           {rows: "false"},
	"pg_stats_ext_exprs":     {rows: "false"},
	"pg_largeobject":         {closed: "it holds the contents of large objects"},
	"pg_authid":              {closed: "it holds password verifiers"},
	"pg_shadow":              {closed: "it holds password verifiers"},
	"pg_user_mapping":        {closed: "it holds passwords to other servers"},
	"pg_user_mappings":       {masks: map[string]string{"umoptions": "NULL"}},
	"_pg_user_mappings":      {closed: "it holds passwords to other servers"},
	"user_mapping_options":   {closed: "it holds passwords to other servers"},
	"pg_subscription":        {masks: map[string]string{"subconninfo": "NULL"}},
	"pg_prepared_statements": {closed: "it holds statements as other people of this login prepared them"},
	"pg_cursors":             {closed: "it holds statements as other people of this login declared them"},
	"pg_file_settings":       {closed: "it holds the server's files"},
	"pg_hba_file_rules":      {closed: "it holds the server's files"},
	"pg_ident_file_mappings": {closed: "it holds the server's files"},
	"pg_replication_slots":   {closed: "it is the replication's"},
	// Planner's estimates count rows that the policy hides.
	"pg_class": {masks: map[string]string{"relpages": "0", "reltuples": "-1", "relallvisible": "0", "relallfrozen": "0"}},
	// What all rows had in a column when it was added, and those that nobody has changed since have still.
	"pg_attribute": {masks: map[string]string{"attmissingval": "CASE WHEN false THEN attmissingval END"}}, // NULL of anyarray, which nothing can be cast to
	"pg_stat_activity": {masks: map[string]string{
		"query":       "'<insufficient privilege>'", // one's own is the statement as Cordon has rewritten it, with the keys of its masks
		"query_id":    ownBackend + "query_id END",
		"backend_xid": ownBackend + "backend_xid END", "backend_xmin": ownBackend + "backend_xmin END",
	}},
	"pg_stat_ssl": {}, "pg_stat_gssapi": {},
	// The identifier of a cached plan's memory is its statement as Cordon has rewritten it, for whomever of this login prepared it.
	"pg_backend_memory_contexts": {masks: map[string]string{"ident": "NULL"}},
	// How often a sequence was asked counts the rows of its table, hidden ones among them; pg_sequence_last_value tells no more.
	"pg_sequences": {masks: map[string]string{"last_value": "NULL"}},
	// Pages and rows that others have locked are hidden rows, too; so are those that a serializable transaction of one's own has read behind the filter.
	"pg_locks": {rows: "pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND mode OPERATOR(pg_catalog.<>) 'SIReadLock'"},
}

// Views that count rows and the use of tables: tools join them for a table's size or load, so they name their objects and say nothing else of them.
func init() {
	table := []string{"relid", "indexrelid", "schemaname", "relname", "indexrelname"}
	for _, scope := range []string{"all", "user", "sys"} {
		for _, name := range []string{"pg_stat_" + scope + "_tables", "pg_stat_xact_" + scope + "_tables", "pg_stat_" + scope + "_indexes", "pg_statio_" + scope + "_tables",
			"pg_statio_" + scope + "_indexes", "pg_statio_" + scope + "_sequences"} {
			systemTables[name] = systemTable{shown: table}
		}
	}
	for _, name := range []string{"pg_stat_database", "pg_stat_database_conflicts"} {
		systemTables[name] = systemTable{shown: []string{"datid", "datname"}}
	}
	for _, name := range []string{"pg_stat_user_functions", "pg_stat_xact_user_functions"} {
		systemTables[name] = systemTable{shown: []string{"funcid", "schemaname", "funcname"}}
	}
	for _, name := range []string{"pg_stat_bgwriter", "pg_stat_wal", "pg_stat_archiver"} {
		systemTables[name] = systemTable{shown: []string{}}
	}
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

// extensionTables are views of well-known extensions, in whatever schema they are, unless a rule names them.
var extensionTables = map[string]string{
	"pg_stat_statements":      "it holds other people's statements, and counts their rows",
	"pg_stat_statements_info": "it counts other people's statements",
	"pg_stat_monitor":         "it holds other people's statements, and counts their rows",
	"pg_stat_kcache":          "it counts what other people's statements cost",
	"pg_qualstats":            "it holds other people's conditions",
	"pg_buffercache":          "it counts the pages of tables",
}

// sequenceDecision hides how far a sequence has come that numbers the rows of a table whose rows are hidden. nextval and currval work as ever.
func (q *query) sequenceDecision(rel *catalog.Relation) *policy.Decision {
	if q.trusted || q.in.Grant.RawTables() {
		return nil
	}
	for _, oid := range rel.Reads {
		table := q.cat.RelationByOID(oid)
		if table == nil || table.Kind == catalog.Sequence {
			continue
		}
		if d := q.decide(table); d != nil && (d.Verdict != policy.Restricted || d.Rows != nil) {
			hidden := &policy.Decision{Verdict: policy.Restricted, Table: tableName(rel), Rule: systemRule, Allow: policy.OpSelect}
			for _, name := range []string{"last_value", "log_cnt", "is_called"} {
				hidden.Masks = append(hidden.Masks, policy.ColumnMask{Column: name, Mask: &policy.Mask{Kind: policy.MaskSQL, SQL: &policy.Expr{Text: "NULL"}}})
			}
			return hidden
		}
	}
	return nil
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
		sql, ok := t.masks[rel.Columns[k].Name]
		if !ok && t.shown != nil && !slices.Contains(t.shown, rel.Columns[k].Name) {
			sql, ok = "NULL", true
		}
		if ok {
			d.Masks = append(d.Masks, policy.ColumnMask{Column: rel.Columns[k].Name, Mask: &policy.Mask{Kind: policy.MaskSQL, SQL: &policy.Expr{Text: sql}}})
		}
	}
	if d.Rows == nil && len(d.Masks) == 0 {
		return nil
	}
	return d
}
