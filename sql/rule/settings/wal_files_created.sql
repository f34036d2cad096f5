-- settings.wal_files_created: files of WAL are made new again and again
--
-- Fires where more than max_files_per_hour files of WAL were made instead of used
-- again, while min_wal_size is less than what pg_wal has.  What is made is counted
-- from PostgreSQL 18 on.
SELECT dbadvisor.register_rule(
	rule => 'settings.wal_files_created',
	title => 'Files of WAL are removed and made again',
	why => 'A new file is filled with zeros and waited for, often while a session wants to write into it.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_files_per_hour": 60}',
	min_version => 180000,
	doc => 'min_wal_size is what checkpoints leave of old files to be used again. Proposed is what pg_wal has now, max_wal_size at most. WAL that slots keep makes new files as well: then see to the slots.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_wal_files_created WITH (security_invoker = true) AS
WITH made AS MATERIALIZED (
	SELECT pg_catalog.sum((t.figures ->> 'write_bytes')::double precision) / dbadvisor.setting_bytes('wal_segment_size') * 3600 / t.seconds AS per_hour,
		   t.since
	  FROM dbadvisor.server_totals('settings.wal_files_created', 'io') t
	 WHERE t.name LIKE '%/wal/init'
	 GROUP BY t.since, t.seconds
), wanted AS (
	SELECT m.*,
		   d.wal_bytes,
		   dbadvisor.setting_bytes('min_wal_size') AS least,
		   LEAST(d.wal_bytes, dbadvisor.setting_bytes('max_wal_size')) AS bytes
	  FROM made m
	 CROSS JOIN dbadvisor.wal_disk() d
	 WHERE m.per_hour > dbadvisor.threshold('settings.wal_files_created', 'max_files_per_hour')::double precision
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.wal_files_created',
		   setting => 'min_wal_size',
		   recommended => dbadvisor.megabytes_text(w.bytes),
		   title => 'Raise min_wal_size to {value}, so that files of WAL are used again',
		   detail => pg_catalog.format('%s files an hour were made; pg_wal has %s.', pg_catalog.round(w.per_hour::numeric), pg_catalog.pg_size_pretty(w.wal_bytes)),
		   evidence => pg_catalog.jsonb_build_object(
						   'files_per_hour', pg_catalog.round(w.per_hour::numeric),
						   'wal_bytes', w.wal_bytes,
						   'formula', 'least(size of pg_wal, max_wal_size)',
						   'failure_prevented', 'writes that wait for a new file'),
		   effect => 'The space stays taken.',
		   evidence_since => w.since) a
 WHERE w.bytes > w.least
   AND w.wal_bytes IS NOT NULL
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.wal_files_created') n;
COMMENT ON VIEW dbadvisor.rule_settings_wal_files_created IS
'min_wal_size, where files of WAL are made again and again, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_wal_files_created TO dbadvisor_reader;
