-- replication.sync_standby_no_spare: one standby down, and commits stop
--
-- Fires on a primary where no more standbys are connected and listed than commits
-- wait for.  Wrong where standing still is wanted rather than running without a
-- second copy.
SELECT dbadvisor.register_rule(
	rule => 'replication.sync_standby_no_spare',
	title => 'There is no spare synchronous standby',
	why => 'When one standby stops, for an update or by accident, commits stop with it.',
	severity => 'high',
	doc => 'For k copies that commits wait for, k + 1 standbys are needed. Where another standby streams that is not listed, a list with it is proposed; else another one has to be made.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_sync_standby_no_spare WITH (security_invoker = true) AS
WITH there AS MATERIALIZED (
	SELECT p.needed,
		   pg_catalog.count(*) FILTER (WHERE w.sync_state IN ('sync', 'quorum')) AS synchronous,
		   pg_catalog.count(*) FILTER (WHERE w.sync_state <> 'async') AS listed,
		   pg_catalog.count(DISTINCT w.application_name) AS names,
		   pg_catalog.array_agg(DISTINCT w.application_name) AS standbys
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN LATERAL dbadvisor.parse_synchronous_standbys(g.setting) p
	 CROSS JOIN dbadvisor.wal_sender w
	 WHERE g.name = 'synchronous_standby_names'
	   AND p.needed IS NOT NULL
	   AND w.kind = 'standby'
	   AND w.state = 'streaming'
	   AND NOT pg_catalog.pg_is_in_recovery()
	 GROUP BY p.needed
)
SELECT a.*
  FROM there t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.sync_standby_no_spare',
		   setting => 'synchronous_standby_names',
		   recommended => CASE
						  WHEN t.names > t.needed THEN dbadvisor.write_synchronous_standbys('ANY', t.needed, t.standbys)
						  ELSE pg_catalog.current_setting('synchronous_standby_names')
						  END,
		   title => CASE
					WHEN t.names > t.needed THEN 'Let commits wait for any of the standbys: {value}'
					ELSE 'Set up another synchronous standby'
					END,
		   detail => pg_catalog.format('Commits wait for %s standbys and %s are connected and listed: when one stops, commits stop.', t.needed, t.listed),
		   evidence => pg_catalog.jsonb_build_object(
						   'needed', t.needed,
						   'listed_standbys', t.listed,
						   'streaming_standbys', t.standbys,
						   'formula', 'listed standbys < needed + 1',
						   'failure_prevented', 'an outage while one standby is down'),
		   effect => 'Commits wait for as many standbys as before, for whichever answer first.',
		   always => true) a
 WHERE t.synchronous >= t.needed
   AND t.listed <= t.needed
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.sync_standby_no_spare') n;
COMMENT ON VIEW dbadvisor.rule_replication_sync_standby_no_spare IS
'synchronous_standby_names, where each standby that is there is needed, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_sync_standby_no_spare TO dbadvisor_reader;
