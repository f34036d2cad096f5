-- statistics.ndistinct_wrong: a number of values that a unique index refutes
--
-- Fires for a table with a unique index over several columns when the numbers of
-- values that statistics give them, multiplied, are fewer than the rows: so many
-- rows cannot all differ.  The sample of ANALYZE sees too few repetitions in a
-- large table.  Where all but one column are known in full, the least number of
-- values of that one follows, and is set.  No row is read for it.
SELECT dbadvisor.register_rule(
	rule => 'statistics.ndistinct_wrong',
	title => 'The number of values of a column is provably too low',
	why => 'The planner expects too many rows for each value, and too few groups.',
	severity => 'low',
	thresholds => '{"min_rows": 10000, "min_factor": 3}',
	doc => 'min_factor is the factor by which the product must fall short of the rows. Medium from ten times that. A number that somebody has set stays until he takes it back; it is given as a share of the rows, so that it grows with the table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_statistics_ndistinct_wrong WITH (security_invoker = true) AS
WITH key AS (
	SELECT i.indexrelid,
		   v.relid,
		   v.full_name,
		   v.rows,
		   k.attnum,
		   a.attname,
		   CASE WHEN d.number < 0 THEN -d.number * v.rows ELSE d.number END AS values,
		   a.attoptions
	  FROM dbadvisor.table_vacuum v
	  JOIN pg_catalog.pg_index i
		ON i.indrelid = v.relid
	   AND i.indisunique
	   AND i.indisvalid
	   AND i.indpred IS NULL
	   AND i.indexprs IS NULL
	   AND i.indnkeyatts > 1
	 CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, place)
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = v.relid AND a.attnum = k.attnum
	 CROSS JOIN LATERAL dbadvisor.column_distinct(v.relid, k.attnum) d (number)
	 WHERE k.place <= i.indnkeyatts
	   AND v.rows > 0
), judged AS (
	SELECT k.indexrelid,
		   k.relid,
		   k.full_name,
		   k.rows,
		   pg_catalog.exp(pg_catalog.sum(pg_catalog.ln(GREATEST(k.values, 1)::double precision))) AS product,
		   (pg_catalog.array_agg(k.attname ORDER BY k.values DESC, k.attnum))[1] AS attname,
		   (pg_catalog.array_agg(k.attnum ORDER BY k.values DESC, k.attnum))[1] AS attnum,
		   pg_catalog.max(k.values) AS values,
		   (pg_catalog.array_agg((SELECT o.option_value FROM pg_catalog.pg_options_to_table(k.attoptions) o WHERE o.option_name = 'n_distinct') ORDER BY k.values DESC, k.attnum))[1] AS set_to
	  FROM key k
	 GROUP BY k.indexrelid, k.relid, k.full_name, k.rows
	HAVING pg_catalog.bool_and(k.values > 0)
), worst AS (
	SELECT DISTINCT ON (j.relid, j.attnum)
		   j.*,
		   j.product / j.values AS others,
		   LEAST(pg_catalog.round((j.values / j.product)::numeric, 6), 1) AS share
	  FROM judged j
	 WHERE j.rows >= dbadvisor.threshold('statistics.ndistinct_wrong', 'min_rows', j.full_name)::double precision
	   AND j.product * dbadvisor.threshold('statistics.ndistinct_wrong', 'min_factor', j.full_name)::double precision < j.rows
	 ORDER BY j.relid, j.attnum, j.product
)
SELECT a.*
  FROM worst w
 CROSS JOIN LATERAL dbadvisor.relation_identity(w.indexrelid) n (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'statistics.ndistinct_wrong',
		   relid => w.relid,
		   attnum => w.attnum,
		   severity => CASE WHEN w.product * 10 * dbadvisor.threshold('statistics.ndistinct_wrong', 'min_factor', w.full_name)::double precision < w.rows THEN 'medium' END,
		   title => pg_catalog.format('Tell the planner how many values %s, column %I has', w.full_name, w.attname),
		   detail => pg_catalog.format('Statistics give the columns of unique index %s %s combinations at most, but the table has %s rows that all differ in them. By the other columns, %I must have %s values or more, not %s.',
									   n.name, pg_catalog.round(w.product::numeric), w.rows::bigint, w.attname,
									   pg_catalog.round((w.rows / w.others)::numeric), pg_catalog.round(w.values::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'index', n.name,
						   'rows', w.rows,
						   'values_now', pg_catalog.round(w.values::numeric),
						   'values_at_least', pg_catalog.round((w.rows / w.others)::numeric),
						   'combinations_now', pg_catalog.round(w.product::numeric),
						   'confidence_reason', 'that some column is wrong is certain; that it is the one with most values is likely'),
		   proof => 'catalog',
		   confidence => 0.8,
		   apply_sql => pg_catalog.format(E'ALTER TABLE %s ALTER COLUMN %I SET (n_distinct = -%s);\nANALYZE %s (%I)', w.full_name, w.attname, w.share, w.full_name, w.attname),
		   revert_sql => pg_catalog.format(E'ALTER TABLE %s ALTER COLUMN %I %s;\nANALYZE %s (%I)', w.full_name, w.attname,
										   COALESCE(pg_catalog.format('SET (n_distinct = %s)', w.set_to), 'RESET (n_distinct)'),
										   w.full_name, w.attname),
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. ANALYZE reads a sample of the table; plans may change.') a;
COMMENT ON VIEW dbadvisor.rule_statistics_ndistinct_wrong IS
'Columns whose number of values in the statistics a unique index refutes';

GRANT SELECT ON dbadvisor.rule_statistics_ndistinct_wrong TO dbadvisor_reader;
