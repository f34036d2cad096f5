-- replication.sync_standby_missing: commits wait for a standby that is not there
--
-- Fires on a primary where fewer standbys are connected and listed in
-- synchronous_standby_names than it asks for: every commit that waits for one
-- hangs, without limit and whatever statement_timeout says.
SELECT dbadvisor.register_rule(
	rule => 'replication.sync_standby_missing',
	title => 'Commits wait for a synchronous standby that is not there',
	why => 'Each transaction that writes hangs in its commit and keeps its locks until a standby is back.',
	severity => 'critical',
	doc => 'High where synchronous_commit is off or local for the server, so that only sessions with another value wait. Cancelling a session that waits does not undo its commit: the rows become visible without being on any standby.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_sync_standby_missing WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT g.setting,
		   p.*
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN LATERAL dbadvisor.parse_synchronous_standbys(g.setting) p
	 WHERE g.name = 'synchronous_standby_names'
	   AND p.needed IS NOT NULL
	   AND NOT pg_catalog.pg_is_in_recovery()
), there AS MATERIALIZED (
	SELECT pg_catalog.count(*) FILTER (WHERE w.sync_state IN ('sync', 'quorum')) AS synchronous,
		   pg_catalog.array_agg(DISTINCT w.application_name) FILTER (WHERE w.kind = 'standby' AND w.state = 'streaming') AS standbys
	  FROM dbadvisor.wal_sender w
), waiting AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS sessions,
		   pg_catalog.max(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.state_change))::numeric AS seconds
	  FROM pg_catalog.pg_stat_activity s
	 WHERE s.wait_event = 'SyncRep'
)
SELECT a.*
  FROM wanted w
 CROSS JOIN there t
 CROSS JOIN waiting s
 CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.cardinality(t.standbys), 0) >= w.needed) o (others_can)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.sync_standby_missing',
		   setting => 'synchronous_standby_names',
		   recommended => CASE WHEN o.others_can THEN dbadvisor.write_synchronous_standbys('ANY', w.needed, t.standbys) ELSE '' END,
		   severity => CASE
					   WHEN (SELECT c.reset_val FROM pg_catalog.pg_settings c WHERE c.name = 'synchronous_commit') IN ('off', 'local') THEN 'high'
					   END,
		   title => CASE
					WHEN o.others_can THEN 'Start the missing synchronous standbys, or wait for those that are there'
					ELSE 'Start the missing synchronous standbys, or let commits go on without'
					END,
		   detail => pg_catalog.format('%s of %s synchronous standbys are connected; %s sessions wait in their commit%s.', t.synchronous, w.needed, s.sessions,
									   COALESCE(pg_catalog.format(', the longest for %s s', pg_catalog.round(s.seconds)), '')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'needed', w.needed,
						   'synchronous', t.synchronous,
						   'streaming_standbys', t.standbys,
						   'waiting_sessions', s.sessions,
						   'longest_wait_s', pg_catalog.round(s.seconds, 1),
						   'formula', 'count(sync_state in (sync, quorum)) < needed',
						   'failure_prevented', 'an outage of everything that writes')),
		   effect => CASE
					 WHEN o.others_can THEN 'Commits wait for the standbys that are connected.'
					 ELSE 'Commits no longer wait: what is committed is on this server alone until a standby has caught up. Waiting sessions go on at once.'
					 END) a
 WHERE t.synchronous < w.needed
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.sync_standby_missing') n;
COMMENT ON VIEW dbadvisor.rule_replication_sync_standby_missing IS
'synchronous_standby_names, where fewer standbys are connected than it asks for, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_sync_standby_missing TO dbadvisor_reader;
