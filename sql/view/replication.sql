-- Replication as people look at it: who is connected to whom, what an outage takes,
-- what can be lost and how long a recovery takes.

CREATE OR REPLACE VIEW dbadvisor.replication_topology WITH (security_invoker = true) AS
SELECT COALESCE(NULLIF(pg_catalog.current_setting('cluster_name'), ''), 'this server') AS node,
	   CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE 'primary' END AS kind,
	   'self' AS place,
	   CASE
	   WHEN NOT pg_catalog.pg_is_in_recovery() THEN 'running'
	   WHEN pg_catalog.pg_get_wal_replay_pause_state() <> 'not paused' THEN pg_catalog.pg_get_wal_replay_pause_state()
	   ELSE COALESCE((SELECT r.status FROM pg_catalog.pg_stat_wal_receiver r), 'not receiving')
	   END AS state,
	   NULL::text AS sync_state,
	   CASE WHEN pg_catalog.pg_is_in_recovery() THEN (SELECT r.slot_name FROM pg_catalog.pg_stat_wal_receiver r) END AS slot_name,
	   NULL::text AS wal_status,
	   CASE
	   WHEN pg_catalog.pg_is_in_recovery()
	   THEN pg_catalog.pg_wal_lsn_diff(dbadvisor.wal_position(), pg_catalog.pg_last_wal_replay_lsn())::bigint
	   END AS behind_bytes,
	   NULL::bigint AS unsent_bytes,
	   NULL::bigint AS unwritten_bytes,
	   NULL::bigint AS unflushed_bytes,
	   CASE
	   WHEN pg_catalog.pg_is_in_recovery()
	   THEN pg_catalog.pg_wal_lsn_diff(dbadvisor.wal_position(), pg_catalog.pg_last_wal_replay_lsn())::bigint
	   END AS unreplayed_bytes,
	   NULL::bigint AS retained_bytes,
	   NULL::integer AS held_xids,
	   NULL::double precision AS silent_seconds,
	   NULL::interval AS replay_lag,
	   pg_catalog.clock_timestamp() AS last_seen
 UNION ALL
SELECT pg_catalog.concat_ws(':', r.sender_host, r.sender_port), 'sender', 'upstream', r.status, NULL, r.slot_name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	   EXTRACT(epoch FROM pg_catalog.clock_timestamp() - r.last_msg_receipt_time)::double precision, NULL, r.last_msg_receipt_time
  FROM pg_catalog.pg_stat_wal_receiver r
 UNION ALL
SELECT w.application_name, w.kind, 'downstream', w.state, w.sync_state, w.slot_name, s.wal_status, w.behind_bytes, w.unsent_bytes, w.unwritten_bytes,
	   w.unflushed_bytes, w.unreplayed_bytes, s.retained_bytes, s.held_xids, w.silent_seconds, w.replay_lag, pg_catalog.clock_timestamp()
  FROM dbadvisor.wal_sender w
  LEFT JOIN dbadvisor.slot_state s ON s.slot_name = w.slot_name
 UNION ALL
SELECT s.slot_name, s.slot_type || ' slot', 'downstream', 'not connected', NULL, s.slot_name, s.wal_status, s.behind_bytes, NULL, NULL, NULL, NULL,
	   s.retained_bytes, s.held_xids, NULL, NULL, s.inactive_since
  FROM dbadvisor.slot_state s
 WHERE NOT s.active
 UNION ALL
SELECT h.name, 'known from history', 'downstream', 'not connected', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, pg_catalog.max(h.taken_at)
  FROM dbadvisor.history_server h
 WHERE h.source = 'replication'
   AND NOT pg_catalog.pg_is_in_recovery()
   AND NOT EXISTS (SELECT FROM dbadvisor.wal_sender w WHERE w.application_name = h.name)
 GROUP BY h.name;
COMMENT ON VIEW dbadvisor.replication_topology IS
'This server, what it receives WAL from, and who receives it from this server or did so: how far behind in each step, by which slot, and what the slot retains. Standbys of a standby are seen there only';
COMMENT ON COLUMN dbadvisor.replication_topology.place IS
'self, upstream or downstream';
COMMENT ON COLUMN dbadvisor.replication_topology.behind_bytes IS
'WAL that is here and not replayed there; of this server, that is received and not replayed';
COMMENT ON COLUMN dbadvisor.replication_topology.silent_seconds IS
'Time since the last message, s; the lag columns stand still without one';
COMMENT ON COLUMN dbadvisor.replication_topology.held_xids IS
'Age of the oldest transaction whose dead rows the slot keeps';

