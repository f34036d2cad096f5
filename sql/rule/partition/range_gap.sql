-- partition.range_gap: values between two partitions that have none
--
-- Fires where a range does not begin where the one before it ends.  What is before
-- the oldest range is left alone: that is retention.  Low where the gap lies in the
-- past, or rows have passed it, and no row can wait for it in the default partition.
-- Wrong where no such value can come.
SELECT dbadvisor.register_rule(
	rule => 'partition.range_gap',
	title => 'Between two ranges of a table is a gap',
	why => 'Rows of the gap are refused, or go into the default partition, out of which they must be moved under a lock.',
	severity => 'medium',
	thresholds => '{"max_named": 3}',
	doc => 'Ranges over one column of type date, timestamp, timestamptz, smallint, integer or bigint are looked at. A gap lies behind when it ended before now, or, for numbers, when a later partition has rows. max_named is how many gaps are named.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_range_gap WITH (security_invoker = true) AS
WITH ranged AS MATERIALIZED (
	SELECT r.*,
		   pg_catalog.lag(r.upper_at) OVER before AS gap_at,
		   pg_catalog.lag(r.upper_end) OVER before AS gap_end,
		   pg_catalog.bool_or(c.reltuples > 0) OVER (PARTITION BY r.parent ORDER BY r.lower_at DESC) AS is_passed
	  FROM dbadvisor.range_partition r
	  JOIN pg_catalog.pg_class c ON c.oid = r.partition
	WINDOW before AS (PARTITION BY r.parent ORDER BY r.lower_at)
), gap AS (
	SELECT g.parent,
		   pg_catalog.format('from %s to %s', g.gap_end, g.lower_end) AS name,
		   g.lower_at,
		   CASE
		   WHEN g.is_time THEN g.lower_at > EXTRACT(epoch FROM pg_catalog.now())
		   ELSE NOT g.is_passed
		   END AS is_ahead,
		   pg_catalog.row_number() OVER (PARTITION BY g.parent ORDER BY g.lower_at DESC) AS place
	  FROM ranged g
	 WHERE g.lower_at > g.gap_at
), gapped AS (
	SELECT t.relid,
		   t.full_name,
		   d.full_name AS default_name,
		   GREATEST(d.rows, pg_catalog.pg_stat_get_live_tuples(d.relid), 0) AS default_rows,
		   pg_catalog.count(*)::integer AS gaps,
		   pg_catalog.bool_or(g.is_ahead) AS is_ahead,
		   pg_catalog.string_agg(g.name, ', ' ORDER BY g.lower_at)
		   FILTER (WHERE g.place <= dbadvisor.threshold('partition.range_gap', 'max_named', t.full_name)::integer) AS names
	  FROM gap g
	  JOIN dbadvisor.user_table t ON t.relid = g.parent
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
	  LEFT JOIN dbadvisor.user_table d ON d.relid = p.partdefid
	 GROUP BY t.relid, t.full_name, d.relid, d.full_name, d.rows
)
SELECT a.*
  FROM gapped g
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.range_gap',
		   relid => g.relid,
		   severity => CASE WHEN NOT g.is_ahead AND g.default_rows = 0 THEN 'low' END,
		   title => pg_catalog.format('Close the gaps between the ranges of %s', g.full_name),
		   detail => pg_catalog.format('Number of gaps: %s; the last: %s. %s', g.gaps, g.names,
									   CASE
									   WHEN g.default_name IS NULL THEN 'Rows that belong there are refused.'
									   ELSE pg_catalog.format('Rows that belong there go into %s, which has about %s rows: as long as one of them belongs there, a partition for it is refused.', g.default_name, g.default_rows)
									   END),
		   evidence => pg_catalog.jsonb_build_object('gaps_count', g.gaps, 'is_ahead', g.is_ahead, 'default_partition', g.default_name, 'default_rows', g.default_rows,
													 'confidence_reason', 'that rows of the gap can come is assumed'),
		   confidence => 0.8,
		   affected_count => g.gaps) a;
COMMENT ON VIEW dbadvisor.rule_partition_range_gap IS
'Tables partitioned by ranges with gaps between them';

GRANT SELECT ON dbadvisor.rule_partition_range_gap TO dbadvisor_reader;
