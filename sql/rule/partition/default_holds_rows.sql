-- partition.default_holds_rows: rows wait in the default partition of a range
--
-- Fires for a table partitioned by ranges whose default partition has rows: their
-- range cannot get a partition before they are moved.  Lists are left alone, where
-- the default is the place for all other values.  Wrong where what is out of every
-- range is meant to stay there.
SELECT dbadvisor.register_rule(
	rule => 'partition.default_holds_rows',
	title => 'The default partition of a range has rows',
	why => 'A partition for their range is refused as long as they are there, each new partition searches the default one under a lock that stops reads and writes, and no partition can be detached concurrently.',
	severity => 'medium',
	thresholds => '{"min_rows": 1}',
	doc => 'Rows as the last VACUUM or ANALYZE counted them, or the counters. They are to be moved: detach the default partition, make the missing partitions, and insert its rows into the table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_default_holds_rows WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_partitioned_table p
	ON p.partrelid = t.relid
   AND p.partstrat = 'r'
   AND p.partdefid <> 0
  JOIN dbadvisor.user_table d ON d.relid = p.partdefid
 CROSS JOIN LATERAL (
	SELECT GREATEST(d.rows, pg_catalog.pg_stat_get_live_tuples(p.partdefid), 0)) n (rows)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.default_holds_rows',
		   relid => t.relid,
		   title => pg_catalog.format('Move the rows of %s to partitions of their own', d.full_name),
		   detail => pg_catalog.format('The default partition of %s has about %s rows (%s).', t.full_name, n.rows, pg_catalog.pg_size_pretty(d.bytes)),
		   evidence => pg_catalog.jsonb_build_object('default_partition', d.full_name, 'rows', n.rows, 'size_bytes', d.bytes, 'confidence_reason', 'that they are not meant to stay there is assumed'),
		   proof => 'counters',
		   confidence => 0.8) a
 WHERE n.rows >= dbadvisor.threshold('partition.default_holds_rows', 'min_rows', t.full_name);
COMMENT ON VIEW dbadvisor.rule_partition_default_holds_rows IS
'Tables partitioned by ranges whose default partition has rows';

GRANT SELECT ON dbadvisor.rule_partition_default_holds_rows TO dbadvisor_reader;
