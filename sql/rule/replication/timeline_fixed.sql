-- replication.timeline_fixed: a standby that does not follow a failover
--
-- Fires on a standby whose recovery_target_timeline is not latest.
SELECT dbadvisor.register_rule(
	rule => 'replication.timeline_fixed',
	title => 'This standby does not follow a failover',
	why => 'When another standby becomes the primary this one stops at its timeline and has to be built anew.',
	severity => 'high',
	doc => 'latest is the default. Another value is for a recovery to a point in time, after which it should go.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_timeline_fixed WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_settings g
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.timeline_fixed',
		   setting => g.name,
		   recommended => 'latest',
		   title => 'Set recovery_target_timeline to {value}',
		   detail => pg_catalog.format('It is %s on this standby.', g.reset_val),
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', 'a standby less after a failover'),
		   proof => 'catalog',
		   confidence => 1) a
 WHERE g.name = 'recovery_target_timeline'
   AND g.reset_val <> 'latest'
   AND pg_catalog.pg_is_in_recovery();
COMMENT ON VIEW dbadvisor.rule_replication_timeline_fixed IS
'recovery_target_timeline of a standby that does not follow a failover';

GRANT SELECT ON dbadvisor.rule_replication_timeline_fixed TO dbadvisor_reader;
