-- normalization.column_duplicate: two columns with the same values in every row
--
-- Fires for columns of one table and type of which the statistics, made of the same
-- rows, agree in all: NULLs, distinct values, widths, frequent values, histogram.
-- They are compared in the first compared_rows rows then.  Silent for columns with
-- the same default, which start alike and part later, for those of primary and
-- foreign keys, and for those with a single value, of which schema.column_one_value
-- speaks.
SELECT dbadvisor.register_rule(
	rule => 'normalization.column_duplicate',
	title => 'Two columns hold the same values',
	why => 'The second is written, read and kept in step for nothing, until the two differ.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_distinct": 3, "compared_rows": 1000}',
	doc => 'The precheck finds a row in which they differ: then nothing is to be done. Wrong where one of them may change on its own, as a shipping address that is that of the bill so far.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_column_duplicate
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.*,
		   (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
			  FROM pg_catalog.pg_attrdef d
			 WHERE d.adrelid = s.relid
			   AND d.adnum = s.attnum) AS default_value
	  FROM dbadvisor.user_column_statistics s
	 WHERE NOT s.is_generated
	   -- equal so far, with another meaning each
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = s.relid
						  AND k.contype IN ('p', 'f')
						  AND s.attnum = ANY (k.conkey))
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.column_duplicate', 'min_rows'))
	   AND s.distinct_values >= (SELECT dbadvisor.threshold('normalization.column_duplicate', 'min_distinct'))
), pair AS MATERIALIZED (
	SELECT DISTINCT ON (o.relid, o.attnum)
		   o.*,
		   c.column_name AS first_name
	  FROM col c
	  JOIN col o
		ON o.relid = c.relid
	   AND o.attnum > c.attnum
	   AND o.base_type = c.base_type
	   AND o.null_frac = c.null_frac
	   AND o.distinct_values = c.distinct_values
	   AND o.avg_width = c.avg_width
	   AND (o.default_value = c.default_value) IS NOT TRUE
	   AND o.common_values IS NOT DISTINCT FROM c.common_values
	   AND o.common_shares IS NOT DISTINCT FROM c.common_shares
	   AND o.bounds IS NOT DISTINCT FROM c.bounds
	   AND COALESCE(o.common_values, o.bounds) IS NOT NULL
	   AND dbadvisor.columns_agree(o.relid, c.attnum, o.attnum, (SELECT dbadvisor.threshold('normalization.column_duplicate', 'compared_rows'))::integer)
	 ORDER BY o.relid, o.attnum, c.attnum
)
SELECT a.*
  FROM pair o
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.column_duplicate',
		   relid => o.relid,
		   attnum => o.attnum,
		   variant => o.first_name::text,
		   title => pg_catalog.format('Look whether %s needs %I beside %I', o.full_name, o.column_name, o.first_name),
		   detail => 'Their statistics, made of the same rows, agree in every figure and value, and so do the rows compared.',
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', pg_catalog.format('%I, %I', o.first_name, o.column_name),
						   'distinct_values', pg_catalog.round(o.distinct_values),
						   'table_rows', o.rows,
						   'analyzed_at', o.analyzed_at,
						   'confidence_reason', 'the statistics of a sample and the first rows are equal; the precheck reads all rows'),
		   benefit_bytes => (o.rows * (1 - o.null_frac) * o.avg_width)::bigint,
		   confidence => 0.6,
		   proof => 'sample',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s WHERE %I IS DISTINCT FROM %I LIMIT 1', o.full_name, o.first_name, o.column_name)) a;
COMMENT ON VIEW dbadvisor.rule_normalization_column_duplicate IS
'Rule normalization.column_duplicate: two columns of a table with the same values';

GRANT SELECT ON dbadvisor.rule_normalization_column_duplicate TO dbadvisor_reader;
