-- statistics.partitioned_missing: a partitioned table of which only the parts are
-- known
--
-- Fires for a table of partitions, or a parent of inheritance, whose children have
-- statistics while it has none of the whole: autovacuum never analyzes it.  The
-- same for statistics of the whole that are older than most of the rows.  Wrong
-- where every statement names one partition.
SELECT dbadvisor.register_rule(
	rule => 'statistics.partitioned_missing',
	title => 'A partitioned table has no statistics of the whole',
	why => 'Joins and groups over several partitions are planned without knowing how many values a column has in all; autovacuum does not analyze the parent.',
	severity => 'low',
	thresholds => '{"min_rows": 10000, "max_changed_share": 0.5}',
	doc => 'Medium where there are none at all. max_changed_share is the share by which the rows of the partitions may differ from what they were when the parent was analyzed.',
	shipped => true);

-- What the parent held when it was analyzed is in its own row of pg_class.
CREATE OR REPLACE VIEW dbadvisor.rule_statistics_partitioned_missing WITH (security_invoker = true) AS
WITH parent AS (
	SELECT t.relid,
		   t.full_name,
		   t.rows,
		   c.reltuples,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_attribute a
					WHERE a.attrelid = t.relid
					  AND a.attnum > 0
					  AND dbadvisor.column_distinct(a.attrelid, a.attnum, true) IS NOT NULL) AS is_known
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 WHERE t.relkind = 'p'
	   AND NOT t.is_partition
	   AND t.rows > 0
)
SELECT a.*
  FROM parent p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'statistics.partitioned_missing',
		   relid => p.relid,
		   severity => CASE WHEN NOT p.is_known THEN 'medium' END,
		   title => pg_catalog.format('Analyze %s as a whole, which autovacuum does not', p.full_name),
		   detail => CASE
					 WHEN p.is_known THEN pg_catalog.format('It had %s rows when it was analyzed and has %s now.', p.reltuples::bigint, p.rows)
					 ELSE pg_catalog.format('Its partitions have %s rows and statistics of their own; of the whole there are none.', p.rows)
					 END,
		   evidence => pg_catalog.jsonb_build_object('rows', p.rows, 'rows_when_analyzed', NULLIF(p.reltuples, -1)),
		   confidence => 0.8,
		   apply_sql => pg_catalog.format('ANALYZE %s', p.full_name),
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock on the table and its partitions: reads and writes go on. Reads a sample of each partition.') a
 WHERE p.rows >= dbadvisor.threshold('statistics.partitioned_missing', 'min_rows', p.full_name)
   AND (NOT p.is_known
		OR pg_catalog.abs(p.rows - p.reltuples) > dbadvisor.threshold('statistics.partitioned_missing', 'max_changed_share', p.full_name)::double precision * p.rows);
COMMENT ON VIEW dbadvisor.rule_statistics_partitioned_missing IS
'Partitioned tables without statistics of the whole, or with old ones';

GRANT SELECT ON dbadvisor.rule_statistics_partitioned_missing TO dbadvisor_reader;
