-- query.plan_time: planning takes longer than running
--
-- Fires for a statement whose planning took min_plan_share of its planning and
-- execution.  Needs pg_stat_statements.track_planning; silent without.
SELECT dbadvisor.register_rule(
	rule => 'query.plan_time',
	title => 'Planning takes longer than running',
	why => 'A plan that is made for each call costs more than the call itself.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0, "min_plan_share": 0.5, "min_plan_ms": 0.5, "min_calls": 100}',
	doc => 'min_plan_ms is the mean per plan. Seen only where pg_stat_statements.track_planning is on, which is not the default. Prepared statements and functions keep their plans; many partitions or joins make planning dear, and a generic plan (plan_cache_mode) helps where values do not matter.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_plan_time WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.plan_time') s
 CROSS JOIN LATERAL (
	SELECT (s.counters ->> 'total_plan_time')::double precision AS ms) p
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.plan_time',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Prepare the statement on %s', t.name),
		   detail => pg_catalog.format('spent %s %% of its time on planning, %s ms per plan. Prepare it, so that its plan is kept; look for partitions that its condition does not exclude.', pg_catalog.round((p.ms / (p.ms + s.total_ms) * 100)::numeric), pg_catalog.round((p.ms / (s.counters ->> 'plans')::double precision)::numeric, 2)),
		   evidence => pg_catalog.jsonb_build_object(
						   'plan_share', p.ms / (p.ms + s.total_ms),
						   'plans', (s.counters ->> 'plans')::double precision,
						   'tables', (s.features ->> 'most_tables')::integer,
						   'confidence_reason', 'counted'),
		   proof => 'counters',
		   confidence => 0.8) a
 WHERE p.ms >= (p.ms + s.total_ms) * dbadvisor.threshold('query.plan_time', 'min_plan_share')::double precision
   AND p.ms / NULLIF((s.counters ->> 'plans')::double precision, 0) >= dbadvisor.threshold('query.plan_time', 'min_plan_ms')
   AND s.calls >= dbadvisor.threshold('query.plan_time', 'min_calls');
COMMENT ON VIEW dbadvisor.rule_query_plan_time IS
'Statements that are planned for longer than they run';

GRANT SELECT ON dbadvisor.rule_query_plan_time TO dbadvisor_reader;
