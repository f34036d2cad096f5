-- query.cross_join: tables that nothing ties together
--
-- Fires where an item of FROM is tied to the others by no clause, so that all
-- pairs of rows are made.  Wrong where one side has one row.
SELECT dbadvisor.register_rule(
	rule => 'query.cross_join',
	title => 'Tables are joined without a condition',
	why => 'Every row of one meets every row of the other: the result grows with the product.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1}',
	doc => 'Functions, LATERAL, subqueries that return one row and tables with a column that is compared with a value are no such items. A CROSS JOIN is written on purpose: suppress it for the statement then. DISTINCT in the same statement speaks for a condition that was forgotten.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_cross_join WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.cross_join') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.cross_join',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Tie the tables that are joined with %s', t.name),
		   detail => pg_catalog.format('has %s of %s items in FROM that no condition ties to the others.', s.features ->> 'cross_joins', s.features ->> 'most_tables'),
		   evidence => pg_catalog.jsonb_build_object(
						   'cross_joins', (s.features ->> 'cross_joins')::integer,
						   'distinct', (s.features ->> 'distinct')::boolean,
						   'rows_per_call', s.rows_per_call,
						   'confidence_reason', 'seen in the tree of the statement; that it is meant is possible'),
		   proof => 'catalog',
		   confidence => 0.6) a
 WHERE (s.features ->> 'cross_joins')::integer > 0;
COMMENT ON VIEW dbadvisor.rule_query_cross_join IS
'Statements that join tables without a condition';

GRANT SELECT ON dbadvisor.rule_query_cross_join TO dbadvisor_reader;
