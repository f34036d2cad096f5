-- Replication as rules look at it: where the WAL stands, who receives it, which
-- slots keep it, and how fast it is written.

-- Works on a standby, where the newest position is what was received or, from an
-- archive, replayed.
CREATE OR REPLACE FUNCTION dbadvisor.wal_position()
RETURNS pg_lsn
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN pg_catalog.pg_is_in_recovery()
		   THEN GREATEST(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
		   ELSE pg_catalog.pg_current_wal_lsn()
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.wal_position() IS
'The newest position in the WAL that this server has, also on a standby';

-- Counters of what the server writes; a standby writes next to nothing itself.
CREATE OR REPLACE FUNCTION dbadvisor.wal_rate(
	OUT bytes_per_second double precision,
	OUT mean_bytes_per_second double precision,
	OUT windows bigint,
	OUT since timestamptz,
	OUT basis text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH past AS (
		SELECT pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY h.wal_bytes_per_second) AS high,
			   pg_catalog.sum(h.wal_bytes) / pg_catalog.sum(h.seconds) AS mean,
			   pg_catalog.count(*) AS windows,
			   pg_catalog.min(h.since) AS since
		  FROM dbadvisor.wal_history h
		 WHERE h.until > pg_catalog.clock_timestamp() - interval '7 days'
	), total AS (
		SELECT w.wal_bytes::double precision / EXTRACT(epoch FROM pg_catalog.clock_timestamp() - w.stats_reset)::double precision AS mean,
			   w.stats_reset AS since
		  FROM pg_catalog.pg_stat_wal w
		 WHERE w.stats_reset < pg_catalog.clock_timestamp() - interval '10 minutes'
		   AND NOT pg_catalog.pg_is_in_recovery()
	)
	SELECT COALESCE(p.high, t.mean),
		   COALESCE(p.mean, t.mean),
		   p.windows,
		   COALESCE(p.since, t.since),
		   CASE
		   WHEN p.windows > 0 THEN '95th percentile of the windows of history of the last 7 days'
		   WHEN t.mean IS NOT NULL THEN 'mean since the counters of pg_stat_wal began, for want of history'
		   END
	  FROM past p
	  LEFT JOIN total t ON true;
$$;
COMMENT ON FUNCTION dbadvisor.wal_rate() IS
'How fast the server writes WAL: a rate that only one in 20 windows of history exceeds, else the mean since the counters began; null where neither is known, as on a standby';

-- How long until so many bytes have been written.
CREATE OR REPLACE FUNCTION dbadvisor.hours_until(bytes double precision, bytes_per_second double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bytes > 0 THEN bytes / NULLIF(bytes_per_second, 0) / 3600 WHEN bytes <= 0 THEN 0 END;
$$;
COMMENT ON FUNCTION dbadvisor.hours_until(double precision, double precision) IS
'Hours until so many bytes have come together at a rate; null where either is not known';

-- A century is as good as never, and fits.
CREATE OR REPLACE FUNCTION dbadvisor.seconds_interval(seconds double precision)
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN seconds IS NOT NULL THEN pg_catalog.make_interval(secs => LEAST(seconds, 36525 * 86400.0)) END;
$$;
COMMENT ON FUNCTION dbadvisor.seconds_interval(double precision) IS
'So many seconds as an interval, a century at most';

-- How much WAL slots may keep: enough for an outage, and for what they keep now,
-- as long as the disk holds it beside the WAL of the checkpoints.  Slots keep the
-- same WAL, so the sum over them is of no interest.
CREATE OR REPLACE FUNCTION dbadvisor.slot_wal_keep(
	outage_hours double precision,
	OUT keep_mb bigint,
	OUT wanted_bytes double precision,
	OUT disk_bytes double precision,
	OUT retained_bytes double precision,
	OUT outage_held_hours double precision,
	OUT bytes_per_second double precision,
	OUT basis text,
	OUT since timestamptz)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN v.bytes >= 1.2 * COALESCE(s.bytes, 0) THEN pg_catalog.floor(v.bytes / 1048576)::bigint END,
		   w.bytes,
		   m.bytes,
		   s.bytes,
		   dbadvisor.hours_until(v.bytes, r.bytes_per_second),
		   r.bytes_per_second,
		   r.basis,
		   r.since
	  FROM dbadvisor.wal_rate() r
	 CROSS JOIN dbadvisor.wal_disk() d
	 CROSS JOIN LATERAL (SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))::double precision) c (bytes)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.max(t.retained_bytes)::double precision
		  FROM dbadvisor.slot_state t
		 WHERE t.wal_status <> 'lost') s (bytes)
	 CROSS JOIN LATERAL (SELECT d.free_bytes + COALESCE(d.wal_bytes, 0) - c.bytes - 0.1 * d.size_bytes) m (bytes)
	 CROSS JOIN LATERAL (SELECT GREATEST(r.bytes_per_second * outage_hours * 3600 * 1.5, 2 * c.bytes, 1.2 * s.bytes)) w (bytes)
	 CROSS JOIN LATERAL (SELECT CASE WHEN r.bytes_per_second IS NULL THEN m.bytes ELSE LEAST(w.bytes, m.bytes) END) v (bytes);
