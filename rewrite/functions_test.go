package rewrite

import (
	"sort"
	"testing"

	"cordon/internal/pgtest"
)

// Every function of the server's pg_catalog has been reviewed; a server with a new one fails here.
func TestFunctionsOfServer(t *testing.T) {
	server := pgtest.Shared(t)
	var unknown []string
	for _, row := range server.Query(t, "postgres", "SELECT DISTINCT proname FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace ORDER BY 1") {
		if builtinFunction(row[0]).verdict == functionUnreviewed {
			unknown = append(unknown, row[0])
		}
	}
	if len(unknown) > 0 {
		t.Errorf("not in functions.txt: %q", unknown)
	}
	// A function that only the server's own code can call sensibly must not be allowed by mistake.
	for _, row := range server.Query(t, "postgres", `SELECT proname FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace
		GROUP BY proname HAVING bool_and('internal'::pg_catalog.regtype = ANY (proargtypes) OR prorettype IN ('internal'::pg_catalog.regtype, 'trigger'::pg_catalog.regtype, 'event_trigger'::pg_catalog.regtype)) ORDER BY 1`) {
		if v := builtinFunction(row[0]).verdict; v != functionRefused {
			t.Errorf("%s is internal to the server, and the list says %q", row[0], builtinFunction(row[0]).class)
		}
	}
}

// The functions that leaked in other systems, and those no client works without.
func TestFunctionVerdicts(t *testing.T) {
	want := map[functionVerdict][]string{
		functionRefused: {
			"query_to_xml", "query_to_xml_and_xmlschema", "table_to_xml", "schema_to_xml", "database_to_xml", "cursor_to_xml", "ts_stat", "ts_rewrite", "currtid2",
			"pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "pg_current_logfile", "lo_get", "lo_import", "lo_export", "loread",
			"pg_stat_get_activity", "pg_stat_reset", "pg_mcv_list_items",
			"pg_sleep", "pg_sleep_for", "pg_terminate_backend", "pg_blocking_pids", "pg_lock_status",
			"current_query", "pg_cursor", "pg_prepared_statement", "pg_export_snapshot", "pg_logical_slot_get_changes", "pg_switch_wal", "pg_reload_conf", "pg_show_all_file_settings",
			"pg_input_is_valid", "domain_in", "eqsel", "RI_FKey_check_ins", "pg_event_trigger_ddl_commands", "binary_upgrade_set_record_init_privs", "bernoulli",
		},
		functionAllowed: {
			"lower", "left", "substring", "concat", "format", "count", "sum", "string_agg", "array_agg", "row_number", "json_build_object", "jsonb_agg", "row_to_json", "to_char", "now", "date_trunc",
			"timezone", "extract", "overlay", "position", "similar_to_escape", "like_escape", "btrim", "normalize", "xmlexists", "generate_series", "unnest", "gen_random_uuid", "md5", "sha256", "width_bucket",
			"version", "pg_backend_pid", "current_schemas", "current_database", "pg_is_in_recovery", "pg_notify", "format_type", "pg_get_constraintdef", "pg_get_indexdef", "pg_get_expr", "pg_table_is_visible",
			"obj_description", "col_description", "has_table_privilege", "pg_get_userbyid", "pg_get_serial_sequence", "quote_ident", "to_regclass", "pg_get_viewdef", "nextval", "currval", "lastval", "int4", "text", "numeric",
			"percentile_cont", "setseed", "random", "ts_headline", "to_tsvector", "inet_server_addr", "pg_encoding_to_char", "pg_get_keywords",
		},
		functionWithheld:   {"pg_relation_size", "pg_total_relation_size", "pg_table_size", "pg_database_size", "pg_stat_get_live_tuples", "pg_stat_get_numscans", "pg_sequence_last_value"},
		functionSpecial:    {"set_config", "current_setting", "pg_show_all_settings", "setval", "pg_advisory_lock", "pg_try_advisory_xact_lock"},
		functionUnreviewed: {"pg_file_write", "dblink", "my_function", "LOWER", ""},
	}
	for verdict, names := range want {
		for _, name := range names {
			if f := builtinFunction(name); f.verdict != verdict {
				t.Errorf("%s: verdict %d, want %d (%s: %s)", name, f.verdict, verdict, f.class, f.reason)
			}
		}
	}
}

func TestReadFunctionsMistakes(t *testing.T) {
	for list, want := range map[string]string{
		"lower\n": "line 1: a name before the first class",
		"[a: allowed]\nwhy\nx\n[b: refused]\nwhy\ny x\n": "line 6: x is in the class a already",
		"[a: allowed]\nwhy\nx\n[a: refused]\n":           "line 4: [a: refused] is no head of a new class",
		"[a: perhaps]\n":                                 "line 1: unknown verdict \"perhaps\"",
		"[a: special]\n":                                 "line 1: unknown verdict \"special\"",
		"[a]\n":                                          "line 1: [a] is no head of a new class",
	} {
		if _, err := readFunctions(list); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", list, err, want)
		}
	}
	var classes []string
	for _, f := range functions {
		if f.reason == "" {
			classes = append(classes, f.class)
		}
	}
	sort.Strings(classes)
	if len(classes) > 0 {
		t.Errorf("classes without a reason: %q", classes)
	}
}
