-- maintenance.session_idle: a session that is idle in a transaction
--
-- Fires for each session of the database that has been idle within a transaction
-- for max_seconds.  What the transaction holds decides how much it matters: locks
-- that stop writers, and the horizon of VACUUM.  Wrong for a session that a person
-- has open on purpose.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.session_idle',
	title => 'A session is idle in a transaction',
	why => 'An open transaction holds its locks, keeps VACUUM from removing dead rows of all tables and occupies a connection.',
	severity => 'low',
	thresholds => '{"max_seconds": 300, "high_factor": 12}',
	doc => 'Medium where it has written or holds a snapshot or a lock that stops writers, high if it has done so for high_factor times max_seconds. What the database did over time is in query.idle_in_transaction.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_session_idle WITH (security_invoker = true) AS
WITH idle AS MATERIALIZED (
	SELECT s.*,
		   s.state_seconds / dbadvisor.threshold('maintenance.session_idle', 'max_seconds', s.name)::double precision AS factor
	  FROM dbadvisor.user_session s
	 WHERE s.is_here
	   AND NOT s.is_self
	   AND s.state LIKE 'idle in transaction%'
), held AS (
	SELECT l.pid,
		   pg_catalog.count(*) AS locks,
		   pg_catalog.string_agg(DISTINCT l.full_name, ', ' ORDER BY l.full_name) FILTER (WHERE l.stops_writes) AS stopped,
		   pg_catalog.string_agg(DISTINCT l.full_name, ', ' ORDER BY l.full_name) AS relations
	  FROM dbadvisor.session_lock l
	  JOIN idle i ON i.pid = l.pid
	 WHERE l.granted
	   AND l.full_name IS NOT NULL
	 GROUP BY l.pid
), limits AS (
	SELECT g.setting = '0' AS is_off
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'idle_in_transaction_session_timeout'
)
SELECT a.*
  FROM idle i
  LEFT JOIN held h ON h.pid = i.pid
 CROSS JOIN limits l
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.session_idle',
		   object_type => 'session',
		   object_name => i.name,
		   variant => i.pid::text,
		   severity => CASE
					   WHEN i.xids IS NULL AND h.stopped IS NULL THEN NULL
					   WHEN i.factor >= dbadvisor.threshold('maintenance.session_idle', 'high_factor', i.name)::double precision THEN 'high'
					   ELSE 'medium'
					   END,
		   title => pg_catalog.format('End or repair %s, idle in a transaction for %s s', i.name, pg_catalog.round(i.state_seconds::numeric)),
		   detail => pg_catalog.format('The transaction is open for %s s%s%s. Commit before waiting for anything outside of the database.%s',
									   pg_catalog.round(i.transaction_seconds::numeric),
									   ' and keeps VACUUM from rows that are younger than ' || i.xids || ' transaction ids',
									   '; it stops writers of ' || h.stopped,
									   CASE WHEN l.is_off THEN ' No limit is set: idle_in_transaction_session_timeout, per role, ends such sessions.' END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'pid', i.pid,
						   'state', i.state,
						   'idle_seconds', pg_catalog.round(i.state_seconds::numeric),
						   'transaction_seconds', pg_catalog.round(i.transaction_seconds::numeric),
						   'age_xids', i.xids,
						   'locks', h.locks,
						   'relations', h.relations,
						   'stops_writers_of', h.stopped,
						   'timeout_is_off', l.is_off,
						   'statement', i.statement)),
		   queryids => pg_catalog.array_remove(ARRAY[i.query_id], NULL),
		   proof => 'counters',
		   contains_values => i.statement IS NOT NULL,
		   apply_sql => i.release_sql,
		   impact => 'Ends the session; what its transaction did is rolled back.') a
 WHERE i.factor >= 1
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.session_idle') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_session_idle IS
'Sessions that are idle in a transaction, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_session_idle TO dbadvisor_reader;
