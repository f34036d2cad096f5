-- partition.nested_needlessly: levels of partitions that divide nothing
--
-- Fires for a table whose partitions are divided more than max_depth times, and for
-- one with partitions that are divided into a single one.  Wrong where more are to
-- come beside that one.
SELECT dbadvisor.register_rule(
	rule => 'partition.nested_needlessly',
	title => 'Partitions are divided again for nothing',
	why => 'Each level is one more relation to lock and to descend when a row is routed and a statement is planned, and one more table to make for each range.',
	severity => 'info',
	thresholds => '{"max_depth": 2, "max_named": 5}',
	doc => 'The depth of a table whose partitions are not divided is 1. max_named is how many partitions with a single one below are named.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_nested_needlessly WITH (security_invoker = true) AS
WITH RECURSIVE tree AS (
	SELECT p.partrelid AS root,
		   p.partrelid AS relid,
		   0 AS depth
	  FROM pg_catalog.pg_partitioned_table p
	  JOIN pg_catalog.pg_class c ON c.oid = p.partrelid AND NOT c.relispartition
	 UNION ALL
	SELECT t.root,
		   i.inhrelid,
		   t.depth + 1
	  FROM tree t
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
	  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
), divided AS (
	SELECT t.root,
		   t.relid,
		   t.depth,
		   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.relid) AS children
	  FROM tree t
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
	 WHERE t.depth > 0
), single AS (
	SELECT d.*,
		   dbadvisor.relation_identity(d.relid) AS name,
		   pg_catalog.row_number() OVER (PARTITION BY d.root, d.children = 1 ORDER BY d.relid) AS place
	  FROM divided d
), nested AS (
	SELECT u.relid,
		   u.full_name,
		   pg_catalog.max(s.depth) FILTER (WHERE s.children > 0) + 1 AS depth,
		   (pg_catalog.count(*) FILTER (WHERE s.children = 1))::integer AS singles,
		   pg_catalog.string_agg(s.name, ', ' ORDER BY s.name)
		   FILTER (WHERE s.children = 1 AND s.place <= dbadvisor.threshold('partition.nested_needlessly', 'max_named', u.full_name)::integer) AS names
	  FROM single s
	  JOIN dbadvisor.user_table u ON u.relid = s.root
	 GROUP BY u.relid, u.full_name
)
SELECT a.*
  FROM nested n
 CROSS JOIN LATERAL (
	SELECT n.depth > dbadvisor.threshold('partition.nested_needlessly', 'max_depth', n.full_name)) d (is_deep)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.nested_needlessly',
		   relid => n.relid,
		   title => pg_catalog.format('Have fewer levels of partitions of %s', n.full_name),
		   detail => pg_catalog.concat_ws(
			   ' ',
			   CASE WHEN d.is_deep THEN pg_catalog.format('Its partitions are divided %s times.', n.depth) END,
			   CASE WHEN n.singles > 0 THEN pg_catalog.format('Divided into a single one: %s.', n.names) END),
		   evidence => pg_catalog.jsonb_build_object('depth', n.depth, 'single_count', n.singles),
		   affected_count => GREATEST(n.singles, 1)) a
 WHERE d.is_deep
	OR n.singles > 0;
COMMENT ON VIEW dbadvisor.rule_partition_nested_needlessly IS
'Partitioned tables with too many levels, or with levels that divide nothing';

GRANT SELECT ON dbadvisor.rule_partition_nested_needlessly TO dbadvisor_reader;
