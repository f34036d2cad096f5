-- maintenance.autovacuum_off: nobody cleans up
--
-- Fires where autovacuum or the counters that it needs are off for the server,
-- and for tables that are written and have it switched off for themselves.  A
-- table of partitions is told once.  Wrong for a table that a job of yours
-- vacuums: then suppress it there.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.autovacuum_off',
	title => 'Autovacuum is switched off',
	why => 'Dead rows pile up, statistics grow old, and nothing freezes rows before the server has to force it.',
	severity => 'medium',
	thresholds => '{"min_rows": 10000}',
	doc => 'Critical for the server as a whole; for a table high when more dead rows have come together than ten times autovacuum''s limit. Tables that had fewer than min_rows rows and changes are left alone.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_autovacuum_off WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.unnest(ARRAY['autovacuum', 'track_counts']) s (name)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'maintenance.autovacuum_off',
		   setting => s.name,
		   recommended => 'on',
		   severity => 'critical',
		   title => pg_catalog.format('Switch %s on for the server', s.name),
		   detail => pg_catalog.format('%s is off: no table of any database is vacuumed or analyzed by itself.', s.name),
		   evidence => '{}',
		   effect => 'Autovacuum begins with what has come together, within its cost limit.',
		   proof => 'catalog',
		   confidence => 1.0,
		   always => true) a
 WHERE NOT pg_catalog.current_setting(s.name)::boolean
 UNION ALL
SELECT a.*
  FROM (SELECT v.root,
			   dbadvisor.relation_identity(v.root) AS full_name,
			   pg_catalog.count(*)::integer AS tables,
			   pg_catalog.sum(v.rows)::bigint AS rows,
			   pg_catalog.sum(v.dead_rows)::bigint AS dead_rows,
			   pg_catalog.max(v.dead_rows / v.vacuum_at) AS factor,
			   pg_catalog.max(v.vacuumed_at) AS vacuumed_at,
			   pg_catalog.max(v.xid_age) AS xid_age,
			   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s RESET (autovacuum_enabled)', v.full_name), E';\n' ORDER BY v.full_name) AS apply_sql,
			   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s SET (autovacuum_enabled = off)', v.full_name), E';\n' ORDER BY v.full_name) AS revert_sql
		  FROM dbadvisor.table_vacuum v
		 WHERE NOT v.is_enabled
		 GROUP BY v.root
		HAVING GREATEST(pg_catalog.sum(v.rows), pg_catalog.sum(v.rows_updated + v.rows_deleted))
			   >= dbadvisor.threshold('maintenance.autovacuum_off', 'min_rows', dbadvisor.relation_identity(v.root))::double precision) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.autovacuum_off',
		   relid => t.root,
		   severity => CASE WHEN t.factor >= 10 THEN 'high' END,
		   title => pg_catalog.format('Let autovacuum care for %s again', t.full_name),
		   detail => pg_catalog.format('It is switched off for the table%s. %s dead rows have come together; it was last vacuumed %s.',
									   CASE WHEN t.tables > 1 THEN pg_catalog.format(' in %s partitions', t.tables) ELSE '' END,
									   t.dead_rows,
									   COALESCE('at ' || pg_catalog.to_char(t.vacuumed_at, 'YYYY-MM-DD HH24:MI'), 'never, as far as the counters know')),
		   evidence => pg_catalog.jsonb_build_object(
						   'rows', t.rows,
						   'dead_rows', t.dead_rows,
						   'vacuumed_at', t.vacuumed_at,
						   'xid_age', t.xid_age),
		   affected_count => t.tables,
		   proof => 'counters',
		   evidence_since => dbadvisor.usage_since(),
		   apply_sql => t.apply_sql,
		   revert_sql => t.revert_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock for a moment: reads and writes go on. Autovacuum comes when its limits say so.') a;
COMMENT ON VIEW dbadvisor.rule_maintenance_autovacuum_off IS
'The server or tables without autovacuum';

GRANT SELECT ON dbadvisor.rule_maintenance_autovacuum_off TO dbadvisor_reader;
