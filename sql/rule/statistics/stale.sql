-- statistics.stale: a table that has changed since it was analyzed
--
-- Fires for a table of which more than max_changed_share of the rows, and
-- min_factor times what autovacuum comes for, have changed since the last
-- ANALYZE.  Age alone is no evidence and does not count.  Wrong where the new
-- rows are like the old ones.
SELECT dbadvisor.register_rule(
	rule => 'statistics.stale',
	title => 'The statistics of a table are out of date',
	why => 'The planner takes the rows of then for those of now: new values and new dates are unknown to it.',
	severity => 'low',
	thresholds => '{"max_changed_share": 0.2, "min_changed_rows": 10000, "min_factor": 1.5, "medium_share": 1}',
	doc => 'Medium from medium_share, when as many rows changed as there were.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_statistics_stale WITH (security_invoker = true) AS
WITH busy AS MATERIALIZED (
	SELECT v.*
	  FROM dbadvisor.table_vacuum v
	 WHERE v.rows > 0
	   AND v.rows_changed_since_analyze > v.analyze_at
), changed AS (
	SELECT v.root,
		   dbadvisor.relation_identity(v.root) AS full_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(v.rows)::bigint AS rows,
		   pg_catalog.sum(v.rows_changed_since_analyze)::bigint AS changed,
		   pg_catalog.min(v.analyzed_at) AS analyzed_at,
		   pg_catalog.bool_or(NOT v.is_enabled) AS is_off,
		   pg_catalog.string_agg(pg_catalog.format('ANALYZE %s', v.full_name), E';\n' ORDER BY v.full_name) AS apply_sql
	  FROM busy v
	 WHERE v.rows_changed_since_analyze >= dbadvisor.threshold('statistics.stale', 'min_factor', v.full_name)::double precision * v.analyze_at
	   AND v.rows_changed_since_analyze >= dbadvisor.threshold('statistics.stale', 'min_changed_rows', v.full_name)
	   AND v.rows_changed_since_analyze >= dbadvisor.threshold('statistics.stale', 'max_changed_share', v.full_name)::double precision * v.rows
	 GROUP BY v.root
)
SELECT a.*
  FROM changed c
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'statistics.stale',
		   relid => c.root,
		   severity => CASE WHEN c.changed >= dbadvisor.threshold('statistics.stale', 'medium_share', c.full_name) * c.rows THEN 'medium' END,
		   title => pg_catalog.format('Analyze %s: %s rows have changed since', c.full_name, c.changed),
		   detail => pg_catalog.format('It had %s rows when it was last looked at%s.%s', c.rows,
									   COALESCE(pg_catalog.to_char(c.analyzed_at, '", on "YYYY-MM-DD HH24:MI'), ''),
									   CASE WHEN c.is_off THEN ' Autovacuum is switched off for it.' ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object('rows', c.rows, 'rows_changed', c.changed, 'analyzed_at', c.analyzed_at),
		   proof => 'counters',
		   confidence => 0.8,
		   evidence_since => dbadvisor.usage_since(),
		   affected_count => c.tables,
		   apply_sql => c.apply_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. Reads a sample of the table; plans may change.') a;
COMMENT ON VIEW dbadvisor.rule_statistics_stale IS
'Tables that have changed since they were analyzed';

GRANT SELECT ON dbadvisor.rule_statistics_stale TO dbadvisor_reader;
