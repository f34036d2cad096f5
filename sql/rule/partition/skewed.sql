-- partition.skewed: a partition that is much larger than the others
--
-- Fires for a partition of min_bytes and max_ratio times the median of those beside
-- it that have rows.  Of ranges the newest with rows is left out, which load makes
-- grow, and one without a lower end, which keeps what was there before; so are default
-- partitions of ranges, of which partition.default_holds_rows speaks.  Wrong where
-- all statements find their rows by an index, and maintenance of the large one is no
-- burden.
SELECT dbadvisor.register_rule(
	rule => 'partition.skewed',
	title => 'A partition is much larger than the others',
	why => 'Scans, vacuum and index builds of the table take as long as its largest partition does, so that the others gain little.',
	severity => 'low',
	thresholds => '{"max_ratio": 5, "min_bytes": 1073741824, "min_partitions": 3, "max_named": 5}',
	doc => 'Sizes without indexes and TOAST as VACUUM or ANALYZE saw them last. Looked at are hashes, lists, and ranges over one column of a time or whole number, where min_partitions have rows. max_named is how many are named.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_skewed WITH (security_invoker = true) AS
WITH filled AS MATERIALIZED (
	SELECT i.inhparent AS parent,
		   p.partstrat,
		   u.full_name,
		   u.bytes,
		   i.inhrelid = p.partdefid AS is_default,
		   r.lower_at,
		   pg_catalog.row_number() OVER (PARTITION BY i.inhparent ORDER BY r.lower_at DESC NULLS LAST) AS place
	  FROM dbadvisor.user_table u
	  JOIN pg_catalog.pg_inherits i ON i.inhrelid = u.relid
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent
	  LEFT JOIN dbadvisor.range_partition r ON r.partition = u.relid
	 WHERE u.is_partition
	   AND u.bytes > 0
	   AND (p.partstrat <> 'r' OR r.lower_at IS NOT NULL)
), median AS (
	SELECT f.parent,
		   pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY f.bytes) AS bytes,
		   pg_catalog.count(*) AS partitions
	  FROM filled f
	 GROUP BY f.parent
), skewed AS (
	SELECT t.relid,
		   t.full_name,
		   f.partstrat,
		   f.full_name AS partition,
		   f.bytes,
		   f.bytes / m.bytes AS ratio,
		   m.bytes AS median_bytes,
		   m.partitions,
		   f.is_default,
		   pg_catalog.row_number() OVER (PARTITION BY f.parent ORDER BY f.bytes DESC, f.full_name) AS place
	  FROM filled f
	  JOIN median m ON m.parent = f.parent
	  JOIN dbadvisor.user_table t ON t.relid = f.parent
	 WHERE (f.partstrat <> 'r' OR f.place > 1 AND f.lower_at > '-Infinity')
	   AND f.bytes > m.bytes * dbadvisor.threshold('partition.skewed', 'max_ratio', t.full_name)::double precision
	   AND f.bytes >= dbadvisor.threshold('partition.skewed', 'min_bytes', t.full_name)
	   AND m.partitions >= dbadvisor.threshold('partition.skewed', 'min_partitions', t.full_name)
), worst AS (
	SELECT s.relid,
		   s.full_name,
		   s.partstrat,
		   s.median_bytes,
		   s.partitions,
		   pg_catalog.count(*)::integer AS skewed,
		   pg_catalog.max(s.bytes) AS bytes,
		   pg_catalog.max(s.ratio) AS ratio,
		   pg_catalog.bool_or(s.is_default) AS has_default,
		   pg_catalog.string_agg(pg_catalog.format('%s (%s)', s.partition, pg_catalog.pg_size_pretty(s.bytes)), ', ' ORDER BY s.place)
		   FILTER (WHERE s.place <= dbadvisor.threshold('partition.skewed', 'max_named', s.full_name)::integer) AS names
	  FROM skewed s
	 GROUP BY s.relid, s.full_name, s.partstrat, s.median_bytes, s.partitions
)
SELECT a.*
  FROM worst w
 CROSS JOIN LATERAL (
	SELECT CASE
		   WHEN w.partstrat = 'h' THEN 'Some values of the key have most of the rows; another key spreads them.'
		   WHEN w.has_default THEN 'The default partition has values that are worth partitions of their own.'
		   WHEN w.partstrat = 'l' THEN 'It can be partitioned itself, or give a partition of its own to a value that has most of its rows.'
		   ELSE 'Where rows come that densely, shorter ranges are better from now on.'
		   END) h (hint)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.skewed',
		   relid => w.relid,
		   title => pg_catalog.format('Spread the rows of %s more evenly over its partitions', w.full_name),
		   detail => pg_catalog.format('Of %s partitions with rows the median has %s; larger are %s. %s', w.partitions, pg_catalog.pg_size_pretty(w.median_bytes::bigint), w.names, h.hint),
		   evidence => pg_catalog.jsonb_build_object('partitions_count', w.partitions, 'skewed_count', w.skewed, 'median_bytes', w.median_bytes::bigint, 'largest_bytes', w.bytes, 'ratio', pg_catalog.round(w.ratio::numeric, 1)),
		   affected_count => w.skewed) a;
COMMENT ON VIEW dbadvisor.rule_partition_skewed IS
'Partitioned tables of which a partition is much larger than the median';

GRANT SELECT ON dbadvisor.rule_partition_skewed TO dbadvisor_reader;
