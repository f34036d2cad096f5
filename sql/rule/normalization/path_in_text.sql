-- normalization.path_in_text: /1/5/9 as text
--
-- Fires for a text column all of whose values in the statistics are numbers between
-- slashes or dots, or, where its name says path or tree, words between dots, of
-- several depths that begin alike: the way from the root of a tree to a row.  Silent
-- for addresses, versions and dates, which have one depth or another name, and where
-- an index on ltree is there.
SELECT dbadvisor.register_rule(
	rule => 'normalization.path_in_text',
	title => 'The way through a tree is kept as text',
	why => 'As text it only answers what begins with a prefix; ancestors, depths and patterns read every row, and moving a branch is cutting of text.',
	severity => 'info',
	thresholds => '{"min_rows": 1000, "min_values": 50, "min_depths": 3, "max_roots_share": 0.2}',
	doc => 'Type ltree has operators for ancestors (@>), descendants (<@) and patterns (~), which a GiST index serves. The printed index is on the text taken as ltree, so nothing else changes: queries ask for the same expression. Low where no index begins with the column either. Wrong where each value is only shown. No value is shown.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_path_in_text
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.full_name,
		   s.schema_name,
		   s.table_name,
		   s.column_name,
		   s.rows,
		   s.bytes,
		   (s.rows * (s.avg_width + 24))::bigint AS index_bytes,
		   w.words ~ '(^|_)(path|tree|lineage|ancestry|ancestors|hierarchy|breadcrumb)(_|$)' AS is_named,
		   COALESCE(s.common_values, '{}') || COALESCE(s.bounds, '{}') AS values
	  FROM dbadvisor.user_column_statistics s
	 CROSS JOIN LATERAL dbadvisor.name_words(s.column_name) w (words)
	 WHERE s.base_type IN (25, 1043)
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.path_in_text', 'min_rows'))
	   AND w.words !~ '(^|_)(version|release|ip|address|host|oid|date|day|number|section)(_|$)'
	   -- one look before each value is taken apart
	   AND COALESCE(s.bounds[2], s.common_values[1]) ~ '^[/.]?[[:alnum:]_]+([/.][[:alnum:]_]+)*[/.]?$'
), form AS MATERIALIZED (
	SELECT c.relid,
		   c.attnum,
		   pg_catalog.count(*) AS values,
		   pg_catalog.count(DISTINCT s.separator) AS separators,
		   pg_catalog.min(s.separator) AS separator,
		   pg_catalog.count(DISTINCT p.depth) AS depths,
		   pg_catalog.max(p.depth) AS deepest,
		   pg_catalog.count(DISTINCT p.root)::double precision / pg_catalog.count(*) AS roots_share
	  FROM col c
	 CROSS JOIN LATERAL pg_catalog.unnest(c.values) v (value)
	 CROSS JOIN LATERAL pg_catalog.substring(v.value, '[/.]') s (separator)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.cardinality(x.part),
			   x.part[1]
		  FROM pg_catalog.string_to_array(pg_catalog.btrim(v.value, '/.'), COALESCE(s.separator, '/')) x (part)) p (depth, root)
	 GROUP BY c.relid, c.attnum, c.is_named
	HAVING pg_catalog.bool_and(v.value ~ '^/?[0-9]+(/[0-9]+)*/?$'
							   OR v.value ~ '^[0-9]+(\.[0-9]+)*$'
							   OR c.is_named AND v.value ~ '^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$')
)
SELECT a.*
  FROM form f
  JOIN col c USING (relid, attnum)
  JOIN pg_catalog.pg_class t ON t.oid = c.relid
 CROSS JOIN LATERAL (
	SELECT EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					WHERE i.indrelid = c.relid
					  AND i.indisvalid
					  AND i.indkey[0] = c.attnum),
		   EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					 JOIN pg_catalog.pg_opclass o ON o.oid = ANY (i.indclass::oid[])
					 JOIN pg_catalog.pg_type y ON y.oid = o.opcintype
					WHERE i.indrelid = c.relid
					  AND y.typname = 'ltree'),
		   (SELECT COALESCE((SELECT pg_catalog.quote_ident(n.nspname)
							   FROM pg_catalog.pg_extension e
							   JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
							  WHERE e.extname = 'ltree'), '@')
			  FROM pg_catalog.pg_available_extensions v
			 WHERE v.name = 'ltree')) h (is_indexed, has_ltree, extension_schema)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.quote_ident(pg_catalog.left(c.table_name::text, 30) || '_' || pg_catalog.left(c.column_name::text, 22) || '_tree_idx'),
		   CASE f.separator
		   WHEN '/' THEN pg_catalog.format('pg_catalog.translate(pg_catalog.btrim(%I::text, ''/''), ''/'', ''.'')', c.column_name)
		   ELSE pg_catalog.format('%I::text', c.column_name)
		   END,
		   h.extension_schema IS NOT NULL AND h.extension_schema <> '@' AND t.relkind = 'r') n (index_name, expression, is_installed)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.path_in_text',
		   relid => c.relid,
		   attnum => c.attnum,
		   severity => CASE WHEN h.is_indexed THEN 'info' ELSE 'low' END,
		   title => pg_catalog.format('Ask the tree in %I of %s with ltree', c.column_name, c.full_name),
		   detail => pg_catalog.format('All %s values of the statistics are paths of up to %s parts. %s%s',
									   f.values, f.deepest,
									   CASE WHEN h.is_indexed THEN 'An index on the text serves prefixes only.' ELSE 'No index serves it.' END,
									   CASE
									   WHEN n.is_installed THEN ''
									   WHEN h.extension_schema IS NULL THEN ' Extension ltree is not there to be installed on this server.'
									   ELSE ' Install extension ltree first: CREATE EXTENSION ltree.'
									   END),
		   evidence => pg_catalog.jsonb_build_object(
						   'separator', f.separator,
						   'deepest', f.deepest,
						   'depths', f.depths,
						   'values_seen', f.values,
						   'is_indexed', h.is_indexed,
						   'table_rows', c.rows,
						   'confidence_reason', 'all values that the statistics hold'),
		   confidence => 0.6,
		   proof => 'sample',
		   cost_bytes => c.index_bytes,
		   precheck_sql => pg_catalog.format('SELECT count(*) AS no_paths FROM %s WHERE %I !~ ''^[/.]?[A-Za-z0-9_]+([%s][A-Za-z0-9_]+)*[/.]?$''', c.full_name, c.column_name, f.separator),
		   apply_sql => CASE
						WHEN n.is_installed
						THEN pg_catalog.format('CREATE INDEX CONCURRENTLY %s ON %s USING gist (%s.text2ltree(%s))', n.index_name, c.full_name, h.extension_schema, n.expression)
						END,
		   revert_sql => CASE WHEN n.is_installed THEN pg_catalog.format('DROP INDEX CONCURRENTLY IF EXISTS %I.%s', c.schema_name, n.index_name) END,
		   impact => dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', c.index_bytes, c.bytes, 1)) a
 WHERE NOT h.has_ltree
   AND f.separators = 1
   AND f.values >= (SELECT dbadvisor.threshold('normalization.path_in_text', 'min_values'))
   AND f.depths >= (SELECT dbadvisor.threshold('normalization.path_in_text', 'min_depths'))
   AND f.roots_share <= (SELECT dbadvisor.threshold('normalization.path_in_text', 'max_roots_share'));
COMMENT ON VIEW dbadvisor.rule_normalization_path_in_text IS
'Rule normalization.path_in_text: text columns that hold the way from the root of a tree to a row';

GRANT SELECT ON dbadvisor.rule_normalization_path_in_text TO dbadvisor_reader;
