-- settings.checkpoint_sync_slow: the end of a checkpoint stalls the storage
--
-- Fires where a checkpoint spent more than max_sync_seconds on average in making
-- sure that its files are on disk, over at least min_checkpoints.
SELECT dbadvisor.register_rule(
	rule => 'settings.checkpoint_sync_slow',
	title => 'Checkpoints wait long for their files to be on disk',
	why => 'The kernel has kept all that was written and now writes it at once: everybody who needs the disk waits.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_sync_seconds": 10, "min_checkpoints": 5}',
	doc => 'checkpoint_flush_after asks the kernel to begin earlier. Where it is on, the storage is slower than what is written: fewer checkpoints, or vm.dirty_background_bytes of the kernel, or other storage.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_checkpoint_sync_slow WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT t.sync_ms / 1000 AS sync_s,
		   t.timed + t.requested AS checkpoints,
		   t.since
	  FROM dbadvisor.checkpoint_totals('settings.checkpoint_sync_slow') t
), setting AS (
	SELECT g.boot_val::bigint * pg_catalog.current_setting('block_size')::bigint / 1024 AS boot_kb,
		   g.reset_val = '0' AS is_off
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'checkpoint_flush_after'
)
SELECT a.*
  FROM counted c
 CROSS JOIN setting s
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.checkpoint_sync_slow',
		   setting => 'checkpoint_flush_after',
		   recommended => CASE WHEN s.is_off THEN GREATEST(s.boot_kb, 256) || 'kB' ELSE pg_catalog.current_setting('checkpoint_flush_after') END,
		   title => CASE WHEN s.is_off THEN 'Have checkpoints written out as they go: set checkpoint_flush_after to {value}' ELSE 'Give checkpoints faster storage, or less to write' END,
		   detail => pg_catalog.format('On average a checkpoint waited %s s for its files, over %s checkpoints.', pg_catalog.round((c.sync_s / c.checkpoints)::numeric, 1), c.checkpoints),
		   evidence => pg_catalog.jsonb_build_object(
						   'sync_seconds_per_checkpoint', pg_catalog.round((c.sync_s / c.checkpoints)::numeric, 1),
						   'checkpoints', c.checkpoints,
						   'formula', 'sync time / checkpoints > max_sync_seconds',
						   'failure_prevented', 'moments in which nothing is written or read'),
		   confidence => 0.8,
		   evidence_since => c.since,
		   always => true) a
 WHERE c.checkpoints >= dbadvisor.threshold('settings.checkpoint_sync_slow', 'min_checkpoints')::double precision
   AND c.sync_s > c.checkpoints * dbadvisor.threshold('settings.checkpoint_sync_slow', 'max_sync_seconds')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.checkpoint_sync_slow') n;
COMMENT ON VIEW dbadvisor.rule_settings_checkpoint_sync_slow IS
'checkpoint_flush_after, where checkpoints wait long for the disk, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_checkpoint_sync_slow TO dbadvisor_reader;
