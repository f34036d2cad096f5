-- replication.timeout_unsafe: a dead connection is noticed never, or a slow one is cut
--
-- Fires for wal_sender_timeout of a server that sends WAL, and wal_receiver_timeout
-- of a standby, that are off or less than min_seconds.
SELECT dbadvisor.register_rule(
	rule => 'replication.timeout_unsafe',
	title => 'A dead connection for WAL is never noticed, or one that is only slow is cut',
	why => 'Without a timeout a sender waits for a dead standby for hours, and a standby for a dead primary; with one of a few seconds each stall of the disk makes a new connection.',
	severity => 'medium',
	thresholds => '{"min_seconds": 10, "seconds": 30}',
	doc => 'seconds is what is proposed, as pg_auto_failover does; the default is 60 s. A consumer of changes that needs longer can have its own value: ALTER ROLE ... SET wal_sender_timeout.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_timeout_unsafe WITH (security_invoker = true) AS
WITH side AS MATERIALIZED (
	SELECT g.name,
		   g.reset_val::double precision / 1000 AS seconds
	  FROM pg_catalog.pg_settings g
	 WHERE (g.name = 'wal_sender_timeout' AND EXISTS (SELECT FROM pg_catalog.pg_stat_replication))
		OR (g.name = 'wal_receiver_timeout' AND pg_catalog.pg_is_in_recovery())
)
SELECT a.*
  FROM side s
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.timeout_unsafe',
		   setting => s.name,
		   recommended => dbadvisor.threshold_text('replication.timeout_unsafe', 'seconds') || 's',
		   title => pg_catalog.format('Set %s to {value}', s.name),
		   detail => CASE WHEN s.seconds = 0 THEN 'It is off: a connection whose other end is gone is kept.' ELSE pg_catalog.format('After %s s without an answer the connection is cut.', s.seconds) END,
		   evidence => pg_catalog.jsonb_build_object('seconds', s.seconds,
													 'failure_prevented', CASE WHEN s.seconds = 0 THEN 'a standby that is gone without anybody noticing' ELSE 'connections that are cut and made again all the time' END),
		   proof => 'catalog') a
 WHERE s.seconds < dbadvisor.threshold('replication.timeout_unsafe', 'min_seconds')::double precision;
COMMENT ON VIEW dbadvisor.rule_replication_timeout_unsafe IS
'wal_sender_timeout and wal_receiver_timeout, where they are off or very short';

GRANT SELECT ON dbadvisor.rule_replication_timeout_unsafe TO dbadvisor_reader;
