-- normalization.table_sparse: a wide table of which most is NULL in most rows
--
-- Fires for a table with min_sparse_columns columns that are NULL in max_filled_share
-- of the rows or more, when min_group of them are filled equally often to the row,
-- as columns are that are filled together.  Columns that are always NULL do not count.
SELECT dbadvisor.register_rule(
	rule => 'normalization.table_sparse',
	title => 'Many columns are filled in few rows only',
	why => 'The table holds several kinds of things: nothing says which columns belong to which, and none of them can be NOT NULL.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_sparse_columns": 20, "max_filled_share": 0.1, "min_group": 3}',
	doc => 'A table of its own for each group, with the same key, can have NOT NULL columns. Little space is saved: NULL takes a bit. The precheck finds a row in which a part of the first group is filled. Wrong where each column is filled independently of the others.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_table_sparse
WITH (security_invoker = true) AS
WITH sparse AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.full_name,
		   s.rows,
		   s.column_name,
		   s.null_frac,
		   pg_catalog.count(*) OVER (PARTITION BY s.relid) AS sparse_columns,
		   pg_catalog.count(*) OVER (PARTITION BY s.relid, s.null_frac) AS group_size
	  FROM dbadvisor.user_column_statistics s
	 WHERE s.rows >= (SELECT dbadvisor.threshold('normalization.table_sparse', 'min_rows'))
	   AND s.null_frac < 1
	   AND s.null_frac >= 1 - (SELECT dbadvisor.threshold('normalization.table_sparse', 'max_filled_share'))
), together AS (
	SELECT s.relid,
		   s.full_name,
		   s.rows,
		   s.sparse_columns,
		   1 - s.null_frac AS filled,
		   pg_catalog.min(s.attnum) AS first,
		   pg_catalog.count(*) AS columns,
		   pg_catalog.string_agg(pg_catalog.quote_ident(s.column_name), ', ' ORDER BY s.attnum) AS names
	  FROM sparse s
	 WHERE s.sparse_columns >= (SELECT dbadvisor.threshold('normalization.table_sparse', 'min_sparse_columns'))
	   AND s.group_size >= (SELECT dbadvisor.threshold('normalization.table_sparse', 'min_group'))
	 GROUP BY s.relid, s.full_name, s.rows, s.sparse_columns, s.null_frac
), wide AS (
	SELECT t.relid,
		   t.full_name,
		   t.rows,
		   t.sparse_columns,
		   pg_catalog.count(*) AS groups,
		   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('columns', t.names, 'filled_share', pg_catalog.round(t.filled::numeric, 4)) ORDER BY t.first) AS parts,
		   (pg_catalog.array_agg(pg_catalog.format('num_nulls(%s) NOT IN (0, %s)', t.names, t.columns) ORDER BY t.first))[1] AS violation
	  FROM together t
	 GROUP BY t.relid, t.full_name, t.rows, t.sparse_columns
)
SELECT a.*
  FROM wide w
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.table_sparse',
		   relid => w.relid,
		   title => pg_catalog.format('Look whether %s is several tables', w.full_name),
		   detail => pg_catalog.format('%s columns are NULL in nearly all rows; by their statistics they seem to be filled together in %s.',
									   w.sparse_columns, CASE w.groups WHEN 1 THEN 'one group' ELSE w.groups || ' groups' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'sparse_columns', w.sparse_columns,
						   'groups', w.parts,
						   'table_rows', w.rows,
						   'confidence_reason', 'columns with the same number of NULLs in a sample; the precheck reads all rows'),
		   confidence => 0.5,
		   proof => 'sample',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s WHERE %s LIMIT 1', w.full_name, w.violation)) a;
COMMENT ON VIEW dbadvisor.rule_normalization_table_sparse IS
'Rule normalization.table_sparse: wide tables of which most is NULL in most rows';

GRANT SELECT ON dbadvisor.rule_normalization_table_sparse TO dbadvisor_reader;
