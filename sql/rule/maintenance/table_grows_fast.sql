-- maintenance.table_grows_fast: a table that will have doubled soon
--
-- Fires for a table that history has seen grow for min_days, at a rate that
-- doubles it within max_days_to_double or adds min_bytes_per_day.  The date on
-- which it will have doubled is told.  Silent without history.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.table_grows_fast',
	title => 'A table grows fast',
	why => 'Disk, backups and maintenance grow with it; partitions or a retention rule are easier to have before than after.',
	severity => 'info',
	thresholds => '{"min_days": 7, "min_bytes": 1073741824, "max_days_to_double": 60, "min_bytes_per_day": 1073741824}',
	doc => 'min_bytes is the size from which a table is looked at. Low where it grows by min_bytes_per_day. Sizes are those of the last VACUUM or ANALYZE before each snapshot; partitions count together.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_table_grows_fast WITH (security_invoker = true) AS
WITH large AS (
	SELECT v.root,
		   v.relid,
		   v.bytes
	  FROM dbadvisor.table_vacuum v
), seen AS (
	SELECT l.relid,
		   l.root,
		   l.bytes,
		   (pg_catalog.array_agg(h.pages ORDER BY h.taken_at))[1] * pg_catalog.current_setting('block_size')::integer AS bytes_then,
		   pg_catalog.min(h.taken_at) AS since
	  FROM large l
	  JOIN dbadvisor.history_relation h ON h.relid = l.relid AND NOT h.is_index
	 GROUP BY l.relid, l.root, l.bytes
), grown AS (
	SELECT s.root,
		   dbadvisor.relation_identity(s.root) AS full_name,
		   pg_catalog.sum(s.bytes)::bigint AS bytes,
		   pg_catalog.min(s.since) AS since,
		   pg_catalog.sum((s.bytes - s.bytes_then) / NULLIF(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.since), 0)::double precision * 86400) AS bytes_per_day
	  FROM seen s
	 GROUP BY s.root
)
SELECT a.*
  FROM grown g
 CROSS JOIN LATERAL (SELECT g.bytes / NULLIF(g.bytes_per_day, 0)) d (days)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.table_grows_fast',
		   relid => g.root,
		   severity => CASE WHEN g.bytes_per_day >= dbadvisor.threshold('maintenance.table_grows_fast', 'min_bytes_per_day', g.full_name)::double precision THEN 'low' END,
		   title => pg_catalog.format('%s grows by %s a day', g.full_name, pg_catalog.pg_size_pretty(g.bytes_per_day::bigint)),
		   detail => pg_catalog.format('It has %s now; at the rate since %s it will have doubled about %s.',
									   pg_catalog.pg_size_pretty(g.bytes),
									   pg_catalog.to_char(g.since, 'YYYY-MM-DD'),
									   pg_catalog.to_char(pg_catalog.now() + pg_catalog.make_interval(days => LEAST(d.days, 100000)::integer), 'YYYY-MM-DD')),
		   evidence => pg_catalog.jsonb_build_object('size_bytes', g.bytes, 'bytes_per_day', pg_catalog.round(g.bytes_per_day::numeric), 'days_to_double', pg_catalog.round(d.days::numeric, 1)),
		   proof => 'counters',
		   confidence => 0.6,
		   evidence_since => g.since) a
 WHERE g.bytes_per_day > 0
   AND g.bytes >= dbadvisor.threshold('maintenance.table_grows_fast', 'min_bytes', g.full_name)
   AND g.since <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => dbadvisor.threshold('maintenance.table_grows_fast', 'min_days', g.full_name)::double precision * 86400)
   AND (d.days <= dbadvisor.threshold('maintenance.table_grows_fast', 'max_days_to_double', g.full_name)::double precision
		OR g.bytes_per_day >= dbadvisor.threshold('maintenance.table_grows_fast', 'min_bytes_per_day', g.full_name)::double precision);
COMMENT ON VIEW dbadvisor.rule_maintenance_table_grows_fast IS
'Tables that grow fast, with the date on which they will have doubled';

GRANT SELECT ON dbadvisor.rule_maintenance_table_grows_fast TO dbadvisor_reader;
