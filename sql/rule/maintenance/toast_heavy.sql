-- maintenance.toast_heavy: a table that is mostly large values, kept in an old
-- compression
--
-- Fires for a table of which a large share is stored outside of its rows while
-- the columns use pglz although the server has lz4.  New values then take less
-- time to read and write.  Values that are compressed already, such as images,
-- gain nothing.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.toast_heavy',
	title => 'Large values are compressed by the slow method',
	why => 'Each read of such a value decompresses it; lz4 does that several times faster than pglz, at about the same size.',
	severity => 'info',
	thresholds => '{"min_toast_bytes": 1073741824, "min_share": 0.5}',
	doc => 'min_share is the share of the table that is outside of its rows. Only values that are written from then on change.',
	shipped => true);

-- Whether this server was built with lz4 is seen in the values that the setting
-- may take.
CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_toast_heavy WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_class c ON c.oid = t.relid
  JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid
 CROSS JOIN LATERAL (SELECT o.relpages::bigint * pg_catalog.current_setting('block_size')::integer) b (toast_bytes)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.attname), ', ' ORDER BY k.attnum),
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', t.full_name, k.attname), E';\n' ORDER BY k.attnum),
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION %s', t.full_name, k.attname,
												   CASE k.attcompression WHEN 'p' THEN 'pglz' ELSE 'default' END), E';\n' ORDER BY k.attnum)
	  FROM pg_catalog.pg_attribute k
	 WHERE k.attrelid = t.relid
	   AND k.attnum > 0
	   AND NOT k.attisdropped
	   AND k.attlen = -1
	   AND k.attstorage IN ('x', 'm')
	   AND (k.attcompression = 'p'
			OR (k.attcompression = '' AND pg_catalog.current_setting('default_toast_compression') = 'pglz'))) s (columns, apply_sql, revert_sql)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.toast_heavy',
		   relid => t.relid,
		   title => pg_catalog.format('Compress large values of %s with lz4', t.full_name),
		   detail => pg_catalog.format('%s of its values are outside of its rows, beside %s of rows; columns %s use pglz.',
									   pg_catalog.pg_size_pretty(b.toast_bytes), pg_catalog.pg_size_pretty(c.relpages::bigint * pg_catalog.current_setting('block_size')::integer), s.columns),
		   evidence => pg_catalog.jsonb_build_object('toast_bytes', b.toast_bytes, 'rows_bytes', c.relpages::bigint * pg_catalog.current_setting('block_size')::integer, 'columns', s.columns,
													 'confidence_reason', 'values may be compressed by the application already'),
		   confidence => 0.6,
		   apply_sql => s.apply_sql,
		   revert_sql => s.revert_sql,
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment. Values that are there stay as they are.') a
 WHERE t.relkind IN ('r', 'm')
   AND o.relpages > 0
   AND s.columns IS NOT NULL
   AND b.toast_bytes >= dbadvisor.threshold('maintenance.toast_heavy', 'min_toast_bytes', t.full_name)
   AND b.toast_bytes >= dbadvisor.threshold('maintenance.toast_heavy', 'min_share', t.full_name) * (b.toast_bytes + c.relpages::bigint * pg_catalog.current_setting('block_size')::integer)
   AND EXISTS (SELECT
				 FROM pg_catalog.pg_settings g
				WHERE g.name = 'default_toast_compression'
				  AND 'lz4' = ANY (g.enumvals));
COMMENT ON VIEW dbadvisor.rule_maintenance_toast_heavy IS
'Tables that are mostly large values compressed with pglz';

GRANT SELECT ON dbadvisor.rule_maintenance_toast_heavy TO dbadvisor_reader;
