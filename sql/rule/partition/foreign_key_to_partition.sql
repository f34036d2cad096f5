-- partition.foreign_key_to_partition: a foreign key that knows one partition only
--
-- Fires for a foreign key that refers to a partition instead of the table: it was left
-- when a table with references became the first partition of another.  Wrong where only
-- rows of that partition may be referred to.
SELECT dbadvisor.register_rule(
	rule => 'partition.foreign_key_to_partition',
	title => 'A foreign key refers to a single partition',
	why => 'Rows of all other partitions cannot be referred to: inserts of what belongs to new ones fail.',
	severity => 'high',
	doc => 'A foreign key to the whole table needs a unique key with the partition key, and a column for it where it comes from; dbadvisor.partition_script() shows how that is made online.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_foreign_key_to_partition WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_constraint k
  JOIN pg_catalog.pg_class c
	ON c.oid = k.referenced
   AND c.relispartition
 CROSS JOIN LATERAL (
	SELECT dbadvisor.relation_identity(k.referenced),
		   dbadvisor.relation_identity(pg_catalog.pg_partition_root(k.referenced))) r (partition, root)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.foreign_key_to_partition',
		   relid => k.relid,
		   variant => k.constraint_name,
		   title => pg_catalog.format('Have %I of %s refer to %s', k.constraint_name, k.full_name, r.root),
		   detail => pg_catalog.format('It refers to the partition %s, so that rows of others are refused.', r.partition),
		   evidence => pg_catalog.jsonb_build_object('constraint', k.constraint_name, 'partition', r.partition, 'table', r.root)) a
 WHERE k.contype = 'f'
   AND NOT k.is_inherited;
COMMENT ON VIEW dbadvisor.rule_partition_foreign_key_to_partition IS
'Foreign keys that refer to one partition of a table';

GRANT SELECT ON dbadvisor.rule_partition_foreign_key_to_partition TO dbadvisor_reader;
