-- maintenance.schema_count: a schema for each tenant
--
-- Fires for a database with more than max_schemas schemas.  Off unless switched
-- on: it is a design, with known costs.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.schema_count',
	title => 'The database has very many schemas',
	why => 'Each table of each schema has its own catalog rows, statistics and files; dumps, migrations and caches grow with them.',
	severity => 'info',
	thresholds => '{"max_schemas": 100}',
	doc => 'A matter of taste, off by default.',
	enabled => false,
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_schema_count WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT pg_catalog.count(*)::integer AS count FROM dbadvisor.user_schema) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.schema_count',
		   object_type => 'database',
		   object_name => pg_catalog.quote_ident(pg_catalog.current_database()),
		   title => pg_catalog.format('The database has %s schemas', s.count),
		   detail => 'A tenant column with row-level security or partitions keeps tenants apart with one set of tables.',
		   evidence => pg_catalog.jsonb_build_object('schemas_count', s.count),
		   affected_count => s.count) a
 WHERE s.count > dbadvisor.threshold('maintenance.schema_count', 'max_schemas');
COMMENT ON VIEW dbadvisor.rule_maintenance_schema_count IS
'The database, when it has very many schemas';

GRANT SELECT ON dbadvisor.rule_maintenance_schema_count TO dbadvisor_reader;
