-- replication.standby_without_slot: a standby that a short interruption cuts off
--
-- Fires for a standby that streams without a slot while nothing else keeps the WAL
-- that it would need after window_minutes away: wal_keep_size is smaller and there
-- is no archive.  Once the WAL is gone, the standby asks for it for ever.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_without_slot',
	title => 'A standby is cut off by a short interruption',
	why => 'The server removes WAL that the standby has not received; then "requested WAL segment has already been removed", and it has to be made anew.',
	severity => 'high',
	thresholds => '{"window_minutes": 60}',
	doc => 'The value is the WAL of window_minutes at the measured rate and a quarter more; without a rate none is proposed. A slot with max_slot_wal_keep_size is the better way: pg_create_physical_replication_slot() here, primary_slot_name on the standby.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_without_slot WITH (security_invoker = true) AS
WITH bare AS MATERIALIZED (
	SELECT w.application_name,
		   r.*,
		   k.bytes AS keep_bytes,
		   r.bytes_per_second * 60 * dbadvisor.threshold('replication.standby_without_slot', 'window_minutes', w.application_name)::double precision AS window_bytes
	  FROM dbadvisor.wal_sender w
	 CROSS JOIN (SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_keep_size'))::double precision) k (bytes)
	 CROSS JOIN dbadvisor.wal_rate() r
	 WHERE w.kind = 'standby'
	   AND w.state = 'streaming'
	   AND w.slot_name IS NULL
	   AND pg_catalog.current_setting('archive_mode') = 'off'
)
SELECT a.*
  FROM bare b
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.standby_without_slot',
		   setting => 'wal_keep_size',
		   recommended => COALESCE(pg_catalog.ceil(b.window_bytes * 1.25 / 1048576)::bigint || 'MB', pg_catalog.current_setting('wal_keep_size')),
		   object_type => 'standby',
		   object_name => b.application_name,
		   title => CASE
					WHEN b.window_bytes IS NULL THEN pg_catalog.format('Give standby %s a replication slot', b.application_name)
					ELSE pg_catalog.format('Give standby %s a replication slot, or keep {value} of WAL for it', b.application_name)
					END,
		   detail => pg_catalog.format('It has no slot, there is no archive, and wal_keep_size is %s. %s', pg_catalog.current_setting('wal_keep_size'),
									   COALESCE(pg_catalog.format('At %s of WAL a second that is gone after %s minutes.', pg_catalog.pg_size_pretty(b.bytes_per_second::bigint),
																  pg_catalog.round((b.keep_bytes / NULLIF(b.bytes_per_second, 0) / 60)::numeric, 1)),
												'How fast WAL is written is not known yet.')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'wal_bytes_per_second', pg_catalog.round(b.bytes_per_second::numeric),
						   'wal_rate_basis', b.basis,
						   'window_minutes', dbadvisor.threshold('replication.standby_without_slot', 'window_minutes', b.application_name),
						   'formula', 'rate * window * 1.25',
						   'failure_prevented', 'a standby that has to be made anew')),
		   effect => 'That much more WAL stays on the disk, always.',
		   evidence_since => b.since,
		   always => true) a
 WHERE COALESCE(b.keep_bytes < b.window_bytes, b.keep_bytes = 0)
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.standby_without_slot') n;
COMMENT ON VIEW dbadvisor.rule_replication_standby_without_slot IS
'Standbys without a slot for which too little WAL is kept, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_standby_without_slot TO dbadvisor_reader;
