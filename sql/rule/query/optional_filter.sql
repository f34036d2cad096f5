-- query.optional_filter: one statement for several searches
--
-- Fires for ($1 IS NULL OR column = $1): no index can be used for a condition
-- that may be none.  Wrong where the plan is made for the values each time.
SELECT dbadvisor.register_rule(
	rule => 'query.optional_filter',
	title => 'Conditions are switched off by parameters',
	why => 'A plan that is right for all cases reads all rows in each.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1}',
	doc => 'Statements that are planned with their values (sent in one piece, or prepared with plan_cache_mode = force_custom_plan) lose the part that does not count and can use an index; the counters do not tell how it was sent.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_optional_filter WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.optional_filter') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.optional_filter',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Search %s with the conditions that are given', t.name),
		   detail => pg_catalog.format('has %s conditions that a NULL parameter switches off. Let the application write only the conditions that it has, or plan with values: SET plan_cache_mode = force_custom_plan for the role.', s.features ->> 'optional_filters'),
		   evidence => pg_catalog.jsonb_build_object(
						   'optional_filters', (s.features ->> 'optional_filters')::integer,
						   'blocks_per_call', s.blocks_per_call,
						   'confidence_reason', 'how the statement is planned is not known'),
		   proof => 'heuristic',
		   confidence => 0.5) a
 WHERE (s.features ->> 'optional_filters')::integer > 0;
COMMENT ON VIEW dbadvisor.rule_query_optional_filter IS
'Statements whose conditions a NULL parameter switches off';

GRANT SELECT ON dbadvisor.rule_query_optional_filter TO dbadvisor_reader;
