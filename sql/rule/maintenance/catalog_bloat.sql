-- maintenance.catalog_bloat: system catalogs full of dead rows
--
-- Fires for a system catalog of which a sample of pages shows that most is empty
-- or dead.  It comes from temporary tables and other objects that are made and
-- dropped all the time; how many rows went through is told.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.catalog_bloat',
	title => 'A system catalog is bloated',
	why => 'Every session reads it when it starts and plans: all statements become slower at once.',
	severity => 'medium',
	thresholds => '{"min_wasted_bytes": 67108864, "min_wasted_share": 0.5, "max_pages": 1000}',
	doc => 'Temporary tables in a hot path are the usual cause: each writes a row per column into pg_attribute. Arrays, CTEs or an unlogged table that stays do without.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_catalog_bloat WITH (security_invoker = true) AS
WITH large AS MATERIALIZED (
	SELECT c.oid,
		   dbadvisor.relation_identity(c.oid) AS name,
		   m.*
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL dbadvisor.page_sample(c.oid, dbadvisor.threshold('maintenance.catalog_bloat', 'max_pages')::integer) m
	 WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
	   AND c.relkind = 'r'
	   AND c.relpages::bigint * pg_catalog.current_setting('block_size')::integer >= dbadvisor.threshold('maintenance.catalog_bloat', 'min_wasted_bytes')
)
SELECT a.*
  FROM large l
 CROSS JOIN LATERAL (SELECT l.size_bytes - l.fresh_bytes_high) w (bytes)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.catalog_bloat',
		   relid => l.oid,
		   title => pg_catalog.format('%s is bloated: %s %% of it is empty', l.name, pg_catalog.round(100 * w.bytes::numeric / l.size_bytes)),
		   detail => pg_catalog.format('It takes %s, its rows about %s. %s rows were inserted into it since the counters began, and %s into pg_attribute: find what makes and drops objects all the time.',
									   pg_catalog.pg_size_pretty(l.size_bytes),
									   pg_catalog.pg_size_pretty(l.fresh_bytes),
									   pg_catalog.pg_stat_get_tuples_inserted(l.oid),
									   pg_catalog.pg_stat_get_tuples_inserted('pg_catalog.pg_attribute'::pg_catalog.regclass)),
		   evidence => pg_catalog.jsonb_build_object(
						   'size_bytes', l.size_bytes,
						   'measured_fresh_bytes', l.fresh_bytes,
						   'dead_bytes', l.dead_bytes,
						   'kept_bytes', l.kept_bytes,
						   'rows_inserted', pg_catalog.pg_stat_get_tuples_inserted(l.oid),
						   'pages_sampled', l.pages_sampled),
		   benefit_bytes => w.bytes,
		   proof => 'sample',
		   confidence => 0.9,
		   evidence_since => dbadvisor.usage_since(),
		   apply_sql => pg_catalog.format('VACUUM (ANALYZE) %s', l.name),
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: others go on; makes the space usable again. VACUUM FULL gives it back, but locks out everybody meanwhile.') a
 WHERE w.bytes >= dbadvisor.threshold('maintenance.catalog_bloat', 'min_wasted_bytes', l.name)
   AND w.bytes >= dbadvisor.threshold('maintenance.catalog_bloat', 'min_wasted_share', l.name) * l.size_bytes;
COMMENT ON VIEW dbadvisor.rule_maintenance_catalog_bloat IS
'System catalogs that are mostly empty or dead';

GRANT SELECT ON dbadvisor.rule_maintenance_catalog_bloat TO dbadvisor_reader;
