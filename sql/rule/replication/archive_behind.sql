-- replication.archive_behind: the archive is slower than the WAL
--
-- Fires where archiving works and more files wait than are written in
-- max_behind_seconds at the measured rate, and than min_files.
SELECT dbadvisor.register_rule(
	rule => 'replication.archive_behind',
	title => 'The archive is behind',
	why => 'What waits is lost with the server, and takes place in pg_wal.',
	severity => 'high',
	thresholds => '{"min_files": 20, "max_behind_seconds": 300}',
	doc => 'max_behind_seconds is what may be lost (the recovery point). Without a measured rate min_files alone counts. Archiving in parallel is what backup programs offer: archive-async of pgBackRest and the like.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_archive_behind WITH (security_invoker = true) AS
WITH archiver AS MATERIALIZED (
	SELECT b.files,
		   b.files * g.setting::bigint AS bytes,
		   r.*,
		   v.last_archived_time,
		   v.stats_reset
	  FROM pg_catalog.pg_stat_archiver v
	 CROSS JOIN dbadvisor.archive_backlog() b (files)
	 CROSS JOIN dbadvisor.wal_rate() r
	  JOIN pg_catalog.pg_settings g ON g.name = 'wal_segment_size'
	 WHERE pg_catalog.current_setting('archive_mode') <> 'off'
	   AND COALESCE(v.last_archived_time, '-infinity') >= COALESCE(v.last_failed_time, '-infinity')
	   AND b.files >= dbadvisor.threshold('replication.archive_behind', 'min_files')
)
SELECT a.*
  FROM archiver v
 CROSS JOIN LATERAL (SELECT v.bytes / NULLIF(v.bytes_per_second, 0)) s (seconds)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.archive_behind',
		   object_type => 'configuration',
		   object_name => 'archive_command',
		   title => pg_catalog.format('Make archiving faster: %s files of WAL wait', v.files),
		   detail => pg_catalog.format('%s of WAL are not archived%s; the last file was at %s.', pg_catalog.pg_size_pretty(v.bytes),
									   COALESCE(pg_catalog.format(', what is written in %s s', pg_catalog.round(s.seconds::numeric)), ''),
									   COALESCE(pg_catalog.to_char(v.last_archived_time, 'YYYY-MM-DD HH24:MI:SS'), 'no time that the counters know')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'waiting_files', v.files,
						   'waiting_bytes', v.bytes,
						   'behind_s', pg_catalog.round(s.seconds::numeric),
						   'wal_bytes_per_second', pg_catalog.round(v.bytes_per_second::numeric),
						   'wal_rate_basis', v.basis,
						   'last_archived_at', v.last_archived_time,
						   'formula', 'files * wal_segment_size / rate > max_behind_seconds',
						   'failure_prevented', 'transactions that no restore brings back')),
		   proof => 'counters',
		   evidence_since => v.stats_reset) a
 WHERE s.seconds IS NULL
	OR s.seconds > dbadvisor.threshold('replication.archive_behind', 'max_behind_seconds')::double precision;
COMMENT ON VIEW dbadvisor.rule_replication_archive_behind IS
'Archiving of WAL, where more waits than may be lost';

GRANT SELECT ON dbadvisor.rule_replication_archive_behind TO dbadvisor_reader;
