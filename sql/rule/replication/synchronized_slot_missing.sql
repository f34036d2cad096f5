-- replication.synchronized_slot_missing: subscribers wait for a slot that is not there
--
-- Fires where synchronized_standby_slots names a physical slot that does not exist
-- or has no consumer: logical slots with failover send nothing until it has.
SELECT dbadvisor.register_rule(
	rule => 'replication.synchronized_slot_missing',
	title => 'Subscribers wait for a standby that is not there',
	why => 'Logical slots with failover send only what these standbys have, so all subscribers stand still.',
	severity => 'critical',
	min_version => 170000,
	doc => 'The list that is proposed has the slots that are in use. Where one is only down for a moment, it is better to bring it back.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_synchronized_slot_missing WITH (security_invoker = true) AS
WITH listed AS MATERIALIZED (
	SELECT pg_catalog.array_agg(l.name ORDER BY l.place) FILTER (WHERE COALESCE(s.active, false)) AS present,
		   pg_catalog.array_agg(l.name ORDER BY l.place) FILTER (WHERE NOT COALESCE(s.active, false)) AS missing
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.btrim(e.name, ' "'),
			   e.place
		  FROM pg_catalog.string_to_table(g.setting, ',') WITH ORDINALITY e (name, place)) l (name, place)
	  LEFT JOIN pg_catalog.pg_replication_slots s
		ON s.slot_name = l.name
	   AND s.slot_type = 'physical'
	 WHERE g.name = 'synchronized_standby_slots'
	   AND l.name <> ''
)
SELECT a.*
  FROM listed l
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.synchronized_slot_missing',
		   setting => 'synchronized_standby_slots',
		   recommended => COALESCE(pg_catalog.array_to_string(l.present, ', '), ''),
		   title => 'Bring these standbys back, or take them off synchronized_standby_slots',
		   detail => pg_catalog.format('Slots without a consumer: %s. Logical slots with failover send nothing meanwhile.', pg_catalog.array_to_string(l.missing, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'missing', l.missing,
						   'present', l.present,
						   'failover_slots', (SELECT pg_catalog.count(*) FROM dbadvisor.slot_state s WHERE s.failover),
						   'failure_prevented', 'subscribers that stand still'),
		   effect => 'Subscribers no longer wait for the standbys that are taken off, and may be ahead of them after a failover.') a
 WHERE l.missing IS NOT NULL
   AND NOT pg_catalog.pg_is_in_recovery()
   AND EXISTS (SELECT FROM dbadvisor.slot_state s WHERE s.failover);
COMMENT ON VIEW dbadvisor.rule_replication_synchronized_slot_missing IS
'synchronized_standby_slots, where a slot of it has no consumer';

GRANT SELECT ON dbadvisor.rule_replication_synchronized_slot_missing TO dbadvisor_reader;
