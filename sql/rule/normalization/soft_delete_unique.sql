-- normalization.soft_delete_unique: what is deleted keeps its key
--
-- Fires for a unique key that covers all rows of a table in which a nullable time or
-- a boolean named as deleted or archived marks the dead ones, of which there are
-- some.  Silent for primary keys, for those that a foreign key refers to, and for
-- keys that name the mark.
SELECT dbadvisor.register_rule(
	rule => 'normalization.soft_delete_unique',
	title => 'A unique key counts rows that are marked as deleted',
	why => 'Who deletes an account cannot make it again: the dead row still has the name.',
	severity => 'low',
	thresholds => '{"min_rows": 100}',
	doc => 'A unique index on the live rows keeps the rule and is smaller. Wrong where a key must never come again, as the number of an invoice. ON CONFLICT must then name the condition.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_soft_delete_unique
WITH (security_invoker = true) AS
WITH mark AS MATERIALIZED (
	SELECT DISTINCT ON (s.relid)
		   s.relid,
		   s.attnum,
		   s.column_name,
		   s.rows,
		   CASE s.base_type WHEN 16 THEN pg_catalog.format('NOT %I', s.column_name) ELSE pg_catalog.format('%I IS NULL', s.column_name) END AS is_live,
		   CASE s.base_type
		   WHEN 16 THEN COALESCE(s.common_shares[pg_catalog.array_position(s.common_values, 't')], 0)
		   ELSE 1 - s.null_frac
		   END AS dead_share
	  FROM dbadvisor.user_column_statistics s
	 WHERE s.rows >= (SELECT dbadvisor.threshold('normalization.soft_delete_unique', 'min_rows'))
	   AND ((s.base_type = 16 AND s.is_not_null) OR (s.base_type IN (1082, 1114, 1184) AND NOT s.is_not_null))
	   AND dbadvisor.name_words(s.column_name) ~ '^(is_)?(soft_)?(deleted|archived|removed)(_(at|on|date|time|flag))?$'
	 ORDER BY s.relid, s.attnum
)
SELECT a.*
  FROM mark m
  JOIN dbadvisor.user_index u ON u.relid = m.relid
  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
  LEFT JOIN pg_catalog.pg_constraint c
	ON c.conindid = u.indexrelid
   AND c.contype = 'u'
 CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(pg_catalog.left(u.index_name::text, 58) || '_live')) n (name)
 CROSS JOIN LATERAL (SELECT dbadvisor.relation_identity(u.indexrelid),
							dbadvisor.relation_identity(u.relid),
							dbadvisor.index_definition(u.indexrelid)) d (index_name, full_name, definition)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.soft_delete_unique',
		   relid => u.indexrelid,
		   title => pg_catalog.format('Make unique index %s one of live rows', d.index_name),
		   detail => pg_catalog.format('Of %s rows %s %% are marked as deleted by %I and still keep their key.', m.rows, pg_catalog.round((100 * m.dead_share)::numeric, 1), m.column_name),
		   evidence => pg_catalog.jsonb_build_object(
						   'mark', m.column_name,
						   'dead_share', pg_catalog.round(m.dead_share::numeric, 4),
						   'table_rows', m.rows,
						   'size_bytes', u.bytes,
						   'confidence_reason', 'the name of the mark, and how often it is set by the statistics'),
		   benefit_bytes => (u.bytes * m.dead_share)::bigint,
		   confidence => 0.5,
		   proof => 'heuristic',
		   safety => 'reversible_slow',
		   apply_sql => pg_catalog.format(E'CREATE UNIQUE INDEX CONCURRENTLY %s%s WHERE %s;\n%s',
										  n.name, pg_catalog.substr(d.definition, pg_catalog.strpos(d.definition, ' ON ' || d.full_name || ' USING ')), m.is_live,
										  CASE WHEN c.conname IS NULL THEN 'DROP INDEX CONCURRENTLY ' || d.index_name
											   ELSE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', d.full_name, c.conname) END),
		   revert_sql => pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY IF EXISTS %I.%s',
										   CASE WHEN c.conname IS NULL THEN d.definition
												ELSE pg_catalog.format(E'%s;\nALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %I', d.definition, d.full_name, c.conname, u.index_name) END,
										   u.schema_name, n.name),
		   impact => dbadvisor.create_index_impact('CREATE UNIQUE INDEX CONCURRENTLY ', (u.bytes * (1 - m.dead_share))::bigint, (dbadvisor.table_estimate(u.relid)).bytes, 1)
					  || CASE WHEN c.conname IS NULL THEN '' ELSE ' The constraint is changed under an ACCESS EXCLUSIVE lock of a moment.' END) a
 WHERE m.dead_share > 0
   AND u.is_unique
   AND u.is_usable
   AND u.relkind = 'i'
   AND NOT u.is_attached
   AND NOT u.is_foreign_key_target
   AND NOT u.is_replica_identity
   AND NOT u.is_clustered
   AND NOT i.indisprimary
   AND i.indimmediate
   AND i.indpred IS NULL
   AND i.indexprs IS NULL
   AND NOT m.attnum = ANY (i.indkey::smallint[]);
COMMENT ON VIEW dbadvisor.rule_normalization_soft_delete_unique IS
'Rule normalization.soft_delete_unique: unique keys that count rows marked as deleted';

GRANT SELECT ON dbadvisor.rule_normalization_soft_delete_unique TO dbadvisor_reader;
