-- schema.table_inheritance: tables that inherit without being partitions
--
-- Fires for a table with child tables that are no partitions.  Wrong for an
-- extension's chunks, which are left out where they belong to it.
SELECT dbadvisor.register_rule(
	rule => 'schema.table_inheritance',
	title => 'A table has child tables that are no partitions',
	why => 'Unique keys, foreign keys and indexes of the parent do not hold for its children, and nothing routes rows.',
	severity => 'info',
	doc => 'Declarative partitioning does what this was used for. A one to one table with a foreign key does for subtypes.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_table_inheritance
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT t.relid,
			   t.full_name,
			   pg_catalog.count(*)::integer AS children
		  FROM dbadvisor.user_table t
		  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
		 WHERE t.relkind = 'r'
		 GROUP BY t.relid, t.full_name) p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.table_inheritance',
		   relid => p.relid,
		   title => pg_catalog.format('Look whether %s should be partitioned', p.full_name),
		   detail => pg_catalog.format('%s tables inherit from it. What is unique in it is not across them, and foreign keys to it do not see their rows.', p.children),
		   evidence => pg_catalog.jsonb_build_object(
						   'children', p.children,
						   'confidence_reason', 'read from the catalog'),
		   confidence => 0.5,
		   affected_count => p.children) a;
COMMENT ON VIEW dbadvisor.rule_schema_table_inheritance IS
'Rule schema.table_inheritance: tables with child tables that are no partitions';

GRANT SELECT ON dbadvisor.rule_schema_table_inheritance TO dbadvisor_reader;
