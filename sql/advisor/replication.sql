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
	SELECT GREATEST(bytes, 0) / NULLIF(bytes_per_second, 0) / 3600;
$$;
COMMENT ON FUNCTION dbadvisor.hours_until(double precision, double precision) IS
'Hours until so many bytes have come together at a rate; null without a rate';

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
	   GREATEST(pg_catalog.pg_wal_lsn_diff(w.position, s.restart_lsn), 0)::bigint AS retained_bytes,
	   GREATEST(pg_catalog.pg_wal_lsn_diff(w.position, s.confirmed_flush_lsn), 0)::bigint AS behind_bytes,
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
	dbadvisor.parse_synchronous_standbys(text),
	dbadvisor.write_synchronous_standbys(text, integer, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.wal_position(),
	dbadvisor.wal_rate(),
	dbadvisor.hours_until(double precision, double precision),
	dbadvisor.parse_synchronous_standbys(text),
	dbadvisor.write_synchronous_standbys(text, integer, text[])
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.slot_state, dbadvisor.wal_sender TO dbadvisor_reader;
