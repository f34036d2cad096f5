-- normalization.hierarchy_undeclared: a parent that nothing guards
--
-- Fires for a column named as a parent or manager is, of the type of the table's
-- primary key of one column, with values within those of the key, that is in no
-- foreign key.
SELECT dbadvisor.register_rule(
	rule => 'normalization.hierarchy_undeclared',
	title => 'A column refers to its own table without a foreign key',
	why => 'A row whose parent has gone is in no tree any more, and nothing that walks the tree finds it.',
	severity => 'low',
	thresholds => '{"min_rows": 100}',
	doc => 'The precheck finds rows without a parent. The index serves the walk down the tree and the deletion of parents; it is left out where an open finding recommends one that does so, which should be applied before. Wrong where the parent is in another table or system.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_hierarchy_undeclared
WITH (security_invoker = true) AS
WITH beside_key AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.full_name,
		   s.schema_name,
		   s.table_name,
		   s.column_name,
		   s.rows,
		   s.bytes,
		   s.base_type,
		   k.attnum AS key_attnum,
		   k.attname AS key_name,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					WHERE i.indrelid = s.relid
					  AND i.indisvalid
					  AND i.indpred IS NULL
					  AND i.indkey[0] = s.attnum) AS is_indexed,
		   t.relkind,
		   pg_catalog.quote_ident(pg_catalog.left(s.table_name::text, 30) || '_' || pg_catalog.left(s.column_name::text, 25) || '_fkey') AS constraint_name,
		   pg_catalog.quote_ident(pg_catalog.left(s.table_name::text, 30) || '_' || pg_catalog.left(s.column_name::text, 25) || '_idx') AS index_name
	  FROM dbadvisor.user_column_statistics s
	  JOIN dbadvisor.user_table t ON t.relid = s.relid
	  JOIN pg_catalog.pg_index p
		ON p.indrelid = s.relid
	   AND p.indisprimary
	   AND p.indnkeyatts = 1
	  JOIN pg_catalog.pg_attribute k
		ON k.attrelid = s.relid
	   AND k.attnum = p.indkey[0]
	   AND k.attnum <> s.attnum
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = s.relid
	   AND a.attnum = s.attnum
	   AND a.atttypid = k.atttypid
	 WHERE NOT s.is_generated
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.hierarchy_undeclared', 'min_rows'))
	   AND s.base_type IN (20, 21, 23, 25, 1043, 2950)
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint f
						WHERE f.conrelid = s.relid
						  AND f.contype = 'f'
						  AND s.attnum = ANY (f.conkey))
), parent AS MATERIALIZED (
	SELECT b.*
	  FROM beside_key b
	 WHERE dbadvisor.reference_name_score(b.table_name::text, b.column_name::text, b.table_name::text, b.key_name::text) > 0
)
SELECT a.*
  FROM parent p
 CROSS JOIN LATERAL dbadvisor.column_range(p.relid, CASE WHEN p.base_type IN (20, 21, 23) THEN p.attnum END) r
 CROSS JOIN LATERAL dbadvisor.column_range(p.relid, CASE WHEN r.low IS NOT NULL THEN p.key_attnum END) k
 CROSS JOIN LATERAL (
	SELECT NOT p.is_indexed
		   AND NOT dbadvisor.index_is_recommended(p.relid, dbadvisor.index_wanted(p.relid, ARRAY[p.attnum]))) i (is_made)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.hierarchy_undeclared',
		   relid => p.relid,
		   attnum => p.attnum,
		   title => pg_catalog.format('Let %I of %s refer to %I', p.column_name, p.full_name, p.key_name),
		   detail => pg_catalog.format('By its name, type and values it holds the parent of a row, but no foreign key says so%s.',
									   CASE WHEN p.is_indexed THEN '' ELSE ' and no index finds the children' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'key_column', p.key_name,
						   'is_indexed', p.is_indexed,
						   'index_recommended', NOT p.is_indexed AND NOT i.is_made,
						   'table_rows', p.rows,
						   'confidence_reason', 'name and type of the column; the precheck reads all rows'),
		   confidence => 0.6,
		   proof => 'heuristic',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %1$s c WHERE c.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s p WHERE p.%3$I = c.%2$I) LIMIT 1',
											 p.full_name, p.column_name, p.key_name),
		   apply_sql => CASE WHEN p.relkind = 'r' THEN
							 CASE WHEN i.is_made THEN pg_catalog.format(E'CREATE INDEX CONCURRENTLY %s ON %s (%I);\n', p.index_name, p.full_name, p.column_name) ELSE '' END
							 || pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s FOREIGN KEY (%3$I) REFERENCES %1$s (%4$I) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s',
												  p.full_name, p.constraint_name, p.column_name, p.key_name)
						END,
		   revert_sql => CASE WHEN p.relkind = 'r' THEN
							  pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', p.full_name, p.constraint_name)
							  || CASE WHEN i.is_made THEN pg_catalog.format(E';\nDROP INDEX CONCURRENTLY %I.%s', p.schema_name, p.index_name) ELSE '' END
						 END,
		   impact => pg_catalog.format('Takes a SHARE ROW EXCLUSIVE lock on %s for a moment; building the index and validating read the table (%s) while reads and writes go on.',
									   p.full_name, pg_catalog.pg_size_pretty(p.bytes))) a
 WHERE r.low IS NULL
	OR (r.low >= k.low AND r.high <= k.high);
COMMENT ON VIEW dbadvisor.rule_normalization_hierarchy_undeclared IS
'Rule normalization.hierarchy_undeclared: columns that refer to their own table without a foreign key';

GRANT SELECT ON dbadvisor.rule_normalization_hierarchy_undeclared TO dbadvisor_reader;
