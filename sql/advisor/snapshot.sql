-- take_snapshot(): read the counters, write what they have counted since the
-- last reading.
--
-- A counter that is smaller than it was, or whose start the server dates after
-- the last reading, has begun anew: what it says now is what it has counted.  A
-- statement or relation that was not there at the last reading has begun since.

CREATE OR REPLACE FUNCTION dbadvisor.history_empty(slot integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE pg_catalog.format(
		'TRUNCATE dbadvisor.history_snapshot_%1$s, dbadvisor.history_statement_%1$s,
				  dbadvisor.history_relation_%1$s, dbadvisor.history_server_%1$s,
				  dbadvisor.history_event_%1$s, dbadvisor.history_statement_total_%1$s,
				  dbadvisor.history_relation_total_%1$s', slot);
	UPDATE dbadvisor.history_slice s
	   SET starts_at = NULL,
		   ends_at = NULL
	 WHERE s.slot = history_empty.slot;
END;
$$;
COMMENT ON FUNCTION dbadvisor.history_empty(integer) IS
'Empty one slice of history';

CREATE OR REPLACE FUNCTION dbadvisor.history_bytes(slot integer)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(
			   pg_catalog.format('dbadvisor.history_%s_%s', k, history_bytes.slot)::pg_catalog.regclass))::bigint
	  FROM pg_catalog.unnest('{snapshot,statement,relation,server,event,statement_total,relation_total}'::text[]) k;
$$;
COMMENT ON FUNCTION dbadvisor.history_bytes(integer) IS
'Disk space that one slice of history takes';

-- The slice in use ends after a seventh of the time, or of the space, that
-- history may take; with the other seven that is what was asked for.
CREATE OR REPLACE FUNCTION dbadvisor.history_slot(taken_at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	keep interval := dbadvisor.setting('history_retention')::interval;
	bound bigint := pg_catalog.pg_size_bytes(dbadvisor.setting('history_size'));
	slice dbadvisor.history_slice;
	latest dbadvisor.history_slice;
BEGIN
	SELECT s.* INTO latest
	  FROM dbadvisor.history_slice s
	 WHERE s.starts_at IS NOT NULL
	 ORDER BY s.ends_at IS NULL DESC, s.starts_at DESC
	 LIMIT 1;
	IF latest.slot IS NULL
	   OR taken_at >= latest.starts_at + keep / 7
	   OR dbadvisor.history_bytes(latest.slot) >= bound / 7
	THEN
		UPDATE dbadvisor.history_slice s
		   SET ends_at = taken_at
		 WHERE s.slot = latest.slot;
		latest.slot := (COALESCE(latest.slot, 7) + 1) % 8;
		PERFORM dbadvisor.history_empty(latest.slot);
		UPDATE dbadvisor.history_slice s
		   SET starts_at = taken_at
		 WHERE s.slot = latest.slot;
	END IF;
	FOR slice IN
		SELECT s.*
		  FROM dbadvisor.history_slice s
		 WHERE s.ends_at IS NOT NULL
		 ORDER BY s.starts_at
	LOOP
		CONTINUE WHEN slice.ends_at >= taken_at - keep
				  AND (SELECT pg_catalog.sum(dbadvisor.history_bytes(n))
						 FROM pg_catalog.generate_series(0, 7) n) <= bound;
		PERFORM dbadvisor.history_empty(slice.slot);
	END LOOP;
	RETURN latest.slot;
END;
$$;
COMMENT ON FUNCTION dbadvisor.history_slot(timestamptz) IS
'The slice of history that a snapshot goes into; empties those that are too old (dbadvisor.history_retention) or too much (dbadvisor.history_size)';

CREATE OR REPLACE FUNCTION dbadvisor.read_statements(generation smallint)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema_name name := dbadvisor.extension_schema('pg_stat_statements');
BEGIN
	IF schema_name IS NULL THEN
		RETURN false;
	END IF;
	EXECUTE pg_catalog.format(
		'INSERT INTO dbadvisor.counter_statement
		 SELECT $1, s.userid, s.queryid, s.toplevel,
				(j.row ->> ''stats_since'')::timestamptz,
				ARRAY[s.calls, s.total_exec_time, s.rows, s.shared_blks_hit,
					  s.shared_blks_read, s.shared_blks_dirtied,
					  s.shared_blks_written, s.temp_blks_read,
					  s.temp_blks_written, s.wal_bytes]::double precision[]
		   FROM %I.pg_stat_statements(false) s
		  CROSS JOIN LATERAL pg_catalog.to_jsonb(s) j (row)
		  WHERE s.queryid IS NOT NULL
			AND s.dbid = (SELECT d.oid
							FROM pg_catalog.pg_database d
						   WHERE d.datname = pg_catalog.current_database())',
		schema_name)
		USING generation;
	RETURN true;
EXCEPTION WHEN object_not_in_prerequisite_state OR insufficient_privilege THEN
	RETURN false;
END;
$$;
COMMENT ON FUNCTION dbadvisor.read_statements(smallint) IS
'Read the counters of pg_stat_statements; false where they cannot be read';

CREATE OR REPLACE FUNCTION dbadvisor.read_relations(generation smallint)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO dbadvisor.counter_relation
	SELECT read_relations.generation, t.relid, false,
		   pg_catalog.format('%I.%I', t.schemaname, t.relname),
		   ARRAY[t.seq_scan, t.seq_tup_read, COALESCE(t.idx_scan, 0),
				 COALESCE(t.idx_tup_fetch, 0), t.n_tup_ins, t.n_tup_upd,
				 t.n_tup_hot_upd, t.n_tup_del, COALESCE(i.heap_blks_read, 0),
				 COALESCE(i.heap_blks_hit, 0)]::double precision[]
	  FROM pg_catalog.pg_stat_user_tables t
	  JOIN pg_catalog.pg_statio_user_tables i ON i.relid = t.relid
	 WHERE t.schemaname <> 'dbadvisor'
	   AND t.schemaname NOT LIKE 'pg\_temp%'
	 UNION ALL
	SELECT read_relations.generation, x.indexrelid, true,
		   pg_catalog.format('%I.%I', x.schemaname, x.indexrelname),
		   ARRAY[x.idx_scan, x.idx_tup_read, 0, x.idx_tup_fetch, 0, 0, 0, 0,
				 i.idx_blks_read, i.idx_blks_hit]::double precision[]
	  FROM pg_catalog.pg_stat_user_indexes x
	  JOIN pg_catalog.pg_statio_user_indexes i ON i.indexrelid = x.indexrelid
	 WHERE x.schemaname <> 'dbadvisor'
	   AND x.schemaname NOT LIKE 'pg\_temp%';
$$;
COMMENT ON FUNCTION dbadvisor.read_relations(smallint) IS
'Read the counters of tables and indexes';

-- What is there at this moment and is counted nowhere.  Locks that a session keeps
-- for itself take no place in the shared table.
CREATE OR REPLACE FUNCTION dbadvisor.server_activity()
RETURNS jsonb
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_build_object(
			   'sessions', pg_catalog.count(*) FILTER (WHERE s.backend_type = 'client backend'),
			   'active_sessions', pg_catalog.count(*) FILTER (WHERE s.backend_type = 'client backend' AND s.state = 'active'),
			   'idle_sessions', pg_catalog.count(*) FILTER (WHERE s.backend_type = 'client backend' AND s.state = 'idle'),
			   'remote_sessions', pg_catalog.count(*) FILTER (WHERE s.backend_type = 'client backend' AND NOT (s.client_addr << '127.0.0.0/8'::inet OR s.client_addr = '::1'::inet)),
			   'lock_waits', pg_catalog.count(*) FILTER (WHERE s.wait_event_type = 'Lock'),
			   'autovacuum_workers', pg_catalog.count(*) FILTER (WHERE s.backend_type = 'autovacuum worker'),
			   'shared_locks', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l WHERE NOT l.fastpath),
			   'prepared_transactions', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts),
			   'index_vacuum_passes', (SELECT COALESCE(pg_catalog.max(v.index_vacuum_count), 0) FROM pg_catalog.pg_stat_progress_vacuum v))
	  FROM pg_catalog.pg_stat_activity s;
