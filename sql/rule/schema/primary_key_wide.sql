-- schema.primary_key_wide: a primary key of many columns
--
-- Fires for a primary key of more than max_columns columns in a table that others
-- refer to.  A matter of taste and off: link tables have wide keys by nature.
SELECT dbadvisor.register_rule(
	rule => 'schema.primary_key_wide',
	title => 'A primary key that others refer to has many columns',
	why => 'Each referring row and each of its indexes repeats all of them.',
	severity => 'info',
	thresholds => '{"max_columns": 3}',
	enabled => false,
	doc => 'max_columns is the most that is silent. Composite keys that carry the tenant or the partition key must have these columns; a surrogate key costs an index more and a join to see what the key meant. Count what referring tables would save before changing anything.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_primary_key_wide
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_constraint k
 CROSS JOIN LATERAL dbadvisor.column_list(k.relid, k.columns) c (names)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.primary_key_wide',
		   relid => k.relid,
		   title => pg_catalog.format('Look whether %s should have a short key', k.full_name),
		   detail => pg_catalog.format('Its primary key is (%s), and foreign keys refer to it.', c.names),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', c.names,
						   'confidence_reason', 'read from the catalog'),
		   confidence => 0.4) a
 WHERE k.contype = 'p'
   AND NOT k.is_partition
   AND pg_catalog.cardinality(k.columns) > dbadvisor.threshold('schema.primary_key_wide', 'max_columns', k.full_name)
   AND EXISTS (SELECT
				 FROM pg_catalog.pg_constraint f
				WHERE f.contype = 'f'
				  AND f.confrelid = k.relid);
COMMENT ON VIEW dbadvisor.rule_schema_primary_key_wide IS
'Rule schema.primary_key_wide: a primary key of many columns';

GRANT SELECT ON dbadvisor.rule_schema_primary_key_wide TO dbadvisor_reader;
