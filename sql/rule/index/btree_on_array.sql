-- index.btree_on_array: a B-tree on a column of arrays
--
-- Fires for a B-tree on an array column alone, not unique, that was never scanned
-- although its table was.  It can only find whole arrays that are equal or in
-- order; what an array contains needs GIN.  Wrong when whole arrays are searched,
-- only not yet.
SELECT dbadvisor.register_rule(
	rule => 'index.btree_on_array',
	title => 'A B-tree on arrays finds whole arrays only',
	why => 'Operators such as @> and && on elements cannot use it; it costs each write and helps no such search.',
	severity => 'info',
	thresholds => '{"min_table_scans": 1}',
	doc => 'min_table_scans is how often the table was read while the index was not. Wrong where whole arrays are looked up by equality in statements that have not run since the counters were reset. A GIN index costs more per write and does not sort: keep the B-tree where ORDER BY or GROUP BY on the array uses it.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_btree_on_array
WITH (security_invoker = true) AS
WITH on_array AS MATERIALIZED (
	SELECT i.indexrelid,
		   a.attname
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = i.indrelid
	   AND a.attnum = i.indkey[0]
	  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
	 WHERE i.indnatts = 1
	   AND i.indpred IS NULL
	   AND t.typcategory = 'A'
	   AND t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
), found AS (
	SELECT u.indexrelid,
		   u.relid,
		   u.schema_name,
		   u.bytes,
		   u.table_scans,
		   u.leaf_count,
		   pg_catalog.quote_ident(o.attname) AS column_name,
		   pg_catalog.quote_ident(pg_catalog.left(u.index_name::text, 58) || '_gin') AS new_name
	  FROM on_array o
	  JOIN dbadvisor.user_index u ON u.indexrelid = o.indexrelid
	 WHERE u.am = 'btree'
	   AND u.relkind = 'i'
	   AND u.is_usable
	   AND NOT u.is_unique
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND u.scans = 0
	   AND u.table_scans >= dbadvisor.threshold('index.btree_on_array', 'min_table_scans')
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.indexrelid) i (name)
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.btree_on_array',
		   relid => f.indexrelid,
		   title => pg_catalog.format('Make index %s a GIN index', i.name),
		   detail => pg_catalog.format(
						 'Column %s of %s holds arrays, of which a B-tree finds whole ones only; it was never scanned while the table was scanned %s times. GIN finds what arrays contain (@>, &&).',
						 f.column_name, t.name, f.table_scans),
		   evidence => pg_catalog.jsonb_build_object(
						   'size_bytes', f.bytes,
						   'scans', 0,
						   'table_scans', f.table_scans,
						   'confidence_reason', 'counters of this server; what searches want is not known'),
		   confidence => 0.4,
		   proof => 'counters',
		   safety => 'reversible_slow',
		   apply_sql => pg_catalog.format(E'CREATE INDEX CONCURRENTLY %s ON %s USING gin (%s);\nDROP INDEX CONCURRENTLY %s',
										  f.new_name, t.name, f.column_name, i.name),
		   revert_sql => pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY IF EXISTS %I.%s',
										   dbadvisor.index_definition(f.indexrelid), f.schema_name, f.new_name),
		   impact => dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', f.bytes, (dbadvisor.table_estimate(f.relid)).bytes, 1)) a;
COMMENT ON VIEW dbadvisor.rule_index_btree_on_array IS
'Rule index.btree_on_array: B-trees on array columns that nothing reads';

GRANT SELECT ON dbadvisor.rule_index_btree_on_array TO dbadvisor_reader;
