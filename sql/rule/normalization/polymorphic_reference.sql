-- normalization.polymorphic_reference: a key of one table or another, by a type beside it
--
-- Fires for columns <name>_type and <name>_id, the latter in no foreign key, when
-- min_named_share of the frequent values of the type are names of tables.
SELECT dbadvisor.register_rule(
	rule => 'normalization.polymorphic_reference',
	title => 'A column refers to several tables',
	why => 'No foreign key can guard it, and the planner cannot follow it.',
	severity => 'medium',
	thresholds => '{"min_rows": 1000, "max_types": 50, "min_named_share": 0.5}',
	doc => 'One column for each table with a foreign key, and a check that exactly one of them is set, or a table that all of them share. Wrong where the framework wants it so and orphans do not matter.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_polymorphic_reference
WITH (security_invoker = true) AS
WITH called AS MATERIALIZED (
	SELECT dbadvisor.name_singular(t.table_name) AS name,
		   pg_catalog.min(t.full_name) AS full_name
	  FROM dbadvisor.user_table t
	 WHERE t.relkind IN ('r', 'p')
	   AND NOT t.is_partition
	 GROUP BY 1
), pair AS MATERIALIZED (
	SELECT s.relid,
		   s.full_name,
		   s.rows,
		   s.column_name AS type_column,
		   s.common_values,
		   c.column_name AS id_column,
		   c.attnum
	  FROM dbadvisor.user_column_statistics s
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = s.relid
	   AND a.attnum = s.attnum
	  JOIN dbadvisor.user_column c
		ON c.relid = s.relid
	   -- not by a hash of the words of all columns
	   AND dbadvisor.name_words(c.column_name) IS NOT DISTINCT FROM pg_catalog.regexp_replace(dbadvisor.name_words(s.column_name), '_type$', '_id')
	 WHERE dbadvisor.name_words(s.column_name) ~ '._type$'
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.polymorphic_reference', 'min_rows'))
	   AND s.distinct_values BETWEEN 2 AND (SELECT dbadvisor.threshold('normalization.polymorphic_reference', 'max_types'))
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = c.relid
						  AND k.contype = 'f'
						  AND c.attnum = ANY (k.conkey))
), target AS (
	SELECT p.relid,
		   p.attnum,
		   p.full_name,
		   p.rows,
		   p.type_column,
		   p.id_column,
		   pg_catalog.count(*) AS types,
		   pg_catalog.count(n.name) AS named,
		   pg_catalog.jsonb_agg(DISTINCT n.full_name) FILTER (WHERE n.name IS NOT NULL) AS tables
	  FROM pair p
	 CROSS JOIN LATERAL pg_catalog.unnest(p.common_values) v (value)
	  -- App\Models\Post and Blog::Post are classes
	  LEFT JOIN called n ON n.name = dbadvisor.name_singular(pg_catalog.regexp_replace(v.value, '^.*[\\:./]', ''))
	 GROUP BY p.relid, p.attnum, p.full_name, p.rows, p.type_column, p.id_column
)
SELECT a.*
  FROM target t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.polymorphic_reference',
		   relid => t.relid,
		   attnum => t.attnum,
		   title => pg_catalog.format('Split %I of %s by the table that it refers to', t.id_column, t.full_name),
		   detail => pg_catalog.format('%I names the table: of %s types %s are tables.', t.type_column, t.types, t.named),
		   evidence => pg_catalog.jsonb_build_object(
						   'type_column', t.type_column,
						   'id_column', t.id_column,
						   'types', t.types,
						   'types_that_are_tables', t.named,
						   'tables', t.tables,
						   'table_rows', t.rows,
						   'confidence_reason', 'names of columns, and values in the statistics that are names of tables'),
		   confidence => 0.7,
		   proof => 'sample') a
 WHERE t.named >= 2
   AND t.named >= (SELECT dbadvisor.threshold('normalization.polymorphic_reference', 'min_named_share')) * t.types;
COMMENT ON VIEW dbadvisor.rule_normalization_polymorphic_reference IS
'Rule normalization.polymorphic_reference: columns that refer to several tables';

GRANT SELECT ON dbadvisor.rule_normalization_polymorphic_reference TO dbadvisor_reader;
