-- schema.not_null_candidate: columns that could be NULL and never are
--
-- Fires for columns of a table of at least min_rows rows in which fresh statistics
-- saw no NULL: one row per table.  Wrong where NULL is to come, as for what a new
-- feature will fill in: it proposes nothing but to say what is true already.
SELECT dbadvisor.register_rule(
	rule => 'schema.not_null_candidate',
	title => 'Columns without NULL are not declared so',
	why => 'A rule that the data obeys and nobody keeps is broken some day; the planner and NOT IN fare better with it.',
	severity => 'info',
	thresholds => '{"min_rows": 10000, "max_changed_share": 0.1}',
	doc => 'The statements validate a check first, so that SET NOT NULL need not read the table under its lock.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_not_null_candidate
WITH (security_invoker = true) AS
WITH candidate AS (
	SELECT c.relid,
		   c.full_name,
		   c.table_name,
		   c.rows,
		   c.bytes,
		   c.leaf_count,
		   c.analyzed_at,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns,
		   pg_catalog.string_agg(pg_catalog.format('%I IS NOT NULL', c.column_name), ' AND ' ORDER BY c.attnum) AS condition,
		   pg_catalog.string_agg(pg_catalog.format('%I IS NULL', c.column_name), ' OR ' ORDER BY c.attnum) AS violation,
		   pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %I SET NOT NULL', c.column_name), ', ' ORDER BY c.attnum) AS set_clause,
		   pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %I DROP NOT NULL', c.column_name), ', ' ORDER BY c.attnum) AS drop_clause
	  FROM dbadvisor.user_column c
	  JOIN dbadvisor.column_statistics s
		ON s.relid = c.relid
	   AND s.attnum = c.attnum
	   AND s.inherited = (c.relkind = 'p')
	   AND s.null_frac = 0
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	   AND NOT c.is_inherited
	   AND NOT c.is_not_null
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.rows >= dbadvisor.threshold('schema.not_null_candidate', 'min_rows')
	   AND c.analyzed_at IS NOT NULL
	   AND c.rows_changed_since_analyze <= c.rows * dbadvisor.threshold('schema.not_null_candidate', 'max_changed_share')
	 GROUP BY c.relid, c.full_name, c.table_name, c.rows, c.bytes, c.leaf_count, c.analyzed_at
)
SELECT a.*
  FROM candidate c
 CROSS JOIN LATERAL dbadvisor.column_list(c.relid, c.columns) n (names)
 CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(pg_catalog.left(c.table_name::text, 50) || '_not_null')) k (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.not_null_candidate',
		   relid => c.relid,
		   title => pg_catalog.format('Declare %s of %s NOT NULL', n.names, c.full_name),
		   detail => pg_catalog.format('ANALYZE saw no NULL there among %s rows.', c.rows),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', n.names,
						   'table_rows', c.rows,
						   'table_bytes', c.bytes,
						   'analyzed_at', c.analyzed_at,
						   'confidence_reason', 'a sample of the table has no NULL'),
		   confidence => 0.5,
		   proof => 'sample',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s WHERE %s LIMIT 1', c.full_name, c.violation),
		   affected_count => c.leaf_count,
		   apply_sql => pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s CHECK (%3$s) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s;\nALTER TABLE %1$s %4$s;\nALTER TABLE %1$s DROP CONSTRAINT %2$s',
										  c.full_name, k.name, c.condition, c.set_clause),
		   revert_sql => pg_catalog.format('ALTER TABLE %s %s', c.full_name, c.drop_clause),
		   impact => pg_catalog.format('Takes an ACCESS EXCLUSIVE lock for a moment each, and reads the table (%s) once while reads and writes go on.', pg_catalog.pg_size_pretty(c.bytes))) a;
COMMENT ON VIEW dbadvisor.rule_schema_not_null_candidate IS
'Rule schema.not_null_candidate: columns without NULL that could be NULL';

GRANT SELECT ON dbadvisor.rule_schema_not_null_candidate TO dbadvisor_reader;
