-- schema.primary_key_missing: a table whose rows have no name
--
-- Fires for a table without a primary key.  Partitions are spoken of through
-- their parent, child tables not at all, since a parent's key does not hold for
-- them.  Wrong for tables that only take rows and are read as a whole, such as a
-- staging table: those that are only inserted into are of low severity.
SELECT dbadvisor.register_rule(
	rule => 'schema.primary_key_missing',
	title => 'A table has no primary key',
	why => 'Rows can be there twice and cannot be told apart, foreign keys have nothing to refer to, and logical replication cannot find the row to change.',
	severity => 'medium',
	doc => 'Where a unique index on columns that are NOT NULL is there it becomes the primary key, which reads no row. Else, while the table is smaller than max_identity_bytes, a column that numbers the rows is proposed. Unlogged tables and such that rows were only inserted into are low.',
	thresholds => '{"max_identity_bytes": 104857600}',
	shipped => true);

-- A key that the table has already: complete, immediate, NOT NULL.
CREATE OR REPLACE FUNCTION dbadvisor.usable_key(relid oid)
RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT i.indexrelid
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
	 WHERE i.indrelid = usable_key.relid
	   AND i.indisunique
	   AND i.indisvalid
	   AND i.indimmediate
	   AND i.indpred IS NULL
	   AND i.indexprs IS NULL
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.unnest((i.indkey::smallint[])[0:i.indnkeyatts - 1]) u (attnum)
						 JOIN pg_catalog.pg_attribute a
						   ON a.attrelid = i.indrelid
						  AND a.attnum = u.attnum
						WHERE NOT a.attnotnull)
	 ORDER BY i.indnkeyatts, i.indexrelid
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.usable_key(oid) IS
'A unique index of a table that could be its primary key as it is; null for none';

CREATE OR REPLACE VIEW dbadvisor.rule_schema_primary_key_missing
WITH (security_invoker = true) AS
WITH bare AS (
	SELECT t.*,
		   dbadvisor.usable_key(t.relid) AS key,
		   NOT EXISTS (SELECT
						 FROM pg_catalog.pg_attribute a
						WHERE a.attrelid = t.relid
						  AND a.attname = 'id'
						  AND NOT a.attisdropped) AS id_is_free
	  FROM dbadvisor.user_table t
	 WHERE t.relkind IN ('r', 'p')
	   AND NOT t.is_partition
	   AND NOT t.is_inheritor
	   AND NOT t.has_primary_key
), fix AS (
	SELECT b.*,
		   x.relname AS key_name,
		   k.conname AS key_constraint,
		   dbadvisor.column_list(b.relid, (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key_columns,
		   CASE
		   WHEN b.is_unlogged OR (b.rows_inserted > 0 AND b.rows_updated + b.rows_deleted = 0) THEN 'low'
		   ELSE 'medium'
		   END AS severity
	  FROM bare b
	  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = b.key
	  LEFT JOIN pg_catalog.pg_class x ON x.oid = b.key
	  LEFT JOIN pg_catalog.pg_constraint k
		ON k.conindid = b.key
	   AND k.contype = 'u'
)
SELECT a.*
  FROM fix f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.primary_key_missing',
		   relid => f.relid,
		   severity => dbadvisor.severity_at_size(f.severity, f.bytes),
		   title => pg_catalog.format('Give %s a primary key%s', f.full_name, ': (' || f.key_columns || ')'),
		   detail => CASE
					 WHEN f.key_columns IS NOT NULL
					 THEN pg_catalog.format('Unique index %I on (%s) has all rows and no NULL: it can be the primary key.', f.key_name, f.key_columns)
					 ELSE 'It has no unique key on columns that are NOT NULL either. If some of its columns name a row, make these the key; else a number does.'
					 END,
		   evidence => pg_catalog.jsonb_build_object(
						   'table_rows', f.rows,
						   'table_bytes', f.bytes,
						   'usable_index', f.key_name,
						   'rows_inserted', f.rows_inserted,
						   'rows_updated', f.rows_updated,
						   'rows_deleted', f.rows_deleted,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => f.leaf_count,
		   apply_sql => CASE
						WHEN f.key_columns IS NOT NULL AND f.relkind = 'p'
						THEN pg_catalog.format('ALTER TABLE %s ADD PRIMARY KEY (%s)', f.full_name, f.key_columns)
						-- no two constraints can have one index
						WHEN f.key_columns IS NOT NULL AND f.key_constraint IS NOT NULL
						THEN pg_catalog.format(E'CREATE UNIQUE INDEX CONCURRENTLY %1$I ON %2$s (%3$s);\nALTER TABLE %2$s ADD CONSTRAINT %1$I PRIMARY KEY USING INDEX %1$I',
											   pg_catalog.left(f.table_name::text, 58) || '_pkey', f.full_name, f.key_columns)
						WHEN f.key_columns IS NOT NULL
						THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I', f.full_name, f.key_name, f.key_name)
						WHEN f.relkind = 'r' AND f.id_is_free
							 AND f.bytes <= dbadvisor.threshold('schema.primary_key_missing', 'max_identity_bytes', f.full_name)
						THEN pg_catalog.format('ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY', f.full_name)
						END,
		   revert_sql => CASE
						 WHEN f.key_columns IS NOT NULL AND f.key_constraint IS NULL AND f.relkind = 'r'
						 THEN pg_catalog.format(E'ALTER TABLE %s DROP CONSTRAINT %I;\n%s', f.full_name, f.key_name, dbadvisor.index_definition(f.key))
						 WHEN f.key_columns IS NOT NULL
						 THEN pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', f.full_name, pg_catalog.left(f.table_name::text, 58) || '_pkey')
						 WHEN f.relkind = 'r' AND f.id_is_free
						 THEN pg_catalog.format('ALTER TABLE %s DROP COLUMN id', f.full_name)
						 END,
		   impact => CASE
					 WHEN f.key_columns IS NOT NULL AND f.relkind = 'r' AND f.key_constraint IS NULL
					 THEN 'Takes an ACCESS EXCLUSIVE lock for a moment; the index is there already.'
					 WHEN f.key_columns IS NOT NULL AND f.relkind = 'r'
					 THEN 'Builds the index while reads and writes go on, then takes an ACCESS EXCLUSIVE lock for a moment.'
					 ELSE pg_catalog.format('Takes an ACCESS EXCLUSIVE lock: reads and writes wait while the table (%s) is read or rewritten and the index is built.', pg_catalog.pg_size_pretty(f.bytes))
					 END) a;
COMMENT ON VIEW dbadvisor.rule_schema_primary_key_missing IS
'Rule schema.primary_key_missing: tables without a primary key';

REVOKE ALL ON FUNCTION dbadvisor.usable_key(oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.usable_key(oid) TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_schema_primary_key_missing TO dbadvisor_reader;
