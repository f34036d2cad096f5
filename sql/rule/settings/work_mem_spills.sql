-- settings.work_mem_spills: many statements write temporary files
--
-- Fires where this database writes more than max_bytes_per_hour of temporary files,
-- the memory has room for a larger work_mem, and no few statements write nearly all
-- of it: those are named by query.temp_spill, and their roles are given more.
SELECT dbadvisor.register_rule(
	rule => 'settings.work_mem_spills',
	title => 'Sorts and hashes of many statements go to disk',
	why => 'What does not fit into work_mem is written and read again, which takes a multiple of the time.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_bytes_per_hour": 1073741824, "file_factor": 3, "few_statements": 3, "max_few_share": 0.8}',
	doc => 'Proposed is file_factor times the mean temporary file, as far as the memory allows by dbadvisor.memory_budget(): four fifths of it, less shared_buffers, the memory of autovacuum and 10 MB for each session, over a sort and a hash in each session that is at work in 95 of 100 samples. few_statements that write max_few_share of the bytes are left to query.temp_spill.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_work_mem_spills WITH (security_invoker = true) AS
WITH spilled AS MATERIALIZED (
	SELECT (t.figures ->> 'temp_bytes')::double precision AS bytes,
		   (t.figures ->> 'temp_bytes')::double precision / t.seconds * 3600 AS bytes_per_hour,
		   (t.figures ->> 'temp_bytes')::double precision / NULLIF((t.figures ->> 'temp_files')::double precision, 0) AS file_bytes,
		   t.since
	  FROM dbadvisor.server_totals('settings.work_mem_spills', 'database') t
), pressed AS MATERIALIZED (
	SELECT s.*
	  FROM spilled s
	 WHERE s.bytes_per_hour > dbadvisor.threshold('settings.work_mem_spills', 'max_bytes_per_hour')::double precision
), few AS (
	SELECT pg_catalog.sum(q.blocks) * pg_catalog.current_setting('block_size')::integer AS bytes
	  FROM (SELECT pg_catalog.sum(h.temp_blks_written) AS blocks
			  FROM pressed p
			  JOIN dbadvisor.history_statement h ON h.since >= p.since
			 WHERE h.toplevel
			 GROUP BY h.queryid
			 ORDER BY 1 DESC
			 LIMIT dbadvisor.threshold('settings.work_mem_spills', 'few_statements')::integer) q
), budget AS MATERIALIZED (
	SELECT p.*,
		   b.*,
		   n.high AS sessions,
		   w.high AS active,
		   dbadvisor.setting_bytes('work_mem') AS present,
		   LEAST(b.work_mem_bytes, p.file_bytes * dbadvisor.threshold('settings.work_mem_spills', 'file_factor')::double precision) AS wanted
	  FROM pressed p
	 CROSS JOIN few f
	 CROSS JOIN dbadvisor.server_samples('settings.work_mem_spills', 'sessions') n
	 CROSS JOIN dbadvisor.server_samples('settings.work_mem_spills', 'active_sessions') w
	 CROSS JOIN LATERAL dbadvisor.memory_budget(n.high, GREATEST(w.high, 1)) b
	 WHERE COALESCE(f.bytes, 0) < p.bytes * dbadvisor.threshold('settings.work_mem_spills', 'max_few_share')::double precision
)
SELECT a.*
  FROM budget b
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.work_mem_spills',
		   setting => 'work_mem',
		   recommended => dbadvisor.megabytes_text(b.wanted),
		   title => 'Raise work_mem to {value}',
		   detail => pg_catalog.format('%s of temporary files an hour, %s each on average, from many statements. The memory has room for %s.', pg_catalog.pg_size_pretty(b.bytes_per_hour::bigint),
									   pg_catalog.pg_size_pretty(b.file_bytes::bigint), pg_catalog.pg_size_pretty(b.work_mem_bytes::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'temp_bytes_per_hour', pg_catalog.round(b.bytes_per_hour::numeric),
						   'temp_file_bytes', pg_catalog.round(b.file_bytes::numeric),
						   'memory_bytes', b.memory_bytes,
						   'sessions', b.sessions,
						   'active_sessions', b.active,
						   'work_mem_room_bytes', pg_catalog.round(b.work_mem_bytes::numeric),
						   'formula', 'least(file_factor * mean temporary file, (0.8 * memory - shared_buffers - autovacuum_max_workers * its memory - sessions * 10 MB) / (active sessions * (1 + hash_mem_multiplier)))',
						   'failure_prevented', 'sorts and hashes that go through the disk'),
		   effect => 'Each sort and hash may take so much memory.',
		   confidence => b.memory_confidence * 0.9,
		   evidence_since => b.since) a
 WHERE b.wanted > 1.5 * b.present
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.work_mem_spills') n;
COMMENT ON VIEW dbadvisor.rule_settings_work_mem_spills IS
'work_mem, where many statements write temporary files, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_work_mem_spills TO dbadvisor_reader;
