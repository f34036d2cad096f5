-- maintenance.replay_held: queries on a standby that its replay waits for
--
-- Fires on a standby whose replay has waited for queries for max_seconds: for a
-- lock that they have, or for rows that they can still see.  Silent on a primary.
-- Wrong on a standby that is there for reports and may fall behind.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.replay_held',
	title => 'Queries on the standby hold up its replay',
	why => 'The standby falls behind: what it shows is old, and a failover to it has to replay all that first.',
	severity => 'medium',
	thresholds => '{"max_seconds": 60, "high_factor": 10}',
	doc => 'max_standby_streaming_delay is how long the replay waits before it cancels queries. High from high_factor times max_seconds. On the primary, maintenance.horizon_held tells what hot_standby_feedback does to VACUUM there.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_replay_held WITH (security_invoker = true) AS
WITH replay AS MATERIALIZED (
	SELECT s.pid,
		   s.wait_event,
		   s.wait_event_type = 'Lock' AS wants_lock
	  FROM dbadvisor.user_session s
	 WHERE s.backend_type = 'startup'
	   AND pg_catalog.pg_is_in_recovery()
	   AND (s.wait_event_type = 'Lock' OR s.wait_event LIKE 'RecoveryConflict%')
), wanted AS MATERIALIZED (
	SELECT l.relation,
		   l.full_name,
		   l.waits_seconds
	  FROM dbadvisor.session_lock l
	  JOIN replay r ON r.pid = l.pid
	 WHERE NOT l.granted
), holder AS (
	SELECT s.pid,
		   s.name,
		   s.state,
		   s.transaction_seconds,
		   s.release_sql
	  FROM replay r
	  JOIN dbadvisor.user_session s ON s.backend_type = 'client backend'
	 WHERE CASE
		   WHEN r.wants_lock
		   THEN EXISTS (SELECT
						  FROM dbadvisor.session_lock l
						  JOIN wanted w ON w.relation = l.relation
						 WHERE l.pid = s.pid
						   AND l.granted)
		   ELSE s.holds_snapshot
		   END
), judged AS (
	SELECT r.wait_event,
		   (SELECT pg_catalog.string_agg(DISTINCT w.full_name, ', ') FROM wanted w) AS relations,
		   COALESCE((SELECT pg_catalog.max(w.waits_seconds) FROM wanted w),
					EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::double precision) AS seconds,
		   h.*
	  FROM replay r
	 CROSS JOIN (
		SELECT pg_catalog.count(*) AS holders,
			   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pid', o.pid, 'session', o.name, 'state', o.state,
																  'transaction_seconds', pg_catalog.round(o.transaction_seconds::numeric))
									ORDER BY o.transaction_seconds DESC) AS sessions,
			   pg_catalog.string_agg(o.release_sql, E';\n' ORDER BY o.transaction_seconds DESC) AS apply_sql
		  FROM holder o) h
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.replay_held',
		   object_type => 'configuration',
		   object_name => 'max_standby_streaming_delay',
		   severity => CASE
					   WHEN j.seconds >= dbadvisor.threshold('maintenance.replay_held', 'max_seconds')::double precision
										 * dbadvisor.threshold('maintenance.replay_held', 'high_factor')::double precision
					   THEN 'high'
					   END,
		   title => pg_catalog.format('Let the replay go on: it has waited for queries for %s s', pg_catalog.round(j.seconds::numeric)),
		   detail => pg_catalog.format('It waits at %s%s. %s sessions can be what it waits for; max_standby_streaming_delay is %s.',
									   j.wait_event, ', for a lock on ' || j.relations, j.holders,
									   pg_catalog.current_setting('max_standby_streaming_delay')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'waits_seconds', pg_catalog.round(j.seconds::numeric),
						   'wait_event', j.wait_event,
						   'relations', j.relations,
						   'sessions', j.sessions,
						   'max_standby_streaming_delay', pg_catalog.current_setting('max_standby_streaming_delay'))),
		   proof => 'counters',
		   apply_sql => j.apply_sql,
		   impact => 'Cancels these queries, and ends sessions that are idle in a transaction. A lower max_standby_streaming_delay does so by itself.') a
 WHERE j.seconds >= dbadvisor.threshold('maintenance.replay_held', 'max_seconds')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.replay_held') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_replay_held IS
'Queries on a standby that its replay waits for, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_replay_held TO dbadvisor_reader;
