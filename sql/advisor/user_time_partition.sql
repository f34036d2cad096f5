-- Partitions by a range of time: their bounds, and since when nobody has used them.

CREATE OR REPLACE VIEW dbadvisor.time_partition WITH (security_invoker = true) AS
SELECT t.relid,
	   p.partdefid AS default_partition,
	   r.key_type::pg_catalog.regtype AS key_type,
	   r.partition,
	   NULLIF(r.lower_end, 'MINVALUE')::timestamptz AS lower_bound,
	   NULLIF(r.upper_end, 'MAXVALUE')::timestamptz AS upper_bound,
	   r.lower_at
  FROM dbadvisor.range_partition r
  JOIN dbadvisor.user_table t ON t.relid = r.parent
  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
 WHERE r.is_time
   AND NOT t.is_partition;
COMMENT ON VIEW dbadvisor.time_partition IS
'Those of dbadvisor.range_partition that are by time and of the first level; a bound is null where the range has no end';

-- Each source proves that nothing has happened since a time, so the earliest counts.
-- History that nobody goes on writing proves nothing, and a standby counts no writes.
CREATE OR REPLACE VIEW dbadvisor.time_partition_use WITH (security_invoker = true) AS
WITH part AS MATERIALIZED (
	SELECT p.*
	  FROM dbadvisor.time_partition p
), counted AS MATERIALIZED (
	SELECT dbadvisor.usage_since() AS since
), watched AS MATERIALIZED (
	SELECT pg_catalog.min(s.since) AS since
	  FROM dbadvisor.history_snapshot s
	HAVING pg_catalog.max(s.taken_at) > pg_catalog.now() - interval '1 day'
), seen AS MATERIALIZED (
	SELECT h.relid,
		   pg_catalog.max(h.taken_at) FILTER (WHERE h.scans + h.index_scans > 0) AS read_at,
		   pg_catalog.max(h.taken_at) FILTER (WHERE h.inserts + h.updates + h.deletes > 0) AS written_at
	  FROM dbadvisor.history_relation h
	 WHERE NOT h.is_index
	 GROUP BY h.relid
)
SELECT p.relid,
	   p.default_partition,
	   p.partition,
	   p.lower_bound,
	   p.upper_bound,
	   p.lower_at,
	   v.full_name,
	   v.bytes,
	   v.xid_age,
	   LEAST(CASE
			 WHEN v.relid IS NOT NULL
				  AND pg_catalog.pg_stat_get_numscans(p.partition) = 0
				  AND NOT EXISTS (SELECT
									FROM pg_catalog.pg_index i
								   WHERE i.indrelid = p.partition
									 AND pg_catalog.pg_stat_get_numscans(i.indexrelid) > 0)
			 THEN n.since
			 END,
			 CASE WHEN v.relid IS NOT NULL AND w.since IS NOT NULL THEN COALESCE(s.read_at, w.since) END) AS unread_since,
	   LEAST(CASE WHEN NOT pg_catalog.pg_is_in_recovery() AND v.rows_inserted + v.rows_updated + v.rows_deleted = 0 THEN n.since END,
			 CASE WHEN v.rows_changed_since_analyze = 0 THEN v.analyzed_at END,
			 CASE WHEN v.relid IS NOT NULL AND w.since IS NOT NULL THEN COALESCE(s.written_at, w.since) END) AS unwritten_since
  FROM part p
 CROSS JOIN counted n
  LEFT JOIN watched w ON true
  LEFT JOIN dbadvisor.table_vacuum v ON v.relid = p.partition
  LEFT JOIN seen s ON s.relid = p.partition;
COMMENT ON VIEW dbadvisor.time_partition_use IS
'Since when nobody has read or written each of dbadvisor.time_partition on this server, by the counters and by history; null where there is no knowing, and for those that have partitions themselves';

GRANT SELECT ON dbadvisor.time_partition, dbadvisor.time_partition_use TO dbadvisor_reader;
