-- replication.archiver_failing: WAL is not archived
--
-- Fires where archiving is on and the last attempt failed, not longer than
-- recent_minutes ago, and where there is no command or library to archive with.
-- Each file that is not archived stays in pg_wal.
SELECT dbadvisor.register_rule(
	rule => 'replication.archiver_failing',
	title => 'The archive gets no WAL',
	why => 'What is not archived cannot be restored to, and stays in pg_wal until the disk is full.',
	severity => 'critical',
	thresholds => '{"recent_minutes": 10}',
	doc => 'High where no command is set: that is a way to stop archiving for a while. The server tries three times, a second apart, and again after a minute.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_archiver_failing WITH (security_invoker = true) AS
WITH archiver AS MATERIALIZED (
	SELECT v.*,
		   m.setting AS mode,
		   m.is_idle,
		   v.last_failed_time > COALESCE(v.last_archived_time, '-infinity')
		   AND v.last_failed_time > pg_catalog.clock_timestamp()
									- pg_catalog.make_interval(secs => 60 * dbadvisor.threshold('replication.archiver_failing', 'recent_minutes')::double precision) AS is_failing,
		   dbadvisor.archive_backlog() AS files,
		   (SELECT g.setting::bigint FROM pg_catalog.pg_settings g WHERE g.name = 'wal_segment_size') AS file_bytes
	  FROM pg_catalog.pg_stat_archiver v
	 CROSS JOIN (SELECT pg_catalog.max(g.setting) FILTER (WHERE g.name = 'archive_mode') AS setting,
						pg_catalog.bool_and(g.setting = '') FILTER (WHERE g.name IN ('archive_command', 'archive_library')) AS is_idle
				   FROM pg_catalog.pg_settings g) m
	 WHERE m.setting = 'always'
		OR (m.setting = 'on' AND NOT pg_catalog.pg_is_in_recovery())
)
SELECT a.*
  FROM archiver v
 CROSS JOIN dbadvisor.wal_disk() d
 CROSS JOIN dbadvisor.wal_rate() r
 CROSS JOIN LATERAL (SELECT dbadvisor.hours_until(d.free_bytes, r.bytes_per_second)) h (hours)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.archiver_failing',
		   object_type => 'configuration',
		   object_name => 'archive_mode',
		   severity => CASE WHEN NOT v.is_failing THEN 'high' END,
		   title => CASE WHEN v.is_failing THEN 'Repair archiving: it fails' ELSE 'Set archive_command or archive_library, or switch archive_mode off' END,
		   detail => pg_catalog.concat_ws(' ',
										  CASE
										  WHEN v.is_failing
										  THEN pg_catalog.format('It failed last with %s at %s, %s times since the counters began; %s.', v.last_failed_wal,
																 pg_catalog.to_char(v.last_failed_time, 'YYYY-MM-DD HH24:MI'), v.failed_count,
																 COALESCE('the last success was at ' || pg_catalog.to_char(v.last_archived_time, 'YYYY-MM-DD HH24:MI'), 'nothing was archived before'))
										  ELSE 'Archiving is on, and there is nothing to archive with.'
										  END,
										  CASE WHEN v.files IS NOT NULL THEN pg_catalog.format('%s files wait in pg_wal.', v.files) END,
										  CASE WHEN h.hours IS NOT NULL THEN pg_catalog.format('At %s of WAL a second the disk is full in %s hours.', pg_catalog.pg_size_pretty(r.bytes_per_second::bigint), pg_catalog.round(h.hours::numeric, 1)) END,
										  'The server''s log has the message of the command.'),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'failed_count', v.failed_count,
						   'archived_count', v.archived_count,
						   'last_failed_wal', v.last_failed_wal,
						   'last_failed_at', v.last_failed_time,
						   'last_archived_at', v.last_archived_time,
						   'waiting_files', v.files,
						   'waiting_bytes', v.files * v.file_bytes,
						   'free_bytes', d.free_bytes,
						   'wal_bytes_per_second', pg_catalog.round(r.bytes_per_second::numeric),
						   'wal_rate_basis', r.basis,
						   'hours_to_full_disk', pg_catalog.round(h.hours::numeric, 1),
						   'formula', 'last_failed_time > last_archived_time',
						   'failure_prevented', 'no recovery to a point in time; a full disk')),
		   proof => 'counters',
		   evidence_since => v.stats_reset) a
 WHERE v.is_failing
	OR v.is_idle;
COMMENT ON VIEW dbadvisor.rule_replication_archiver_failing IS
'Archiving of WAL, where it is on and fails or has no command';

GRANT SELECT ON dbadvisor.rule_replication_archiver_failing TO dbadvisor_reader;
