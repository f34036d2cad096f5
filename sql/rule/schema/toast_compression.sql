-- schema.toast_compression: large values compressed by the slower method
--
-- Fires for a table whose TOAST table takes min_bytes when its columns are
-- compressed by pglz although the server knows lz4.  Only new values change.
SELECT dbadvisor.register_rule(
	rule => 'schema.toast_compression',
	title => 'Large values are compressed by pglz',
	why => 'lz4 compresses and decompresses several times as fast, at about the same size.',
	severity => 'info',
	thresholds => '{"min_bytes": 1073741824}',
	doc => 'min_bytes is the size of the TOAST table. Old values stay as they are, also through VACUUM FULL, until they are written anew. Wrong for values that are compressed already, such as pictures, for which STORAGE EXTERNAL saves the attempt, and where disk is dearer than time: pglz is sometimes a little smaller.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_toast_compression
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   c.full_name,
		   x.relpages * pg_catalog.current_setting('block_size')::bigint AS toast_bytes,
		   pg_catalog.string_agg(pg_catalog.quote_ident(c.column_name), ', ' ORDER BY c.attnum) AS names,
		   pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %I SET COMPRESSION lz4', c.column_name), ', ' ORDER BY c.attnum) AS apply,
		   pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %I SET COMPRESSION %s', c.column_name, CASE c.compression WHEN 'p' THEN 'pglz' ELSE 'default' END), ', ' ORDER BY c.attnum) AS revert
	  FROM dbadvisor.user_column c
	  JOIN pg_catalog.pg_class r ON r.oid = c.relid
	  JOIN pg_catalog.pg_class x ON x.oid = r.reltoastrelid
	 WHERE c.relkind = 'r'
	   AND c.storage IN ('x', 'm')
	   AND (c.compression = 'p' OR c.compression = '' AND pg_catalog.current_setting('default_toast_compression') = 'pglz')
	   AND EXISTS (SELECT
					 FROM pg_catalog.pg_settings s
					WHERE s.name = 'default_toast_compression'
					  AND 'lz4' = ANY (s.enumvals))
	 GROUP BY c.relid, c.full_name, x.relpages
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.toast_compression',
		   relid => w.relid,
		   title => pg_catalog.format('Compress %s of %s by lz4', w.names, w.full_name),
		   detail => pg_catalog.format('Large values of the table take %s and are compressed by pglz. Values that are there stay as they are.', pg_catalog.pg_size_pretty(w.toast_bytes)),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', w.names,
						   'toast_bytes', w.toast_bytes,
						   'confidence_reason', 'read from the catalog; how well the values compress is not known'),
		   confidence => 0.6,
		   apply_sql => pg_catalog.format('ALTER TABLE %s %s', w.full_name, w.apply),
		   revert_sql => pg_catalog.format('ALTER TABLE %s %s', w.full_name, w.revert),
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment; no row is read.') a
 WHERE w.toast_bytes >= dbadvisor.threshold('schema.toast_compression', 'min_bytes', w.full_name);
COMMENT ON VIEW dbadvisor.rule_schema_toast_compression IS
'Rule schema.toast_compression: large values compressed by the slower method';

GRANT SELECT ON dbadvisor.rule_schema_toast_compression TO dbadvisor_reader;