$$;
COMMENT ON FUNCTION dbadvisor.server_activity() IS
'Sessions, locks, workers of autovacuum and prepared transactions of the server at this moment';

-- Views of later versions are read where there are any.
CREATE OR REPLACE FUNCTION dbadvisor.read_server(generation smallint)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	source record;
BEGIN
	FOR source IN
		SELECT s.*
		  FROM (VALUES ('database', 'pg_stat_database', $q$''$q$, 'datname = pg_catalog.current_database()'),
					   ('conflicts', 'pg_stat_database_conflicts', $q$''$q$, 'datname = pg_catalog.current_database()'),
					   ('wal', 'pg_stat_wal', $q$''$q$, 'true'),
					   ('bgwriter', 'pg_stat_bgwriter', $q$''$q$, 'true'),
					   ('checkpointer', 'pg_stat_checkpointer', $q$''$q$, 'true'),
					   ('slot_decoding', 'pg_stat_replication_slots', 'slot_name', 'true'),
					   ('slru', 'pg_stat_slru', 'name', 'true'),
					   ('io', 'pg_stat_io', $q$pg_catalog.concat_ws('/', v.backend_type, v.object, v.context)$q$, 'true'))
			   s (source, view_name, name, condition)
		 WHERE pg_catalog.to_regclass('pg_catalog.' || s.view_name) IS NOT NULL
	LOOP
		EXECUTE pg_catalog.format(
			'INSERT INTO dbadvisor.counter_server
			 SELECT $1, $2, %s, (j.row ->> ''stats_reset'')::timestamptz,
					(SELECT COALESCE(pg_catalog.jsonb_object_agg(e.key, e.value), ''{}'')
					   FROM pg_catalog.jsonb_each(j.row) e
					  WHERE pg_catalog.jsonb_typeof(e.value) = ''number''
						AND e.key NOT IN (''datid'', ''numbackends'', ''op_bytes''))
			   FROM pg_catalog.%I v
			  CROSS JOIN LATERAL pg_catalog.to_jsonb(v) j (row)
			  WHERE %s', source.name, source.view_name, source.condition)
			USING generation, source.source;
	END LOOP;
	INSERT INTO dbadvisor.counter_server
	SELECT read_server.generation, 'replication',
		   COALESCE(NULLIF(r.application_name, ''), r.pid::text), NULL::timestamptz,
		   pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
			   'behind_bytes', pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn),
			   'replay_lag_ms', EXTRACT(epoch FROM r.replay_lag) * 1000))
	  FROM pg_catalog.pg_stat_replication r
	 UNION ALL
	SELECT read_server.generation, 'slot', s.slot_name, NULL::timestamptz,
		   pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
			   'retained_bytes', pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn),
			   'active', s.active::integer))
	  FROM pg_catalog.pg_replication_slots s
	 UNION ALL
	SELECT read_server.generation, 'activity', '', NULL::timestamptz, dbadvisor.server_activity()
	 UNION ALL
	SELECT read_server.generation, 'setting', g.name, NULL::timestamptz,
		   pg_catalog.jsonb_build_object('value', pg_catalog.left(g.reset_val, 200))
	  FROM pg_catalog.pg_settings g
	 WHERE g.context NOT IN ('internal')
	   AND g.source NOT IN ('client', 'override', 'session')
	   AND g.category NOT LIKE 'Client Connection Defaults / Locale%'
	   AND g.name !~ '(conninfo|command|passw|passphrase|secret|token|key)';
