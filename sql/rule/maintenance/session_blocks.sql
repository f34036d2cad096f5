-- maintenance.session_blocks: a session that others wait for
--
-- Fires for the root of a chain of waits for locks: a session, or a prepared
-- transaction, that waits for nobody itself and that somebody, directly or through
-- others, has waited for at least min_wait_s.  Wrong for a change of the schema
-- that was meant to stop the others for a while.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.session_blocks',
	title => 'A session keeps others waiting for its locks',
	why => 'Whoever waits for a lock makes those wait who want the same later, until all connections are taken.',
	severity => 'medium',
	thresholds => '{"min_wait_s": 10, "high_wait_s": 60, "high_waiters": 10}',
	doc => 'Ends with the chain: what was found by an analysis in the past is over or found again. High from high_wait_s or high_waiters on. Waits in a circle end by the deadlock check of the server. On a standby maintenance.replay_held tells whom the replay waits for.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_session_blocks WITH (security_invoker = true) AS
WITH RECURSIVE wait AS MATERIALIZED (
	SELECT DISTINCT s.pid,
		   b.pid AS blocker
	  FROM dbadvisor.user_session s
	 CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(s.pid)) b (pid)
	 WHERE s.wait_event_type = 'Lock'
	   AND s.is_here
), chain AS (
	SELECT w.blocker AS root,
		   w.pid
	  FROM wait w
	 WHERE w.blocker NOT IN (SELECT x.pid FROM wait x)
	   AND w.blocker <> pg_catalog.pg_backend_pid()
	 UNION
	SELECT c.root,
		   w.pid
	  FROM chain c
	  JOIN wait w ON w.blocker = c.pid
), asked AS MATERIALIZED (
	SELECT l.pid,
		   l.full_name,
		   l.locktype,
		   l.waits_seconds
	  FROM dbadvisor.session_lock l
	 WHERE NOT l.granted
), tree AS (
	SELECT c.root,
		   pg_catalog.count(DISTINCT c.pid) AS waiters,
		   pg_catalog.count(DISTINCT c.pid) FILTER (WHERE EXISTS (SELECT FROM wait w WHERE w.pid = c.pid AND w.blocker = c.root)) AS direct_waiters,
		   pg_catalog.max(a.waits_seconds) AS longest,
		   pg_catalog.string_agg(DISTINCT a.full_name, ', ' ORDER BY a.full_name) AS relations,
		   pg_catalog.string_agg(DISTINCT a.locktype, ', ' ORDER BY a.locktype) AS lock_types
	  FROM chain c
	  JOIN asked a ON a.pid = c.pid
	 GROUP BY c.root
), judged AS (
	SELECT t.*,
		   s.state,
		   s.transaction_seconds,
		   s.state_seconds,
		   s.query_id,
		   s.statement,
		   s.release_sql,
		   CASE WHEN t.root = 0 THEN 'prepared transaction' ELSE 'session' END AS object_type,
		   COALESCE(s.name, CASE WHEN t.root = 0 THEN 'unknown' ELSE 'process ' || t.root END) AS name
	  FROM tree t
	  LEFT JOIN dbadvisor.user_session s ON s.pid = t.root
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.session_blocks',
		   object_type => j.object_type,
		   object_name => j.name,
		   variant => NULLIF(j.root, 0)::text,
		   severity => CASE
					   WHEN j.longest >= dbadvisor.threshold('maintenance.session_blocks', 'high_wait_s', j.name)::double precision
							OR j.waiters >= dbadvisor.threshold('maintenance.session_blocks', 'high_waiters', j.name)
					   THEN 'high'
					   END,
		   title => pg_catalog.format('Let go of what %s %s wait%s for: %s', j.waiters,
									  CASE j.waiters WHEN 1 THEN 'session' ELSE 'sessions' END,
									  CASE j.waiters WHEN 1 THEN 's' END,
									  CASE j.root WHEN 0 THEN 'a prepared transaction' ELSE j.name END),
		   detail => pg_catalog.format('The longest wait has taken %s s%s.%s',
									   pg_catalog.round(j.longest::numeric),
									   ', on ' || j.relations,
									   CASE
									   WHEN j.root = 0 THEN ' The transaction was prepared and never ended: maintenance.transaction_prepared names those that hold locks.'
									   ELSE pg_catalog.format(' The one they wait for is %s, in a transaction since %s s.',
															  COALESCE(j.state, 'of unknown state'),
															  COALESCE(pg_catalog.round(j.transaction_seconds::numeric)::text, 'unknown'))
									   END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'pid', NULLIF(j.root, 0),
						   'state', j.state,
						   'state_seconds', pg_catalog.round(j.state_seconds::numeric),
						   'transaction_seconds', pg_catalog.round(j.transaction_seconds::numeric),
						   'waiters', j.waiters,
						   'direct_waiters', j.direct_waiters,
						   'longest_wait_seconds', pg_catalog.round(j.longest::numeric),
						   'relations', j.relations,
						   'lock_types', j.lock_types,
						   'statement', j.statement)),
		   queryids => pg_catalog.array_remove(ARRAY[j.query_id], NULL),
		   proof => 'counters',
		   contains_values => j.statement IS NOT NULL,
		   apply_sql => j.release_sql,
		   impact => CASE
					 WHEN j.root = 0 THEN 'Whoever has prepared it knows whether to commit it or to roll it back.'
					 ELSE 'What the transaction of the session did is rolled back; one that is idle is ended.'
					 END) a
 WHERE j.longest >= dbadvisor.threshold('maintenance.session_blocks', 'min_wait_s', j.name)::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.session_blocks') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_session_blocks IS
'Sessions at the root of a chain of waits for locks, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_session_blocks TO dbadvisor_reader;