$$;
COMMENT ON FUNCTION dbadvisor.slot_wal_keep(double precision) IS
'A value for max_slot_wal_keep_size, MB: for an outage of so many hours at the measured rate and half as much again, no less than twice max_wal_size and 1.2 times what slots retain now, no more than the disk of pg_wal has room for; without a rate what the disk has room for; null where it has not even room for what is retained';

CREATE OR REPLACE FUNCTION dbadvisor.monitor_note(rule text)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM (SELECT pg_catalog.pg_has_role('pg_monitor', 'USAGE')) r (sees_all)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   monitor_note.rule,
			   CASE WHEN r.sees_all THEN 'ok' ELSE 'degraded' END,
			   CASE WHEN NOT r.sees_all THEN 'what other servers receive and how the server is set is not seen: needs pg_monitor' END) n;
$$;
COMMENT ON FUNCTION dbadvisor.monitor_note(text) IS
'What a rule says of its own run when it needs pg_monitor to see all';

-- By the privilege of pg_monitor.
CREATE OR REPLACE FUNCTION dbadvisor.archive_backlog()
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT pg_catalog.count(*)
			  FROM pg_catalog.pg_ls_archive_statusdir() f
			 WHERE f.name LIKE '%.ready');
END;
$$;
COMMENT ON FUNCTION dbadvisor.archive_backlog() IS
'Files of WAL that wait to be archived; null where the caller may not know';

-- The oldest snapshot of the last unbroken time without a consumer; the server
-- itself says it from 17 on.
CREATE OR REPLACE FUNCTION dbadvisor.slot_inactive_since(slot_name text)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.min(h.taken_at)
	  FROM dbadvisor.history_server h
	 WHERE h.source = 'slot'
	   AND h.name = slot_inactive_since.slot_name
	   AND h.taken_at > COALESCE((SELECT pg_catalog.max(a.taken_at)
									FROM dbadvisor.history_server a
								   WHERE a.source = 'slot'
									 AND a.name = slot_inactive_since.slot_name
									 AND (a.figures ->> 'active')::integer > 0), '-infinity');
$$;
COMMENT ON FUNCTION dbadvisor.slot_inactive_since(text) IS
'Since when a slot has had no consumer, by history; null where history does not say';

CREATE OR REPLACE VIEW dbadvisor.slot_state WITH (security_invoker = true) AS
SELECT s.slot_name,
	   s.slot_type,
	   s.plugin,
	   s.database,
	   s.temporary,
	   s.active,
	   s.active_pid,
	   s.wal_status,
	   s.safe_wal_size,
	   s.restart_lsn,
	   CASE WHEN s.restart_lsn IS NOT NULL THEN GREATEST(pg_catalog.pg_wal_lsn_diff(w.position, s.restart_lsn), 0)::bigint END AS retained_bytes,
	   CASE WHEN s.confirmed_flush_lsn IS NOT NULL THEN GREATEST(pg_catalog.pg_wal_lsn_diff(w.position, s.confirmed_flush_lsn), 0)::bigint END AS behind_bytes,
	   GREATEST(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)) AS held_xids,
	   (r.row ->> 'inactive_since')::timestamptz AS inactive_since,
	   r.row ->> 'invalidation_reason' AS invalidation_reason,
	   COALESCE((r.row ->> 'failover')::boolean, false) AS failover,
	   COALESCE((r.row ->> 'synced')::boolean, false) AS synced
  FROM pg_catalog.pg_replication_slots s
 CROSS JOIN LATERAL pg_catalog.to_jsonb(s) r (row)
 CROSS JOIN LATERAL dbadvisor.wal_position() w (position);
COMMENT ON VIEW dbadvisor.slot_state IS
'Replication slots with what they retain; columns of later versions are null or false before';
COMMENT ON COLUMN dbadvisor.slot_state.retained_bytes IS
'WAL from the slot''s oldest position on, bytes; null for a slot that was lost or never used';
COMMENT ON COLUMN dbadvisor.slot_state.behind_bytes IS
'WAL that the consumer of a logical slot has not confirmed, bytes';
COMMENT ON COLUMN dbadvisor.slot_state.held_xids IS
'Age of the oldest transaction whose dead rows the slot keeps, in transaction ids';

