-- schema.column_one_value: columns that say nothing
--
-- Fires for columns of a table of at least min_rows rows that are NULL throughout or
-- have one value, by fresh statistics: one row per table.  Wrong for what a new
-- feature will fill in, and for flags whose other value is rare.
SELECT dbadvisor.register_rule(
	rule => 'schema.column_one_value',
	title => 'Columns hold one value or none',
	why => 'They are read, written and copied for nothing.',
	severity => 'info',
	thresholds => '{"min_rows": 500, "max_changed_share": 0.1}',
	doc => 'min_rows is the size from which on one value is no chance; max_changed_share is the part of the rows that may have changed since ANALYZE. ANALYZE reads a sample: a value that one row in millions has is not in it, so count before dropping. Wrong for flags that mark exceptions and for columns of a release that is not in use yet.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_column_one_value
WITH (security_invoker = true) AS
WITH flat AS (
	SELECT c.relid,
		   c.full_name,
		   c.rows,
		   c.leaf_count,
		   c.analyzed_at,
		   pg_catalog.string_agg(pg_catalog.quote_ident(c.column_name), ', ' ORDER BY c.attnum) FILTER (WHERE s.null_frac = 1) AS empty,
		   pg_catalog.string_agg(pg_catalog.quote_ident(c.column_name), ', ' ORDER BY c.attnum) FILTER (WHERE s.null_frac < 1) AS constant
	  FROM dbadvisor.user_column c
	  JOIN dbadvisor.column_statistics s
		ON s.relid = c.relid
	   AND s.attnum = c.attnum
	   AND s.inherited = (c.relkind = 'p')
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	   AND NOT c.is_inherited
	   AND c.rows >= dbadvisor.threshold('schema.column_one_value', 'min_rows')
	   AND (s.null_frac = 1 OR s.n_distinct = 1 AND s.null_frac = 0)
	   AND c.rows_changed_since_analyze <= c.rows * dbadvisor.threshold('schema.column_one_value', 'max_changed_share')
	 GROUP BY c.relid, c.full_name, c.rows, c.leaf_count, c.analyzed_at
)
SELECT a.*
  FROM flat f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.column_one_value',
		   relid => f.relid,
		   title => pg_catalog.format('Look whether %s needs %s', f.full_name, pg_catalog.concat_ws(', ', f.empty, f.constant)),
		   detail => pg_catalog.concat_ws(' ',
										  'Always NULL: ' || f.empty || '.',
										  'Always one value: ' || f.constant || '.',
										  'So say the statistics of ' || f.rows || ' rows.'),
		   evidence => pg_catalog.jsonb_build_object(
						   'always_null', f.empty,
						   'one_value', f.constant,
						   'table_rows', f.rows,
						   'analyzed_at', f.analyzed_at,
						   'confidence_reason', 'a sample of the table'),
		   confidence => 0.5,
		   proof => 'sample',
		   affected_count => f.leaf_count) a;
COMMENT ON VIEW dbadvisor.rule_schema_column_one_value IS
'Rule schema.column_one_value: columns that say nothing';

GRANT SELECT ON dbadvisor.rule_schema_column_one_value TO dbadvisor_reader;
