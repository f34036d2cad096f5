-- maintenance.scale_factor_large_table: a limit for autovacuum that a large
-- table reaches too seldom
--
-- Fires for a table that is updated or deleted from and whose settings let more
-- than max_dead_rows dead rows come together before autovacuum comes.  The new
-- scale factor is computed from the rows of the table.  From PostgreSQL 18 the
-- server caps the limit, which is counted.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.scale_factor_large_table',
	title => 'Autovacuum comes too seldom to a large table',
	why => 'The limit is a share of the rows: a large table waits for millions of dead ones, and then the cleaning takes hours.',
	severity => 'low',
	thresholds => '{"max_dead_rows": 5000000, "target_dead_rows": 1000000, "min_rows_dead": 10000}',
	doc => 'max_dead_rows is the limit from which it fires, target_dead_rows what the new scale factor aims at. min_rows_dead is the number of rows updated or deleted, by the counters, below which a table is left alone.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_scale_factor_large_table WITH (security_invoker = true) AS
WITH dying AS MATERIALIZED (
	SELECT v.*
	  FROM dbadvisor.table_vacuum v
	 WHERE v.is_enabled
	   AND v.vacuum_scale > 0
	   AND v.rows > 0
	   AND v.rows_updated + v.rows_deleted > 0
), slow AS (
	SELECT v.*,
		   GREATEST(pg_catalog.round((dbadvisor.threshold('maintenance.scale_factor_large_table', 'target_dead_rows', v.full_name) / v.rows::numeric)::numeric, 4), 0.0001) AS factor
	  FROM dying v
	 WHERE LEAST(v.vacuum_at, v.vacuum_scale * v.rows) > dbadvisor.threshold('maintenance.scale_factor_large_table', 'max_dead_rows', v.full_name)::double precision
	   AND v.rows_updated + v.rows_deleted >= dbadvisor.threshold('maintenance.scale_factor_large_table', 'min_rows_dead', v.full_name)
), told AS (
	SELECT s.root,
		   dbadvisor.relation_identity(s.root) AS full_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(s.rows)::bigint AS rows,
		   pg_catalog.max(s.vacuum_at)::bigint AS vacuum_at,
		   pg_catalog.sum(s.rows_updated + s.rows_deleted)::bigint AS rows_died,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = %s)', s.full_name, s.factor), E';\n' ORDER BY s.full_name) AS apply_sql,
		   pg_catalog.string_agg(CASE
								 WHEN s.options ? 'autovacuum_vacuum_scale_factor'
								 THEN pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = %s)', s.full_name, s.options ->> 'autovacuum_vacuum_scale_factor')
								 ELSE pg_catalog.format('ALTER TABLE %s RESET (autovacuum_vacuum_scale_factor)', s.full_name)
								 END, E';\n' ORDER BY s.full_name) AS revert_sql
	  FROM slow s
	 GROUP BY s.root
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.scale_factor_large_table',
		   relid => t.root,
		   title => pg_catalog.format('Have autovacuum come to %s more often', t.full_name),
		   detail => pg_catalog.format('It waits for %s dead rows; %s rows were updated or deleted since the counters began.', t.vacuum_at, t.rows_died),
		   evidence => pg_catalog.jsonb_build_object('rows', t.rows, 'vacuum_at_dead_rows', t.vacuum_at, 'rows_updated_or_deleted', t.rows_died),
		   proof => 'counters',
		   confidence => 0.8,
		   evidence_since => dbadvisor.usage_since(),
		   affected_count => t.tables,
		   apply_sql => t.apply_sql,
		   revert_sql => t.revert_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock for a moment: reads and writes go on. Autovacuum then comes more often, for less work each time.') a;
COMMENT ON VIEW dbadvisor.rule_maintenance_scale_factor_large_table IS
'Large tables to which autovacuum comes too seldom';

GRANT SELECT ON dbadvisor.rule_maintenance_scale_factor_large_table TO dbadvisor_reader;