END;
$$;
COMMENT ON FUNCTION dbadvisor.read_server(smallint) IS
'Read the server''s other counters and its settings';

CREATE OR REPLACE FUNCTION dbadvisor.write_statements(
	slot integer,
	taken_at timestamptz,
	since timestamptz,
	generation smallint)
RETURNS integer
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH grown AS (
		SELECT n.userid,
			   n.queryid,
			   n.toplevel,
			   r.was_reset,
			   CASE WHEN o.counters IS NULL OR r.was_reset THEN n.counters ELSE d.growth END AS c
		  FROM dbadvisor.counter_statement n
		  LEFT JOIN dbadvisor.counter_statement o
			ON o.generation <> n.generation
		   AND o.userid = n.userid
		   AND o.queryid = n.queryid
		   AND o.toplevel = n.toplevel
		 CROSS JOIN LATERAL (
			SELECT COALESCE(pg_catalog.bool_or(u.now < u.before), false) AS fell,
				   pg_catalog.array_agg(u.now - u.before ORDER BY u.place) AS growth
			  FROM ROWS FROM (pg_catalog.unnest(o.counters),
							  pg_catalog.unnest(n.counters))
				   WITH ORDINALITY u (before, now, place)) d
		 CROSS JOIN LATERAL (
			SELECT o.counters IS NOT NULL
				   AND (d.fell
						OR o.counted_since IS DISTINCT FROM n.counted_since)) r (was_reset)
		 WHERE n.generation = write_statements.generation
		   AND (o.counters IS NOT NULL
				OR n.counted_since IS NULL
				OR n.counted_since >= write_statements.since)
	), written AS (
		INSERT INTO dbadvisor.history_statement
		SELECT write_statements.slot, write_statements.taken_at, write_statements.since,
			   g.userid, g.queryid, g.toplevel, g.was_reset,
			   g.c[1], g.c[2], g.c[3], g.c[4], g.c[5], g.c[6], g.c[7], g.c[8], g.c[9], g.c[10]
		  FROM grown g
		 WHERE g.c[1] > 0
		RETURNING userid, queryid, calls, total_ms, rows
	), summed AS (
		INSERT INTO dbadvisor.history_statement_total AS t (slot, userid, queryid, calls, total_ms, rows)
		SELECT write_statements.slot, w.userid, w.queryid,
			   pg_catalog.sum(w.calls), pg_catalog.sum(w.total_ms), pg_catalog.sum(w.rows)
		  FROM written w
		 GROUP BY w.userid, w.queryid
			ON CONFLICT (slot, userid, queryid) DO UPDATE
		   SET calls = t.calls + excluded.calls,
			   total_ms = t.total_ms + excluded.total_ms,
			   rows = t.rows + excluded.rows
	)
	SELECT pg_catalog.count(*)::integer
	  FROM written;
