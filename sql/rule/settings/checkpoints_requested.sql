-- settings.checkpoints_requested: WAL forces checkpoints before their time
--
-- Fires where more than max_requested_share of the checkpoints in the windows of
-- history were requested, and the measured rate of WAL reaches the distance at which
-- the server begins one before checkpoint_timeout has passed.  Either alone may be a
-- backup or somebody's CHECKPOINT.
SELECT dbadvisor.register_rule(
	rule => 'settings.checkpoints_requested',
	title => 'WAL forces checkpoints before their time',
	why => 'After each checkpoint every page is logged as a whole again when it is first changed: more checkpoints, more WAL, and I/O in bursts.',
	severity => 'medium',
	thresholds => '{"window_hours": 24, "max_requested_share": 0.1, "min_checkpoints": 5, "margin": 1.25, "replay_bytes_per_second": 50000000}',
	doc => 'The server begins a checkpoint after max_wal_size / (1 + checkpoint_completion_target) of WAL; so the value is the rate that only one in 20 windows exceeds times checkpoint_timeout times (1 + checkpoint_completion_target), times margin, but no more than half of the space that is free for WAL. replay_bytes_per_second is assumed to tell how much longer a crash recovery takes.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_checkpoints_requested WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT pg_catalog.sum(h.checkpoints_requested) AS requested,
		   pg_catalog.sum(h.checkpoints_timed) AS timed,
		   pg_catalog.min(h.since) AS since,
		   pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY h.wal_bytes_per_second) AS rate
	  FROM (SELECT w.since,
				   (n.figures ->> 'wal_bytes')::double precision / w.seconds AS wal_bytes_per_second,
				   COALESCE((c.figures ->> 'checkpoints_timed')::double precision, (c.figures ->> 'num_timed')::double precision, 0) AS checkpoints_timed,
				   COALESCE((c.figures ->> 'checkpoints_req')::double precision, (c.figures ->> 'num_requested')::double precision, 0) AS checkpoints_requested
			  FROM dbadvisor.query_windows('settings.checkpoints_requested') w
			  JOIN dbadvisor.history_server n
				ON n.source = 'wal'
			   AND n.taken_at = w.taken_at
			  LEFT JOIN dbadvisor.history_server c
				ON c.source = CASE WHEN pg_catalog.current_setting('server_version_num')::integer >= 170000 THEN 'checkpointer' ELSE 'bgwriter' END
			   AND c.taken_at = w.taken_at) h
), setting AS (
	SELECT pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'checkpoint_timeout') AS timeout_s,
		   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'checkpoint_completion_target') AS target,
		   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'max_wal_size') * 1048576 AS max_bytes
	  FROM pg_catalog.pg_settings g
	 WHERE g.name IN ('checkpoint_timeout', 'checkpoint_completion_target', 'max_wal_size')
), wanted AS (
	SELECT c.*,
		   s.*,
		   d.free_bytes,
		   s.max_bytes / (1 + s.target) AS distance,
		   c.rate * s.timeout_s * (1 + s.target) * dbadvisor.threshold('settings.checkpoints_requested', 'margin')::double precision AS computed
	  FROM counted c
	 CROSS JOIN setting s
	 CROSS JOIN dbadvisor.wal_disk() d
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL (SELECT pg_catalog.ceil(LEAST(w.computed, w.free_bytes / 2.0 + w.max_bytes) / 1048576)::bigint) v (mb)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.checkpoints_requested',
		   setting => 'max_wal_size',
		   recommended => v.mb || 'MB',
		   title => 'Raise max_wal_size to {value}, so that checkpoints come by time',
		   detail => pg_catalog.format('%s of %s checkpoints were requested. At %s of WAL a second, one begins after %s s; checkpoint_timeout is %s s.',
									   w.requested, w.requested + w.timed, pg_catalog.pg_size_pretty(w.rate::bigint),
									   pg_catalog.round((w.distance / w.rate)::numeric, 1), w.timeout_s),
		   evidence => pg_catalog.jsonb_build_object(
						   'requested', w.requested,
						   'timed', w.timed,
						   'wal_bytes_per_second', pg_catalog.round(w.rate::numeric),
						   'wal_rate_basis', '95th percentile of the windows of history',
						   'trigger_distance_bytes', pg_catalog.round(w.distance::numeric),
						   'computed_bytes', pg_catalog.round(w.computed::numeric),
						   'free_bytes', w.free_bytes,
						   'formula', 'rate * checkpoint_timeout * (1 + checkpoint_completion_target) * margin',
						   'failure_prevented', 'more WAL than needed, and I/O in bursts'),
		   effect => pg_catalog.format('More WAL on the disk, and a crash recovery of up to about %s s, at %s of WAL a second.',
									   pg_catalog.round((v.mb * 1048576 / dbadvisor.threshold('settings.checkpoints_requested', 'replay_bytes_per_second'))::numeric),
									   pg_catalog.pg_size_pretty(dbadvisor.threshold('settings.checkpoints_requested', 'replay_bytes_per_second')::bigint)),
		   evidence_since => w.since) a
 WHERE w.requested + w.timed >= dbadvisor.threshold('settings.checkpoints_requested', 'min_checkpoints')::double precision
   AND w.requested > dbadvisor.threshold('settings.checkpoints_requested', 'max_requested_share')::double precision * (w.requested + w.timed)
   AND w.rate * w.timeout_s > w.distance
   AND v.mb * 1048576.0 > w.max_bytes
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('settings.checkpoints_requested') n;
COMMENT ON VIEW dbadvisor.rule_settings_checkpoints_requested IS
'max_wal_size, where WAL forces checkpoints before their time, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_checkpoints_requested TO dbadvisor_reader;
