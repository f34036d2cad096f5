-- normalization.column_computed: a column that others give by a formula
--
-- Fires for a column whose name says that it is a result, or part of another, when a
-- formula over one or two other columns of the row gives it in all rows of some blocks
-- (dbadvisor.computed_from).  Looked at are max_columns columns of the
-- largest tables, with at most max_tries sets of others each.
-- Silent for generated columns, keys and foreign keys, and for columns that are equal
-- to another one, of which normalization.column_duplicate speaks.
SELECT dbadvisor.register_rule(
	rule => 'normalization.column_computed',
	title => 'A column holds what others of the row give',
	why => 'Whoever changes one of the others must change it as well; once somebody has not, nobody knows which is right.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_distinct": 10, "max_columns": 50, "max_tries": 30}',
	doc => 'GENERATED ALWAYS AS (formula) STORED keeps it right, but a column cannot become generated: a new one is added, which rewrites the table, and renamed. The precheck finds a row that the formula does not give. Wrong where the formula is that of today: a price that was agreed stays when it changes.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_column_computed
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.*,
		   t.typcategory AS kind,
		   dbadvisor.name_words(s.column_name) AS words,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_constraint k
					WHERE k.conrelid = s.relid
					  AND k.contype IN ('p', 'u', 'f')
					  AND s.attnum = ANY (k.conkey)) AS is_key
	  FROM dbadvisor.user_column_statistics s
	  JOIN pg_catalog.pg_type t ON t.oid = s.base_type
	 WHERE s.rows >= (SELECT dbadvisor.threshold('normalization.column_computed', 'min_rows'))
	   AND t.typcategory IN ('N', 'S', 'D')
), result AS MATERIALIZED (
	SELECT c.*,
		   pg_catalog.row_number() OVER (ORDER BY c.bytes DESC, c.relid, c.attnum) AS ordinal
	  FROM col c
	 WHERE NOT c.is_generated
	   AND NOT c.is_key
	   AND c.distinct_values >= (SELECT dbadvisor.threshold('normalization.column_computed', 'min_distinct'))
	   AND CASE c.kind
		   WHEN 'N' THEN c.words ~ '(^|_)(total|sum|amount|gross|net|tax|subtotal|duration|age|difference|diff|balance|margin|length|size|area|volume|year|quarter|month|week|day|hour|minutes|seconds|days|hours)(_|$)'
		   WHEN 'S' THEN c.words ~ '(^|_)(full|display|lower|upper|normalized|canonical|initials?|prefix|suffix|domain|extension|slug|hash|label|first|last)(_|$)'
		   ELSE c.words ~ '(^|_)(day|date|month|week|hour|due|until|end|ends|ended|expires|expiry|finished)(_|$)' END
), tried AS MATERIALIZED (
	SELECT r.relid, r.attnum, r.full_name, r.column_name, r.rows, r.null_frac, r.avg_width, d.names,
		   pg_catalog.row_number() OVER (PARTITION BY r.relid, r.attnum ORDER BY pg_catalog.cardinality(d.names), d.names) AS place
	  FROM result r
	 CROSS JOIN LATERAL (
			-- where it has a value, so have they, and together as many
			SELECT ARRAY[a.column_name::text] AS names
			  FROM col a
			 WHERE a.relid = r.relid AND a.attnum <> r.attnum
			   AND a.null_frac <= r.null_frac + 0.01
			   AND a.distinct_values >= 0.9 * r.distinct_values
			   AND (a.kind = r.kind OR r.kind = 'N')
			 UNION ALL
			SELECT ARRAY[a.column_name::text, b.column_name::text]
			  FROM col a
			  JOIN col b ON b.relid = a.relid AND b.attnum > a.attnum
			 WHERE a.relid = r.relid AND r.attnum NOT IN (a.attnum, b.attnum)
			   AND NOT a.is_key AND NOT b.is_key
			   AND GREATEST(a.null_frac, b.null_frac) <= r.null_frac + 0.01
			   AND a.distinct_values * b.distinct_values >= 0.9 * r.distinct_values
			   AND CASE r.kind
				   WHEN 'N' THEN a.kind = b.kind AND a.kind IN ('N', 'D')
				   WHEN 'S' THEN a.kind = 'S' AND b.kind = 'S'
				   ELSE (a.kind, b.kind) IN (('D', 'N'), ('N', 'D')) END) d
	 WHERE r.ordinal <= (SELECT dbadvisor.threshold('normalization.column_computed', 'max_columns'))
), computed AS MATERIALIZED (
	SELECT DISTINCT ON (t.relid, t.attnum)
		   t.*,
		   f.formula
	  FROM tried t
	 CROSS JOIN LATERAL (
			-- a few blocks refute nearly all
			SELECT CASE WHEN dbadvisor.computed_from(t.relid, t.names, t.column_name::text, 4) IS NOT NULL
						THEN dbadvisor.computed_from(t.relid, t.names, t.column_name::text) END) f (formula)
	 WHERE t.place <= (SELECT dbadvisor.threshold('normalization.column_computed', 'max_tries'))
	   AND f.formula <> pg_catalog.quote_ident(t.names[1])
	 ORDER BY t.relid, t.attnum, t.place
)
SELECT a.*
  FROM computed c
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.column_computed',
		   relid => c.relid,
		   attnum => c.attnum,
		   title => pg_catalog.format('Look whether %I of %s is to be generated from %s', c.column_name, c.full_name, dbadvisor.name_list(c.names)),
		   detail => pg_catalog.format('In the rows looked at it is %s.', c.formula),
		   evidence => pg_catalog.jsonb_build_object(
						   'formula', c.formula,
						   'columns', c.names,
						   'table_rows', c.rows,
						   'confidence_reason', 'the formula gave it in all rows of some blocks; the precheck reads all rows'),
		   benefit_bytes => (c.rows * (1 - c.null_frac) * c.avg_width)::bigint,
		   confidence => 0.7,
		   proof => 'sample',
		   precheck_sql => (SELECT pg_catalog.format('SELECT 1 FROM %s WHERE NOT (%s) LIMIT 1', c.full_name, f.test)
							  FROM dbadvisor.formulas_for(c.relid, c.names, c.column_name::text) f
							 WHERE f.expression = c.formula
							 ORDER BY f.test
							 LIMIT 1)) a
 -- one formula gives each of its columns from the others: it is told once
 WHERE NOT EXISTS (SELECT
					 FROM computed o
					WHERE o.relid = c.relid
					  AND c.column_name = ANY (o.names)
					  AND o.column_name = ANY (c.names)
					  AND (pg_catalog.cardinality(o.names), o.attnum) > (pg_catalog.cardinality(c.names), c.attnum))
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.count(*) - dbadvisor.threshold('normalization.column_computed', 'max_columns') AS columns FROM result) l
 CROSS JOIN LATERAL dbadvisor.advice_note('normalization.column_computed', 'degraded',
										  pg_catalog.format('%s columns of smaller tables were not tried', l.columns)) n
 WHERE l.columns > 0;
COMMENT ON VIEW dbadvisor.rule_normalization_column_computed IS
'Rule normalization.column_computed: columns that a formula over others of the row gives';

GRANT SELECT ON dbadvisor.rule_normalization_column_computed TO dbadvisor_reader;