$$;
COMMENT ON FUNCTION dbadvisor.write_statements(integer, timestamptz, timestamptz, smallint) IS
'Write what statements have done since the last reading; returns how many ran';

CREATE OR REPLACE FUNCTION dbadvisor.write_relations(
	slot integer,
	taken_at timestamptz,
	since timestamptz,
	generation smallint)
RETURNS integer
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH grown AS (
		SELECT n.relid,
			   n.is_index,
			   r.was_reset,
			   CASE WHEN o.counters IS NULL OR r.was_reset THEN n.counters ELSE d.growth END AS c
		  FROM dbadvisor.counter_relation n
		  LEFT JOIN dbadvisor.counter_relation o
			ON o.generation <> n.generation
		   AND o.relid = n.relid
		 CROSS JOIN LATERAL (
			SELECT COALESCE(pg_catalog.bool_or(u.now < u.before), false) AS fell,
				   pg_catalog.array_agg(u.now - u.before ORDER BY u.place) AS growth
			  FROM ROWS FROM (pg_catalog.unnest(o.counters),
							  pg_catalog.unnest(n.counters))
				   WITH ORDINALITY u (before, now, place)) d
		 CROSS JOIN LATERAL (
			SELECT o.counters IS NOT NULL
				   AND d.fell) r (was_reset)
		 WHERE n.generation = write_relations.generation
	), written AS (
		INSERT INTO dbadvisor.history_relation
		SELECT write_relations.slot, write_relations.taken_at, write_relations.since,
			   g.relid, g.is_index, g.was_reset,
			   g.c[1], g.c[2], g.c[3], g.c[4], g.c[5], g.c[6], g.c[7], g.c[8], g.c[9], g.c[10],
			   CASE
			   WHEN NOT g.is_index
			   THEN pg_catalog.pg_stat_get_live_tuples(g.relid)
			   END,
			   c.relpages
		  FROM grown g
		  JOIN pg_catalog.pg_class c ON c.oid = g.relid
		 WHERE 0 < ANY (g.c)
		RETURNING relid, is_index, inserts, updates, hot_updates, deletes
	), summed AS (
		INSERT INTO dbadvisor.history_relation_total AS t (slot, relid, inserts, updates, hot_updates, deletes)
		SELECT write_relations.slot, w.relid, w.inserts, w.updates, w.hot_updates, w.deletes
		  FROM written w
		 WHERE NOT w.is_index
		   AND w.inserts + w.updates + w.deletes > 0
			ON CONFLICT (slot, relid) DO UPDATE
		   SET inserts = t.inserts + excluded.inserts,
			   updates = t.updates + excluded.updates,
			   hot_updates = t.hot_updates + excluded.hot_updates,
			   deletes = t.deletes + excluded.deletes
	)
	SELECT pg_catalog.count(*)::integer
	  FROM written;
