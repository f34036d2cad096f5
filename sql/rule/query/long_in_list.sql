-- query.long_in_list: lists that are written out
--
-- Fires for IN with at least min_elements constants.  Wrong where the list is
-- fixed and the statement is planned once.
SELECT dbadvisor.register_rule(
	rule => 'query.long_in_list',
	title => 'A long list is written out in IN',
	why => 'Each length is another statement: it is parsed and planned anew, and pg_stat_statements keeps an entry for each.',
	severity => 'low',
	thresholds => '{"min_share": 0, "min_mean_ms": 0, "min_elements": 100}',
	doc => 'min_elements is the number of constants in one IN. From PostgreSQL 18 on pg_stat_statements counts lists of all lengths as one statement and does not tell the length: then only statements given by hand are seen. An array as parameter is one statement whatever its length; from some thousand elements on, join unnest() of it.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_long_in_list WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.long_in_list') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.long_in_list',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Ask %s with = ANY ($1) instead of a long IN', t.name),
		   detail => pg_catalog.format('lists %s constants in IN. Pass them as one array: = ANY ($1).', s.features ->> 'longest_list'),
		   evidence => pg_catalog.jsonb_build_object(
						   'elements', (s.features ->> 'longest_list')::integer,
						   'confidence_reason', 'counted in the tree of the statement'),
		   proof => 'catalog',
		   confidence => 0.8) a
 WHERE (s.features ->> 'longest_list')::integer >= dbadvisor.threshold('query.long_in_list', 'min_elements');
COMMENT ON VIEW dbadvisor.rule_query_long_in_list IS
'Statements with long lists in IN';

GRANT SELECT ON dbadvisor.rule_query_long_in_list TO dbadvisor_reader;
