-- replication.sync_setting_ignored: synchronous replication that is only half set
--
-- Fires where synchronous_standby_names is set and synchronous_commit of the server
-- is local or off, so that commits do not wait, and where synchronous_commit asks for
-- a standby and synchronous_standby_names names none.  Roles and databases may have
-- another value on purpose.
SELECT dbadvisor.register_rule(
	rule => 'replication.sync_setting_ignored',
	title => 'Synchronous replication is only half set',
	why => 'Everybody believes that what was committed is on two servers, and it is on one.',
	severity => 'medium',
	doc => 'Low for synchronous_commit remote_write or remote_apply without names: it is the same as on then. With names, the values remote_write, on and remote_apply wait until a standby has written, flushed or applied; local waits for this server, off for nobody.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_sync_setting_ignored WITH (security_invoker = true) AS
WITH asked AS (
	SELECT g.reset_val AS commits,
		   n.setting AS names,
		   CASE
		   WHEN n.setting <> '' AND g.reset_val IN ('local', 'off') THEN 'names'
		   WHEN n.setting = '' AND g.reset_val IN ('remote_write', 'remote_apply') THEN 'commits'
		   END AS ignored
	  FROM pg_catalog.pg_settings g
	  JOIN pg_catalog.pg_settings n ON n.name = 'synchronous_standby_names'
	 WHERE g.name = 'synchronous_commit'
	   AND NOT pg_catalog.pg_is_in_recovery()
)
SELECT a.*
  FROM asked k
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.sync_setting_ignored',
		   setting => 'synchronous_commit',
		   recommended => 'on',
		   severity => CASE WHEN k.ignored = 'commits' THEN 'low' END,
		   title => CASE k.ignored
					WHEN 'names' THEN 'Let commits wait for the synchronous standbys: synchronous_commit {value}'
					ELSE 'Name the standbys that commits are to wait for, or set synchronous_commit to {value}'
					END,
		   detail => CASE k.ignored
					 WHEN 'names' THEN pg_catalog.format('synchronous_standby_names is %s, but synchronous_commit is %s: commits wait for none of them.', pg_catalog.quote_literal(k.names), k.commits)
					 ELSE pg_catalog.format('synchronous_commit is %s, and synchronous_standby_names is empty: commits wait for this server alone.', k.commits)
					 END,
		   evidence => pg_catalog.jsonb_build_object('synchronous_standby_names', k.names,
													 'failure_prevented', 'committed transactions that a failover loses'),
		   effect => CASE k.ignored
					 WHEN 'names' THEN 'Each commit takes a round trip to a standby longer, and hangs while there is none.'
					 ELSE 'Nothing changes as long as no standby is named.'
					 END,
		   proof => 'catalog',
		   confidence => 1) a
 WHERE k.ignored IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_replication_sync_setting_ignored IS
'synchronous_commit, where it and synchronous_standby_names contradict each other';

GRANT SELECT ON dbadvisor.rule_replication_sync_setting_ignored TO dbadvisor_reader;
