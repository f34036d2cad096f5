-- Rates by window: what history says of statements, relations and WAL.  Each
-- row says which window its figures are of.

CREATE OR REPLACE VIEW dbadvisor.workload_history WITH (security_invoker = true) AS
SELECT s.since,
	   s.taken_at AS until,
	   w.seconds,
	   s.userid,
	   s.queryid,
	   s.toplevel,
	   s.calls,
	   s.total_ms,
	   s.rows,
	   s.calls / w.seconds AS calls_per_second,
	   s.total_ms / w.seconds AS ms_per_second,
	   s.total_ms / s.calls AS ms_per_call,
	   s.rows / s.calls AS rows_per_call,
	   (s.shared_blks_hit + s.shared_blks_read) / s.calls AS blks_per_call,
	   s.shared_blks_hit / NULLIF(s.shared_blks_hit + s.shared_blks_read, 0) AS hit_share,
	   (s.temp_blks_read + s.temp_blks_written) / s.calls AS temp_blks_per_call,
	   s.wal_bytes / w.seconds AS wal_bytes_per_second,
	   s.was_reset
  FROM dbadvisor.history_statement s
 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM s.taken_at - s.since)::double precision) w (seconds);
COMMENT ON VIEW dbadvisor.workload_history IS
'What each statement did between two snapshots; statements that did not run in a window have no row for it';
COMMENT ON COLUMN dbadvisor.workload_history.since IS
'Start of the window';
COMMENT ON COLUMN dbadvisor.workload_history.until IS
'End of the window';
COMMENT ON COLUMN dbadvisor.workload_history.seconds IS
'Length of the window';
COMMENT ON COLUMN dbadvisor.workload_history.was_reset IS
'Whether its counters began anew in the window, so that the figures are too small rather than too large';

CREATE OR REPLACE VIEW dbadvisor.relation_history WITH (security_invoker = true) AS
SELECT r.since,
	   r.taken_at AS until,
	   w.seconds,
	   r.relid,
	   o.name AS relation,
	   r.is_index,
	   r.scans / w.seconds AS scans_per_second,
	   r.rows_read / w.seconds AS rows_read_per_second,
	   r.index_scans / w.seconds AS index_scans_per_second,
	   r.rows_fetched / w.seconds AS rows_fetched_per_second,
	   r.inserts / w.seconds AS inserts_per_second,
	   r.updates / w.seconds AS updates_per_second,
	   r.hot_updates / NULLIF(r.updates, 0) AS hot_share,
	   r.deletes / w.seconds AS deletes_per_second,
	   r.blks_read / w.seconds AS blks_read_per_second,
	   r.blks_hit / NULLIF(r.blks_hit + r.blks_read, 0) AS hit_share,
	   r.live_rows,
	   r.pages,
	   r.was_reset
  FROM dbadvisor.history_relation r
 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM r.taken_at - r.since)::double precision) w (seconds)
 CROSS JOIN LATERAL (SELECT (SELECT c.oid::pg_catalog.regclass::text
							   FROM pg_catalog.pg_class c
							  WHERE c.oid = r.relid)) o (name);
COMMENT ON VIEW dbadvisor.relation_history IS
'How each table and index was used between two snapshots; those that were not have no row for the window';
COMMENT ON COLUMN dbadvisor.relation_history.relation IS
'Its name now; null where it is gone';
COMMENT ON COLUMN dbadvisor.relation_history.hot_share IS
'Share of the updates that needed no new index entries';

CREATE OR REPLACE VIEW dbadvisor.wal_history WITH (security_invoker = true) AS
SELECT h.since,
	   h.taken_at AS until,
	   w.seconds,
	   (h.figures ->> 'wal_bytes')::double precision AS wal_bytes,
	   COALESCE((h.figures ->> 'wal_bytes')::double precision, 0) / w.seconds AS wal_bytes_per_second,
	   COALESCE((h.figures ->> 'wal_records')::double precision, 0) / w.seconds AS wal_records_per_second,
	   COALESCE((h.figures ->> 'wal_fpi')::double precision, 0) / w.seconds AS wal_fpi_per_second,
	   COALESCE((c.figures ->> 'checkpoints_timed')::double precision,
				(c.figures ->> 'num_timed')::double precision, 0) AS checkpoints_timed,
	   COALESCE((c.figures ->> 'checkpoints_req')::double precision,
				(c.figures ->> 'num_requested')::double precision, 0) AS checkpoints_requested,
	   h.was_reset
  FROM dbadvisor.history_server h
  LEFT JOIN LATERAL (
	SELECT b.figures
	  FROM dbadvisor.history_server b
	 WHERE b.slot = h.slot
	   AND b.taken_at = h.taken_at
	   AND b.source IN ('bgwriter', 'checkpointer')
	   AND b.figures ?| '{checkpoints_timed,checkpoints_req,num_timed,num_requested}'
	 LIMIT 1) c ON true
 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM h.taken_at - h.since)::double precision) w (seconds)
 WHERE h.source = 'wal';