CREATE OR REPLACE VIEW dbadvisor.wal_sender WITH (security_invoker = true) AS
SELECT r.pid,
	   r.application_name,
	   r.usename,
	   r.client_addr,
	   r.state,
	   r.sync_state,
	   s.slot_name,
	   CASE
	   WHEN s.slot_type = 'logical' THEN 'logical'
	   WHEN r.application_name IN ('pg_receivewal', 'pg_rewind') THEN r.application_name
	   WHEN r.application_name = 'pg_basebackup' OR r.state = 'backup' THEN 'backup'
	   ELSE 'standby'
	   END AS kind,
	   pg_catalog.pg_wal_lsn_diff(w.position, r.sent_lsn)::bigint AS unsent_bytes,
	   pg_catalog.pg_wal_lsn_diff(r.sent_lsn, r.write_lsn)::bigint AS unwritten_bytes,
	   pg_catalog.pg_wal_lsn_diff(r.write_lsn, r.flush_lsn)::bigint AS unflushed_bytes,
	   pg_catalog.pg_wal_lsn_diff(r.flush_lsn, r.replay_lsn)::bigint AS unreplayed_bytes,
	   pg_catalog.pg_wal_lsn_diff(w.position, r.replay_lsn)::bigint AS behind_bytes,
	   EXTRACT(epoch FROM pg_catalog.clock_timestamp() - r.reply_time)::double precision AS silent_seconds,
	   r.write_lag,
	   r.flush_lag,
	   r.replay_lag
  FROM pg_catalog.pg_stat_replication r
  LEFT JOIN pg_catalog.pg_replication_slots s ON s.active_pid = r.pid
 CROSS JOIN LATERAL dbadvisor.wal_position() w (position);
COMMENT ON VIEW dbadvisor.wal_sender IS
'Who receives WAL from this server, as what, and how far behind in each step; null to those who may not see it';
COMMENT ON COLUMN dbadvisor.wal_sender.kind IS
'standby, logical, backup, pg_receivewal or pg_rewind';
COMMENT ON COLUMN dbadvisor.wal_sender.silent_seconds IS
'Time since the receiver last answered, s; the lag columns stand still when it does not';

-- "FIRST 2 (a, b)", "ANY 1 (a, b)", "2 (a, b)" and "a, b", which is FIRST 1.
CREATE OR REPLACE FUNCTION dbadvisor.parse_synchronous_standbys(
	setting text,
	OUT method text,
	OUT needed integer,
	OUT names text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.upper(m.part[1]), 'FIRST'),
		   COALESCE(m.part[2]::integer, 1),
		   ARRAY(SELECT COALESCE(pg_catalog.replace(e.part[1], '""', '"'), e.part[2])
				   FROM pg_catalog.regexp_matches(COALESCE(m.part[3], setting), '"((?:[^"]|"")*)"|([^,\s"]+)', 'g') e (part))
	  FROM (VALUES (pg_catalog.regexp_match(setting, '^\s*(?:(first|any)\s+)?(\d+)\s*\((.*)\)\s*$', 'i'))) m (part)
	 WHERE pg_catalog.btrim(setting) <> '';
$$;
COMMENT ON FUNCTION dbadvisor.parse_synchronous_standbys(text) IS
'What synchronous_standby_names asks for: FIRST or ANY, how many standbys, of which names; null for an empty one';

-- Names without what a GUC needs quotes for stay as they are.
CREATE OR REPLACE FUNCTION dbadvisor.write_synchronous_standbys(method text, needed integer, names text[])
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('%s %s (%s)', method, needed,
							 pg_catalog.string_agg(CASE
												   WHEN n ~ '^[a-z_][a-z0-9_]*$' AND n NOT IN ('any', 'first') THEN n
												   ELSE '"' || pg_catalog.replace(n, '"', '""') || '"'
												   END, ', ' ORDER BY o))
	  FROM pg_catalog.unnest(names) WITH ORDINALITY u (n, o);
$$;
COMMENT ON FUNCTION dbadvisor.write_synchronous_standbys(text, integer, text[]) IS
'A value for synchronous_standby_names';

REVOKE ALL ON FUNCTION dbadvisor.wal_position(),
	dbadvisor.wal_rate(),
	dbadvisor.hours_until(double precision, double precision),
	dbadvisor.seconds_interval(double precision),
	dbadvisor.slot_wal_keep(double precision),
	dbadvisor.monitor_note(text),
	dbadvisor.archive_backlog(),
	dbadvisor.slot_inactive_since(text),
	dbadvisor.parse_synchronous_standbys(text),
	dbadvisor.write_synchronous_standbys(text, integer, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.wal_position(),
	dbadvisor.wal_rate(),
	dbadvisor.hours_until(double precision, double precision),
	dbadvisor.seconds_interval(double precision),
	dbadvisor.slot_wal_keep(double precision),
	dbadvisor.monitor_note(text),
	dbadvisor.archive_backlog(),
	dbadvisor.slot_inactive_since(text),
	dbadvisor.parse_synchronous_standbys(text),
	dbadvisor.write_synchronous_standbys(text, integer, text[])
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.slot_state, dbadvisor.wal_sender TO dbadvisor_reader;