CREATE OR REPLACE FUNCTION dbadvisor.wal_capacity(
	outage interval DEFAULT '1 day',
	OUT wal_bytes_per_second double precision,
	OUT basis text,
	OUT outage_bytes double precision,
	OUT free_bytes bigint,
	OUT fits boolean,
	OUT disk_full_after interval,
	OUT slots_lost_after interval,
	OUT unslotted_lost_after interval)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.bytes_per_second,
		   r.basis,
		   r.bytes_per_second * o.seconds,
		   d.free_bytes,
		   d.free_bytes > r.bytes_per_second * o.seconds,
		   CASE WHEN k.slot_bytes IS NULL THEN t.full_after END,
		   t.lost_after,
		   t.unslotted
	  FROM dbadvisor.wal_rate() r
	 CROSS JOIN dbadvisor.wal_disk() d
	 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM wal_capacity.outage)::double precision) o (seconds)
	 CROSS JOIN (
		SELECT pg_catalog.max(CASE WHEN g.name = 'max_slot_wal_keep_size' AND g.setting <> '-1' THEN g.setting::double precision * 1048576 END),
			   pg_catalog.max(CASE WHEN g.name = 'wal_keep_size' THEN g.setting::double precision * 1048576 END)
		  FROM pg_catalog.pg_settings g) k (slot_bytes, keep_bytes)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.seconds_interval(d.free_bytes / NULLIF(r.bytes_per_second, 0)),
			   dbadvisor.seconds_interval(k.slot_bytes / NULLIF(r.bytes_per_second, 0)),
			   dbadvisor.seconds_interval(k.keep_bytes / NULLIF(r.bytes_per_second, 0))) t (full_after, lost_after, unslotted);
$$;
COMMENT ON FUNCTION dbadvisor.wal_capacity(interval) IS
'How much WAL comes together while a standby is away, whether the disk of pg_wal has room for it, when the disk is full (null where max_slot_wal_keep_size comes before), and after how long a consumer has lost its slot or, without one, its WAL; at the measured rate, null without one';

