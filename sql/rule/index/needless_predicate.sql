-- index.needless_predicate: a partial index on all rows
--
-- Fires for an index WHERE column IS NOT NULL on a column that is NOT NULL: it
-- has all rows, and the planner must prove its predicate for each statement.
-- Before PostgreSQL 17 it cannot where the statement does not compare the column.
SELECT dbadvisor.register_rule(
	rule => 'index.needless_predicate',
	title => 'The predicate of a partial index excludes no row',
	why => 'The index has all rows, yet statements that say nothing of the column cannot use it.',
	severity => 'info',
	doc => 'Holds only as long as the column stays NOT NULL: an index made before a planned DROP NOT NULL is right. From PostgreSQL 17 on the planner knows that the predicate always holds, so that only the confusion remains there.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_needless_predicate
WITH (security_invoker = true) AS
WITH found AS (
	SELECT u.indexrelid,
		   u.relid,
		   u.schema_name,
		   u.bytes,
		   u.is_unique,
		   a.attname,
		   dbadvisor.index_definition(u.indexrelid) AS definition,
		   pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
		   pg_catalog.quote_ident(pg_catalog.left(u.index_name::text, 58) || '_all') AS new_name
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = u.relid
	   AND a.attnotnull
	   AND NOT a.attisdropped
	 WHERE u.relkind = 'i'
	   AND u.is_usable
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND NOT u.is_replica_identity
	   AND NOT u.is_clustered
	   AND i.indpred IS NOT NULL
	   AND pg_catalog.pg_get_expr(i.indpred, i.indrelid) = pg_catalog.format('(%I IS NOT NULL)', a.attname)
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.indexrelid) i (name)
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.needless_predicate',
		   relid => f.indexrelid,
		   title => pg_catalog.format('Make index %s without its predicate', i.name),
		   detail => pg_catalog.format('Column %I is NOT NULL, so WHERE %s excludes no row; statements that do not compare the column may not be able to use the index for it.',
									   f.attname, f.predicate),
		   evidence => pg_catalog.jsonb_build_object(
						   'column', f.attname,
						   'size_bytes', f.bytes,
						   'confidence_reason', 'read from the catalog'),
		   safety => 'reversible_slow',
		   apply_sql => pg_catalog.format(E'CREATE %sINDEX CONCURRENTLY %s ON %s;\nDROP INDEX CONCURRENTLY %s',
										  CASE WHEN f.is_unique THEN 'UNIQUE ' END,
										  f.new_name,
										  pg_catalog.left(pg_catalog.substr(f.definition, pg_catalog.strpos(f.definition, ' ON ' || t.name || ' USING ') + 4),
														  -pg_catalog.length(' WHERE ' || f.predicate)),
										  i.name),
		   revert_sql => pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY IF EXISTS %I.%s', f.definition, f.schema_name, f.new_name),
		   impact => dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', f.bytes, (dbadvisor.table_estimate(f.relid)).bytes, 1)) a;
COMMENT ON VIEW dbadvisor.rule_index_needless_predicate IS
'Rule index.needless_predicate: partial indexes on all rows';

GRANT SELECT ON dbadvisor.rule_index_needless_predicate TO dbadvisor_reader;
