-- schema.name_shadows_catalog: names that hide those of the system
--
-- Fires once per schema for tables and columns named like a table or view of
-- pg_catalog.  A matter of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.name_shadows_catalog',
	title => 'Tables are named like system catalogs',
	why => 'Which of them a statement means depends on search_path.',
	severity => 'info',
	enabled => false,
	doc => 'pg_catalog is searched first unless search_path names it, so it is the table that is hidden, not the catalog: statements without a schema read the catalog. Wrong where every statement names the schema.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_name_shadows_catalog
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT n.schema_name,
			   pg_catalog.count(*)::integer AS count,
			   (pg_catalog.array_agg(n.object ORDER BY n.object))[1:20] AS objects
		  FROM dbadvisor.user_name n
		 WHERE EXISTS (SELECT
						 FROM pg_catalog.pg_class c
						WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
						  AND c.relname::text = n.name
						  AND c.relkind IN ('r', 'v'))
		 GROUP BY n.schema_name) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.name_shadows_catalog',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s names in schema %I hide system catalogs', s.count, s.schema_name),
		   detail => pg_catalog.format('They are names of pg_catalog as well: %s.', pg_catalog.array_to_string(s.objects, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'names', s.count,
						   'first', s.objects,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => s.count) a;
COMMENT ON VIEW dbadvisor.rule_schema_name_shadows_catalog IS
'Rule schema.name_shadows_catalog: names that hide those of the system';

GRANT SELECT ON dbadvisor.rule_schema_name_shadows_catalog TO dbadvisor_reader;
