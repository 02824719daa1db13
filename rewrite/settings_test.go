package rewrite_test

import (
	"context"
	"os"
	"strings"
	"testing"
)

// planning are settings that a person may SET and that change which plan PostgreSQL makes, so in which order it looks at conditions and rows.
var planning = [][]string{
	{"max_parallel_workers_per_gather = 4", "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0", "min_parallel_index_scan_size = 0", "force_parallel_mode = on"},
	{"max_parallel_workers_per_gather = 4", "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0", "parallel_leader_participation = off", "enable_seqscan = off"},
	{"enable_seqscan = off"},
	{"enable_indexscan = off", "enable_bitmapscan = off", "enable_indexonlyscan = off"},
	{"enable_hashjoin = off", "enable_mergejoin = off", "enable_material = off", "enable_memoize = off"},
	{"enable_nestloop = off", "enable_hashjoin = off"},
	{"enable_nestloop = off", "enable_mergejoin = off"},
	{"enable_sort = off", "enable_incremental_sort = off", "enable_hashagg = off"},
	{"enable_partition_pruning = off", "enable_partitionwise_join = on", "enable_partitionwise_aggregate = on"},
	{"jit = on", "jit_above_cost = 0", "jit_inline_above_cost = 0", "jit_optimize_above_cost = 0", "jit_expressions = on", "jit_tuple_deforming = on"},
	{"enable_partitionwise_join = on", "enable_partitionwise_aggregate = on", "enable_parallel_append = off", "enable_async_append = off"},
	{"geqo_threshold = 2", "geqo_effort = 1"},
	{"from_collapse_limit = 1", "join_collapse_limit = 1"},
	{"constraint_exclusion = on", "enable_tidscan = off", "enable_gathermerge = off"},
	{"plan_cache_mode = force_generic_plan"},
	{"seq_page_cost = 1000000", "random_page_cost = 0", "cpu_tuple_cost = 0", "cpu_operator_cost = 0"},
	{"seq_page_cost = 0", "random_page_cost = 1000000", "cpu_operator_cost = 1000000"},
	{"cursor_tuple_fraction = 0", "work_mem = '64kB'", "effective_cache_size = '8kB'"},
	{"transform_null_equals = on", "extra_float_digits = -15", "bytea_output = escape", "DateStyle = 'SQL, DMY'", "IntervalStyle = iso_8601", "xmloption = document"},
}

func (d *database) set(t testing.TB, settings []string) {
	t.Helper()
	text := "RESET ALL; SET statement_timeout = '3s'" // some make dear plans
	major := d.cat.ServerVersion / 10000
	for _, s := range settings {
		switch name, _, _ := strings.Cut(s, " "); {
		case (name == "enable_async_append" || name == "enable_memoize") && major < 14:
			continue // they came with 14
		case name == "force_parallel_mode" && major >= 16:
			s = "debug_parallel_query = on" // its name since 16
		}
		text += "; SET " + s
	}
	if err := d.conn.Exec(context.Background(), text).Close(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// Whatever plans a person makes PostgreSQL prefer, an attack learns nothing. Each attack runs under one of the settings; under all with CORDON_SETTINGS=all.
func TestAttacksLearnNothingUnderAnySettings(t *testing.T) {
	alice, dora := grant(t, "alice"), grant(t, "dora")
	all := attacks(t)
	for n, settings := range planning {
		t.Run(settings[0], func(t *testing.T) {
			d, other := twins(t)
			d.set(t, settings)
			other.set(t, settings)
			slow := 0
			for k, a := range all {
				if k%len(planning) != n && os.Getenv("CORDON_SETTINGS") != "all" {
					continue
				}
				g := alice
				if a.file == "ddl.sql" {
					g = dora
				}
				plans, err := plan(d, g, a.sql)
				if err != nil {
					continue
				}
				d.scrub, other.scrub = false, false
				for _, p := range plans {
					d.scrub, other.scrub = d.scrub || p.Scrub, other.scrub || p.Scrub
				}
				got := joined(plans)
				here, there := d.run(t, got, true), other.run(t, got, true)
				if d.conn.IsClosed() || other.conn.IsClosed() { // by the test's own patience
					d, other = twins(t)
					d.set(t, settings)
					other.set(t, settings)
					slow++
					continue
				}
				if strings.Contains(here+there, "ERROR 57014") {
					slow++
					continue
				}
				if here != there && strings.Contains(here+there, "ERROR") && strings.Contains(settings[0], "parallel") {
					here, there = byLeader(t, d, other, got)
				}
				if here != there {
					t.Errorf("%s: %s leaks under %s:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", a.file, a.comment, strings.Join(settings, ", "), a.sql, clip(got), clip(here), clip(there))
				}
			}
			if slow > 20 {
				t.Errorf("%d attacks took too long to tell", slow)
			}
		})
	}
}

// byLeader runs a statement whose answers differed again, by the same plan but in one process. Workers race for pages, and where rows lie depends on rows that are
// hidden, as it does under a view: of several visible rows that fail, any may fail first, and the error names it. What depends on a hidden value does so without workers.
func byLeader(t testing.TB, here, there *database, sql string) (a, b string) {
	t.Helper()
	const alone, back = "SET max_parallel_workers = 0", "RESET max_parallel_workers"
	for _, d := range []*database{here, there} {
		d.conn.Exec(context.Background(), alone).Close()
		defer d.conn.Exec(context.Background(), back).Close()
	}
	return here.run(t, sql, true), there.run(t, sql, true)
}
