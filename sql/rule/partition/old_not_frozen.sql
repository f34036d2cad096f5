-- partition.old_not_frozen: partitions that nobody writes any more wait for being frozen
--
-- Fires for partitions whose range of time ended min_days ago, that nobody has written
-- for as long, and whose oldest row is min_age transactions old.  From 18 on the server
-- counts frozen pages, and partitions that are frozen but for max_unfrozen_share of them
-- are left alone.  Wrong before 18 where they were frozen and only their age has grown:
-- the statement then ends at once.
SELECT dbadvisor.register_rule(
	rule => 'partition.old_not_frozen',
	title => 'Closed partitions are not frozen',
	why => 'Autovacuum freezes all of them in the same weeks one day, to prevent wraparound, and reads and writes them as a whole then. Frozen once, no VACUUM reads them again.',
	severity => 'low',
	thresholds => '{"min_days": 7, "min_age": 50000000, "min_bytes": 1073741824, "max_unfrozen_share": 0.1, "partitions": 50}',
	doc => 'min_age is the age at which VACUUM freezes by itself (vacuum_freeze_min_age). min_bytes is for all such partitions of a table. The statements freeze the oldest ones, as many as partitions says; what is left is told after the next analysis.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_old_not_frozen WITH (security_invoker = true) AS
WITH part AS MATERIALIZED (
	SELECT u.*
	  FROM dbadvisor.time_partition_use u
), wanted AS MATERIALIZED (
	SELECT p.relid,
		   t.full_name,
		   pg_catalog.now() - pg_catalog.make_interval(secs => dbadvisor.threshold('partition.old_not_frozen', 'min_days', t.full_name)::double precision * 86400) AS closed_at,
		   dbadvisor.threshold('partition.old_not_frozen', 'min_age', t.full_name) AS age,
		   dbadvisor.threshold('partition.old_not_frozen', 'min_bytes', t.full_name) AS bytes,
		   dbadvisor.threshold('partition.old_not_frozen', 'max_unfrozen_share', t.full_name)::double precision AS unfrozen_share,
		   dbadvisor.threshold('partition.old_not_frozen', 'partitions', t.full_name) AS partitions
	  FROM (SELECT DISTINCT p.relid FROM part p) p
	 CROSS JOIN LATERAL dbadvisor.relation_identity(p.relid) t (full_name)
), closed AS (
	SELECT p.*,
		   w.full_name AS table_name,
		   w.bytes AS min_bytes,
		   f.unfrozen_share,
		   pg_catalog.row_number() OVER (PARTITION BY p.relid ORDER BY p.xid_age DESC, p.lower_bound) <= w.partitions AS is_told,
		   pg_catalog.row_number() OVER (PARTITION BY p.relid ORDER BY p.xid_age DESC, p.lower_bound) AS place
	  FROM part p
	  JOIN wanted w ON w.relid = p.relid
	  JOIN pg_catalog.pg_class c ON c.oid = p.partition
	 CROSS JOIN LATERAL (
		SELECT 1 - (pg_catalog.to_jsonb(c) ->> 'relallfrozen')::double precision / NULLIF(c.relpages, 0)) f (unfrozen_share)
	 WHERE p.upper_bound <= w.closed_at
	   AND p.unwritten_since <= w.closed_at
	   AND c.relpersistence = 'p'
	   AND p.bytes > 0
	   AND p.xid_age >= w.age
	   AND COALESCE(f.unfrozen_share, 1) > w.unfrozen_share
), summed AS (
	SELECT c.relid,
		   c.table_name,
		   pg_catalog.count(*)::integer AS partitions,
		   pg_catalog.sum(c.bytes)::bigint AS bytes,
		   pg_catalog.max(c.xid_age) AS xid_age,
		   pg_catalog.max(c.unwritten_since) AS unwritten_since,
		   pg_catalog.bool_and(c.unfrozen_share IS NOT NULL) AS is_known,
		   (pg_catalog.count(*) FILTER (WHERE c.is_told))::integer AS told,
		   pg_catalog.string_agg(pg_catalog.format('VACUUM (FREEZE) %s', c.full_name), E';\n' ORDER BY c.place) FILTER (WHERE c.is_told) AS apply_sql
	  FROM closed c
	 GROUP BY c.relid, c.table_name, c.min_bytes
	HAVING pg_catalog.sum(c.bytes) >= c.min_bytes
)
SELECT a.*
  FROM summed s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.old_not_frozen',
		   relid => s.relid,
		   title => pg_catalog.format('Freeze %s closed partitions of %s', s.partitions, s.table_name),
		   detail => pg_catalog.format('Together they take %s, the oldest row may be %s transactions old, and nobody has written them since %s.%s',
									   pg_catalog.pg_size_pretty(s.bytes), s.xid_age, pg_catalog.to_char(s.unwritten_since, 'YYYY-MM-DD'),
									   CASE WHEN s.told < s.partitions THEN pg_catalog.format(' The statements are for the %s oldest.', s.told) END),
		   evidence => pg_catalog.jsonb_build_object('partitions_count', s.partitions, 'size_bytes', s.bytes, 'xid_age', s.xid_age,
													 'freeze_max_age', pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint)
					   || CASE
						  WHEN s.is_known THEN '{}'::jsonb
						  ELSE pg_catalog.jsonb_build_object('confidence_reason', 'this version does not count the pages that are frozen already')
						  END,
		   proof => 'counters',
		   confidence => CASE WHEN s.is_known THEN 0.9 ELSE 0.7 END,
		   evidence_since => s.unwritten_since,
		   affected_count => s.partitions,
		   apply_sql => s.apply_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock on one partition after the other: reads and writes go on. Reads every page that is not frozen yet and writes WAL for it; cannot run inside a transaction block.') a;
COMMENT ON VIEW dbadvisor.rule_partition_old_not_frozen IS
'Tables with partitions that are closed and not frozen';

GRANT SELECT ON dbadvisor.rule_partition_old_not_frozen TO dbadvisor_reader;
