-- replication.slot_sync_incomplete: logical slots are not ready for a failover
--
-- Fires on a standby with sync_replication_slots where something that it needs is not
-- set, and for slots that were copied and cannot be used yet, or any more.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_sync_incomplete',
	title => 'Logical slots on this standby are not ready for a failover',
	why => 'After the failover subscribers find no slot and copy all tables anew.',
	severity => 'high',
	min_version => 170000,
	doc => 'It needs hot_standby_feedback, primary_slot_name, a dbname in primary_conninfo, and wal_level = logical. Medium for a slot that is temporary still: it stays so until the consumer has got further on the primary than this standby needs; look twice.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_sync_incomplete WITH (security_invoker = true) AS
WITH wanted AS MATERIALIZED (
	SELECT v.*
	  FROM (VALUES ('hot_standby_feedback', 'on', pg_catalog.current_setting('hot_standby_feedback') = 'off', 'Without it the primary removes rows that the slots need.'),
				   ('primary_slot_name', NULL, pg_catalog.current_setting('primary_slot_name') = '', 'Slots are only copied by a standby that has a slot of its own: make one on the primary and name it here.'),
				   ('primary_conninfo', NULL, pg_catalog.current_setting('primary_conninfo', true) !~ 'dbname', 'It has no dbname, which reading the slots of the primary needs.'),
				   ('wal_level', 'logical', pg_catalog.current_setting('wal_level') <> 'logical', 'After the failover slots could not be used.')) v (name, value, is_missing, why)
	 WHERE pg_catalog.pg_is_in_recovery()
	   AND pg_catalog.current_setting('sync_replication_slots', true) = 'on'
	   AND pg_catalog.pg_has_role('pg_monitor', 'USAGE')
	   AND v.is_missing
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.slot_sync_incomplete',
		   setting => w.name,
		   recommended => w.value,
		   title => pg_catalog.format('Set %s to {value}, so that slots are carried over', w.name),
		   detail => w.why,
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', 'subscribers that have to be made anew'),
		   proof => 'catalog') a
 WHERE w.value IS NOT NULL
 UNION ALL
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.slot_sync_incomplete',
		   object_type => 'configuration',
		   object_name => w.name,
		   title => pg_catalog.format('Complete %s, so that slots are carried over', w.name),
		   detail => w.why,
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', 'subscribers that have to be made anew')) a
 WHERE w.value IS NULL
 UNION ALL
SELECT a.*
  FROM dbadvisor.slot_state s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.slot_sync_incomplete',
		   object_type => 'replication slot',
		   object_name => s.slot_name,
		   severity => CASE WHEN s.invalidation_reason IS NULL THEN 'medium' END,
		   title => pg_catalog.format('Get slot %s ready for a failover', s.slot_name),
		   detail => COALESCE(pg_catalog.format('It was copied and is invalid: %s.', s.invalidation_reason),
							  'It was copied and is temporary: its consumer has not got as far on the primary as this standby needs. See whether the consumer is at work.'),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'is_temporary', s.temporary,
						   'invalidation_reason', s.invalidation_reason,
						   'confidence_reason', 'one look: it may be about to become ready',
						   'failure_prevented', 'subscribers that have to be made anew')),
		   proof => 'counters',
		   confidence => 0.7) a
 WHERE s.synced
   AND pg_catalog.pg_is_in_recovery()
   AND (s.temporary OR s.invalidation_reason IS NOT NULL)
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.slot_sync_incomplete') n;
COMMENT ON VIEW dbadvisor.rule_replication_slot_sync_incomplete IS
'Settings and slots of this standby, where logical slots are not ready for a failover, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_slot_sync_incomplete TO dbadvisor_reader;
