-- partition.published_apart: a partition or its table that subscribers do not get as one
--
-- Fires for a partition that is listed in a publication while its table is published,
-- too, and for a table of ranges whose changes are sent under the names of its
-- partitions.  A partition that is published without its table is a choice, as are
-- lists and hashes, to which partitions are seldom added.  Wrong where each subscriber
-- gets the same partitions by other means, and refreshes its subscription after that.
SELECT dbadvisor.register_rule(
	rule => 'partition.published_apart',
	title => 'A table and its partitions are published apart',
	why => 'A row filter or column list of the partition counts or not depending on a parameter of the publication, two subscriptions get the same rows, and a new partition stops the subscription or is left out until somebody makes it on each subscriber.',
	severity => 'medium',
	doc => 'The statement takes a partition out of a publication that has its table and sends the same changes without it. publish_via_partition_root is not offered as a statement: what is sent under another name is ignored by subscribers that have not refreshed, so they must be changed at the same time. Low for a table that is sent as its partitions, which is the default.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_published_apart WITH (security_invoker = true) AS
WITH listed AS MATERIALIZED (
	SELECT r.prrelid AS partition,
		   dbadvisor.relation_identity(r.prrelid) AS name,
		   p.pubname,
		   p.pubviaroot,
		   r.prqual IS NULL AND r.prattrs IS NULL AS is_whole
	  FROM pg_catalog.pg_publication_rel r
	  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
	  JOIN dbadvisor.user_table t ON t.relid = r.prrelid AND t.is_partition
), published AS MATERIALIZED (
	SELECT t.relid,
		   dbadvisor.relation_identity(t.relid) AS name,
		   o.publication
	  FROM (SELECT DISTINCT a.relid
			  FROM listed l
			 CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(l.partition) a (relid)
			 WHERE a.relid <> l.partition) t
	 CROSS JOIN LATERAL dbadvisor.partition_publications(t.relid) o
), apart AS (
	SELECT DISTINCT ON (l.partition, l.pubname)
		   l.*,
		   o.name AS table_name,
		   o.publication AS other
	  FROM listed l
	 CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(l.partition) a (relid)
	  JOIN published o ON o.relid = a.relid
	 WHERE a.relid <> l.partition
	 ORDER BY l.partition, l.pubname, o.publication = l.pubname DESC, o.publication, a.relid
), sent AS (
	SELECT t.relid,
		   t.full_name,
		   t.leaf_count,
		   o.publication
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_partitioned_table p
		ON p.partrelid = t.relid
	   AND p.partstrat = 'r'
	 CROSS JOIN LATERAL dbadvisor.partition_publications(t.relid) o
	 WHERE NOT t.is_partition
	   AND t.leaf_count > 0
	   AND o.root_sql IS NOT NULL
)
SELECT a.*
  FROM apart p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.published_apart',
		   relid => p.partition,
		   variant => p.pubname,
		   title => pg_catalog.format('Publish %s with its table only, not also in %I', p.name, p.pubname),
		   detail => CASE
					 WHEN p.other <> p.pubname
					 THEN pg_catalog.format('%s is published by %I: where there is a subscription to each of the two, the rows of the partition arrive twice.', p.table_name, p.other)
					 WHEN p.is_whole
					 THEN pg_catalog.format('%I has %s as well, which sends the same.', p.pubname, p.table_name)
					 WHEN p.pubviaroot
					 THEN pg_catalog.format('%I has %s as well and publishes it as the table: the row filter or column list of the partition has no effect.', p.pubname, p.table_name)
					 ELSE pg_catalog.format('%I has %s as well: the row filter or column list holds for this partition only.', p.pubname, p.table_name)
					 END,
		   evidence => pg_catalog.jsonb_build_object('publication', p.pubname, 'table', p.table_name, 'table_published_by', p.other,
													 'publish_via_partition_root', p.pubviaroot, 'is_filtered', NOT p.is_whole),
		   apply_sql => CASE WHEN p.is_whole AND p.other = p.pubname THEN pg_catalog.format('ALTER PUBLICATION %I DROP TABLE ONLY %s', p.pubname, p.name) END,
		   revert_sql => CASE WHEN p.is_whole AND p.other = p.pubname THEN pg_catalog.format('ALTER PUBLICATION %I ADD TABLE ONLY %s', p.pubname, p.name) END,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock on the partition for a moment: reads and writes go on, and subscribers get what they got before.') a
 UNION ALL
SELECT a.*
  FROM sent s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.published_apart',
		   relid => s.relid,
		   variant => s.publication,
		   severity => 'low',
		   title => pg_catalog.format('Let %I publish %s as one table', s.publication, s.full_name),
		   detail => 'Changes are sent under the names of its partitions: each new one has to be made on each subscriber before rows arrive, and the subscription refreshed. '
					 'With publish_via_partition_root it is the table that is sent, whatever partitions it has there; subscribers must refresh their subscriptions in the same moment.',
		   evidence => pg_catalog.jsonb_build_object('publication', s.publication, 'partitions_count', s.leaf_count,
													 'confidence_reason', 'what the subscribers have is not known here'),
		   confidence => 0.5,
		   affected_count => s.leaf_count) a;
COMMENT ON VIEW dbadvisor.rule_partition_published_apart IS
'Partitions that are published apart from their tables, and tables of ranges that are published as their partitions';

GRANT SELECT ON dbadvisor.rule_partition_published_apart TO dbadvisor_reader;
