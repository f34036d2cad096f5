-- query.jit_cost: compiling takes longer than it saves
--
-- Fires for a statement that spent min_jit_share of its time on just-in-time
-- compilation.  Wrong where the rest would take much longer without it, which a
-- trial tells.
SELECT dbadvisor.register_rule(
	rule => 'query.jit_cost',
	title => 'Much of the time goes into compiling',
	why => 'Plans whose costs are estimated too high are compiled for nothing, each time.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_jit_share": 0.2, "min_calls": 5}',
	doc => 'min_jit_share is the part of the execution time. Estimates that are too high, as with many partitions, are the usual cause. Trying is cheap: SET jit = off in a session and run it. Time in deforming alone, which PostgreSQL 17 counts, is part of generation.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_jit_cost WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.jit_cost') s
 CROSS JOIN LATERAL (
	SELECT ((s.counters ->> 'jit_generation_time')::double precision
			+ (s.counters ->> 'jit_inlining_time')::double precision
			+ (s.counters ->> 'jit_optimization_time')::double precision
			+ (s.counters ->> 'jit_emission_time')::double precision) AS ms) j
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.jit_cost',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Run the statement on %s without just-in-time compilation', t.name),
		   detail => pg_catalog.format('spent %s %% of its time on compiling. Switch jit off for the role that runs it (ALTER ROLE ... SET jit = off), or raise jit_above_cost above the cost of its plan.', pg_catalog.round((j.ms / s.total_ms * 100)::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'jit_ms_per_call', j.ms / s.calls,
						   'jit_share', j.ms / s.total_ms,
						   'confidence_reason', 'counted; how long it would take without is not known'),
		   benefit_ms_per_day => s.ms_per_day * j.ms / s.total_ms,
		   proof => 'counters',
		   confidence => 0.8) a
 WHERE j.ms >= s.total_ms * dbadvisor.threshold('query.jit_cost', 'min_jit_share')::double precision
   AND s.calls >= dbadvisor.threshold('query.jit_cost', 'min_calls');
COMMENT ON VIEW dbadvisor.rule_query_jit_cost IS
'Statements that spend much of their time on compiling';

GRANT SELECT ON dbadvisor.rule_query_jit_cost TO dbadvisor_reader;