$$;
COMMENT ON FUNCTION dbadvisor.write_relations(integer, timestamptz, timestamptz, smallint) IS
'Write how tables and indexes were used since the last reading; returns how many were';

CREATE OR REPLACE FUNCTION dbadvisor.write_server(
	slot integer,
	taken_at timestamptz,
	since timestamptz,
	generation smallint)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO dbadvisor.history_server
	SELECT write_server.slot, write_server.taken_at, write_server.since,
		   n.source, n.name, r.was_reset, f.figures
	  FROM dbadvisor.counter_server n
	  LEFT JOIN dbadvisor.counter_server o
		ON o.generation <> n.generation
	   AND o.source = n.source
	   AND o.name = n.name
	 CROSS JOIN LATERAL (
		SELECT o.figures IS NOT NULL
			   AND n.source NOT IN ('replication', 'slot', 'activity')
			   AND (o.counted_since IS DISTINCT FROM n.counted_since
					OR EXISTS (SELECT
								 FROM pg_catalog.jsonb_each_text(n.figures) e
								WHERE e.value::numeric < (o.figures ->> e.key)::numeric))) r (was_reset)
	 CROSS JOIN LATERAL (
		SELECT CASE
			   WHEN n.source IN ('replication', 'slot', 'activity')
			   THEN n.figures
			   ELSE (SELECT COALESCE(pg_catalog.jsonb_object_agg(d.key, d.value), '{}')
					   FROM (SELECT e.key,
									e.value::numeric
									- CASE WHEN r.was_reset THEN 0
									  ELSE COALESCE((o.figures ->> e.key)::numeric, 0) END
							   FROM pg_catalog.jsonb_each_text(n.figures) e) d (key, value)
					  WHERE d.value <> 0)
			   END) f (figures)
	 WHERE n.generation = write_server.generation
	   AND n.source <> 'setting'
	   AND f.figures <> '{}';
$$;
COMMENT ON FUNCTION dbadvisor.write_server(integer, timestamptz, timestamptz, smallint) IS
'Write what the server''s other statistics have counted since the last reading';

CREATE OR REPLACE FUNCTION dbadvisor.write_events(
	slot integer,
	taken_at timestamptz,
	since timestamptz,
	generation smallint,
	restarted boolean)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO dbadvisor.history_event
	SELECT write_events.slot, write_events.taken_at, write_events.since, e.event, e.object, e.detail
	  FROM (SELECT 'index created', n.name, i.indrelid::pg_catalog.regclass::text
			  FROM dbadvisor.counter_relation n
			  JOIN pg_catalog.pg_index i ON i.indexrelid = n.relid
			 WHERE n.generation = write_events.generation
			   AND n.is_index
			   AND NOT EXISTS (SELECT
								 FROM dbadvisor.counter_relation o
								WHERE o.generation <> n.generation
								  AND o.relid = n.relid)
			 UNION ALL
			SELECT 'index dropped', o.name, NULL
			  FROM dbadvisor.counter_relation o
			 WHERE o.generation <> write_events.generation
			   AND o.is_index
			   AND NOT EXISTS (SELECT
								 FROM dbadvisor.counter_relation n
								WHERE n.generation = write_events.generation
								  AND n.relid = o.relid)
			 UNION ALL
			SELECT 'setting changed', n.name,
				   pg_catalog.format('from %s to %s', o.figures ->> 'value', n.figures ->> 'value')
			  FROM dbadvisor.counter_server n
			  JOIN dbadvisor.counter_server o
				ON o.generation <> n.generation
			   AND o.source = n.source
			   AND o.name = n.name
			 WHERE n.generation = write_events.generation
			   AND n.source = 'setting'
			   AND o.figures <> n.figures
			 UNION ALL
			SELECT 'counters reset', n.source, n.name
			  FROM dbadvisor.counter_server n
			  JOIN dbadvisor.counter_server o
				ON o.generation <> n.generation
			   AND o.source = n.source
			   AND o.name = n.name
			 WHERE n.generation = write_events.generation
			   AND o.counted_since IS DISTINCT FROM n.counted_since
			 UNION ALL
			SELECT 'server restarted', '', NULL
			 WHERE write_events.restarted) e (event, object, detail);
