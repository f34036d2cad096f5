-- schema.matview_no_unique_index: a materialized view that locks its readers out
--
-- Fires for a materialized view without a unique index on plain columns over all
-- rows, which REFRESH ... CONCURRENTLY needs.  Columns that statistics say are
-- unique give the statement.  Wrong for one that is refreshed when nobody reads.
SELECT dbadvisor.register_rule(
	rule => 'schema.matview_no_unique_index',
	title => 'A materialized view cannot be refreshed beside its readers',
	why => 'Without a unique index REFRESH takes an ACCESS EXCLUSIVE lock for as long as the query runs.',
	severity => 'low',
	thresholds => '{"min_rows": 1000}',
	doc => 'A view with fewer than min_rows rows is refreshed before anybody notices. Info where nobody has read it since the counters began. Whether the proposed columns are unique is checked by the query to run before.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_matview_no_unique_index WITH (security_invoker = true) AS
WITH plain AS (
	SELECT t.relid,
		   t.full_name,
		   t.rows,
		   t.scans,
		   (SELECT pg_catalog.quote_ident(a.attname)
			  FROM pg_catalog.pg_attribute a
			  JOIN pg_catalog.pg_stats s
				ON s.schemaname = t.schema_name
			   AND s.tablename = t.table_name
			   AND s.attname = a.attname
			 WHERE a.attrelid = t.relid
			   AND a.attnum > 0
			   AND s.n_distinct = -1
			   AND s.null_frac = 0
			 ORDER BY s.avg_width, a.attnum
			 LIMIT 1) AS key
	  FROM dbadvisor.user_table t
	 WHERE t.relkind = 'm'
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_index i
						WHERE i.indrelid = t.relid
						  AND i.indisunique
						  AND i.indimmediate
						  AND i.indisvalid
						  AND i.indpred IS NULL
						  AND i.indexprs IS NULL)
)
SELECT a.*
  FROM plain p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.matview_no_unique_index',
		   relid => p.relid,
		   severity => CASE WHEN p.scans = 0 THEN 'info' END,
		   title => pg_catalog.format('Create a unique index on %s%s, to refresh it beside its readers', p.full_name, ' (' || p.key || ')'),
		   detail => pg_catalog.format('It has about %s rows. %s', p.rows,
									   COALESCE(pg_catalog.format('By its statistics %s is unique.', p.key), 'By its statistics no single column is unique: two together may be.')),
		   evidence => pg_catalog.jsonb_build_object('rows', p.rows, 'scans', p.scans, 'unique_column', p.key),
		   proof => 'sample',
		   confidence => CASE WHEN p.key IS NULL THEN 0.5 ELSE 0.8 END,
		   precheck_sql => pg_catalog.format('SELECT %1$s, count(*) FROM %2$s GROUP BY %1$s HAVING count(*) > 1', p.key, p.full_name),
		   apply_sql => CASE WHEN p.key IS NOT NULL THEN pg_catalog.format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s)', pg_catalog.left((SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = p.relid), 50) || '_unique', p.full_name, p.key) END,
		   revert_sql => CASE WHEN p.key IS NOT NULL THEN pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p.relid), pg_catalog.left((SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = p.relid), 50) || '_unique') END,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: readers go on; a refresh waits. Cannot run inside a transaction block.') a
 WHERE p.rows >= dbadvisor.threshold('schema.matview_no_unique_index', 'min_rows', p.full_name);
COMMENT ON VIEW dbadvisor.rule_schema_matview_no_unique_index IS
'Materialized views that cannot be refreshed beside their readers';

GRANT SELECT ON dbadvisor.rule_schema_matview_no_unique_index TO dbadvisor_reader;
