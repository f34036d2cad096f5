-- schema.foreign_key_missing: a column that names another table and does not refer to it
--
-- Fires for a column <table>_id of the type of the one-column primary key of a
-- table of that name, singular or plural, in its schema, or both of them integers,
-- that is in no foreign key.  Silent where a column <table>_type stands beside it,
-- which makes it a reference to several tables.  Proof is the name alone: the
-- precheck looks for rows without a parent.
SELECT dbadvisor.register_rule(
	rule => 'schema.foreign_key_missing',
	title => 'A column seems to refer to another table without a foreign key',
	why => 'Without one, rows stay behind when their parent goes, and the planner does not know that there is exactly one.',
	severity => 'low',
	doc => 'By name and type alone, so expect false ones: keys of another database, archives that outlive their parents, identifiers of an outside system. Keys named otherwise are missed; dbadvisor.discover_inclusions() finds those by the data. The precheck lists rows without a parent, which must be repaired first.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_foreign_key_missing
WITH (security_invoker = true) AS
WITH every_key AS MATERIALIZED (
	SELECT k.relid,
		   k.schema_name,
		   k.table_name::text AS table_name,
		   k.full_name,
		   k.columns
	  FROM dbadvisor.user_constraint k
	 WHERE k.contype = 'p'
	   AND NOT k.is_partition
), key AS (
	SELECT k.relid,
		   k.schema_name,
		   k.table_name,
		   k.full_name,
		   a.attname AS column_name,
		   a.atttypid AS type
	  FROM every_key k
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = k.relid
	   AND a.attnum = k.columns[1]
	 WHERE pg_catalog.cardinality(k.columns) = 1
), name AS MATERIALIZED (
	SELECT k.*,
		   n.name
	  FROM key k
	 CROSS JOIN LATERAL (
		SELECT DISTINCT v.name
		  FROM (VALUES (k.table_name),
					   (pg_catalog.regexp_replace(k.table_name, 'ies$', 'y')),
					   (pg_catalog.regexp_replace(k.table_name, '(s|x|ch|sh)es$', '\1')),
					   (pg_catalog.regexp_replace(k.table_name, 's$', ''))) v (name)) n
), orphan AS (
	SELECT DISTINCT ON (c.relid, c.attnum)
		   c.*,
		   n.full_name AS parent_name,
		   n.column_name AS parent_column,
		   n.type AS parent_type,
		   pg_catalog.quote_ident(pg_catalog.left(c.table_name::text, 30) || '_' || pg_catalog.left(c.column_name::text, 25) || '_fkey') AS constraint_name
	  FROM dbadvisor.user_column c
	  JOIN name n
		ON n.schema_name = c.schema_name
	   AND n.name || '_id' = c.column_name::text
	   AND (n.type = c.type OR (n.type IN (20, 21, 23) AND c.type IN (20, 21, 23)))
	   AND n.relid <> c.relid
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_generated
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = c.relid
						  AND k.contype = 'f'
						  AND c.attnum = ANY (k.conkey))
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_attribute o
						WHERE o.attrelid = c.relid
						  AND o.attname::text = n.name || '_type')
	 ORDER BY c.relid, c.attnum, n.name
)
SELECT a.*
  FROM orphan o
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.foreign_key_missing',
		   relid => o.relid,
		   attnum => o.attnum,
		   title => pg_catalog.format('Let %I of %s refer to %s', o.column_name, o.full_name, o.parent_name),
		   detail => pg_catalog.format('By its name and type it holds a key of %s, but no foreign key says so.%s', o.parent_name,
									   CASE WHEN o.type <> o.parent_type THEN pg_catalog.format(' Its type is %s, that of the key %s.', pg_catalog.format_type(o.type, NULL), pg_catalog.format_type(o.parent_type, NULL)) END),
		   evidence => pg_catalog.jsonb_build_object(
						   'parent', o.parent_name,
						   'parent_column', o.parent_column,
						   'confidence_reason', 'name and type of the column only'),
		   confidence => 0.4,
		   proof => 'heuristic',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s p WHERE p.%I = c.%I) LIMIT 1',
											 o.full_name, o.column_name, o.parent_name, o.parent_column, o.column_name),
		   apply_sql => CASE o.relkind
						WHEN 'p'
						THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%I) REFERENCES %s (%I)',
											   o.full_name, o.constraint_name, o.column_name, o.parent_name, o.parent_column)
						ELSE pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s FOREIGN KEY (%3$I) REFERENCES %4$s (%5$I) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s',
											   o.full_name, o.constraint_name, o.column_name, o.parent_name, o.parent_column)
						END,
		   revert_sql => pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', o.full_name, o.constraint_name),
		   impact => pg_catalog.format('Takes a SHARE ROW EXCLUSIVE lock on %s and %s for a moment; validating reads both while reads and writes go on.', o.full_name, o.parent_name)) a;
COMMENT ON VIEW dbadvisor.rule_schema_foreign_key_missing IS
'Rule schema.foreign_key_missing: columns that by name and type refer to another table without a foreign key';

GRANT SELECT ON dbadvisor.rule_schema_foreign_key_missing TO dbadvisor_reader;
