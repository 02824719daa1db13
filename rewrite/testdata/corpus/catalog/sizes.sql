-- Sizes and counts of rows: the statement works, and says nothing of them.

-- masked
SELECT pg_relation_size('customers'), pg_size_pretty(pg_total_relation_size('public.customers'::regclass)), pg_indexes_size('customers'::regclass)::text

-- masked
-- $ customers
SELECT pg_table_size($1)

-- masked
SELECT sum(pg_total_relation_size(c.oid)), max(pg_relation_size(c.oid, 'main')) FROM pg_class c WHERE relkind = 'r'

-- masked
SELECT n.nspname, sum(pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename))) FROM pg_tables JOIN pg_namespace n ON n.nspname = schemaname GROUP BY 1 HAVING sum(pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename))) >= 0 ORDER BY pg_database_size(current_database()), 1

-- masked
SELECT relname, n_live_tup, n_dead_tup, last_vacuum, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY n_live_tup DESC, relname

-- masked
SELECT schemaname, relname, indexrelname, idx_scan FROM pg_stat_user_indexes ORDER BY 1, 2, 3

-- masked
SELECT datname, xact_commit, tup_returned, blks_hit FROM pg_stat_database WHERE datname = current_database()

-- masked
SELECT relname, pg_stat_get_live_tuples(c.oid) AS n, pg_stat_get_last_analyze_time(c.oid) FROM pg_class c WHERE relname = 'customers'

-- masked
SELECT reltuples::bigint AS estimate, relpages FROM pg_class WHERE oid = 'public.customers'::regclass

-- masked
SELECT tablename, attname, n_distinct, most_common_vals FROM pg_stats WHERE schemaname = 'public'

SELECT srvname, usename FROM pg_user_mappings

SELECT subname, subenabled FROM pg_subscription
