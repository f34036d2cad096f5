-- query.too_many_joins: more tables than the planner tries orders of
--
-- Fires for a statement with more items in one FROM than join_collapse_limit: the
-- order of the rest is that of the text.  Wrong where that order is good.
SELECT dbadvisor.register_rule(
	rule => 'query.too_many_joins',
	title => 'More tables are joined than the planner puts in order',
	why => 'Beyond join_collapse_limit tables are joined as they are written, which may be the slowest way.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_tables": 8}',
	doc => 'min_tables counts where join_collapse_limit is lower; that of this session is taken. Views are not looked into. Raising the limit for the role costs planning time, which grows fast with it.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_too_many_joins WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.too_many_joins') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.too_many_joins',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Let the planner put the joins with %s in order', t.name),
		   detail => pg_catalog.format('joins %s tables while join_collapse_limit is %s here. Raise it for the role that runs it if planning stays quick, or split the statement.', s.features ->> 'most_tables', pg_catalog.current_setting('join_collapse_limit')),
		   evidence => pg_catalog.jsonb_build_object(
						   'tables', (s.features ->> 'most_tables')::integer,
						   'join_collapse_limit', pg_catalog.current_setting('join_collapse_limit')::integer,
						   'confidence_reason', 'whether another order is better is not known'),
		   proof => 'heuristic',
		   confidence => 0.4) a
 WHERE (s.features ->> 'most_tables')::integer > GREATEST(dbadvisor.threshold('query.too_many_joins', 'min_tables'), pg_catalog.current_setting('join_collapse_limit')::numeric);
COMMENT ON VIEW dbadvisor.rule_query_too_many_joins IS
'Statements that join more tables than the planner puts in order';

GRANT SELECT ON dbadvisor.rule_query_too_many_joins TO dbadvisor_reader;
