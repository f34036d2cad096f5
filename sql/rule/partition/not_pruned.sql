-- partition.not_pruned: a statement looks into every partition
--
-- Fires for a statement of whose plan the planner, with the values it is used with,
-- leaves out next to no partition, where planning and opening so many is a good part of
-- its time.  Silent where partitions are left out when it runs, and for reports that
-- read long in each.  Wrong where its caller cannot know the partition key.
SELECT dbadvisor.register_rule(
	rule => 'partition.not_pruned',
	title => 'A statement looks into every partition',
	why => 'Without a condition on the partition key the planner opens all partitions and their indexes, and so does each execution.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0, "min_partitions": 4, "min_read_share": 0.9, "min_overhead_ms": 0.1, "min_overhead_share": 0.2, "min_calls": 100}',
	doc => 'min_read_share is the part of the partitions that the plan reads, min_overhead_share the part of the mean time that planning and opening the partitions beyond the first takes, by what both were measured to take per partition and index; min_overhead_ms is the same per call. Evidence tells how the key is compared: not at all, wrapped (in a function, cast or operator, which hides it from the planner), or as it is (with a column, or by an operator that excludes nothing).',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_not_pruned WITH (security_invoker = true) AS
WITH read AS MATERIALIZED (
	SELECT DISTINCT ON (r.query, r.relid) r.*
	  FROM dbadvisor.partition_reads() r
	 WHERE r.partitions_read >= dbadvisor.threshold('partition.not_pruned', 'min_partitions')
	   AND r.overhead_ms >= dbadvisor.threshold('partition.not_pruned', 'min_overhead_ms')::double precision
	 ORDER BY r.query, r.relid, r.partitions_read DESC
)
SELECT a.*
  FROM read r
  JOIN dbadvisor.weighed_statements('partition.not_pruned') s
	ON s.query = r.query
   AND s.queryid IS NOT DISTINCT FROM r.queryid
  JOIN dbadvisor.user_table t ON t.relid = r.relid
 CROSS JOIN LATERAL (
	SELECT pg_catalog.pg_get_partkeydef(r.relid),
		   (SELECT CASE
				   WHEN pg_catalog.bool_or(c.wrapped_in IS NULL) THEN 'as it is'
				   WHEN pg_catalog.bool_or(true) THEN 'wrapped'
				   ELSE 'not at all'
				   END
			  FROM pg_catalog.jsonb_to_recordset(s.features -> 'comparisons') c (relid oid, attnum smallint, wrapped_in text)
			  JOIN pg_catalog.pg_partitioned_table p
				ON p.partrelid = c.relid
			   AND c.attnum = ANY (p.partattrs)
			 WHERE c.relid = r.relid)) k (key, compared)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'partition.not_pruned',
		   queryid => s.queryid,
		   query => s.query,
		   relid => r.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Let the statement exclude partitions of %s', t.full_name),
		   detail => pg_catalog.format('reads %s of %s partitions, which are by %s; planning and opening them takes about %s ms per call. %s',
						 r.partitions_read, t.leaf_count, k.key, pg_catalog.round(r.overhead_ms::numeric, 2),
						 CASE k.compared
						 WHEN 'wrapped' THEN 'It compares the key inside an expression, which excludes nothing: compare the bare column, with a range if need be.'
						 WHEN 'as it is' THEN 'It compares the key, but with nothing that excludes a partition: compare it with a value, also where a join would tell the same.'
						 ELSE 'Add a condition on the key, such as the range of time in which the row must lie; or look the key up in a small table by what the statement knows.'
						 END),
		   evidence => pg_catalog.jsonb_build_object(
						   'partitions_read', r.partitions_read,
						   'partitions_count', t.leaf_count,
						   'partition_key', k.key,
						   'key_compared', k.compared,
						   'overhead_ms', r.overhead_ms,
						   'cost', r.cost,
						   'confidence_reason', 'the planner''s own plan; the time per partition was measured elsewhere'),
		   benefit_ms_per_day => s.ms_per_day * LEAST(r.overhead_ms / NULLIF(s.mean_ms, 0), 1),
		   proof => 'planner',
		   confidence => 0.8) a
 WHERE r.partitions_read >= t.leaf_count * dbadvisor.threshold('partition.not_pruned', 'min_read_share', t.full_name)::double precision
   AND r.overhead_ms >= s.mean_ms * dbadvisor.threshold('partition.not_pruned', 'min_overhead_share', t.full_name)::double precision
   AND s.calls >= dbadvisor.threshold('partition.not_pruned', 'min_calls', t.full_name);
COMMENT ON VIEW dbadvisor.rule_partition_not_pruned IS
'Statements that look into all partitions of a table, where that is a good part of their time';

GRANT SELECT ON dbadvisor.rule_partition_not_pruned TO dbadvisor_reader;