COMMENT ON VIEW dbadvisor.wal_history IS
'WAL written by the server, and checkpoints, between two snapshots';

-- Only windows that were watched count as time: gaps do not thin a rate.
CREATE OR REPLACE FUNCTION dbadvisor.history_window(
	within interval DEFAULT '7 days',
	statements boolean DEFAULT true,
	OUT slots smallint[],
	OUT since timestamptz,
	OUT until timestamptz,
	OUT seconds double precision)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.array_agg(DISTINCT s.slot),
		   pg_catalog.min(s.since),
		   pg_catalog.max(s.taken_at),
		   pg_catalog.sum(s.seconds)
	  FROM dbadvisor.history_slice l
	  JOIN dbadvisor.history_snapshot s ON s.slot = l.slot
	 WHERE COALESCE(l.ends_at, 'infinity') > pg_catalog.clock_timestamp() - history_window.within
	   AND s.since IS NOT NULL
	   AND NOT (history_window.statements
				AND 'pg_stat_statements cannot be read' = ANY (s.notes));
$$;
COMMENT ON FUNCTION dbadvisor.history_window(interval, boolean) IS
'The slices of history that reach into an interval before now: from, to, and the seconds of them that were watched, with or without those in which statements could not be; null without history';

CREATE OR REPLACE FUNCTION dbadvisor.workload_rates(
	within interval DEFAULT '7 days',
	OUT userid oid,
	OUT queryid bigint,
	OUT calls_per_day double precision,
	OUT ms_per_day double precision,
	OUT rows_per_day double precision,
	OUT since timestamptz,
	OUT until timestamptz,
	OUT seconds double precision)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.userid,
		   t.queryid,
		   pg_catalog.sum(t.calls) / w.seconds * 86400,
		   pg_catalog.sum(t.total_ms) / w.seconds * 86400,
		   pg_catalog.sum(t.rows) / w.seconds * 86400,
		   w.since,
		   w.until,
		   w.seconds
	  FROM dbadvisor.history_window(workload_rates.within) w
	  JOIN dbadvisor.history_statement_total t ON t.slot = ANY (w.slots)
	 GROUP BY t.userid, t.queryid, w.since, w.until, w.seconds;
$$;
COMMENT ON FUNCTION dbadvisor.workload_rates(interval) IS
'What each statement does per day by the slices of history that reach into an interval before now, and the window that says so';

CREATE OR REPLACE FUNCTION dbadvisor.relation_rates(
	within interval DEFAULT '7 days',
	OUT relid oid,
	OUT inserts_per_day double precision,
	OUT updates_per_day double precision,
	OUT hot_updates_per_day double precision,
	OUT deletes_per_day double precision,
	OUT since timestamptz,
	OUT until timestamptz,
	OUT seconds double precision)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.relid,
		   pg_catalog.sum(t.inserts) / w.seconds * 86400,
		   pg_catalog.sum(t.updates) / w.seconds * 86400,
		   pg_catalog.sum(t.hot_updates) / w.seconds * 86400,
		   pg_catalog.sum(t.deletes) / w.seconds * 86400,
		   w.since,
		   w.until,
		   w.seconds
	  FROM dbadvisor.history_window(relation_rates.within, false) w
	  JOIN dbadvisor.history_relation_total t ON t.slot = ANY (w.slots)
	 GROUP BY t.relid, w.since, w.until, w.seconds;
$$;
COMMENT ON FUNCTION dbadvisor.relation_rates(interval) IS
'What is written to each table per day by the slices of history that reach into an interval before now, and the window that says so; tables that were not written to have no row';

REVOKE ALL ON FUNCTION dbadvisor.history_window(interval, boolean),
	dbadvisor.workload_rates(interval),
	dbadvisor.relation_rates(interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.history_window(interval, boolean),
	dbadvisor.workload_rates(interval),
	dbadvisor.relation_rates(interval)
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.workload_history, dbadvisor.relation_history,
	dbadvisor.wal_history
	TO dbadvisor_reader;
