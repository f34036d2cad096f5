-- maintenance.table_empty: tables without a row
--
-- Fires for a schema with tables that have been analyzed and found empty while
-- others in it have rows; one row per schema.  Off unless switched on: in a new
-- database all are.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.table_empty',
	title => 'Tables are empty',
	why => 'A table that never gets rows is a leftover, or something that was meant to fill it does not run.',
	severity => 'info',
	doc => 'A matter of taste, off by default.',
	enabled => false,
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_table_empty WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT t.schema_name,
			   pg_catalog.count(*) FILTER (WHERE t.rows = 0)::integer AS empty,
			   pg_catalog.string_agg(t.full_name, ', ' ORDER BY t.full_name) FILTER (WHERE t.rows = 0) AS names
		  FROM dbadvisor.user_table t
		 WHERE NOT t.is_partition
		   AND t.relkind IN ('r', 'p')
		 GROUP BY t.schema_name
		HAVING pg_catalog.bool_or(t.rows > 0)) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.table_empty',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s tables of schema %I are empty', s.empty, s.schema_name),
		   detail => pg_catalog.format('Empty when they were last analyzed: %s.', s.names),
		   evidence => pg_catalog.jsonb_build_object('tables_count', s.empty, 'tables', s.names),
		   proof => 'counters',
		   affected_count => s.empty) a
 WHERE s.empty > 0;
COMMENT ON VIEW dbadvisor.rule_maintenance_table_empty IS
'Schemas with empty tables';

GRANT SELECT ON dbadvisor.rule_maintenance_table_empty TO dbadvisor_reader;
