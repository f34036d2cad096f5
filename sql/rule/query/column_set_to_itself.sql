-- query.column_set_to_itself: assignments that change nothing
--
-- Fires for UPDATE ...  SET column = column.  Wrong where a trigger or a new row
-- version is what is wanted.
SELECT dbadvisor.register_rule(
	rule => 'query.column_set_to_itself',
	title => 'UPDATE sets a column to itself',
	why => 'The row gets a new version whether anything changes or not.',
	severity => 'info',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0}',
	doc => 'Wrong where it is written to fire a trigger or to lock rows; SELECT ... FOR UPDATE locks without a new version. A column that is set to its own value by a parameter is not seen.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_column_set_to_itself WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.column_set_to_itself') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.column_set_to_itself',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Set only columns of %s that change', t.name),
		   detail => pg_catalog.format('sets %s columns to themselves. Leave them out; where nothing else is set, the update is needless.', s.features ->> 'self_assignments'),
		   evidence => pg_catalog.jsonb_build_object(
						   'self_assignments', (s.features ->> 'self_assignments')::integer,
						   'confidence_reason', 'seen in the tree of the statement'),
		   proof => 'catalog',
		   confidence => 0.7) a
 WHERE (s.features ->> 'self_assignments')::integer > 0;
COMMENT ON VIEW dbadvisor.rule_query_column_set_to_itself IS
'Statements that set a column to itself';

GRANT SELECT ON dbadvisor.rule_query_column_set_to_itself TO dbadvisor_reader;
