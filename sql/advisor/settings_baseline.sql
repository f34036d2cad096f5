-- settings_baseline(): where a new server begins, before anything was measured.
--
-- Only what the machine decides is computed.  What depends on the workload stays at
-- the server's default until a rule of settings.* has measured it, and the remark
-- names that rule: labels such as "web" or "warehouse" are no measurement.

CREATE OR REPLACE FUNCTION dbadvisor.settings_baseline(
	connections integer DEFAULT NULL,
	OUT setting text,
	OUT value text,
	OUT current_value text,
	OUT remark text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH machine AS MATERIALIZED (
		SELECT dbadvisor.host_number('memory') AS memory,
			   GREATEST(dbadvisor.host_number('cores'), 1) AS cores,
			   COALESCE(settings_baseline.connections, pg_catalog.current_setting('max_connections')::integer)::double precision AS sessions,
			   -- a virtual disk that says it rotates is not believed
			   (SELECT CASE WHEN h.confidence >= 0.5 THEN h.value = 'on' END
				  FROM dbadvisor.host h
				 WHERE h.fact = 'rotational'
				   AND h.object = 'data_directory') AS rotates
	), derived AS MATERIALIZED (
		SELECT m.*,
			   m.memory / 4 AS shared,
			   LEAST(m.memory / 16, 1073741824) AS maintenance,
			   LEAST(m.sessions, 4 * m.cores) AS active,
			   pg_catalog.ceil(m.cores)::integer AS whole_cores
		  FROM machine m
	), room AS (
		SELECT d.*,
			   -- the default number of workers of autovacuum
			   dbadvisor.work_mem_room(d.memory, d.shared, 3 * d.maintenance, d.sessions, d.active) AS work
		  FROM derived d
	)
	SELECT v.setting,
		   COALESCE(v.value, (SELECT CASE WHEN g.vartype IN ('integer', 'real') THEN dbadvisor.setting_text(g.boot_val::numeric, g.unit) ELSE g.boot_val END FROM pg_catalog.pg_settings g WHERE g.name = v.setting)),
		   (SELECT CASE WHEN g.vartype IN ('integer', 'real') THEN dbadvisor.setting_text(g.reset_val::numeric, g.unit) ELSE g.reset_val END FROM pg_catalog.pg_settings g WHERE g.name = v.setting),
		   v.remark
	  FROM room r
	 CROSS JOIN LATERAL (VALUES
		(1, 'max_connections', settings_baseline.connections::text, 'as asked for, or the default; settings.connections_unused and architecture.pooler_due measure'),
		(2, 'shared_buffers', dbadvisor.megabytes_text(r.shared), 'a quarter of the memory; settings.shared_buffers_size measures'),
		(3, 'effective_cache_size', dbadvisor.megabytes_text(0.75 * r.memory), 'three quarters of the memory'),
		(4, 'maintenance_work_mem', dbadvisor.megabytes_text(r.maintenance), 'a sixteenth of the memory, 1 GB at most: VACUUM used no more before PostgreSQL 17, and each worker of autovacuum may take it; settings.maintenance_work_mem_small measures'),
		(5, 'work_mem', CASE WHEN r.work >= 1048576 THEN dbadvisor.megabytes_text(r.work) END,
		 CASE
		 WHEN r.work >= 1048576 THEN 'room for a sort and a hash in four sessions for each core, the most that work at a time; settings.work_mem_spills and settings.memory_overcommitted measure'
		 ELSE 'the memory has no room for so many sessions, so the default: let clients share connections'
		 END),
		(6, 'wal_buffers', NULL, 'the server takes a 32nd of shared_buffers, 16 MB at most; settings.wal_buffers_full measures'),
		(7, 'min_wal_size', NULL, 'settings.wal_files_created measures'),
		(8, 'max_wal_size', NULL, 'follows from the rate of WAL, which is not known yet: settings.checkpoints_requested computes it'),
		(9, 'checkpoint_completion_target', NULL, 'the default'),
		(10, 'default_statistics_target', NULL, 'raised for single columns, where the planner is wrong: statistics.target_too_low'),
		(11, 'random_page_cost', CASE WHEN NOT r.rotates THEN '1.1' END, 'by the kind of storage, where it is known; settings.random_page_cost measures'),
		(12, 'effective_io_concurrency', CASE WHEN NOT r.rotates AND pg_catalog.current_setting('server_version_num')::integer < 180000 THEN '200' END, 'by the kind of storage, where it is known; from PostgreSQL 18 on the default is right for most'),
		(13, 'max_worker_processes', GREATEST(8, r.whole_cores + 4)::text, 'one for each core and four that stay; never less than the default'),
		(14, 'max_parallel_workers', GREATEST(2, r.whole_cores)::text, 'one for each core; settings.parallel_workers_short measures'),
		(15, 'max_parallel_workers_per_gather', NULL, 'more for one query is less for the others: raise it for the role that runs reports'),
		(16, 'max_parallel_maintenance_workers', GREATEST(2, LEAST(4, r.whole_cores / 2))::text, 'half of the cores, four at most'),
		(17, 'huge_pages', NULL, 'used where the machine has set them aside: settings.huge_pages_unused says how many'),
		(18, 'jit', NULL, 'switched off where it costs more than it brings: query.jit_cost'),
		(19, 'wal_compression', NULL, 'costs CPU and saves WAL, which settings.wal_page_images measures'),
		(20, 'autovacuum_max_workers', NULL, 'more workers share the same limit: settings.autovacuum_saturated raises that first'),
		(21, 'wal_level', NULL, 'minimal takes away backups by streaming, archiving and standbys')) v (place, setting, value, remark)
	 ORDER BY v.place;
$$;
COMMENT ON FUNCTION dbadvisor.settings_baseline(integer) IS
'Values to begin with on this machine, or on one that dbadvisor.host_memory, host_cores and host_storage describe, for so many connections: what the machine decides, and the default of what depends on the workload, with the rule that measures it';

REVOKE ALL ON FUNCTION dbadvisor.settings_baseline(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.settings_baseline(integer) TO dbadvisor_reader;
