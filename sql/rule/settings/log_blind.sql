-- settings.log_blind: something goes wrong here and the log would not say what
--
-- Fires for a setting of the log or of timing that is off while the counters show
-- what it would explain: waits for locks, temporary files, checkpoints on request,
-- conflicts of recovery, reads.  Nothing is proposed where nothing is to be told.
SELECT dbadvisor.register_rule(
	rule => 'settings.log_blind',
	title => 'The server counts what its log does not explain',
	why => 'Afterwards nobody can say which statement it was.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_lock_wait_samples": 3, "min_temp_files_per_hour": 10, "temp_file": "100MB", "min_reads_per_second": 100}',
	doc => 'track_io_timing reads the clock twice per page: pg_test_timing says what that costs. log_temp_files names statements with files from temp_file on.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_log_blind WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT COALESCE((t.figures ->> 'deadlocks')::double precision, 0) AS deadlocks,
		   COALESCE((t.figures ->> 'temp_files')::double precision, 0) / t.seconds * 3600 AS temp_files_per_hour,
		   COALESCE((t.figures ->> 'blks_read')::double precision, 0) / t.seconds AS reads_per_second,
		   t.since
	  FROM dbadvisor.server_totals('settings.log_blind', 'database') t
), waiting AS (
	SELECT pg_catalog.count(*) AS samples
	  FROM dbadvisor.query_windows('settings.log_blind') w
	  JOIN dbadvisor.history_server h
		ON h.source = 'activity'
	   AND h.taken_at = w.taken_at
	 WHERE (h.figures ->> 'lock_waits')::integer > 0
), wanted AS (
	SELECT v.*,
		   c.since
	  FROM counted c
	 CROSS JOIN waiting w
	 CROSS JOIN dbadvisor.checkpoint_totals('settings.log_blind') k
	 CROSS JOIN LATERAL (VALUES
		('log_lock_waits', 'off', 'on', pg_catalog.format('Sessions waited for locks in %s samples; %s deadlocks were counted.', w.samples, c.deadlocks),
		 w.samples >= dbadvisor.threshold('settings.log_blind', 'min_lock_wait_samples') OR c.deadlocks > 0),
		('log_temp_files', '-1', dbadvisor.threshold_text('settings.log_blind', 'temp_file'), pg_catalog.format('%s temporary files are written an hour.', pg_catalog.round(c.temp_files_per_hour::numeric)),
		 c.temp_files_per_hour >= dbadvisor.threshold('settings.log_blind', 'min_temp_files_per_hour')::double precision),
		('track_io_timing', 'off', 'on', pg_catalog.format('%s pages a second are read, and how long that takes is not known.', pg_catalog.round(c.reads_per_second::numeric)),
		 c.reads_per_second >= dbadvisor.threshold('settings.log_blind', 'min_reads_per_second')::double precision),
		('log_checkpoints', 'off', 'on', pg_catalog.format('%s checkpoints came on request.', k.requested), k.requested > 0),
		('checkpoint_warning', '0', '30s', pg_catalog.format('%s checkpoints came on request.', k.requested), k.requested > 0)) v (name, silent, value, detail, fires)
	 UNION ALL
	SELECT 'log_recovery_conflict_waits', 'off', 'on', pg_catalog.format('Recovery has cancelled %s queries of this database.', d.conflicts), d.conflicts > 0, NULL
	  FROM pg_catalog.pg_stat_database d
	 WHERE d.datname = pg_catalog.current_database()
)
SELECT a.*
  FROM wanted w
  JOIN pg_catalog.pg_settings g
	ON g.name = w.name
   AND g.reset_val = w.silent
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.log_blind',
		   setting => w.name,
		   recommended => w.value,
		   title => pg_catalog.format('Set %s to {value}', w.name),
		   detail => w.detail,
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', 'trouble that nobody can explain afterwards'),
		   evidence_since => w.since) a
 WHERE w.fires
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.log_blind') n;
COMMENT ON VIEW dbadvisor.rule_settings_log_blind IS
'Settings of log and timing that are off where they would explain what the counters show, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_log_blind TO dbadvisor_reader;
