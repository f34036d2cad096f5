-- replication.slot_idle_unbounded: a slot that nobody comes back to stays for ever
--
-- Fires where a slot has had no consumer for min_idle_hours and neither
-- idle_replication_slot_timeout nor max_slot_wal_keep_size ends it.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_idle_unbounded',
	title => 'A slot that nobody comes back to stays for ever',
	why => 'It keeps WAL and dead rows until somebody notices.',
	severity => 'low',
	thresholds => '{"min_idle_hours": 24, "timeout": "3d"}',
	min_version => 180000,
	doc => 'replication.slot_inactive tells how much the slot keeps. The timeout acts at checkpoints, not on slots that were copied from a primary; a standby that is away for longer has to be built anew.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_idle_unbounded WITH (security_invoker = true) AS
WITH idle AS MATERIALIZED (
	SELECT pg_catalog.string_agg(s.slot_name, ', ' ORDER BY s.slot_name) AS names,
		   pg_catalog.min(s.inactive_since) AS since
	  FROM dbadvisor.slot_state s
	 WHERE NOT s.active
	   AND NOT s.synced
	   AND s.wal_status <> 'lost'
	   AND s.inactive_since < pg_catalog.clock_timestamp() - pg_catalog.make_interval(hours => dbadvisor.threshold('replication.slot_idle_unbounded', 'min_idle_hours')::integer)
	HAVING pg_catalog.count(*) > 0
)
SELECT a.*
  FROM idle i
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.slot_idle_unbounded',
		   setting => 'idle_replication_slot_timeout',
		   recommended => dbadvisor.threshold_text('replication.slot_idle_unbounded', 'timeout'),
		   title => 'Let slots that nobody uses end: set idle_replication_slot_timeout to {value}',
		   detail => pg_catalog.format('No consumer has come to %s since %s.', i.names, pg_catalog.to_char(i.since, 'YYYY-MM-DD HH24:MI')),
		   evidence => pg_catalog.jsonb_build_object('slots', i.names, 'inactive_since', i.since, 'failure_prevented', 'WAL that nobody will ever read'),
		   effect => 'A slot without a consumer for longer is lost at the next checkpoint, and its standby or subscriber is built anew.',
		   proof => 'catalog',
		   confidence => 0.7) a
 WHERE pg_catalog.current_setting('idle_replication_slot_timeout', true) = '0'
   AND pg_catalog.current_setting('max_slot_wal_keep_size') = '-1';
COMMENT ON VIEW dbadvisor.rule_replication_slot_idle_unbounded IS
'idle_replication_slot_timeout, where slots have no consumer and nothing ends them';

GRANT SELECT ON dbadvisor.rule_replication_slot_idle_unbounded TO dbadvisor_reader;
