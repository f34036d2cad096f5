-- partition.unlogged_among_logged: some partitions do not survive a crash
--
-- Fires for a partitioned table of which some partitions are unlogged and others not.
-- Where all are unlogged that is a decision.  Wrong where the unlogged ones are only
-- being loaded.
SELECT dbadvisor.register_rule(
	rule => 'partition.unlogged_among_logged',
	title => 'Some partitions of a table are unlogged',
	why => 'A crash empties them while the rest of the table stays, standbys cannot read the table, and nothing tells the rows apart.',
	severity => 'high',
	doc => 'While a partition is loaded it may be unlogged for speed; it is then best loaded as a table of its own, made logged and attached.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_unlogged_among_logged WITH (security_invoker = true) AS
WITH parted AS (
	SELECT u.root,
		   dbadvisor.relation_identity(u.root) AS full_name,
		   pg_catalog.count(*)::integer AS leaves,
		   (pg_catalog.count(*) FILTER (WHERE u.is_unlogged))::integer AS unlogged,
		   pg_catalog.string_agg(u.full_name, ', ' ORDER BY u.full_name) FILTER (WHERE u.is_unlogged) AS names,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s SET LOGGED', u.full_name), E';\n' ORDER BY u.full_name) FILTER (WHERE u.is_unlogged) AS apply_sql,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s SET UNLOGGED', u.full_name), E';\n' ORDER BY u.full_name) FILTER (WHERE u.is_unlogged) AS revert_sql
	  FROM dbadvisor.user_table u
	 WHERE u.is_partition
	   AND u.relkind = 'r'
	 GROUP BY u.root
)
SELECT a.*
  FROM parted p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.unlogged_among_logged',
		   relid => p.root,
		   title => pg_catalog.format('Make the unlogged partitions of %s logged', p.full_name),
		   detail => pg_catalog.format('%s of %s partitions are unlogged: %s.', p.unlogged, p.leaves, p.names),
		   evidence => pg_catalog.jsonb_build_object('unlogged_count', p.unlogged, 'partitions_count', p.leaves),
		   affected_count => p.unlogged,
		   apply_sql => p.apply_sql,
		   revert_sql => p.revert_sql,
		   impact => 'Takes an ACCESS EXCLUSIVE lock on each of them while it and its indexes are written to WAL.') a
 WHERE p.unlogged BETWEEN 1 AND p.leaves - 1;
COMMENT ON VIEW dbadvisor.rule_partition_unlogged_among_logged IS
'Tables with unlogged partitions among logged ones';

GRANT SELECT ON dbadvisor.rule_partition_unlogged_among_logged TO dbadvisor_reader;
