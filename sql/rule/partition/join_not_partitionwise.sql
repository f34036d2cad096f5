-- partition.join_not_partitionwise: partitioned tables are joined as a whole
--
-- Fires for a statement that joins several partitioned tables and of which the planner
-- says that joining them partition by partition is cheaper, while
-- enable_partitionwise_join is off.  Wrong where the role that runs it has it on.
SELECT dbadvisor.register_rule(
	rule => 'partition.join_not_partitionwise',
	title => 'Tables with the same partitions are joined as a whole',
	why => 'Joined partition by partition, each hash table or sort holds one partition only.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 10, "min_gain": 0.1}',
	doc => 'min_gain is the part of the planner''s cost that enable_partitionwise_join saves. It is off by default since planning takes more time and memory, with the number of partitions: statements of less than min_mean_ms are left alone. Before PostgreSQL 18 memory for planning many partitions is large.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_join_not_partitionwise WITH (security_invoker = true) AS
WITH read AS MATERIALIZED (
	SELECT r.query,
		   r.queryid,
		   pg_catalog.max(r.cost) AS cost,
		   pg_catalog.max(r.cost_partitionwise) AS cost_partitionwise,
		   pg_catalog.max(r.partitions_read) AS partitions
	  FROM dbadvisor.partition_reads() r
	 WHERE r.cost_partitionwise < r.cost * (1 - dbadvisor.threshold('partition.join_not_partitionwise', 'min_gain')::double precision)
	 GROUP BY r.query, r.queryid
)
SELECT a.*
  FROM read r
  JOIN dbadvisor.weighed_statements('partition.join_not_partitionwise') s
	ON s.query = r.query
   AND s.queryid IS NOT DISTINCT FROM r.queryid
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'partition.join_not_partitionwise',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Join partitions of %s one by one', t.name),
		   detail => pg_catalog.format('joins tables with %s partitions as a whole. With enable_partitionwise_join its cost falls from %s to %s. Switch it on for the role that runs it (ALTER ROLE ... SET enable_partitionwise_join = on), or in the transaction (SET LOCAL).',
						 r.partitions, pg_catalog.round(r.cost::numeric), pg_catalog.round(r.cost_partitionwise::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'cost_before', r.cost,
						   'cost_after', r.cost_partitionwise,
						   'partitions_count', r.partitions,
						   'confidence_reason', 'the planner priced both'),
		   benefit_ms_per_day => s.ms_per_day * (1 - r.cost_partitionwise / r.cost),
		   proof => 'planner',
		   confidence => 0.8,
		   impact => 'Planning takes longer, for all statements of the role that join partitioned tables.') a;
COMMENT ON VIEW dbadvisor.rule_partition_join_not_partitionwise IS
'Statements that join partitioned tables as a whole where partition by partition is cheaper';

GRANT SELECT ON dbadvisor.rule_partition_join_not_partitionwise TO dbadvisor_reader;
