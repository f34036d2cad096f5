-- replication.logical_slot_not_failover: subscribers that a failover cuts off
--
-- Fires for a logical slot on a server with standbys that the standbys do not have:
-- before PostgreSQL 17 none, from then on those without failover.  Silent where
-- Patroni or pg_failover_slots carry them over.
SELECT dbadvisor.register_rule(
	rule => 'replication.logical_slot_not_failover',
	title => 'A logical slot is not on the standbys',
	why => 'After a failover the subscriber cannot go on: its subscription is made anew and copies all tables.',
	severity => 'medium',
	doc => 'Low before PostgreSQL 17, where only other software can carry slots over. From 17 on: ALTER SUBSCRIPTION ... SET (failover = true) on the subscriber, while it is disabled, and sync_replication_slots, hot_standby_feedback, primary_slot_name and a dbname in primary_conninfo on the standby.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_logical_slot_not_failover WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.slot_state s
 CROSS JOIN (SELECT pg_catalog.current_setting('server_version_num')::integer >= 170000) v (can_failover)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.logical_slot_not_failover',
		   object_type => 'replication slot',
		   object_name => s.slot_name,
		   severity => CASE WHEN NOT v.can_failover THEN 'low' END,
		   title => pg_catalog.format('Have logical slot %s carried over to the standbys', s.slot_name),
		   detail => CASE
					 WHEN v.can_failover THEN 'It has no failover: set it for its subscription, and sync_replication_slots on the standby.'
					 ELSE 'This version keeps logical slots on one server; pg_failover_slots or Patroni carry them over.'
					 END,
		   evidence => pg_catalog.jsonb_build_object(
						   'plugin', s.plugin,
						   'database', s.database,
						   'is_active', s.active,
						   'confidence_reason', 'whether the standby is meant for a failover is not known',
						   'failure_prevented', 'subscribers that have to be made anew'),
		   confidence => 0.7) a
 WHERE s.slot_type = 'logical'
   AND NOT s.temporary
   AND NOT s.failover
   AND s.wal_status IS DISTINCT FROM 'lost'
   AND NOT pg_catalog.pg_is_in_recovery()
   AND EXISTS (SELECT FROM dbadvisor.wal_sender w WHERE w.kind = 'standby')
   AND NOT EXISTS (SELECT FROM dbadvisor.cluster_manager() m WHERE m.manager = 'patroni')
   AND NOT EXISTS (SELECT
					 FROM pg_catalog.pg_settings g
					WHERE g.name = 'shared_preload_libraries'
					  AND g.setting LIKE '%pg_failover_slots%');
COMMENT ON VIEW dbadvisor.rule_replication_logical_slot_not_failover IS
'Logical slots that a failover loses';

GRANT SELECT ON dbadvisor.rule_replication_logical_slot_not_failover TO dbadvisor_reader;
