-- index.extension_missing: searches that need an extension's operator classes
--
-- Fires when recorded statements look inside of strings (LIKE '%x%', ILIKE,
-- regular expressions) in tables of some size, expect few rows, and the
-- extension whose indexes find them is at hand but not installed.  The planner
-- cannot price an index whose operator class does not exist: once the extension
-- is there, index.missing does.  Wrong when such searches are rare.
SELECT dbadvisor.register_rule(
	rule => 'index.extension_missing',
	title => 'An extension that is not installed could index recorded searches',
	why => 'No index of PostgreSQL alone finds what is inside of strings: each search reads its whole table.',
	severity => 'low',
	doc => 'Installing the extension changes no plan by itself. It makes its operator classes known, and the next run of index.missing proposes an index with one of them where the planner prices it well.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_extension_missing
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT w.extension,
		   pg_catalog.array_agg(DISTINCT w.queryid ORDER BY w.queryid)
			   FILTER (WHERE w.queryid IS NOT NULL) AS queryids,
		   pg_catalog.count(*) AS searches,
		   pg_catalog.sum(w.total_ms) AS total_ms,
		   pg_catalog.count(DISTINCT w.relid) AS tables,
		   pg_catalog.min(w.relid::pg_catalog.regclass::text) AS table_name,
		   pg_catalog.jsonb_agg(
			   pg_catalog.jsonb_build_object(
				   'queryid', w.queryid,
				   'table', w.relid::pg_catalog.regclass::text,
				   'column', a.attname,
				   'calls', w.calls,
				   'total_ms', w.total_ms,
				   'table_bytes', w.pages * pg_catalog.current_setting('block_size')::integer,
				   'expected_share', w.share)
			   ORDER BY w.total_ms DESC NULLS LAST, w.queryid, w.relid) AS statements
	  FROM dbadvisor.extensions_wanted() w
	  LEFT JOIN pg_catalog.pg_attribute a
		ON a.attrelid = w.relid
	   AND a.attnum = NULLIF(w.attnum, 0)
	 GROUP BY w.extension
)
SELECT x.*
  FROM wanted w
  JOIN pg_catalog.pg_available_extensions e
	ON e.name = w.extension
   AND e.installed_version IS NULL
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.extension_missing',
		   object_type => 'extension',
		   object_name => w.extension,
		   title => pg_catalog.format('Install extension %I to index searches inside of strings', w.extension),
		   detail => pg_catalog.format(
						 '%s %s inside of strings in %s, where no index of PostgreSQL alone helps. What one with %s would bring cannot be priced before its operator classes exist; the next analysis after that does.',
						 w.searches,
						 CASE w.searches WHEN 1 THEN 'recorded statement looks' ELSE 'recorded statements look' END,
						 CASE w.tables WHEN 1 THEN w.table_name ELSE pg_catalog.format('%s tables', w.tables) END,
						 w.extension),
		   evidence => pg_catalog.jsonb_build_object(
						   'extension', w.extension,
						   'available_version', e.default_version,
						   'total_ms', w.total_ms,
						   'statements', w.statements,
						   'confidence_reason', 'the operator classes are not there, so no plan with them was made'),
		   queryids => w.queryids,
		   confidence => 0.5,
		   proof => 'catalog',
		   apply_sql => pg_catalog.format('CREATE EXTENSION %I', w.extension),
		   revert_sql => pg_catalog.format('DROP EXTENSION IF EXISTS %I', w.extension),
		   impact => 'Adds functions, operators and operator classes to a schema; no table is read or locked. Needs the right to create the extension.') x;
COMMENT ON VIEW dbadvisor.rule_index_extension_missing IS
'Rule index.extension_missing: searches that only an extension''s operator classes could serve';

REVOKE ALL ON dbadvisor.rule_index_extension_missing FROM PUBLIC;
GRANT SELECT ON dbadvisor.rule_index_extension_missing TO dbadvisor_reader;
