-- normalization.repeating_group: phone1, phone2, phone3
--
-- Fires for min_columns numbered columns of one name and type (phone1, child1_name)
-- that are filled one after the other (the share of NULL rises by min_null_rise) or
-- share min_common_share of their frequent values.  Silent for quarters, hours, lines
-- of an address, hashes, levels and the like, whose number has a meaning of its own.
SELECT dbadvisor.register_rule(
	rule => 'normalization.repeating_group',
	title => 'Numbered columns repeat each other',
	why => 'A search must ask each of them, one more value needs one more column, and NULL fills the rest.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_columns": 3, "min_null_rise": 0.1, "min_common_share": 0.3}',
	doc => 'A table with one row per value replaces them; a view can show the old columns. Wrong where each number has a meaning of its own.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_repeating_group
WITH (security_invoker = true) AS
WITH numbered AS MATERIALIZED (
	SELECT s.relid,
		   s.full_name,
		   s.column_name,
		   s.base_type,
		   s.rows,
		   s.null_frac,
		   s.distinct_values,
		   s.common_values,
		   m.before || m.after AS stem,
		   -- a year has four
		   m.before ~* '(^|_)(q|quarter)$' AS may_be_quarter,
		   m.number
	  FROM dbadvisor.user_column_statistics s
	 CROSS JOIN LATERAL (
		SELECT r[1], r[2]::integer, r[3]
		  FROM pg_catalog.regexp_match(s.column_name, '^(.*[[:alpha:]])_?([0-9]{1,3})((?:_[[:alpha:]_]+)?)$') r) m (before, number, after)
	 WHERE NOT s.is_generated
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.repeating_group', 'min_rows'))
	   AND m.before !~* '(^|_)(w|week|h|hour|d|day|m|month|y|year|md|sha|crc|utf|iso|line|addr|address|street|x|z|lat|lon|lng|level|lvl|tier|layer)$'
), before AS (
	SELECT n.*,
		   pg_catalog.lag(n.null_frac) OVER same_stem AS null_frac_before,
		   pg_catalog.lag(n.common_values) OVER same_stem AS values_before
	  FROM numbered n
	WINDOW same_stem AS (PARTITION BY n.relid, n.stem, n.base_type ORDER BY n.number)
), neighbour AS (
	SELECT b.*,
		   b.null_frac - b.null_frac_before AS null_rise,
		   -- of two or three values any two columns share some
		   CASE WHEN b.distinct_values >= 5
		   THEN (SELECT pg_catalog.count(*) FROM (SELECT pg_catalog.unnest(b.common_values) INTERSECT SELECT pg_catalog.unnest(b.values_before)) x)::numeric
				/ NULLIF((SELECT pg_catalog.count(*) FROM (SELECT pg_catalog.unnest(b.common_values) UNION SELECT pg_catalog.unnest(b.values_before)) x), 0)
		   END AS common
	  FROM before b
), family AS (
	SELECT n.relid,
		   n.full_name,
		   n.stem,
		   n.may_be_quarter,
		   n.rows,
		   pg_catalog.count(*) AS columns,
		   pg_catalog.string_agg(pg_catalog.quote_ident(n.column_name), ', ' ORDER BY n.number) AS names,
		   pg_catalog.jsonb_agg(pg_catalog.round(n.null_frac::numeric, 3) ORDER BY n.number) AS null_shares,
		   pg_catalog.max(n.null_frac) - pg_catalog.min(n.null_frac) AS rise,
		   -- a sample is not exact
		   pg_catalog.min(n.null_rise) >= -0.02 AS rises,
		   pg_catalog.min(n.common) FILTER (WHERE n.null_frac_before IS NOT NULL) AS common
	  FROM neighbour n
	 GROUP BY n.relid, n.full_name, n.stem, n.may_be_quarter, n.base_type, n.rows
	HAVING pg_catalog.max(n.number) - pg_catalog.min(n.number) = pg_catalog.count(*) - 1
)
SELECT a.*
  FROM family f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.repeating_group',
		   relid => f.relid,
		   variant => f.stem,
		   title => pg_catalog.format('Put %s of %s into rows of a table', f.names, f.full_name),
		   detail => pg_catalog.format('%s columns of one type are %s.', f.columns,
									   CASE WHEN f.rises AND f.rise >= (SELECT dbadvisor.threshold('normalization.repeating_group', 'min_null_rise'))
											THEN 'filled one after the other' ELSE 'filled from the same values' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', f.names,
						   'null_shares', f.null_shares,
						   'common_value_share', pg_catalog.round(f.common, 3),
						   'table_rows', f.rows,
						   'confidence_reason', 'names and types agree, and the statistics show how they are filled'),
		   confidence => 0.6,
		   proof => 'sample') a
 WHERE f.columns >= (SELECT dbadvisor.threshold('normalization.repeating_group', 'min_columns'))
   AND (f.columns > 4 OR NOT f.may_be_quarter)
   AND ((f.rises AND f.rise >= (SELECT dbadvisor.threshold('normalization.repeating_group', 'min_null_rise')))
		OR f.common >= (SELECT dbadvisor.threshold('normalization.repeating_group', 'min_common_share')));
COMMENT ON VIEW dbadvisor.rule_normalization_repeating_group IS
'Rule normalization.repeating_group: numbered columns that repeat each other';

GRANT SELECT ON dbadvisor.rule_normalization_repeating_group TO dbadvisor_reader;
