-- partition.too_many_relations: a statement that does not prune opens more files than it may
--
-- Fires for a table whose partitions with their indexes are more than the files that
-- one process keeps open: planning a statement without the partition key then opens
-- and closes files again each time, and takes nearly twice as long.  Wrong where all
-- statements have the key.
SELECT dbadvisor.register_rule(
	rule => 'partition.too_many_relations',
	title => 'A table has more partitions and indexes than open files are allowed',
	why => 'The planner asks each partition and index for its size: beyond max_files_per_process each question opens a file again.',
	severity => 'low',
	thresholds => '{"max_share": 1.0}',
	doc => 'max_share is the share of max_files_per_process. Such a statement also locks each of them; evidence has the number against the room in the lock table for one session.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_too_many_relations WITH (security_invoker = true) AS
WITH parted AS MATERIALIZED (
	SELECT t.relid,
		   t.full_name,
		   t.leaf_count,
		   (SELECT COALESCE(pg_catalog.sum(u.leaf_count), 0)::integer
			  FROM dbadvisor.user_index u
			 WHERE u.relid = t.relid) AS indexes
	  FROM dbadvisor.user_table t
	 WHERE t.relkind = 'p'
	   AND NOT t.is_partition
	   AND t.leaf_count > 1
)
SELECT a.*
  FROM parted p
 CROSS JOIN LATERAL (
	SELECT p.leaf_count + p.indexes,
		   pg_catalog.current_setting('max_files_per_process')::integer,
		   pg_catalog.current_setting('max_locks_per_transaction')::integer) l (relations, files, locks)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.too_many_relations',
		   relid => p.relid,
		   title => pg_catalog.format('Have fewer partitions or indexes of %s, or allow more open files', p.full_name),
		   detail => pg_catalog.format('%s partitions with %s indexes are %s files; a process keeps %s open.', p.leaf_count, p.indexes, l.relations, l.files),
		   evidence => pg_catalog.jsonb_build_object('partitions_count', p.leaf_count, 'indexes_count', p.indexes, 'max_files_per_process', l.files, 'max_locks_per_transaction', l.locks,
													 'confidence_reason', 'whether statements without the partition key are frequent is not looked at'),
		   confidence => 0.6,
		   affected_count => p.leaf_count) a
 WHERE l.relations > l.files * dbadvisor.threshold('partition.too_many_relations', 'max_share', p.full_name)::double precision;
COMMENT ON VIEW dbadvisor.rule_partition_too_many_relations IS
'Partitioned tables with more partitions and indexes than a process keeps files open';

GRANT SELECT ON dbadvisor.rule_partition_too_many_relations TO dbadvisor_reader;