$$;
COMMENT ON FUNCTION dbadvisor.write_events(integer, timestamptz, timestamptz, smallint, boolean) IS
'Write what has changed since the last reading and may change figures';

CREATE OR REPLACE FUNCTION dbadvisor.take_snapshot()
RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO'
AS $$
DECLARE
	now_at timestamptz := pg_catalog.clock_timestamp();
	started timestamptz := pg_catalog.pg_postmaster_start_time();
	last dbadvisor.counter_snapshot;
	since timestamptz;
	this smallint;
	this_slot integer;
	has_statements boolean;
	statements integer := 0;
	relations integer := 0;
	notes text[] := '{}';
BEGIN
	PERFORM dbadvisor.check_writable();
	IF NOT pg_catalog.pg_try_advisory_xact_lock('dbadvisor.counter_snapshot'::pg_catalog.regclass::bigint) THEN
		RAISE EXCEPTION 'another snapshot is being taken in this database'
			USING ERRCODE = 'lock_not_available';
	END IF;
	SELECT s.* INTO last FROM dbadvisor.counter_snapshot s LIMIT 1;
	since := last.taken_at;
	IF since >= now_at THEN
		since := NULL;
		notes := notes || pg_catalog.format('the clock went back from %s', last.taken_at);
	END IF;
	this := 1 - COALESCE(last.generation, 1);
	EXECUTE pg_catalog.format(
		'TRUNCATE dbadvisor.counter_statement_%1$s, dbadvisor.counter_relation_%1$s, dbadvisor.counter_server_%1$s', this);
	has_statements := dbadvisor.read_statements(this);
	PERFORM dbadvisor.read_relations(this);
	PERFORM dbadvisor.read_server(this);
	this_slot := dbadvisor.history_slot(now_at);
	IF NOT has_statements THEN
		notes := notes || 'pg_stat_statements cannot be read'::text;
	END IF;
	IF last.started_at <> started THEN
		notes := notes || 'the server was restarted'::text;
	END IF;
	IF since IS NOT NULL THEN
		IF has_statements AND last.has_statements THEN
			statements := dbadvisor.write_statements(this_slot, now_at, since, this);
		END IF;
		relations := dbadvisor.write_relations(this_slot, now_at, since, this);
		PERFORM dbadvisor.write_server(this_slot, now_at, since, this);
		PERFORM dbadvisor.write_events(this_slot, now_at, since, this, last.started_at <> started);
		notes := notes || ARRAY(SELECT pg_catalog.format('counters of %s were reset', e.object)
								  FROM dbadvisor.history_event e
								 WHERE e.slot = this_slot
								   AND e.taken_at = now_at
								   AND e.event = 'counters reset');
	END IF;
	TRUNCATE dbadvisor.counter_snapshot;
	INSERT INTO dbadvisor.counter_snapshot
	VALUES (now_at, this, started, has_statements);
	INSERT INTO dbadvisor.history_snapshot
	VALUES (this_slot, now_at, since, EXTRACT(epoch FROM now_at - since), statements, relations,
			EXTRACT(epoch FROM pg_catalog.clock_timestamp() - now_at) * 1000, notes);
	RETURN now_at;
END;
$$;
COMMENT ON FUNCTION dbadvisor.take_snapshot() IS
'Read the server''s counters and write into history what they have counted since the last time; background workers do so every dbadvisor.snapshot_interval';

REVOKE ALL ON FUNCTION dbadvisor.history_empty(integer),
	dbadvisor.history_bytes(integer),
	dbadvisor.history_slot(timestamptz),
	dbadvisor.read_statements(smallint),
	dbadvisor.read_relations(smallint),
	dbadvisor.server_activity(),
	dbadvisor.read_server(smallint),
	dbadvisor.write_statements(integer, timestamptz, timestamptz, smallint),
	dbadvisor.write_relations(integer, timestamptz, timestamptz, smallint),
	dbadvisor.write_server(integer, timestamptz, timestamptz, smallint),
	dbadvisor.write_events(integer, timestamptz, timestamptz, smallint, boolean),
	dbadvisor.take_snapshot()
	FROM PUBLIC;
-- Rules look at this moment as well.
GRANT EXECUTE ON FUNCTION dbadvisor.server_activity() TO dbadvisor_reader;
