-- Partitions by a range of time: their bounds, and since when nobody has used them.

-- What pg_get_expr() prints of a bound: FOR VALUES FROM ('2026-01-01') TO (...).
CREATE OR REPLACE FUNCTION dbadvisor.range_bounds(
	relation oid,
	OUT lower_bound timestamptz,
	OUT upper_bound timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
	SELECT m.part[1]::timestamptz,
		   m.part[2]::timestamptz
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL pg_catalog.regexp_match(
			   pg_catalog.pg_get_expr(c.relpartbound, c.oid),
			   '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') m (part)
	 WHERE c.oid = range_bounds.relation;
$$;
COMMENT ON FUNCTION dbadvisor.range_bounds(oid) IS
'Bounds of a partition by a range of time; null for one without, or with MINVALUE or MAXVALUE';

CREATE OR REPLACE VIEW dbadvisor.time_partition WITH (security_invoker = true) AS
SELECT t.relid,
	   p.partdefid AS default_partition,
	   a.atttypid::pg_catalog.regtype AS key_type,
	   i.inhrelid AS partition,
	   b.lower_bound,
	   b.upper_bound,
	   pg_catalog.pg_get_expr(c.relpartbound, c.oid) ~ 'MAXVALUE' AS is_endless
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_partitioned_table p
	ON p.partrelid = t.relid
   AND p.partstrat = 'r'
   AND p.partnatts = 1
  JOIN pg_catalog.pg_attribute a
	ON a.attrelid = t.relid
   AND a.attnum = p.partattrs[0]
   AND a.atttypid IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype)
  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
 CROSS JOIN LATERAL dbadvisor.range_bounds(i.inhrelid) b
 WHERE NOT t.is_partition;
COMMENT ON VIEW dbadvisor.time_partition IS
'Partitions of tables that are partitioned by ranges of one column of type date, timestamp or timestamptz, at the first level; without bounds for the default one and those that begin or end nowhere';

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
REVOKE ALL ON FUNCTION dbadvisor.range_bounds(oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.range_bounds(oid) TO dbadvisor_reader;
