-- settings.maintenance_work_mem_small: VACUUM reads the indexes more than once
--
-- Fires where a vacuum was seen in its second pass over the indexes, now or in a
-- sample of history; and before PostgreSQL 17 also for a table whose dead rows at
-- the limit of autovacuum do not fit, with six bytes for each.  From 17 on what a
-- row takes depends on where it is, so only what was seen counts.
SELECT dbadvisor.register_rule(
	rule => 'settings.maintenance_work_mem_small',
	title => 'VACUUM has to read all indexes of a table more than once',
	why => 'When its memory is full it cleans all indexes of the table, empties the memory and goes on: a large table then takes hours.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 0, "max_memory_share": 0.0625, "most_bytes": 1073741824}',
	doc => 'Proposed is what the dead rows need and a fifth more, or four times what there is where that is not known; a sixteenth of the memory at most, which autovacuum_max_workers share out, and no more than most_bytes: before PostgreSQL 17 VACUUM uses no more than 1 GB.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_maintenance_work_mem_small WITH (security_invoker = true) AS
WITH present AS MATERIALIZED (
	SELECT m.bytes,
		   CASE WHEN dbadvisor.setting_bytes('autovacuum_work_mem') >= 0 THEN 'autovacuum_work_mem' ELSE 'maintenance_work_mem' END AS setting,
		   LEAST(dbadvisor.host_number('memory') * dbadvisor.threshold('settings.maintenance_work_mem_small', 'max_memory_share')::double precision,
				 dbadvisor.threshold('settings.maintenance_work_mem_small', 'most_bytes')::double precision) AS most
	  FROM dbadvisor.vacuum_memory() m (bytes)
), large AS (
	SELECT v.full_name,
		   v.vacuum_at,
		   -- sizeof(ItemPointerData)
		   6 * v.vacuum_at AS bytes
	  FROM dbadvisor.table_vacuum v
	 WHERE pg_catalog.current_setting('server_version_num')::integer < 170000
	   AND v.rows_updated + v.rows_deleted > 0
	 ORDER BY v.vacuum_at DESC, v.full_name
	 LIMIT 1
), seen AS MATERIALIZED (
	SELECT GREATEST(s.peak, (SELECT pg_catalog.max(v.index_vacuum_count) FROM pg_catalog.pg_stat_progress_vacuum v)) AS passes,
		   s.since
	  FROM dbadvisor.server_samples('settings.maintenance_work_mem_small', 'index_vacuum_passes') s
), wanted AS (
	SELECT p.*,
		   s.passes,
		   s.since,
		   l.full_name,
		   l.vacuum_at,
		   LEAST(GREATEST(1.2 * l.bytes, CASE WHEN s.passes > 1 THEN 4 * p.bytes ELSE 0 END), p.most) AS wanted,
		   s.passes > 1 AS is_seen
	  FROM present p
	 CROSS JOIN seen s
	  LEFT JOIN large l ON l.bytes > p.bytes
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.maintenance_work_mem_small',
		   setting => w.setting,
		   recommended => dbadvisor.megabytes_text(w.wanted),
		   title => pg_catalog.format('Raise %s to {value}', w.setting),
		   detail => pg_catalog.concat_ws(' ',
										  CASE WHEN w.is_seen THEN pg_catalog.format('A vacuum went over the indexes of its table %s times.', w.passes) END,
										  CASE WHEN w.full_name IS NOT NULL THEN pg_catalog.format('Autovacuum comes to %s when it has %s dead rows, which do not fit into %s.',
																								  w.full_name, pg_catalog.round(w.vacuum_at), pg_catalog.pg_size_pretty(w.bytes::bigint)) END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'index_passes', w.passes,
						   'dead_rows', pg_catalog.round(w.vacuum_at),
						   'table', w.full_name,
						   'present_bytes', w.bytes,
						   'formula', CASE WHEN w.full_name IS NOT NULL THEN 'dead rows * 6 * 1.2' ELSE 'four times what there is' END,
						   'failure_prevented', 'a VACUUM that takes hours while dead rows come together')),
		   effect => pg_catalog.format('Each of %s workers of autovacuum may take so much.', pg_catalog.current_setting('autovacuum_max_workers')),
		   confidence => CASE WHEN w.is_seen THEN 0.9 ELSE 0.8 END,
		   evidence_since => w.since) a
 WHERE w.wanted > 1.2 * w.bytes;
COMMENT ON VIEW dbadvisor.rule_settings_maintenance_work_mem_small IS
'maintenance_work_mem or autovacuum_work_mem, where VACUUM goes over indexes more than once';

GRANT SELECT ON dbadvisor.rule_settings_maintenance_work_mem_small TO dbadvisor_reader;