-- What is lost and how long it takes, by each way to come back.
CREATE OR REPLACE FUNCTION dbadvisor.recovery_objectives(
	rpo interval DEFAULT '5 minutes',
	rto interval DEFAULT '15 minutes',
	replay_bytes_per_second double precision DEFAULT 50000000,
	OUT objective text,
	OUT way text,
	OUT guaranteed interval,
	OUT measured interval,
	OUT is_met boolean,
	OUT remark text,
	OUT apply_sql text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rate AS MATERIALIZED (
		SELECT r.bytes_per_second,
			   dbadvisor.wal_position() AS position,
			   NOT pg_catalog.pg_is_in_recovery() AS is_primary
		  FROM dbadvisor.wal_rate() r
	), standby AS MATERIALIZED (
		SELECT pg_catalog.count(*) AS standbys,
			   pg_catalog.count(*) FILTER (WHERE w.sync_state IN ('sync', 'quorum')) AS synchronous,
			   pg_catalog.min(w.unsent_bytes + w.unwritten_bytes + w.unflushed_bytes)::double precision AS unflushed,
			   pg_catalog.min(w.unreplayed_bytes)::double precision AS unreplayed
		  FROM dbadvisor.wal_sender w
		 WHERE w.kind = 'standby'
		   AND w.state = 'streaming'
	), setting AS MATERIALIZED (
		SELECT pg_catalog.max(g.setting) FILTER (WHERE g.name = 'archive_mode') AS archive_mode,
			   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'archive_timeout') AS archive_timeout,
			   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'wal_segment_size') AS segment_bytes,
			   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'max_wal_size') * 1048576 AS max_wal_bytes,
			   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'checkpoint_completion_target') AS completion,
			   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'checkpoint_timeout') AS checkpoint_timeout
		  FROM pg_catalog.pg_settings g
		 WHERE g.name IN ('archive_mode', 'archive_timeout', 'wal_segment_size', 'max_wal_size', 'checkpoint_completion_target', 'checkpoint_timeout')
		   AND g.setting ~ '^([0-9.]+|on|off|always)$'
	), way AS (
		SELECT 'rpo' AS objective,
			   'synchronous standby' AS way,
			   CASE WHEN s.synchronous > 0 THEN 0 END::double precision AS guaranteed,
			   CASE WHEN s.synchronous > 0 THEN 0 END::double precision AS measured,
			   CASE WHEN s.synchronous > 0 THEN 'nothing that was committed with synchronous_commit on is lost' ELSE 'no standby is synchronous' END AS remark,
			   NULL::text AS setting,
			   NULL::text AS value
		  FROM standby s
		 UNION ALL
		SELECT 'rpo', 'asynchronous standby', NULL,
			   CASE WHEN s.standbys > 0 THEN s.unflushed / NULLIF(r.bytes_per_second, 0) END,
			   CASE
			   WHEN s.standbys = 0 THEN 'no standby streams'
			   ELSE pg_catalog.format('nothing is guaranteed; the nearest standby has not flushed %s at this moment', pg_catalog.pg_size_pretty(s.unflushed::bigint))
			   END, NULL, NULL
		  FROM standby s
		 CROSS JOIN rate r
		 UNION ALL
		-- A file is archived when it is full or archive_timeout has passed.
		SELECT 'rpo', 'archive',
			   CASE WHEN g.archive_mode <> 'off' THEN NULLIF(g.archive_timeout, 0) END,
			   CASE WHEN g.archive_mode <> 'off' THEN EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.last_archived_time)::double precision END,
			   CASE
			   WHEN g.archive_mode = 'off' THEN 'archive_mode is off'
			   WHEN g.archive_timeout = 0 THEN 'archive_timeout is off: a file waits until it is full' || COALESCE(pg_catalog.format(', %s s at the measured rate', pg_catalog.round((g.segment_bytes / NULLIF(r.bytes_per_second, 0))::numeric)), '')
			   ELSE 'a file is archived when it is full or archive_timeout has passed; the archiver must keep up'
			   END,
			   CASE WHEN g.archive_mode <> 'off' AND (g.archive_timeout = 0 OR g.archive_timeout > EXTRACT(epoch FROM rpo)) THEN 'archive_timeout' END,
			   pg_catalog.ceil(EXTRACT(epoch FROM rpo)) || 's'
		  FROM setting g
		 CROSS JOIN pg_catalog.pg_stat_archiver a
		 CROSS JOIN rate r
		 UNION ALL
		-- A checkpoint begins after max_wal_size / (1 + target) of WAL, and the one
		-- before counts until it has ended.
		SELECT 'rto', 'crash recovery',
			   g.max_wal_bytes / replay_bytes_per_second,
			   pg_catalog.pg_wal_lsn_diff(r.position, c.redo_lsn)::double precision / replay_bytes_per_second,
			   pg_catalog.format('WAL to replay: %s now, %s at most, at %s a second', pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(r.position, c.redo_lsn)),
								 pg_catalog.pg_size_pretty(g.max_wal_bytes::bigint), pg_catalog.pg_size_pretty(replay_bytes_per_second::bigint)),
			   CASE WHEN g.max_wal_bytes / replay_bytes_per_second > EXTRACT(epoch FROM rto) THEN 'max_wal_size' END,
			   GREATEST(pg_catalog.floor(EXTRACT(epoch FROM rto)::double precision * replay_bytes_per_second / 1048576), 32)::bigint || 'MB'
		  FROM setting g
		 CROSS JOIN rate r
		 CROSS JOIN pg_catalog.pg_control_checkpoint() c
		 UNION ALL
		SELECT 'rto', 'failover to a standby', NULL,
			   CASE WHEN s.standbys > 0 THEN s.unreplayed / replay_bytes_per_second END,
			   CASE
			   WHEN s.standbys = 0 THEN 'no standby streams'
			   ELSE pg_catalog.format('%s are received and not replayed; what notices and decides comes on top', pg_catalog.pg_size_pretty(s.unreplayed::bigint))
			   END, NULL, NULL
		  FROM standby s
	)
	SELECT w.objective,
		   w.way,
		   dbadvisor.seconds_interval(w.guaranteed),
		   dbadvisor.seconds_interval(w.measured),
		   COALESCE(w.guaranteed, w.measured) <= EXTRACT(epoch FROM CASE w.objective WHEN 'rpo' THEN rpo ELSE rto END)::double precision,
		   w.remark,
		   CASE WHEN w.setting IS NOT NULL THEN (SELECT c.apply_sql FROM dbadvisor.setting_change(w.setting, w.value) c) END
	  FROM way w;
$$;
COMMENT ON FUNCTION dbadvisor.recovery_objectives(interval, interval, double precision) IS
'For each way to come back what the settings guarantee and what is measured now: of rpo how much time of commits is lost, of rto how long the recovery takes at a rate of replay that is assumed; and the setting that would meet the objective. Null where nothing is guaranteed or known';

REVOKE ALL ON FUNCTION dbadvisor.wal_capacity(interval),
	dbadvisor.recovery_objectives(interval, interval, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.wal_capacity(interval),
	dbadvisor.recovery_objectives(interval, interval, double precision)
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.replication_topology TO dbadvisor_reader;
