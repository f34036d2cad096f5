-- partition.uniqueness_per_partition: unique in each partition, not in the table
--
-- Fires where most partitions have a unique index on columns without the partition
-- key, which the table as a whole cannot have.  Silent where one of the columns gets
-- its values from a sequence or as UUIDs by a default of the table.  Wrong where the
-- application makes values that cannot meet.
SELECT dbadvisor.register_rule(
	rule => 'partition.uniqueness_per_partition',
	title => 'Columns are unique in each partition only',
	why => 'Two partitions may have the same values: whoever takes the indexes for a key of the table finds two rows where one is expected.',
	severity => 'low',
	thresholds => '{"min_share": 0.5, "min_partitions": 2}',
	doc => 'min_share is the share of the partitions that have such an index, min_partitions how many at least. A unique key of the table must have all columns of the partition key; one without them takes a table of its own with the values, or a design without partitions. The precheck finds values that are there twice.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_uniqueness_per_partition WITH (security_invoker = true) AS
WITH leaf AS MATERIALIZED (
	SELECT u.root,
		   u.relid,
		   ARRAY(SELECT a.attname
				   FROM pg_catalog.unnest(x.indkey::smallint[]) WITH ORDINALITY k (attnum, place)
				   JOIN pg_catalog.pg_attribute a ON a.attrelid = u.relid AND a.attnum = k.attnum
				  WHERE k.place <= x.indnkeyatts
				  ORDER BY a.attname) AS columns
	  FROM dbadvisor.user_table u
	  JOIN pg_catalog.pg_index x
		ON x.indrelid = u.relid
	   AND x.indisunique
	   AND x.indisvalid
	   AND x.indpred IS NULL
	   AND x.indexprs IS NULL
	  JOIN pg_catalog.pg_class c
		ON c.oid = x.indexrelid
	   AND NOT c.relispartition
	 WHERE u.is_partition
	   AND u.relkind = 'r'
), parted AS (
	SELECT l.root,
		   l.columns,
		   pg_catalog.count(DISTINCT l.relid)::integer AS partitions
	  FROM leaf l
	 GROUP BY l.root, l.columns
), keyless AS (
	SELECT t.relid,
		   t.full_name,
		   t.leaf_count,
		   p.partitions,
		   (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(c), ', ' ORDER BY c) FROM pg_catalog.unnest(p.columns) c) AS names,
		   (SELECT pg_catalog.string_agg(pg_catalog.format('%I IS NOT NULL', c), ' AND ' ORDER BY c) FROM pg_catalog.unnest(p.columns) c) AS present
	  FROM parted p
	  JOIN dbadvisor.user_table t ON t.relid = p.root
	  JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = p.root
	 WHERE p.partitions >= t.leaf_count * dbadvisor.threshold('partition.uniqueness_per_partition', 'min_share', t.full_name)::double precision
	   AND p.partitions >= dbadvisor.threshold('partition.uniqueness_per_partition', 'min_partitions', t.full_name)
	   AND EXISTS (SELECT
					 FROM pg_catalog.unnest(k.partattrs::smallint[]) a (attnum)
					 LEFT JOIN pg_catalog.pg_attribute c ON c.attrelid = p.root AND c.attnum = a.attnum AND a.attnum <> 0
					WHERE c.attname IS NULL
					   OR c.attname <> ALL (p.columns))
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_attribute c
						 LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
						WHERE c.attrelid = p.root
						  AND c.attname = ANY (p.columns)
						  AND (c.attidentity <> ''
							   OR CASE WHEN c.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, 0) ~ '\mnextval\(|uuid' END))
)
SELECT a.*
  FROM keyless k
 CROSS JOIN LATERAL (
	SELECT pg_catalog.format('SELECT %1$s, count(*) FROM %2$s WHERE %3$s GROUP BY %1$s HAVING count(*) > 1', k.names, k.full_name, k.present)) q (sql)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.uniqueness_per_partition',
		   relid => k.relid,
		   variant => k.names,
		   title => pg_catalog.format('Do not rely on (%s) being unique in %s', k.names, k.full_name),
		   detail => pg_catalog.format('%s of %s partitions have a unique index on it, and nothing compares their rows with each other. This counts what is there twice: %s', k.partitions, k.leaf_count, q.sql),
		   evidence => pg_catalog.jsonb_build_object('columns', k.names, 'unique_count', k.partitions, 'partitions_count', k.leaf_count,
													 'confidence_reason', 'that values may meet is assumed'),
		   confidence => 0.8,
		   precheck_sql => q.sql,
		   affected_count => k.partitions) a;
COMMENT ON VIEW dbadvisor.rule_partition_uniqueness_per_partition IS
'Columns of partitioned tables that are unique in most partitions, and cannot be in the table';

GRANT SELECT ON dbadvisor.rule_partition_uniqueness_per_partition TO dbadvisor_reader;
