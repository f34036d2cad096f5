-- index.duplicate_constraint: two keys on the same columns
--
-- Fires for a unique constraint whose columns another valid unique or primary
-- key constraint of the table has as well, in any order: both say the same.  The
-- one to go is no primary key, no foreign key refers to it, it is no replica
-- identity and the table is not clustered by it.  Wrong when its order of columns
-- is wanted for searches: then a plain index is cheaper.
SELECT dbadvisor.register_rule(
	rule => 'index.duplicate_constraint',
	title => 'A unique constraint repeats another one',
	why => 'Each write checks and maintains both, for the same promise.',
	severity => 'medium',
	doc => 'Deferrable constraints and such that treat NULL differently are not compared. Where the order of the columns differs the severity is low.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_duplicate_constraint
WITH (security_invoker = true) AS
WITH key AS MATERIALIZED (
	SELECT k.oid,
		   k.constraint_name,
		   k.relid,
		   k.full_name,
		   k.relkind,
		   k.contype,
		   k.columns,
		   k.indexrelid,
		   u.bytes,
		   u.scans,
		   u.leaf_count,
		   i.indnullsnotdistinct,
		   k.contype = 'p' OR u.is_foreign_key_target OR u.is_replica_identity OR u.is_clustered OR k.is_inherited AS is_pinned
	  FROM dbadvisor.user_constraint k
	  JOIN dbadvisor.user_index u ON u.indexrelid = k.indexrelid
	  JOIN pg_catalog.pg_index i ON i.indexrelid = k.indexrelid
	 WHERE k.contype IN ('p', 'u')
	   AND NOT k.is_deferrable
	   AND u.is_usable
), pair AS (
	SELECT DISTINCT ON (k.oid)
		   k.*,
		   o.constraint_name AS other_name,
		   o.columns = k.columns AS same_order
	  FROM key k
	  JOIN key o
		ON o.relid = k.relid
	   AND o.oid <> k.oid
	   AND o.columns @> k.columns
	   AND o.columns <@ k.columns
	   AND (o.indnullsnotdistinct = k.indnullsnotdistinct OR o.contype = 'p')
	 WHERE NOT k.is_pinned
	   AND (o.is_pinned OR o.oid < k.oid)
	 ORDER BY k.oid, o.is_pinned DESC, o.oid
)
SELECT a.*
  FROM pair p
 CROSS JOIN LATERAL dbadvisor.column_list(p.relid, p.columns) c (names)
 CROSS JOIN LATERAL dbadvisor.constraint_definition(p.oid) d (definition)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.duplicate_constraint',
		   relid => p.relid,
		   variant => p.constraint_name::text,
		   severity => CASE WHEN p.same_order THEN dbadvisor.severity_at_size('medium', p.bytes) ELSE 'low' END,
		   title => pg_catalog.format('Drop constraint %I of %s: %I is the same', p.constraint_name, p.full_name, p.other_name),
		   detail => pg_catalog.format(
						 '%I already keeps (%s) unique. No foreign key, replica identity or CLUSTER stands on %I; its index takes %s and was scanned %s times.',
						 p.other_name, c.names, p.constraint_name, pg_catalog.pg_size_pretty(p.bytes), p.scans),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', p.constraint_name,
						   'same_as', p.other_name,
						   'columns', c.names,
						   'size_bytes', p.bytes,
						   'scans', p.scans,
						   'confidence_reason', 'read from the catalog'),
		   benefit_bytes => p.bytes,
		   confidence => CASE WHEN p.same_order THEN 0.95 ELSE 0.7 END,
		   safety => 'reversible_slow',
		   affected_count => p.leaf_count,
		   apply_sql => pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', p.full_name, p.constraint_name),
		   revert_sql => CASE
						 WHEN p.relkind = 'p'
						 THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', p.full_name, p.constraint_name, d.definition)
						 ELSE pg_catalog.format(
								  E'%s;\nALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %I',
								  dbadvisor.index_definition(p.indexrelid), p.full_name, p.constraint_name,
								  (SELECT x.relname FROM pg_catalog.pg_class x WHERE x.oid = p.indexrelid))
						 END,
		   impact => pg_catalog.format('Takes an ACCESS EXCLUSIVE lock on %s for a moment: reads and writes wait meanwhile. Making it again reads the whole table.', p.full_name)) a;
COMMENT ON VIEW dbadvisor.rule_index_duplicate_constraint IS
'Rule index.duplicate_constraint: unique constraints that another constraint of the same columns repeats';

GRANT SELECT ON dbadvisor.rule_index_duplicate_constraint TO dbadvisor_reader;
