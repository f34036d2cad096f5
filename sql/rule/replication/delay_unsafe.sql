-- replication.delay_unsafe: a delayed standby holds up more than itself
--
-- Fires on a standby with recovery_min_apply_delay where hot_standby_feedback makes
-- the primary keep dead rows for as long, or where pg_wal has no room for margin
-- times the WAL of that time.
SELECT dbadvisor.register_rule(
	rule => 'replication.delay_unsafe',
	title => 'A delayed standby holds up the primary, or fills its own disk',
	why => 'What is delayed is received all the same: it waits in pg_wal, and the rows that queries here might want wait on the primary.',
	severity => 'medium',
	thresholds => '{"margin": 1.5}',
	doc => 'High where the disk is too small. Leave a delayed standby out of synchronous_standby_names and out of automatic failover; with remote_apply each commit would take the delay, see replication.sync_setting_ignored. The rate of WAL is that of the history, which a standby has from its primary.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_delay_unsafe WITH (security_invoker = true) AS
WITH delayed AS MATERIALIZED (
	SELECT g.reset_val::double precision / 1000 AS seconds,
		   r.bytes_per_second,
		   r.bytes_per_second * g.reset_val::double precision / 1000 AS held_bytes,
		   d.free_bytes
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN dbadvisor.wal_rate() r
	 CROSS JOIN dbadvisor.wal_disk() d
	 WHERE g.name = 'recovery_min_apply_delay'
	   AND g.reset_val <> '0'
	   AND pg_catalog.pg_is_in_recovery()
)
SELECT a.*
  FROM delayed d
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.delay_unsafe',
		   setting => 'hot_standby_feedback',
		   recommended => 'off',
		   title => 'Switch hot_standby_feedback off on this delayed standby',
		   detail => pg_catalog.format('It is %s s behind on purpose, and the primary keeps dead rows of all tables for as long.', pg_catalog.round(d.seconds::numeric)),
		   evidence => pg_catalog.jsonb_build_object('delay_s', d.seconds, 'failure_prevented', 'tables of the primary that VACUUM cannot clean'),
		   effect => 'Queries here may be cancelled by recovery.',
		   proof => 'catalog') a
 WHERE pg_catalog.current_setting('hot_standby_feedback')::boolean
 UNION ALL
SELECT a.*
  FROM delayed d
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.delay_unsafe',
		   setting => 'recovery_min_apply_delay',
		   recommended => pg_catalog.floor(d.free_bytes / (d.bytes_per_second * dbadvisor.threshold('replication.delay_unsafe', 'margin')::double precision)) || 's',
		   severity => 'high',
		   title => 'Delay this standby by no more than {value}',
		   detail => pg_catalog.format('In %s s %s of WAL come together, and %s are free.', pg_catalog.round(d.seconds::numeric),
									   pg_catalog.pg_size_pretty(d.held_bytes::bigint), pg_catalog.pg_size_pretty(d.free_bytes)),
		   evidence => pg_catalog.jsonb_build_object(
						   'delay_s', d.seconds,
						   'held_bytes', pg_catalog.round(d.held_bytes::numeric),
						   'free_bytes', d.free_bytes,
						   'wal_bytes_per_second', pg_catalog.round(d.bytes_per_second::numeric),
						   'formula', 'free / (rate * margin)',
						   'failure_prevented', 'a standby that stops with its disk full')) a
 WHERE d.held_bytes * dbadvisor.threshold('replication.delay_unsafe', 'margin')::double precision > d.free_bytes;
COMMENT ON VIEW dbadvisor.rule_replication_delay_unsafe IS
'hot_standby_feedback and recovery_min_apply_delay of a delayed standby, where they hold up the primary or fill the disk';

GRANT SELECT ON dbadvisor.rule_replication_delay_unsafe TO dbadvisor_reader;
