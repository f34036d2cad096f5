-- statistics.never_analyzed: a table that the planner knows nothing of
--
-- Fires for a table of some size without any statistics on its columns.  What
-- counts is that pg_statistic has no row for it: when somebody last ran ANALYZE
-- is forgotten in a crash.  Wrong for a table that is filled and emptied between
-- two runs of autovacuum.
SELECT dbadvisor.register_rule(
	rule => 'statistics.never_analyzed',
	title => 'A table has no statistics',
	why => 'The planner guesses how many rows a condition leaves, and chooses joins and scans by the guess.',
	severity => 'medium',
	thresholds => '{"min_rows": 1000, "min_bytes": 1048576}',
	doc => 'A table counts from min_rows rows or min_bytes. Partitions are rolled up into their table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_statistics_never_analyzed WITH (security_invoker = true) AS
WITH unknown AS (
	SELECT v.root,
		   dbadvisor.relation_identity(v.root) AS full_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(GREATEST(v.rows, v.live_rows))::bigint AS rows,
		   pg_catalog.sum(v.bytes)::bigint AS bytes,
		   pg_catalog.string_agg(pg_catalog.format('ANALYZE %s', v.full_name), E';\n' ORDER BY v.full_name) AS apply_sql
	  FROM dbadvisor.table_vacuum v
	 WHERE NOT EXISTS (SELECT
						 FROM pg_catalog.pg_attribute a
						WHERE a.attrelid = v.relid
						  AND a.attnum > 0
						  AND dbadvisor.column_distinct(a.attrelid, a.attnum) IS NOT NULL)
	   AND GREATEST(v.rows, v.live_rows, v.bytes) > 0
	 GROUP BY v.root
)
SELECT a.*
  FROM unknown u
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'statistics.never_analyzed',
		   relid => u.root,
		   title => pg_catalog.format('Analyze %s, of which the planner knows nothing', u.full_name),
		   detail => pg_catalog.format('It has about %s rows and no statistics on any column%s.', u.rows,
									   CASE WHEN u.tables > 1 THEN pg_catalog.format(', in %s partitions', u.tables) ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object('rows', u.rows, 'size_bytes', u.bytes),
		   affected_count => u.tables,
		   apply_sql => u.apply_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. Reads a sample of the table.') a
 WHERE u.rows >= dbadvisor.threshold('statistics.never_analyzed', 'min_rows', u.full_name)
	OR u.bytes >= dbadvisor.threshold('statistics.never_analyzed', 'min_bytes', u.full_name);
COMMENT ON VIEW dbadvisor.rule_statistics_never_analyzed IS
'Tables without statistics';

GRANT SELECT ON dbadvisor.rule_statistics_never_analyzed TO dbadvisor_reader;
