-- replication.standby_settings_low: a standby with less than its primary
--
-- Fires on a standby where one of five settings is lower than on the primary, by
-- what came with the WAL.  Recovery pauses at that point, or the server does not
-- start next time.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_settings_low',
	title => 'A setting of this standby is lower than the primary''s',
	why => 'Recovery pauses where the primary raised it; when it is resumed, the server shuts down.',
	severity => 'critical',
	doc => 'The settings are max_connections, max_worker_processes, max_wal_senders, max_prepared_transactions and max_locks_per_transaction. Raise them on standbys before the primary, lower them on the primary before standbys. Do not resume the recovery: change the setting and restart.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_settings_low WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.control_settings() c
  JOIN pg_catalog.pg_settings g
	ON g.name = c.name
   AND g.setting::integer < c.number
 CROSS JOIN LATERAL (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_get_wal_replay_pause_state() END) p (state)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.standby_settings_low',
		   setting => c.name,
		   recommended => c.number::text,
		   title => pg_catalog.format('Set %s to {value}, as on the primary, and restart this standby', c.name),
		   detail => pg_catalog.format('It is %s here and %s on the primary. The state of the recovery is "%s".', g.setting, c.number, p.state),
		   evidence => pg_catalog.jsonb_build_object(
						   'here', g.setting::integer,
						   'on_primary', c.number,
						   'recovery', p.state,
						   'failure_prevented', 'a standby that stands still, and does not start'),
		   effect => 'The standby goes on from where it is.',
		   proof => 'catalog',
		   confidence => 1) a
 WHERE pg_catalog.pg_is_in_recovery();
COMMENT ON VIEW dbadvisor.rule_replication_standby_settings_low IS
'Settings of this standby that are lower than the primary''s';

GRANT SELECT ON dbadvisor.rule_replication_standby_settings_low TO dbadvisor_reader;
