-- maintenance.vacuum_due: a table that waits for autovacuum far too long
--
-- Fires for a table whose dead rows, or rows inserted since the last VACUUM, are
-- min_factor times what autovacuum comes for, by the settings of the table, and
-- that nobody has vacuumed for min_hours or is vacuuming now.  The plain number
-- of dead rows says nothing: the limit grows with the table.  Wrong shortly after
-- a large load or deletion.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.vacuum_due',
	title => 'A table waits for autovacuum far too long',
	why => 'Dead rows are read by every scan and keep the table growing; unvacuumed pages cost index-only scans their advantage.',
	severity => 'medium',
	thresholds => '{"min_factor": 2, "min_dead_rows": 10000, "min_hours": 24, "high_factor": 10}',
	doc => 'min_dead_rows is the number of dead or newly inserted rows from which it fires, high_factor the factor from which it is high. Low for a table that was never vacuumed: it may be younger than min_hours. Where a transaction, slot or standby keeps rows alive, VACUUM cannot remove them: maintenance.horizon_held says so.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_vacuum_due WITH (security_invoker = true) AS
WITH due AS MATERIALIZED (
	SELECT v.*,
		   v.dead_rows / v.vacuum_at AS dead_factor,
		   COALESCE(v.rows_inserted_since_vacuum / v.insert_at, 0) AS insert_factor
	  FROM dbadvisor.table_vacuum v
	 WHERE v.is_enabled
	   AND (v.dead_rows > v.vacuum_at OR v.rows_inserted_since_vacuum > v.insert_at)
	   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.relid = v.relid)
), late AS (
	SELECT d.root,
		   dbadvisor.relation_identity(d.root) AS full_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(d.dead_rows)::bigint AS dead_rows,
		   pg_catalog.sum(d.live_rows)::bigint AS live_rows,
		   pg_catalog.sum(d.rows_inserted_since_vacuum)::bigint AS inserted,
		   pg_catalog.max(d.dead_factor) AS dead_factor,
		   pg_catalog.max(d.insert_factor) AS insert_factor,
		   pg_catalog.min(COALESCE(d.vacuumed_at, '-infinity')) AS vacuumed_at,
		   pg_catalog.string_agg(pg_catalog.format('VACUUM (ANALYZE) %s', d.full_name), E';\n' ORDER BY d.full_name) AS apply_sql
	  FROM due d
	 WHERE (d.dead_factor >= dbadvisor.threshold('maintenance.vacuum_due', 'min_factor', d.full_name)::double precision
			AND d.dead_rows >= dbadvisor.threshold('maintenance.vacuum_due', 'min_dead_rows', d.full_name)
			OR d.insert_factor >= dbadvisor.threshold('maintenance.vacuum_due', 'min_factor', d.full_name)::double precision
			AND d.rows_inserted_since_vacuum >= dbadvisor.threshold('maintenance.vacuum_due', 'min_dead_rows', d.full_name))
	   AND COALESCE(d.vacuumed_at, '-infinity') <= pg_catalog.now() - pg_catalog.make_interval(
			   secs => dbadvisor.threshold('maintenance.vacuum_due', 'min_hours', d.full_name)::double precision * 3600)
	 GROUP BY d.root
)
SELECT a.*
  FROM late l
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.vacuum_due',
		   relid => l.root,
		   severity => CASE
					   WHEN l.vacuumed_at = '-infinity' THEN 'low'
					   WHEN GREATEST(l.dead_factor, l.insert_factor) >= dbadvisor.threshold('maintenance.vacuum_due', 'high_factor', l.full_name)::double precision THEN 'high'
					   END,
		   title => pg_catalog.format('Vacuum %s: autovacuum should have come long ago', l.full_name),
		   detail => pg_catalog.format('%s dead rows beside %s live ones, %s times what autovacuum comes for; %s rows inserted since the last VACUUM. %s',
									   l.dead_rows, l.live_rows,
									   pg_catalog.round(l.dead_factor::numeric, 1),
									   l.inserted,
									   CASE
									   WHEN NOT pg_catalog.current_setting('autovacuum')::boolean THEN 'Autovacuum is off for the server.'
									   ELSE 'Autovacuum is behind: see its workers, cost limit and what it is held up by.'
									   END),
		   evidence => pg_catalog.jsonb_build_object(
						   'dead_rows', l.dead_rows,
						   'live_rows', l.live_rows,
						   'rows_inserted_since_vacuum', l.inserted,
						   'dead_factor', pg_catalog.round(l.dead_factor::numeric, 2),
						   'insert_factor', pg_catalog.round(l.insert_factor::numeric, 2),
						   'vacuumed_at', NULLIF(l.vacuumed_at, '-infinity')),
		   proof => 'counters',
		   confidence => 0.9,
		   evidence_since => dbadvisor.usage_since(),
		   affected_count => l.tables,
		   apply_sql => l.apply_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. Reads the pages that changed and the indexes; cannot run inside a transaction block.') a;
COMMENT ON VIEW dbadvisor.rule_maintenance_vacuum_due IS
'Tables that autovacuum should have come to long ago';

GRANT SELECT ON dbadvisor.rule_maintenance_vacuum_due TO dbadvisor_reader;
