-- normalization.hierarchy_in_columns: level1, level2, level3
--
-- Fires for min_levels numbered columns named as levels, of one type, each with more
-- values than the one above it, of which a value stands under one value of the level
-- above in all of the rows looked at.  Wrong where the number of levels is fixed and
-- nothing else hangs on a level.
SELECT dbadvisor.register_rule(
	rule => 'normalization.hierarchy_in_columns',
	title => 'The levels of a tree are columns',
	why => 'Each row repeats the way to its place, moving a branch updates all rows below it, and one more level is one more column.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_levels": 3, "max_distinct_share": 0.5, "sample_rows": 10000}',
	doc => 'A table of the nodes, each with its parent, and one reference to the lowest node takes the place of the columns; a recursive view can show them. sample_rows of the table are read; the precheck looks at all rows. The deepest level must repeat: at most max_distinct_share values per row. No value is shown.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.columns_nest(
	relid oid,
	columns smallint[],
	max_rows integer)
RETURNS boolean
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.first_rows_say(
			   relid, columns, max_rows,
			   (SELECT pg_catalog.string_agg(
						   pg_catalog.format('NOT EXISTS (SELECT FROM sampled WHERE column%1$s IS NOT NULL GROUP BY column%1$s HAVING pg_catalog.count(DISTINCT column%2$s) <> 1 OR pg_catalog.count(column%2$s) < pg_catalog.count(*))',
											 i + 1, i), ' AND ' ORDER BY i)
				  FROM pg_catalog.generate_series(1, pg_catalog.cardinality(columns) - 1) i));
$$;
COMMENT ON FUNCTION dbadvisor.columns_nest(oid, smallint[], integer) IS
'Whether in the first rows of a table each value of a column stands under one value of the column before it; null where they cannot be read or their type is a user''s';

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_hierarchy_in_columns
WITH (security_invoker = true) AS
WITH level AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.full_name,
		   s.column_name,
		   s.base_type,
		   s.rows,
		   s.distinct_values,
		   s.avg_width,
		   m.stem,
		   m.number,
		   s.distinct_values / pg_catalog.lag(s.distinct_values) OVER (PARTITION BY s.relid, m.stem, s.base_type ORDER BY m.number) AS growth
	  FROM dbadvisor.user_column_statistics s
	 CROSS JOIN LATERAL (
		SELECT r[1], r[2]::integer
		  FROM pg_catalog.regexp_match(s.column_name, '^(.*[[:alpha:]])_?([0-9]{1,2})$') r) m (stem, number)
	 WHERE s.rows >= (SELECT dbadvisor.threshold('normalization.hierarchy_in_columns', 'min_rows'))
	   AND s.base_type IN (20, 21, 23, 25, 1043)
	   AND s.distinct_values > 1
	   AND dbadvisor.name_words(m.stem) ~ '(^|_)(level|lvl|tier|layer|hierarchy|category|cat|node|group|unit|area|division|l)$'
), family AS (
	SELECT l.relid,
		   l.full_name,
		   l.stem,
		   l.rows,
		   pg_catalog.count(*) AS levels,
		   pg_catalog.array_agg(l.attnum ORDER BY l.number) AS columns,
		   pg_catalog.array_agg(pg_catalog.round(l.distinct_values) ORDER BY l.number) AS distinct_values,
		   pg_catalog.max(l.distinct_values) AS deepest,
		   pg_catalog.sum(l.avg_width) AS width
	  FROM level l
	 GROUP BY l.relid, l.full_name, l.stem, l.base_type, l.rows
	HAVING pg_catalog.max(l.number) - pg_catalog.min(l.number) = pg_catalog.count(*) - 1
	   AND pg_catalog.min(l.growth) > 1.1
)
SELECT a.*
  FROM family f
 CROSS JOIN LATERAL dbadvisor.column_list(f.relid, f.columns) c (names)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.hierarchy_in_columns',
		   relid => f.relid,
		   variant => f.stem,
		   title => pg_catalog.format('Keep the tree in %s of %s as rows with a parent', c.names, f.full_name),
		   detail => pg_catalog.format('Each value of a level stands under one of the level above, and they have %s values in %s rows.',
									   pg_catalog.array_to_string(f.distinct_values, ', '), f.rows),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', c.names,
						   'distinct_values', f.distinct_values,
						   'table_rows', f.rows,
						   'rows_read', LEAST(f.rows, dbadvisor.threshold('normalization.hierarchy_in_columns', 'sample_rows')),
						   'confidence_reason', 'names of the columns, and the first rows of the table'),
		   benefit_bytes => (f.rows * GREATEST(f.width - 4, 0))::bigint,
		   confidence => 0.6,
		   proof => 'sample',
		   precheck_sql => (SELECT pg_catalog.string_agg(
									   pg_catalog.format('SELECT %1$L AS level, count(*) AS under_several FROM (SELECT FROM %2$s WHERE %3$I IS NOT NULL GROUP BY %3$I HAVING count(DISTINCT %4$I) <> 1 OR count(%4$I) < count(*)) x',
														 n.name, f.full_name, n.name, n.above), E' UNION ALL\n' ORDER BY n.place)
							  FROM (SELECT x.name,
										   x.place,
										   pg_catalog.lag(x.name) OVER (ORDER BY x.place) AS above
									  FROM pg_catalog.unnest(dbadvisor.column_names(f.relid, f.columns)) WITH ORDINALITY x (name, place)) n
							 WHERE n.above IS NOT NULL)) a
 WHERE f.levels >= (SELECT dbadvisor.threshold('normalization.hierarchy_in_columns', 'min_levels'))
   AND f.deepest <= (SELECT dbadvisor.threshold('normalization.hierarchy_in_columns', 'max_distinct_share'))::double precision * f.rows
   AND dbadvisor.columns_nest(f.relid, f.columns, dbadvisor.threshold('normalization.hierarchy_in_columns', 'sample_rows')::integer);
COMMENT ON VIEW dbadvisor.rule_normalization_hierarchy_in_columns IS
'Rule normalization.hierarchy_in_columns: numbered columns that are the levels of a tree';

REVOKE ALL ON FUNCTION dbadvisor.columns_nest(oid, smallint[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.columns_nest(oid, smallint[], integer) TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_normalization_hierarchy_in_columns TO dbadvisor_reader;
