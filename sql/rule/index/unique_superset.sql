-- index.unique_superset: a unique index that promises nothing new
--
-- Fires for a unique index whose key columns include all of another unique one:
-- what is unique by (a) is so by (a, b).  Silent where a foreign key refers to it,
-- as composite keys need that.  Wrong when statements search by the additional
-- columns: then the index is wanted, and only its check is needless.
SELECT dbadvisor.register_rule(
	rule => 'index.unique_superset',
	title => 'A unique index adds columns to what is unique already',
	why => 'Each write maintains it and checks for a duplicate that cannot be there.',
	severity => 'low',
	doc => 'Partial indexes, such on expressions, deferrable constraints, and a wider index that treats NULLs as equal where the narrower one does not are not compared. Evidence holds how often it was scanned.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_unique_superset
WITH (security_invoker = true) AS
WITH uniq AS MATERIALIZED (
	SELECT u.indexrelid,
		   u.relid,
		   u.relkind,
		   u.bytes,
		   u.scans,
		   u.leaf_count,
		   u.backs_constraint,
		   k.conname,
		   i.indnullsnotdistinct,
		   i.indisprimary,
		   (i.indkey::smallint[])[0:i.indnkeyatts - 1] AS columns,
		   u.is_foreign_key_target OR u.is_replica_identity OR u.is_clustered OR u.is_attached
		   OR u.is_extension_member OR i.indisprimary AS is_pinned
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  LEFT JOIN pg_catalog.pg_constraint k
		ON k.conindid = u.indexrelid
	   AND k.contype IN ('p', 'u')
	 WHERE u.is_unique
	   AND u.is_usable
	   AND NOT u.is_temporary
	   AND NOT u.has_expressions
	   AND i.indpred IS NULL
	   AND i.indimmediate
), pair AS (
	SELECT DISTINCT ON (w.indexrelid)
		   w.*,
		   dbadvisor.relation_identity(w.indexrelid) AS index_name,
		   dbadvisor.relation_identity(n.indexrelid) AS other_name,
		   dbadvisor.column_list(n.relid, n.columns) AS other_columns
	  FROM uniq w
	  JOIN uniq n
		ON n.relid = w.relid
	   AND n.columns <@ w.columns
	   AND pg_catalog.cardinality(n.columns) < pg_catalog.cardinality(w.columns)
	   AND (n.indnullsnotdistinct OR n.indisprimary OR NOT w.indnullsnotdistinct)
	 WHERE NOT w.is_pinned
	 ORDER BY w.indexrelid, pg_catalog.cardinality(n.columns), n.indexrelid
)
SELECT a.*
  FROM pair p
 CROSS JOIN LATERAL dbadvisor.relation_identity(p.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.unique_superset',
		   relid => p.indexrelid,
		   severity => dbadvisor.severity_at_size('low', p.bytes),
		   title => pg_catalog.format('Drop unique index %s: (%s) is unique already', p.index_name, p.other_columns),
		   detail => pg_catalog.format(
						 '%s keeps (%s) unique, so rows cannot be equal in more columns. The wider index was scanned %s times: if statements search by its other columns, make it again without UNIQUE.',
						 p.other_name, p.other_columns, p.scans),
		   evidence => pg_catalog.jsonb_build_object(
						   'drops', p.index_name,
						   'table_name', t.name,
						   'unique_already', p.other_name,
						   'size_bytes', p.bytes,
						   'scans', p.scans,
						   'confidence_reason', 'read from the catalog; what reads it is not known beyond its counter'),
		   benefit_bytes => p.bytes,
		   confidence => 0.7,
		   safety => 'reversible_slow',
		   affected_count => p.leaf_count,
		   apply_sql => CASE
						WHEN p.conname IS NOT NULL
						THEN pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, p.conname)
						ELSE pg_catalog.format('DROP INDEX %s%s', CASE p.relkind WHEN 'i' THEN 'CONCURRENTLY ' END, p.index_name)
						END,
		   revert_sql => pg_catalog.concat_ws(
							 E';\n',
							 dbadvisor.index_definition(p.indexrelid),
							 CASE
							 WHEN p.conname IS NOT NULL AND p.relkind = 'i'
							 THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %I', t.name, p.conname,
													(SELECT x.relname FROM pg_catalog.pg_class x WHERE x.oid = p.indexrelid))
							 END),
		   impact => dbadvisor.drop_impact(CASE WHEN p.conname IS NULL THEN p.relkind ELSE 'I' END, t.name)) a;
COMMENT ON VIEW dbadvisor.rule_index_unique_superset IS
'Rule index.unique_superset: unique indexes on more columns than are unique already';

GRANT SELECT ON dbadvisor.rule_index_unique_superset TO dbadvisor_reader;
