-- statistics.column_missing: a column that is compared, and has no statistics
--
-- Fires for a column without statistics, in a table that has been
-- analyzed, when an index, a foreign key or extended statistics use it: ANALYZE
-- was told to leave it out, or it is younger than the statistics.  Columns of
-- types that cannot be compared have none, and are left alone.
SELECT dbadvisor.register_rule(
	rule => 'statistics.column_missing',
	title => 'A column that is compared has no statistics',
	why => 'The planner guesses half a percent of the rows for each comparison with it.',
	severity => 'medium',
	thresholds => '{"min_rows": 1000}',
	doc => 'Partitions are rolled up into their table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_statistics_column_missing WITH (security_invoker = true) AS
WITH used AS MATERIALIZED (
	SELECT i.indrelid AS relid,
		   pg_catalog.unnest(i.indkey::smallint[]) AS attnum
	  FROM pg_catalog.pg_index i
	 WHERE i.indrelid >= 16384
	 UNION
	SELECT c.conrelid,
		   pg_catalog.unnest(c.conkey)
	  FROM pg_catalog.pg_constraint c
	 WHERE c.contype = 'f'
	 UNION
	SELECT e.stxrelid,
		   pg_catalog.unnest(e.stxkeys::smallint[])
	  FROM pg_catalog.pg_statistic_ext e
), gathered AS MATERIALIZED (
	SELECT v.relid,
		   v.root,
		   v.full_name,
		   v.rows
	  FROM dbadvisor.table_vacuum v
	 WHERE EXISTS (SELECT
					 FROM pg_catalog.pg_attribute o
					WHERE o.attrelid = v.relid
					  AND o.attnum > 0
					  AND dbadvisor.column_distinct(o.attrelid, o.attnum) IS NOT NULL)
), unknown AS (
	SELECT v.root,
		   a.attname,
		   pg_catalog.min(a.attrelid) AS relid,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(v.rows)::bigint AS rows,
		   pg_catalog.bool_or(t.target = 0) AS is_off,
		   pg_catalog.string_agg(CASE
								 WHEN t.target = 0
								 THEN pg_catalog.format(E'ALTER TABLE %s ALTER COLUMN %I SET STATISTICS -1;\n', v.full_name, a.attname)
								 ELSE ''
								 END
								 || pg_catalog.format('ANALYZE %s (%I)', v.full_name, a.attname), E';\n' ORDER BY v.full_name) AS apply_sql,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', v.full_name, a.attname), E';\n' ORDER BY v.full_name)
			   FILTER (WHERE t.target = 0) AS revert_sql
	  FROM gathered v
	  JOIN used d ON d.relid = v.relid
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = v.relid AND a.attnum = d.attnum AND a.attnum > 0
	 CROSS JOIN LATERAL (SELECT (pg_catalog.to_jsonb(a) ->> 'attstattarget')::integer) t (target)
	 WHERE dbadvisor.column_distinct(a.attrelid, a.attnum) IS NULL
	   AND EXISTS (SELECT
					 FROM pg_catalog.pg_opclass k
					WHERE k.opcintype IN (a.atttypid, (SELECT y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = a.atttypid))
					  AND k.opcdefault
					  AND k.opcmethod IN (403, 405)
					UNION ALL
				   SELECT
					 FROM pg_catalog.pg_type y
					WHERE y.oid = a.atttypid
					  AND (y.typtype IN ('e', 'r') OR y.typname = 'varchar' OR y.typcategory = 'A'))
	 GROUP BY v.root, a.attname
)
SELECT a.*
  FROM unknown u
 CROSS JOIN LATERAL dbadvisor.relation_identity(u.root) n (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'statistics.column_missing',
		   relid => u.root,
		   attnum => (SELECT r.attnum FROM pg_catalog.pg_attribute r WHERE r.attrelid = u.root AND r.attname = u.attname),
		   title => pg_catalog.format('Gather statistics on %s, column %I', n.name, u.attname),
		   detail => pg_catalog.format('%s, and the column is part of an index, a foreign key or extended statistics.',
									   CASE WHEN u.is_off THEN 'Its statistics target is 0' ELSE 'It came after the last ANALYZE, or was empty then' END),
		   evidence => pg_catalog.jsonb_build_object('column', u.attname, 'rows', u.rows, 'target_is_zero', u.is_off),
		   affected_count => u.tables,
		   apply_sql => u.apply_sql,
		   revert_sql => u.revert_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. Reads a sample of the table.') a
 WHERE u.rows >= dbadvisor.threshold('statistics.column_missing', 'min_rows', n.name);
COMMENT ON VIEW dbadvisor.rule_statistics_column_missing IS
'Columns that are compared and have no statistics';

GRANT SELECT ON dbadvisor.rule_statistics_column_missing TO dbadvisor_reader;
