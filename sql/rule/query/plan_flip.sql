-- query.plan_flip: a statement that is quick and slow by turns, or has turned slow
--
-- Where the sampler has recorded plans of a statement, these tell: it fires on two
-- of them of which one takes a multiple of the other's time, though the planner
-- expects about the same cost and about as many rows come back.  A plan that is
-- dear since its values select more is not one of these: the planner knows that.
-- For other statements the times per call tell: up and down between windows of history by a factor, with
-- about as many rows per call.  Wrong when something else does it, such as a cold
-- cache.
SELECT dbadvisor.register_rule(
	rule => 'query.plan_flip',
	title => 'A statement is quick and slow by turns',
	why => 'A plan that changes without reason is hard to rely on, and its slow side is often avoidable.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_windows": 6, "min_calls": 20, "min_factor": 10, "min_flips": 2, "min_slow_ms": 5, "min_executions": 5, "min_plan_factor": 5, "max_cost_factor": 2}',
	doc => 'Of recorded plans (dbadvisor.statement_plan) min_executions must have been sampled of each, the slow one must have been used within window_hours and since the quick one was first seen, and take min_slow_ms and min_plan_factor times the quick one''s time, though the planner''s cost of it is at most max_cost_factor times that of the quick one. Where no plan of a statement is recorded that often: min_calls are those of a window that counts; a flip is a change between a window below and one above the middle (the geometric mean of the shortest and the longest time per call), min_factor is the ratio of these two.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_plan_flip WITH (security_invoker = true) AS
WITH plan AS MATERIALIZED (
	SELECT p.*
	  FROM dbadvisor.plan_rows() p
	 WHERE p.executions >= dbadvisor.threshold('query.plan_flip', 'min_executions')
), pair AS MATERIALIZED (
	SELECT DISTINCT ON (q.userid, q.queryid)
		   q.userid, q.queryid,
		   q AS quick,
		   s AS slow,
		   s.first_seen > q.last_seen AS has_turned,
		   GREATEST(s.first_seen, q.first_seen) AS turned_at
	  FROM plan q
	  JOIN plan s ON s.userid = q.userid AND s.queryid = q.queryid
	 WHERE s.mean_ms >= dbadvisor.threshold('query.plan_flip', 'min_slow_ms')
	   AND s.mean_ms >= q.mean_ms
						* dbadvisor.threshold('query.plan_flip', 'min_plan_factor')::double precision
	   AND s.mean_cost <= q.mean_cost
						  * dbadvisor.threshold('query.plan_flip', 'max_cost_factor')::double precision
	   AND s.mean_rows <= 2 * GREATEST(q.mean_rows, 0.5)
	   AND s.last_seen >= q.first_seen
	   AND s.last_seen >= pg_catalog.clock_timestamp()
						  - pg_catalog.make_interval(hours => dbadvisor.threshold('query.plan_flip', 'window_hours')::integer)
	 ORDER BY q.userid, q.queryid, (s.mean_ms - q.mean_ms) * s.executions DESC
), pace AS MATERIALIZED (
	SELECT c.*,
		   c.ms / c.calls AS ms_per_call,
		   c.rows / c.calls AS rows_per_call
	  FROM dbadvisor.query_calls('query.plan_flip') c
	 WHERE c.calls >= dbadvisor.threshold('query.plan_flip', 'min_calls')
	   AND c.ms > 0
	   AND NOT EXISTS (SELECT
						 FROM plan p
						WHERE p.userid = c.userid
						  AND p.queryid = c.queryid)
), bounds AS MATERIALIZED (
	SELECT p.userid, p.queryid,
		   pg_catalog.count(*) AS windows,
		   pg_catalog.min(p.ms_per_call) AS shortest,
		   pg_catalog.max(p.ms_per_call) AS longest,
		   pg_catalog.sum(p.calls) AS calls,
		   pg_catalog.min(p.since) AS since
	  FROM pace p
	 GROUP BY p.userid, p.queryid
	HAVING pg_catalog.count(*) >= dbadvisor.threshold('query.plan_flip', 'min_windows')
	   AND pg_catalog.max(p.ms_per_call) >= pg_catalog.min(p.ms_per_call) * dbadvisor.threshold('query.plan_flip', 'min_factor')::double precision
	   AND pg_catalog.max(p.ms_per_call) >= dbadvisor.threshold('query.plan_flip', 'min_slow_ms')
	   AND pg_catalog.max(p.rows_per_call) <= 2 * GREATEST(pg_catalog.min(p.rows_per_call), 0.5)
), flips AS MATERIALIZED (
	SELECT s.userid, s.queryid,
		   pg_catalog.count(*) FILTER (WHERE s.is_slow <> s.was_slow) AS flips
	  FROM (SELECT p.userid, p.queryid,
				   p.ms_per_call > pg_catalog.sqrt(b.shortest * b.longest) AS is_slow,
				   pg_catalog.lag(p.ms_per_call > pg_catalog.sqrt(b.shortest * b.longest))
					   OVER (PARTITION BY p.userid, p.queryid ORDER BY p.taken_at) AS was_slow
			  FROM pace p
			  JOIN bounds b ON b.userid = p.userid AND b.queryid = p.queryid) s
	 GROUP BY s.userid, s.queryid
	HAVING pg_catalog.count(*) FILTER (WHERE s.is_slow <> s.was_slow) >= dbadvisor.threshold('query.plan_flip', 'min_flips')
), told AS MATERIALIZED (
	SELECT p.userid, p.queryid,
		   (p.slow).executions + (p.quick).executions AS weight,
		   CASE WHEN p.has_turned THEN 'medium' END AS severity,
		   CASE
		   WHEN p.has_turned THEN 'got a slower plan'
		   ELSE 'is quick and slow by turns'
		   END AS what,
		   pg_catalog.concat_ws(
			   ' ',
			   CASE
			   WHEN p.has_turned
			   THEN pg_catalog.format('At %s its plan turned.', pg_catalog.to_char(p.turned_at, 'YYYY-MM-DD HH24:MI TZ'))
			   ELSE pg_catalog.format('It has two plans by turns, since %s.', pg_catalog.to_char(p.turned_at, 'YYYY-MM-DD HH24:MI TZ'))
			   END,
			   pg_catalog.format('%s (plan %s) takes %s ms per execution, %s (plan %s) takes %s ms, with about as many rows, and the planner expects the costs %s and %s. Compare both with EXPLAIN (ANALYZE), and look at the statistics of its tables and at what has changed then.',
								 (p.slow).shape, (p.slow).plan_id, pg_catalog.round((p.slow).mean_ms::numeric, 2),
								 (p.quick).shape, (p.quick).plan_id, pg_catalog.round((p.quick).mean_ms::numeric, 2),
								 pg_catalog.round((p.slow).mean_cost::numeric, 1), pg_catalog.round((p.quick).mean_cost::numeric, 1))) AS detail,
		   pg_catalog.jsonb_build_object(
			   'slow_plan_id', (p.slow).plan_id,
			   'slow_plan', (p.slow).shape,
			   'slow_ms', (p.slow).mean_ms,
			   'slow_cost', (p.slow).mean_cost,
			   'slow_executions', (p.slow).executions,
			   'quick_plan_id', (p.quick).plan_id,
			   'quick_plan', (p.quick).shape,
			   'quick_ms', (p.quick).mean_ms,
			   'quick_cost', (p.quick).mean_cost,
			   'quick_executions', (p.quick).executions,
			   'turned_at', p.turned_at,
			   'quick_until', (p.quick).last_seen,
			   'window', 'sampled executions',
			   'confidence_reason', 'both plans were executed, and timed') AS evidence,
		   0.8::double precision AS confidence,
		   'counters' AS proof,
		   LEAST((p.slow).first_seen, (p.quick).first_seen) AS since
	  FROM pair p
	 UNION ALL
	SELECT b.userid, b.queryid,
		   b.calls,
		   NULL,
		   'is quick and slow by turns',
		   pg_catalog.format(
			   'Over %s windows it took from %s to %s ms per call and changed sides %s times, with about as many rows per call. See its plans with auto_explain, and look at the statistics of its tables.',
			   b.windows,
			   pg_catalog.round(b.shortest::numeric, 2),
			   pg_catalog.round(b.longest::numeric, 2),
			   l.flips),
		   pg_catalog.jsonb_build_object(
			   'windows', b.windows,
			   'shortest_ms_per_call', b.shortest,
			   'longest_ms_per_call', b.longest,
			   'flips', l.flips,
			   'calls', b.calls,
			   'window', 'history',
			   'confidence_reason', 'times tell that something changes, not what'),
		   0.4,
		   'heuristic',
		   b.since
	  FROM bounds b
	  JOIN flips l ON l.queryid = b.queryid AND l.userid = b.userid
), found AS (
	SELECT DISTINCT ON (pg_catalog.md5(f.query)) t.*, f.query,
		   f.relations[1] AS relid
	  FROM dbadvisor.workload_features(ARRAY(SELECT t.queryid FROM told t)) f
	  JOIN told t ON t.queryid = f.queryid AND t.userid = f.userid
	 WHERE f.features IS NOT NULL
	   AND f.relations <> '{}'
	   AND EXISTS (SELECT FROM told)
	 ORDER BY pg_catalog.md5(f.query), t.weight DESC
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.plan_flip',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   severity => f.severity,
		   title => pg_catalog.format('Find out why statement %s on %s %s', f.queryid, t.name, f.what),
		   detail => f.detail,
		   evidence => f.evidence,
		   queryids => ARRAY[f.queryid],
		   confidence => f.confidence,
		   proof => f.proof,
		   evidence_since => f.since,
		   impact => 'Looking changes nothing.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.plan_flip') n
 WHERE NOT EXISTS (SELECT FROM plan);
COMMENT ON VIEW dbadvisor.rule_query_plan_flip IS
'Statements that are quick and slow by turns or got a slower plan, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_plan_flip TO dbadvisor_reader;
