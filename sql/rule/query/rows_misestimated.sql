-- query.rows_misestimated: a statement whose plan rests on a wrong number of rows
--
-- Fires for a statement of which sampled executions counted many times as many
-- rows of a table as the planner expected, or as few.  Of the time lost only that
-- is told which was measured: what its executions take beyond those with its
-- quickest plan.  Wrong where no other plan would be better; then nothing is lost.
SELECT dbadvisor.register_rule(
	rule => 'query.rows_misestimated',
	title => 'The planner expects a wrong number of rows',
	why => 'Order and method of joins, sorts and scans are chosen by the number of rows: a plan made for a few is slow with many.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_factor": 100, "min_executions": 5}',
	doc => 'Counted rows are those of dbadvisor.misestimates, so the sampler has to count rows (dbadvisor.sampler_estimate_rate). min_factor is the larger of expected and counted rows through the smaller, per scan of a table, in the mean of at least min_executions. lost_ms_per_day in the evidence compares the plans that were recorded of the statement (dbadvisor.statement_plan), each executed min_executions times; it is absent where there is one only.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_rows_misestimated WITH (security_invoker = true) AS
WITH wrong AS MATERIALIZED (
	SELECT DISTINCT ON (m.queryid) m.*
	  FROM dbadvisor.estimate_rows() m
	 WHERE m.node = 'scan'
	   AND m.clause IS NOT NULL
	   AND m.factor >= dbadvisor.threshold('query.rows_misestimated', 'min_factor')
	   AND m.executions >= dbadvisor.threshold('query.rows_misestimated', 'min_executions')
	 ORDER BY m.queryid, m.factor DESC
), plan AS MATERIALIZED (
	SELECT p.queryid,
		   pg_catalog.sum(p.mean_ms * p.executions) / pg_catalog.sum(p.executions) AS mean_ms,
		   CASE WHEN pg_catalog.count(*) > 1 THEN pg_catalog.min(p.mean_ms) END AS quickest_ms,
		   pg_catalog.sum(p.executions) AS executions
	  FROM dbadvisor.plan_rows() p
	 WHERE p.executions >= dbadvisor.threshold('query.rows_misestimated', 'min_executions')
	 GROUP BY p.queryid
), found AS (
	SELECT s.*,
		   w.relid AS table_id, w.clause, w.estimated_rows, w.actual_rows, w.factor,
		   w.executions AS counted_executions,
		   p.mean_ms AS sampled_ms,
		   p.quickest_ms,
		   s.ms_per_day * (1 - p.quickest_ms / NULLIF(p.mean_ms, 0)) AS lost_ms_per_day
	  FROM dbadvisor.weighed_statements('query.rows_misestimated') s
	  JOIN wrong w ON w.queryid = s.queryid
	  LEFT JOIN plan p ON p.queryid = s.queryid
	 WHERE EXISTS (SELECT FROM wrong)
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.table_id) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.rows_misestimated',
		   queryid => f.queryid,
		   query => f.query,
		   relid => f.table_id,
		   weight => f.weight,
		   since => f.since,
		   title => pg_catalog.format('Help the planner with %s: statement %s gets %s rows where it expects %s', t.name, f.queryid,
									  pg_catalog.to_char(f.actual_rows::numeric, 'FM999,999,999,999,990'),
									  pg_catalog.to_char(f.estimated_rows::numeric, 'FM999,999,999,999,990')),
		   detail => pg_catalog.concat_ws(' ',
						 pg_catalog.format('has %s rows of %s under %s in the mean of %s executions, where the planner expects %s. ANALYZE the table; if that does not help, dbadvisor.recommend_statistics() looks for statistics that do.',
										   pg_catalog.to_char(f.actual_rows::numeric, 'FM999,999,999,999,990'),
										   t.name, f.clause, f.counted_executions,
										   pg_catalog.to_char(f.estimated_rows::numeric, 'FM999,999,999,999,990')),
						 CASE
						 WHEN f.quickest_ms < f.sampled_ms
						 THEN pg_catalog.format('Executions took %s ms in the mean, those with its quickest plan %s ms.',
												pg_catalog.round(f.sampled_ms::numeric, 2),
												pg_catalog.round(f.quickest_ms::numeric, 2))
						 END),
		   evidence => pg_catalog.jsonb_build_object(
						   'condition', f.clause,
						   'rows_estimated', f.estimated_rows,
						   'rows_counted', f.actual_rows,
						   'factor', f.factor,
						   'counted_executions', f.counted_executions,
						   'sampled_ms', f.sampled_ms,
						   'quickest_plan_ms', f.quickest_ms,
						   'lost_ms_per_day', f.lost_ms_per_day,
						   'confidence_reason', 'rows were counted while the statement was executed'),
		   proof => 'counters',
		   confidence => 0.9,
		   benefit_ms_per_day => NULLIF(f.lost_ms_per_day, 0),
		   impact => 'ANALYZE reads a sample of the table.') a;
COMMENT ON VIEW dbadvisor.rule_query_rows_misestimated IS
'Statements whose sampled executions counted other rows than the planner expects, by a large factor';

GRANT SELECT ON dbadvisor.rule_query_rows_misestimated TO dbadvisor_reader;
