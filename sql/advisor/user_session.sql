-- Sessions, as rules about what is going on see them.

-- A process id may be another session's by the time that somebody acts on it.
CREATE OR REPLACE FUNCTION dbadvisor.session_sql(
	action text,
	pid integer,
	backend_start timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('SELECT %s(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %L',
							 action, pid,
							 pg_catalog.to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00');
$$;
COMMENT ON FUNCTION dbadvisor.session_sql(text, integer, timestamptz) IS
'Statement that calls a function, such as pg_cancel_backend, for a session as long as it is the one that started then';

-- Ages are those of this moment, not of the transaction that asks.
CREATE OR REPLACE VIEW dbadvisor.user_session WITH (security_invoker = true) AS
SELECT s.pid,
	   s.datid,
	   s.datname = pg_catalog.current_database() AS is_here,
	   s.pid = pg_catalog.pg_backend_pid() AS is_self,
	   s.usesysid,
	   s.backend_type,
	   pg_catalog.format('%s by %s', COALESCE(NULLIF(s.application_name, ''), s.backend_type, 'session'), COALESCE(s.usename, 'nobody')) AS name,
	   s.state,
	   s.wait_event_type,
	   s.wait_event,
	   s.query_id,
	   GREATEST(pg_catalog.age(s.backend_xmin), pg_catalog.age(s.backend_xid)) AS xids,
	   s.backend_xmin IS NOT NULL AS holds_snapshot,
	   EXTRACT(epoch FROM n.now - s.xact_start)::double precision AS transaction_seconds,
	   EXTRACT(epoch FROM n.now - s.query_start)::double precision AS statement_seconds,
	   EXTRACT(epoch FROM n.now - s.state_change)::double precision AS state_seconds,
	   CASE WHEN dbadvisor.include_values() THEN pg_catalog.left(s.query, 1000) END AS statement,
	   CASE
	   WHEN s.state = 'active' THEN dbadvisor.session_sql('pg_cancel_backend', s.pid, s.backend_start)
	   ELSE dbadvisor.session_sql('pg_terminate_backend', s.pid, s.backend_start)
	   END AS release_sql
  FROM pg_catalog.pg_stat_activity s
 CROSS JOIN LATERAL pg_catalog.clock_timestamp() n (now);
COMMENT ON VIEW dbadvisor.user_session IS
'Processes of the server with how long they have been at it; statement is shown with dbadvisor.include_values only, and release_sql makes the session let go of what its transaction holds';

-- Relations are named where they are of this database.
CREATE OR REPLACE VIEW dbadvisor.session_lock WITH (security_invoker = true) AS
SELECT l.pid,
	   l.virtualtransaction,
	   l.granted,
	   l.locktype,
	   l.transactionid,
	   l.mode,
	   l.relation,
	   dbadvisor.relation_identity(c.oid) AS full_name,
	   l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AS stops_writes,
	   EXTRACT(epoch FROM pg_catalog.clock_timestamp() - l.waitstart)::double precision AS waits_seconds
  FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_class c
	ON c.oid = l.relation
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND c.relkind IN ('r', 'p', 'm', 'S')
   AND c.oid >= 16384;
COMMENT ON VIEW dbadvisor.session_lock IS
'Locks with the name of the table, materialized view or sequence that they are on, null for all else; stops_writes for those that no writer goes along with';

-- The rule that asks about sessions says which ones it cannot see.
CREATE OR REPLACE FUNCTION dbadvisor.session_note(rule text)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM (SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')) r (sees_all)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   session_note.rule,
			   CASE WHEN r.sees_all THEN 'ok' ELSE 'degraded' END,
			   CASE WHEN NOT r.sees_all THEN 'sessions of other users are not seen: needs pg_monitor' END) n;
$$;
COMMENT ON FUNCTION dbadvisor.session_note(text) IS
'What a rule about sessions has to say of its own run';

GRANT SELECT ON dbadvisor.user_session, dbadvisor.session_lock TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.session_sql(text, integer, timestamptz),
	dbadvisor.session_note(text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.session_sql(text, integer, timestamptz),
	dbadvisor.session_note(text)
	TO dbadvisor_reader;
