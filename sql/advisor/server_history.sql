-- History of the server's counters as rules about settings read it: sums and
-- samples over the windows that a rule looks at.  Where fewer than its threshold
-- min_hours were watched there are none, and the rule's own run says so.

CREATE OR REPLACE FUNCTION dbadvisor.server_totals(
	rule text,
	source text,
	OUT name text,
	OUT figures jsonb,
	OUT seconds double precision,
	OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH watched AS MATERIALIZED (
		SELECT w.taken_at,
			   w.seconds,
			   w.since
		  FROM dbadvisor.query_windows(server_totals.rule) w
	), whole AS (
		SELECT pg_catalog.sum(w.seconds) AS seconds,
			   pg_catalog.min(w.since) AS since
		  FROM watched w
	), counted AS (
		SELECT h.name,
			   e.key,
			   pg_catalog.sum(e.value::numeric) AS value
		  FROM watched w
		  JOIN dbadvisor.history_server h
			ON h.source = server_totals.source
		   AND h.taken_at = w.taken_at
		 CROSS JOIN LATERAL pg_catalog.jsonb_each_text(h.figures) e
		 GROUP BY h.name, e.key
	)
	SELECT c.name,
		   pg_catalog.jsonb_object_agg(c.key, c.value),
		   t.seconds,
		   t.since
	  FROM whole t
	 CROSS JOIN counted c
	 WHERE t.seconds >= dbadvisor.threshold(server_totals.rule, 'min_hours')::double precision * 3600
	 GROUP BY c.name, t.seconds, t.since;
$$;
COMMENT ON FUNCTION dbadvisor.server_totals(text, text) IS
'What a source of history_server has counted over the windows that a rule looks at, by name; seconds are those that were watched. No row while these are fewer than its threshold min_hours';

CREATE OR REPLACE FUNCTION dbadvisor.server_samples(
	rule text,
	figure text,
	OUT samples bigint,
	OUT peak double precision,
	OUT high double precision,
	OUT median double precision,
	OUT seconds double precision,
	OUT since timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.count(s.value),
		   pg_catalog.max(s.value),
		   pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY s.value),
		   pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY s.value),
		   pg_catalog.sum(s.seconds),
		   pg_catalog.min(s.since)
	  FROM (SELECT w.seconds,
				   w.since,
				   (h.figures ->> server_samples.figure)::double precision AS value
			  FROM dbadvisor.query_windows(server_samples.rule) w
			  JOIN dbadvisor.history_server h
				ON h.source = 'activity'
			   AND h.taken_at = w.taken_at) s
	 WHERE s.value IS NOT NULL
	HAVING pg_catalog.sum(s.seconds) >= dbadvisor.threshold(server_samples.rule, 'min_hours')::double precision * 3600;
$$;
COMMENT ON FUNCTION dbadvisor.server_samples(text, text) IS
'A figure of source activity, as it was at the end of each window that a rule looks at: peak, 95th percentile and median. Null while fewer hours than its threshold min_hours were watched';

CREATE OR REPLACE FUNCTION dbadvisor.database_load(
	rule text,
	OUT active double precision,
	OUT cores double precision,
	OUT reads double precision,
	OUT writes double precision,
	OUT busy_ms_per_day double precision,
	OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.high,
		   h.cores,
		   COALESCE((t.figures ->> 'tup_fetched')::double precision, 0),
		   COALESCE((t.figures ->> 'tup_inserted')::double precision, 0) + COALESCE((t.figures ->> 'tup_updated')::double precision, 0)
		   + COALESCE((t.figures ->> 'tup_deleted')::double precision, 0),
		   (t.figures ->> 'active_time')::double precision / t.seconds * 86400,
		   s.since
	  FROM dbadvisor.server_samples(database_load.rule, 'active_sessions') s
	 CROSS JOIN (SELECT dbadvisor.host_number('cores')) h (cores)
	 CROSS JOIN dbadvisor.server_totals(database_load.rule, 'database') t
	 WHERE NOT pg_catalog.pg_is_in_recovery();
$$;
COMMENT ON FUNCTION dbadvisor.database_load(text) IS
'How busy this database is over the windows that a rule looks at: sessions at work in 95 of 100 samples, cores, rows read and written, and time at work per day. No row on a standby or while fewer hours than the threshold min_hours were watched';

-- The view and its columns have other names from PostgreSQL 17 on.
CREATE OR REPLACE FUNCTION dbadvisor.checkpoint_totals(
	rule text,
	OUT timed double precision,
	OUT requested double precision,
	OUT sync_ms double precision,
	OUT since timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE((t.figures ->> 'checkpoints_timed')::double precision, (t.figures ->> 'num_timed')::double precision, 0),
		   COALESCE((t.figures ->> 'checkpoints_req')::double precision, (t.figures ->> 'num_requested')::double precision, 0),
		   COALESCE((t.figures ->> 'checkpoint_sync_time')::double precision, (t.figures ->> 'sync_time')::double precision, 0),
		   t.since
	  FROM dbadvisor.server_totals(
			   checkpoint_totals.rule,
			   CASE WHEN pg_catalog.to_regclass('pg_catalog.pg_stat_checkpointer') IS NOT NULL THEN 'checkpointer' ELSE 'bgwriter' END) t;
$$;
COMMENT ON FUNCTION dbadvisor.checkpoint_totals(text) IS
'Checkpoints in the windows that a rule looks at: by time, on request, and how long they waited for their files to be on disk';

CREATE OR REPLACE FUNCTION dbadvisor.server_note(rule text)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM (SELECT COALESCE(pg_catalog.sum(w.seconds), 0) / 3600,
				   dbadvisor.threshold(server_note.rule, 'min_hours')
			  FROM dbadvisor.query_windows(server_note.rule) w) h (hours, needed)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   server_note.rule,
			   CASE WHEN h.hours >= h.needed THEN 'ok' ELSE 'degraded' END,
			   CASE WHEN h.hours < h.needed
					THEN pg_catalog.format('history has %s of the %s hours that it needs: background workers or dbadvisor.take_snapshot() make it',
										   pg_catalog.round(h.hours::numeric, 1), h.needed)
			   END) n;
$$;
COMMENT ON FUNCTION dbadvisor.server_note(text) IS
'What a rule that needs some hours of history has to say of its own run';

-- The value for new sessions, not that of the one that asks.
CREATE OR REPLACE FUNCTION dbadvisor.setting_bytes(name text)
RETURNS double precision
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.reset_val::double precision
		   * COALESCE(pg_catalog.pg_size_bytes(CASE WHEN s.unit ~ '^\d' THEN s.unit ELSE '1' || NULLIF(s.unit, 'B') END), 1)
	  FROM pg_catalog.pg_settings s
	 WHERE s.name = setting_bytes.name;
$$;
COMMENT ON FUNCTION dbadvisor.setting_bytes(text) IS
'A setting that is a size, in bytes; null where there is none of that name';

REVOKE ALL ON FUNCTION dbadvisor.server_totals(text, text),
	dbadvisor.server_samples(text, text),
	dbadvisor.database_load(text),
	dbadvisor.checkpoint_totals(text),
	dbadvisor.server_note(text),
	dbadvisor.setting_bytes(text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.server_totals(text, text),
	dbadvisor.server_samples(text, text),
	dbadvisor.database_load(text),
	dbadvisor.checkpoint_totals(text),
	dbadvisor.server_note(text),
	dbadvisor.setting_bytes(text)
	TO dbadvisor_reader;
