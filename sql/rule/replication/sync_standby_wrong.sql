-- replication.sync_standby_wrong: a commit is confirmed by what is no standby
--
-- Fires where a subscriber, pg_receivewal or a backup counts as a synchronous
-- standby, and where synchronous_standby_names has "*", which takes whoever comes
-- first, while there are logical slots.
SELECT dbadvisor.register_rule(
	rule => 'replication.sync_standby_wrong',
	title => 'Something that is no standby counts as a synchronous one',
	why => 'Commits return when a subscriber has them; a failover to the standby then loses them.',
	severity => 'high',
	doc => 'Medium while it only could happen: "*" is set, there is a logical slot, and standbys are what counts at the moment. A list of the standbys'' names keeps others out.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_sync_standby_wrong WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT p.*
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN LATERAL dbadvisor.parse_synchronous_standbys(g.setting) p
	 WHERE g.name = 'synchronous_standby_names'
	   AND p.needed IS NOT NULL
	   AND NOT pg_catalog.pg_is_in_recovery()
), there AS MATERIALIZED (
	SELECT pg_catalog.array_agg(DISTINCT w.application_name) FILTER (WHERE w.kind <> 'standby' AND w.sync_state IN ('sync', 'quorum')) AS wrong,
		   pg_catalog.array_agg(DISTINCT w.application_name) FILTER (WHERE w.kind = 'standby' AND w.state = 'streaming') AS standbys
	  FROM dbadvisor.wal_sender w
)
SELECT a.*
  FROM wanted w
 CROSS JOIN there t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.sync_standby_wrong',
		   setting => 'synchronous_standby_names',
		   recommended => CASE
						  WHEN COALESCE(pg_catalog.cardinality(t.standbys), 0) >= w.needed THEN dbadvisor.write_synchronous_standbys(w.method, w.needed, t.standbys)
						  ELSE pg_catalog.current_setting('synchronous_standby_names')
						  END,
		   severity => CASE WHEN t.wrong IS NULL THEN 'medium' END,
		   title => 'List the standbys that commits wait for by their names',
		   detail => CASE
					 WHEN t.wrong IS NOT NULL
					 THEN pg_catalog.format('Commits are confirmed by %s, which cannot take over. Standbys that stream now: %s.',
											pg_catalog.array_to_string(t.wrong, ', '), COALESCE(pg_catalog.array_to_string(t.standbys, ', '), 'none'))
					 ELSE '"*" takes whoever is connected for a standby, subscribers too.'
					 END,
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'confirmed_by', t.wrong,
						   'streaming_standbys', t.standbys,
						   'needed', w.needed,
						   'failure_prevented', 'committed transactions that a failover loses')),
		   effect => 'Commits wait for these standbys only.',
		   always => true) a
 WHERE t.wrong IS NOT NULL
	OR ('*' = ANY (w.names)
		AND EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_type = 'logical'))
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.sync_standby_wrong') n;
COMMENT ON VIEW dbadvisor.rule_replication_sync_standby_wrong IS
'synchronous_standby_names, where what is no standby counts as one, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_sync_standby_wrong TO dbadvisor_reader;
