-- normalization.entity_attribute_value: columns kept as rows
--
-- Fires for a table of at most max_columns columns, one of them named as an attribute
-- is, of at most max_attributes values with min_rows_per_attribute rows each, one named
-- value of text or JSON, and one that is a unique key together with the attribute or a
-- foreign key.  Wrong where users define the attributes.
SELECT dbadvisor.register_rule(
	rule => 'normalization.entity_attribute_value',
	title => 'A table holds the columns of another as rows',
	why => 'Types, NOT NULL, foreign keys and statistics do not reach the values, and each attribute read costs a join.',
	severity => 'medium',
	thresholds => '{"max_columns": 6, "max_attributes": 2000, "min_rows_per_attribute": 50}',
	doc => 'Attributes that most entities have belong into columns, the rest into one jsonb column. Wrong where users define the attributes at run time.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_entity_attribute_value
WITH (security_invoker = true) AS
WITH small AS MATERIALIZED (
	SELECT c.relid
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	 GROUP BY c.relid
	HAVING pg_catalog.count(*) BETWEEN 3 AND (SELECT dbadvisor.threshold('normalization.entity_attribute_value', 'max_columns'))
), col AS MATERIALIZED (
	SELECT s.*,
		   dbadvisor.name_words(s.column_name) AS words
	  FROM dbadvisor.user_column_statistics s
	  JOIN small USING (relid)
), found AS (
	SELECT DISTINCT ON (t.relid)
		   t.relid,
		   t.full_name,
		   t.rows,
		   t.column_name AS attribute,
		   t.distinct_values AS attributes,
		   e.column_name AS entity,
		   v.column_name AS value
	  FROM col t
	  JOIN col e
		ON e.relid = t.relid
	   AND e.attnum <> t.attnum
	   AND (EXISTS (SELECT
					  FROM pg_catalog.pg_index i
					 WHERE i.indrelid = t.relid
					   AND i.indisunique
					   AND i.indisvalid
					   AND i.indpred IS NULL
					   AND i.indexprs IS NULL
					   AND i.indnkeyatts = 2
					   AND t.attnum IN (i.indkey[0], i.indkey[1])
					   AND e.attnum IN (i.indkey[0], i.indkey[1]))
			OR EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = t.relid
						  AND k.contype = 'f'
						  AND k.conkey = ARRAY[e.attnum]))
	  JOIN col v
		ON v.relid = t.relid
	   AND v.attnum NOT IN (t.attnum, e.attnum)
	   AND v.base_type IN (25, 1043, 'pg_catalog.jsonb'::pg_catalog.regtype, 'pg_catalog.json'::pg_catalog.regtype)
	   AND v.words ~ '(^|_)(val|value|content)(_|$)'
	 WHERE t.words ~ '(^|_)(attr|attribute|property|prop|field|param|parameter|option|setting|key|meta|name|characteristic)(_id|_name|_key|_code)?$'
	   AND t.distinct_values BETWEEN 3 AND (SELECT dbadvisor.threshold('normalization.entity_attribute_value', 'max_attributes'))
	   AND t.rows >= (SELECT dbadvisor.threshold('normalization.entity_attribute_value', 'min_rows_per_attribute')) * t.distinct_values
	 ORDER BY t.relid, v.attnum, t.attnum, e.attnum
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.entity_attribute_value',
		   relid => f.relid,
		   title => pg_catalog.format('Give the attributes in %s columns', f.full_name),
		   detail => pg_catalog.format('Each row says of one %I the %I of one %I: %s different ones in %s rows.',
									   f.entity, f.value, f.attribute, pg_catalog.round(f.attributes), f.rows),
		   evidence => pg_catalog.jsonb_build_object(
						   'entity_column', f.entity,
						   'attribute_column', f.attribute,
						   'value_column', f.value,
						   'attributes', pg_catalog.round(f.attributes),
						   'table_rows', f.rows,
						   'count_sql', pg_catalog.format('SELECT %1$I, count(*) FROM %2$s GROUP BY 1 ORDER BY 2 DESC', f.attribute, f.full_name),
						   'confidence_reason', 'a key, the names of the columns, and counts from the statistics'),
		   confidence => 0.7,
		   proof => 'sample') a;
COMMENT ON VIEW dbadvisor.rule_normalization_entity_attribute_value IS
'Rule normalization.entity_attribute_value: tables that hold columns as rows';

GRANT SELECT ON dbadvisor.rule_normalization_entity_attribute_value TO dbadvisor_reader;
