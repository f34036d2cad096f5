-- maintenance.insert_only_not_frozen: a table of which no page is marked visible
--
-- Fires for a table with min_rows rows, mostly inserted, for which autovacuum's
-- limit for inserted rows is switched off: nothing vacuums it until the server
-- must, all at once.  Wrong for a table that is read and dropped within days.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.insert_only_not_frozen',
	title => 'A table that only grows is never vacuumed',
	why => 'Index-only scans visit every row, and one day the server freezes the whole table at once to prevent wraparound.',
	severity => 'low',
	thresholds => '{"min_rows": 1000000, "max_visible_share": 0.5}',
	doc => 'max_visible_share is the share of pages marked all-visible above which something vacuums the table after all.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_insert_only_not_frozen WITH (security_invoker = true) AS
WITH grown AS (
	SELECT v.root,
		   dbadvisor.relation_identity(v.root) AS full_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(COALESCE(NULLIF(v.rows, 0), v.live_rows))::bigint AS rows,
		   pg_catalog.avg(COALESCE(v.visible_share, 0)) AS visible_share,
		   pg_catalog.bool_and(v.options ? 'autovacuum_vacuum_insert_threshold') AS by_table,
		   pg_catalog.string_agg(CASE
								 WHEN v.options ? 'autovacuum_vacuum_insert_threshold'
								 THEN pg_catalog.format('ALTER TABLE %s RESET (autovacuum_vacuum_insert_threshold)', v.full_name)
								 ELSE pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_insert_threshold = 1000)', v.full_name)
								 END, E';\n' ORDER BY v.full_name) AS apply_sql,
		   pg_catalog.string_agg(CASE
								 WHEN v.options ? 'autovacuum_vacuum_insert_threshold'
								 THEN pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_insert_threshold = -1)', v.full_name)
								 ELSE pg_catalog.format('ALTER TABLE %s RESET (autovacuum_vacuum_insert_threshold)', v.full_name)
								 END, E';\n' ORDER BY v.full_name) AS revert_sql
	  FROM dbadvisor.table_vacuum v
	 WHERE v.is_enabled
	   AND v.insert_at IS NULL
	   AND v.relkind = 'r'
	   AND v.rows_updated + v.rows_deleted < v.rows_inserted / 10
	 GROUP BY v.root
)
SELECT a.*
  FROM grown g
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.insert_only_not_frozen',
		   relid => g.root,
		   title => pg_catalog.format('Let autovacuum come to %s for inserted rows', g.full_name),
		   detail => pg_catalog.format('Its %s rows are nearly all inserted and not changed, and the limit for inserted rows is off%s. %s %% of its pages are marked all-visible.',
									   g.rows,
									   CASE WHEN g.by_table THEN ' for the table' ELSE ' for the server' END,
									   pg_catalog.round(100 * g.visible_share::numeric)),
		   evidence => pg_catalog.jsonb_build_object('rows', g.rows, 'visible_share', pg_catalog.round(g.visible_share::numeric, 3)),
		   proof => 'counters',
		   confidence => 0.9,
		   affected_count => g.tables,
		   apply_sql => g.apply_sql,
		   revert_sql => g.revert_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock for a moment: reads and writes go on. Autovacuum then comes for inserted rows, too.') a
 WHERE g.rows >= dbadvisor.threshold('maintenance.insert_only_not_frozen', 'min_rows', g.full_name)
   AND g.visible_share < dbadvisor.threshold('maintenance.insert_only_not_frozen', 'max_visible_share', g.full_name)::double precision;
COMMENT ON VIEW dbadvisor.rule_maintenance_insert_only_not_frozen IS
'Tables that only grow and for which autovacuum does not come';

GRANT SELECT ON dbadvisor.rule_maintenance_insert_only_not_frozen TO dbadvisor_reader;
