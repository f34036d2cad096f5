-- partition.retention_due: the oldest partitions are neither read nor written
--
-- Fires for the partitions of a table ranged by time that come before all that anybody
-- has used for min_days, by the counters or by history, when they ended that long ago.
-- Silent where a standby may read them of which nothing is known.  Wrong for what must
-- be kept: then it can go to cheaper storage.
SELECT dbadvisor.register_rule(
	rule => 'partition.retention_due',
	title => 'The oldest partitions of a table are not used',
	why => 'They are backed up, vacuumed and opened by each statement that does not prune, for nobody.',
	severity => 'info',
	thresholds => '{"min_days": 25, "min_bytes": 1073741824}',
	doc => 'History is kept for dbadvisor.history_retention, 30 days by default: a higher min_days needs more of it where the counters are older than the partitions, since these were used while they were young. Of registered standbys the scans of indexes are known, not those of tables. No statement is offered, as rows get lost: detach a partition, keep or archive it for a while, drop it then.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_retention_due WITH (security_invoker = true) AS
WITH gate AS MATERIALIZED (
	SELECT dbadvisor.standby_gate() AS known,
		   EXISTS (SELECT FROM dbadvisor.node n WHERE n.role = 'standby') AS has_standby
), part AS MATERIALIZED (
	SELECT u.*
	  FROM dbadvisor.time_partition_use u
), wanted AS MATERIALIZED (
	SELECT p.relid,
		   t.full_name,
		   pg_catalog.now() - pg_catalog.make_interval(secs => dbadvisor.threshold('partition.retention_due', 'min_days', t.full_name)::double precision * 86400) AS unused_at
	  FROM (SELECT DISTINCT p.relid FROM part p) p
	 CROSS JOIN LATERAL dbadvisor.relation_identity(p.relid) t (full_name)
), judged AS (
	SELECT u.*,
		   d.full_name AS table_name,
		   u.upper_bound <= d.unused_at
		   AND u.unread_since <= d.unused_at
		   AND u.unwritten_since <= d.unused_at
		   AND NOT EXISTS (SELECT
							 FROM dbadvisor.node_index x
							 JOIN pg_catalog.pg_index i ON i.indexrelid = x.indexrelid
							WHERE i.indrelid = u.partition
							  AND x.scans > 0)
		   AND NOT EXISTS (SELECT
							 FROM dbadvisor.node n
							WHERE n.role = 'standby'
							  AND n.usage_since > d.unused_at) AS is_unused
	  FROM part u
	  JOIN wanted d ON d.relid = u.relid
), oldest AS (
	SELECT j.*,
		   COALESCE(pg_catalog.bool_and(COALESCE(j.is_unused, false)) OVER (PARTITION BY j.relid ORDER BY j.lower_at), false) AS is_due
	  FROM judged j
), summed AS (
	SELECT o.relid,
		   o.table_name,
		   o.default_partition,
		   (pg_catalog.count(*) FILTER (WHERE o.is_due))::integer AS due,
		   pg_catalog.count(*)::integer AS partitions,
		   pg_catalog.sum(o.bytes) FILTER (WHERE o.is_due)::bigint AS bytes,
		   pg_catalog.max(o.upper_bound) FILTER (WHERE o.is_due) AS ended_at,
		   pg_catalog.max(GREATEST(o.unread_since, o.unwritten_since)) FILTER (WHERE o.is_due) AS since,
		   (pg_catalog.array_agg(o.full_name ORDER BY o.lower_at))[1] AS first
	  FROM oldest o
	 GROUP BY o.relid, o.table_name, o.default_partition
)
SELECT a.*
  FROM gate g
 CROSS JOIN summed s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.retention_due',
		   relid => s.relid,
		   title => pg_catalog.format('Decide how long to keep the rows of %s: of its oldest partitions %s are not used', s.table_name, s.due),
		   detail => pg_catalog.format('Of %s partitions those before %s take %s; nobody has read or written them since %s.%s The oldest goes by ALTER TABLE %s DETACH PARTITION %s%s.',
									   s.partitions, pg_catalog.to_char(s.ended_at, 'YYYY-MM-DD'), pg_catalog.pg_size_pretty(s.bytes), pg_catalog.to_char(s.since, 'YYYY-MM-DD'),
									   CASE WHEN g.has_standby THEN ' Scans of whole tables on standbys are not counted here.' END,
									   s.table_name, s.first,
									   CASE WHEN s.default_partition = 0 THEN ' CONCURRENTLY' ELSE ', which the default partition keeps from being concurrent' END),
		   evidence => pg_catalog.jsonb_build_object('due_count', s.due, 'partitions_count', s.partitions, 'size_bytes', s.bytes, 'ended_at', s.ended_at,
													 'standbys', g.known ->> 'detail',
													 'confidence_reason', 'how long rows have to be kept is not known'),
		   benefit_bytes => s.bytes,
		   proof => 'counters',
		   confidence => CASE WHEN g.has_standby THEN 0.4 ELSE 0.6 END,
		   evidence_since => s.since,
		   affected_count => s.due) a
 WHERE (g.known ->> 'passed')::boolean
   AND s.due BETWEEN 1 AND s.partitions - 1
   AND s.bytes >= dbadvisor.threshold('partition.retention_due', 'min_bytes', s.table_name)
 UNION ALL
SELECT n.*
  FROM gate g
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'partition.retention_due',
		   CASE WHEN (g.known ->> 'passed')::boolean THEN 'ok' ELSE 'skipped' END,
		   CASE WHEN (g.known ->> 'passed')::boolean IS DISTINCT FROM true THEN g.known ->> 'detail' END) n;
COMMENT ON VIEW dbadvisor.rule_partition_retention_due IS
'Tables whose oldest partitions nobody has used for long, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_partition_retention_due TO dbadvisor_reader;
