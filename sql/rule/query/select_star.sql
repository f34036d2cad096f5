-- query.select_star: columns that nobody asked for by name
--
-- Fires for a star in the outermost list of a statement that reads tables.  A
-- matter of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'query.select_star',
	title => 'All columns are read',
	why => 'More columns than needed are read, detoasted and sent, no index alone can answer, and the result changes with the table.',
	severity => 'info',
	thresholds => '{"min_share": 0.01, "min_mean_ms": 1}',
	doc => 'Off, since most of it comes from tools that need every column. Stars in EXISTS and in subqueries do not count. It matters for tables with wide columns and where an index could answer alone: see the plan.',
	enabled => false,
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_select_star WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.select_star') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.select_star',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Name the columns that are needed of %s', t.name),
		   detail => 'asks for all columns. Naming those that are needed lets an index answer alone and spares reading what is stored out of line.',
		   evidence => pg_catalog.jsonb_build_object(
						   'confidence_reason', 'whether all columns are needed is not known'),
		   proof => 'catalog',
		   confidence => 0.3) a
 WHERE (s.features ->> 'select_star')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_select_star IS
'Statements that ask for all columns';

GRANT SELECT ON dbadvisor.rule_query_select_star TO dbadvisor_reader;
