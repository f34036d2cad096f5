-- partition.detach_pending: a partition that is half detached
--
-- Fires for a partition whose DETACH ... CONCURRENTLY was interrupted: new statements
-- do not see its rows any more.  Wrong while such a statement is still waiting, which
-- is told by its lock on the table.
SELECT dbadvisor.register_rule(
	rule => 'partition.detach_pending',
	title => 'A partition is half detached',
	why => 'Its rows are neither in the table nor in a table of its own, and no other partition of the table can be detached concurrently.',
	severity => 'high',
	doc => 'What DETACH PARTITION CONCURRENTLY leaves when it is cancelled. There is no way back into the table but ATTACH, once it is detached.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_detach_pending WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_inherits i
	ON i.inhparent = t.relid
   AND i.inhdetachpending
 CROSS JOIN LATERAL (
	SELECT dbadvisor.relation_identity(i.inhrelid)) c (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.detach_pending',
		   relid => t.relid,
		   variant => c.name,
		   title => pg_catalog.format('Finish detaching %s from %s', c.name, t.full_name),
		   detail => 'Detaching it concurrently was begun and interrupted.',
		   evidence => pg_catalog.jsonb_build_object('partition', c.name),
		   apply_sql => pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s FINALIZE', t.full_name, c.name),
		   impact => pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock on %s and an ACCESS EXCLUSIVE lock on the partition, after waiting for transactions that may still see it there.', t.full_name)) a
 WHERE NOT EXISTS (SELECT
					 FROM pg_catalog.pg_locks l
					WHERE l.locktype = 'relation'
					  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
					  AND l.relation = i.inhrelid
					  AND l.mode = 'AccessExclusiveLock');
COMMENT ON VIEW dbadvisor.rule_partition_detach_pending IS
'Partitions whose concurrent detaching was interrupted';

GRANT SELECT ON dbadvisor.rule_partition_detach_pending TO dbadvisor_reader;
