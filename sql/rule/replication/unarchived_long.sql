-- replication.unarchived_long: what is not archived yet is hours old
--
-- Fires where WAL is archived and not streamed to anybody, and a file of it takes
-- longer than max_loss_seconds to fill at the mean rate without archive_timeout
-- stepping in.
SELECT dbadvisor.register_rule(
	rule => 'replication.unarchived_long',
	title => 'A file of WAL waits long until it is archived',
	why => 'What is in it is lost with the server.',
	severity => 'medium',
	thresholds => '{"max_loss_seconds": 300}',
	doc => 'max_loss_seconds is what may be lost (the recovery point objective), assumed to be five minutes unless set. Each file takes its whole size in the archive, however little is in it: a minute or so is as short as makes sense. pg_receivewal loses less.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_unarchived_long WITH (security_invoker = true) AS
WITH archived AS MATERIALIZED (
	SELECT dbadvisor.setting_bytes('wal_segment_size') / NULLIF(r.mean_bytes_per_second, 0) AS fill_s,
		   g.reset_val::double precision AS timeout_s,
		   dbadvisor.threshold('replication.unarchived_long', 'max_loss_seconds')::double precision AS most_s,
		   r.mean_bytes_per_second AS rate,
		   r.since
	  FROM dbadvisor.wal_rate() r
	  JOIN pg_catalog.pg_settings g ON g.name = 'archive_timeout'
	 WHERE pg_catalog.current_setting('archive_mode') <> 'off'
	   AND NOT pg_catalog.pg_is_in_recovery()
	   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_replication)
)
SELECT a.*
  FROM archived v
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.unarchived_long',
		   setting => 'archive_timeout',
		   recommended => GREATEST(pg_catalog.floor(v.most_s), 60) || 's',
		   title => 'Set archive_timeout to {value}',
		   detail => pg_catalog.format('A file of WAL takes %s s to fill at %s a second; archive_timeout is %s s.', pg_catalog.round(v.fill_s::numeric),
									   pg_catalog.pg_size_pretty(v.rate::bigint), v.timeout_s),
		   evidence => pg_catalog.jsonb_build_object(
						   'fill_s', pg_catalog.round(v.fill_s::numeric),
						   'max_loss_s', v.most_s,
						   'wal_bytes_per_second', pg_catalog.round(v.rate::numeric),
						   'formula', 'max_loss_seconds, 60 s at least',
						   'failure_prevented', 'transactions that no restore brings back'),
		   effect => 'More and emptier files in the archive.',
		   evidence_since => v.since) a
 WHERE v.fill_s > v.most_s
   AND (v.timeout_s = 0 OR v.timeout_s > v.most_s)
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.unarchived_long') n;
COMMENT ON VIEW dbadvisor.rule_replication_unarchived_long IS
'archive_timeout, where a file of WAL waits long until it is archived, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_unarchived_long TO dbadvisor_reader;
