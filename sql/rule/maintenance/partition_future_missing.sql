-- maintenance.partition_future_missing: no partition for the rows to come
--
-- Fires for a table partitioned by ranges of time whose last partition ends
-- within min_days, or has ended: rows after that go into the default partition
-- or are refused.  Only for tables with a partition for today, and for others when
-- history has seen rows arrive in the last week or the default partition got some:
-- what only keeps the past is left alone.  Wrong where something makes partitions
-- just in time.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.partition_future_missing',
	title => 'The last partition of a table ends soon',
	why => 'From that moment on inserts fail, or pile up in the default partition, out of which they must be moved under a lock.',
	severity => 'medium',
	thresholds => '{"min_days": 3}',
	doc => 'High when the end is less than a day away, or has passed while rows arrive. The statement makes a partition as long as the last one. One level of ranges over one column of type date, timestamp or timestamptz is looked at.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_partition_future_missing WITH (security_invoker = true) AS
WITH bound AS MATERIALIZED (
	SELECT b.*
	  FROM dbadvisor.time_partition b
), ranged AS (
	SELECT DISTINCT t.relid,
		   t.full_name,
		   t.schema_name,
		   t.table_name,
		   b.key_type
	  FROM bound b
	  JOIN dbadvisor.user_table t ON t.relid = b.relid
), last AS (
	SELECT r.*,
		   (SELECT pg_catalog.max(b.upper_bound) FROM bound b WHERE b.relid = r.relid) AS ends_at,
		   (SELECT pg_catalog.age(b.upper_bound, b.lower_bound) FROM bound b WHERE b.relid = r.relid ORDER BY b.upper_bound DESC NULLS LAST LIMIT 1) AS step,
		   (SELECT pg_catalog.sum(u.rows_inserted)::bigint FROM dbadvisor.user_table u WHERE u.relid = r.relid) AS rows_inserted,
		   EXISTS (SELECT FROM bound b WHERE b.relid = r.relid AND b.lower_bound <= pg_catalog.now() AND b.upper_bound > pg_catalog.now()) AS has_today,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_partition_tree(r.relid) p
					 JOIN dbadvisor.history_relation h
					   ON h.relid = p.relid
					  AND h.inserts > 0
					  AND h.since >= pg_catalog.now() - interval '7 days')
		   OR EXISTS (SELECT
						FROM pg_catalog.pg_partitioned_table d
					   WHERE d.partrelid = r.relid
						 AND pg_catalog.pg_stat_get_tuples_inserted(d.partdefid) > 0) AS has_arrivals
	  FROM ranged r
	 WHERE NOT EXISTS (SELECT FROM bound b WHERE b.relid = r.relid AND b.upper_bound IS NULL)
)
SELECT a.*
  FROM last l
 CROSS JOIN LATERAL (
	SELECT dbadvisor.time_bound_format(l.key_type),
		   pg_catalog.left(l.table_name, 50) || pg_catalog.to_char(l.ends_at, '"_p"YYYYMMDD')
		   || CASE WHEN l.step < interval '1 day' THEN pg_catalog.to_char(l.ends_at, '"_"HH24MI') ELSE '' END) f (format, name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.partition_future_missing',
		   relid => l.relid,
		   severity => CASE WHEN l.ends_at < pg_catalog.now() + interval '1 day' THEN 'high' END,
		   title => pg_catalog.format('Make the next partition of %s: the last one %s %s', l.full_name,
									  CASE WHEN l.ends_at <= pg_catalog.now() THEN 'ended on' ELSE 'ends on' END,
									  pg_catalog.to_char(l.ends_at, 'YYYY-MM-DD')),
		   detail => pg_catalog.format('%s rows were inserted since the counters began. %s', l.rows_inserted,
									   CASE
									   WHEN (SELECT p.partdefid FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = l.relid) <> 0
									   THEN 'Rows after that go into the default partition, which has to be searched under a lock when the next one is made.'
									   ELSE 'Rows after that are refused.'
									   END),
		   evidence => pg_catalog.jsonb_build_object('ends_at', l.ends_at, 'step', l.step, 'rows_inserted', l.rows_inserted),
		   contains_values => false,
		   apply_sql => pg_catalog.format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
										  l.schema_name, f.name, l.full_name,
										  pg_catalog.to_char(l.ends_at, f.format),
										  pg_catalog.to_char(l.ends_at + l.step, f.format)),
		   revert_sql => pg_catalog.format('DROP TABLE %I.%I', l.schema_name, f.name),
		   impact => 'Takes an ACCESS EXCLUSIVE lock on the table for a moment: reads and writes wait meanwhile. Make it apart and ATTACH it to need a SHARE UPDATE EXCLUSIVE lock only.') a
 WHERE l.ends_at < pg_catalog.now() + pg_catalog.make_interval(secs => dbadvisor.threshold('maintenance.partition_future_missing', 'min_days', l.full_name)::double precision * 86400)
   AND (l.has_today OR l.has_arrivals)
   AND l.step > interval '0';
COMMENT ON VIEW dbadvisor.rule_maintenance_partition_future_missing IS
'Tables partitioned by time whose last partition ends soon';

GRANT SELECT ON dbadvisor.rule_maintenance_partition_future_missing TO dbadvisor_reader;
