-- query.plan_flip: a statement that is quick and slow by turns
--
-- Fires for a statement whose time per call goes up and down between windows of
-- history by a factor, while it returns about as many rows per call: as it does
-- when the planner changes its mind.  Wrong when something else does it, such as
-- a cold cache or parameters that differ by the time of day.
SELECT dbadvisor.register_rule(
	rule => 'query.plan_flip',
	title => 'A statement is quick and slow by turns',
	why => 'A plan that changes without reason is hard to rely on, and its slow side is often avoidable.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_windows": 6, "min_calls": 20, "min_factor": 10, "min_flips": 2, "min_slow_ms": 5}',
	doc => 'min_calls are those of a window that counts; a flip is a change between a window below and one above the middle (the geometric mean of the shortest and the longest time per call), min_factor is the ratio of these two. Plans themselves are not looked at.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_plan_flip WITH (security_invoker = true) AS
WITH pace AS MATERIALIZED (
	SELECT c.*,
		   c.ms / c.calls AS ms_per_call,
		   c.rows / c.calls AS rows_per_call
	  FROM dbadvisor.query_calls('query.plan_flip') c
	 WHERE c.calls >= dbadvisor.threshold('query.plan_flip', 'min_calls')
	   AND c.ms > 0
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
), found AS (
	SELECT DISTINCT ON (pg_catalog.md5(f.query)) b.*, l.flips, f.query,
		   f.relations[1] AS relid
	  FROM dbadvisor.workload_features(ARRAY(SELECT l.queryid FROM flips l)) f
	  JOIN flips l ON l.queryid = f.queryid AND l.userid = f.userid
	  JOIN bounds b ON b.queryid = f.queryid AND b.userid = f.userid
	 WHERE f.features IS NOT NULL
	   AND f.relations <> '{}'
	   AND EXISTS (SELECT FROM flips)
	 ORDER BY pg_catalog.md5(f.query), b.calls DESC
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.plan_flip',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   title => pg_catalog.format('Find out why statement %s on %s is quick and slow by turns', f.queryid, t.name),
		   detail => pg_catalog.format(
						 'Over %s windows it took from %s to %s ms per call and changed sides %s times, with about as many rows per call. See its plans with auto_explain, and look at the statistics of its tables.',
						 f.windows,
						 pg_catalog.round(f.shortest::numeric, 2),
						 pg_catalog.round(f.longest::numeric, 2),
						 f.flips),
		   evidence => pg_catalog.jsonb_build_object(
						   'windows', f.windows,
						   'shortest_ms_per_call', f.shortest,
						   'longest_ms_per_call', f.longest,
						   'flips', f.flips,
						   'calls', f.calls,
						   'window', 'history',
						   'confidence_reason', 'times tell that something changes, not what'),
		   queryids => ARRAY[f.queryid],
		   confidence => 0.4,
		   proof => 'heuristic',
		   evidence_since => f.since,
		   impact => 'Looking changes nothing.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.plan_flip') n;
COMMENT ON VIEW dbadvisor.rule_query_plan_flip IS
'Statements that are quick and slow by turns, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_plan_flip TO dbadvisor_reader;
