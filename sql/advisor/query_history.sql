-- History as rules about queries read it: windows, and transactions in them.

CREATE OR REPLACE FUNCTION dbadvisor.query_windows(
	rule text,
	OUT taken_at timestamptz,
	OUT since timestamptz,
	OUT seconds double precision,
	OUT transactions double precision,
	OUT figures jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.taken_at,
		   s.since,
		   s.seconds,
		   COALESCE((d.figures ->> 'xact_commit')::double precision, 0)
		   + COALESCE((d.figures ->> 'xact_rollback')::double precision, 0),
		   d.figures
	  FROM dbadvisor.history_snapshot s
	  JOIN dbadvisor.history_server d
		ON d.slot = s.slot
	   AND d.taken_at = s.taken_at
	   AND d.source = 'database'
	 WHERE s.since >= pg_catalog.clock_timestamp()
					  - pg_catalog.make_interval(hours => dbadvisor.threshold(query_windows.rule, 'window_hours')::integer);
$$;
COMMENT ON FUNCTION dbadvisor.query_windows(text) IS
'Windows of history that a rule looks at (its threshold window_hours), with the transactions that ended in each and all that pg_stat_database counted';

CREATE OR REPLACE FUNCTION dbadvisor.query_window_note(rule text)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM (SELECT EXISTS (SELECT FROM dbadvisor.query_windows(query_window_note.rule))) w (present)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   query_window_note.rule,
			   CASE WHEN w.present THEN 'ok' ELSE 'degraded' END,
			   CASE WHEN NOT w.present
					THEN 'history has no window to look at: background workers or dbadvisor.take_snapshot() make it'
			   END) n;
$$;
COMMENT ON FUNCTION dbadvisor.query_window_note(text) IS
'What a rule that looks at history has to say of its own run';

-- The statements that were run directly, by window.
CREATE OR REPLACE FUNCTION dbadvisor.query_calls(
	rule text,
	OUT userid oid,
	OUT queryid bigint,
	OUT taken_at timestamptz,
	OUT since timestamptz,
	OUT seconds double precision,
	OUT transactions double precision,
	OUT calls double precision,
	OUT rows double precision,
	OUT ms double precision)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT h.userid, h.queryid, w.taken_at, w.since, w.seconds, w.transactions,
		   h.calls, h.rows, h.total_ms
	  FROM dbadvisor.query_windows(query_calls.rule) w
	  JOIN dbadvisor.history_statement h
		ON h.taken_at = w.taken_at
	   AND h.since = w.since
	   AND h.taken_at >= CURRENT_TIMESTAMP
						 - pg_catalog.make_interval(hours => dbadvisor.threshold(query_calls.rule, 'window_hours')::integer)
	   AND h.toplevel;
$$;
COMMENT ON FUNCTION dbadvisor.query_calls(text) IS
'What each statement that was run directly did in each window of history that a rule looks at';

REVOKE ALL ON FUNCTION dbadvisor.query_windows(text),
	dbadvisor.query_window_note(text),
	dbadvisor.query_calls(text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.query_windows(text),
	dbadvisor.query_window_note(text),
	dbadvisor.query_calls(text)
	TO dbadvisor_reader;
