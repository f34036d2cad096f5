-- schema.description_missing: tables without a comment
--
-- Fires once per schema.  A matter of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.description_missing',
	title => 'Tables have no comment',
	why => 'What is not written down is asked again.',
	severity => 'info',
	enabled => false,
	doc => 'One row per schema with the number of tables; partitions count with their parent, columns and functions are not looked at. What tables are called may say enough: switch it on where a catalog of data is made from comments.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_description_missing
WITH (security_invoker = true) AS
WITH bare AS (
	SELECT t.schema_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.count(*) FILTER (WHERE pg_catalog.obj_description(t.relid, 'pg_class') IS NULL)::integer AS bare
	  FROM dbadvisor.user_table t
	 WHERE NOT t.is_partition
	 GROUP BY t.schema_name
)
SELECT a.*
  FROM bare b
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.description_missing',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(b.schema_name),
		   title => pg_catalog.format('Describe the tables of schema %I', b.schema_name),
		   detail => pg_catalog.format('%s of %s tables have no comment.', b.bare, b.tables),
		   evidence => pg_catalog.jsonb_build_object(
						   'tables', b.tables,
						   'without_comment', b.bare,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => b.bare) a
 WHERE b.bare > 0;
COMMENT ON VIEW dbadvisor.rule_schema_description_missing IS
'Rule schema.description_missing: tables without a comment';

GRANT SELECT ON dbadvisor.rule_schema_description_missing TO dbadvisor_reader;
