-- replication.slot_lost: a slot whose WAL is gone
--
-- Fires for a slot that the server has given up: it kept more WAL than it may, or
-- was in the way otherwise.  Who read from it cannot go on.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_lost',
	title => 'The WAL that a replication slot needs is gone',
	why => 'The standby or subscriber does not get any further, and does not come back by itself.',
	severity => 'critical',
	doc => 'A standby goes on from an archive if it has a restore_command; else it is made anew with pg_basebackup. A subscription is made anew with its tables copied. The slot serves nobody any more.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_lost WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.slot_state s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.slot_lost',
		   object_type => 'replication slot',
		   object_name => s.slot_name,
		   title => pg_catalog.format('Make the consumer of replication slot %s anew, and drop the slot', s.slot_name),
		   detail => pg_catalog.format('The server has given this %s slot up%s: %s', s.slot_type,
									   COALESCE(pg_catalog.format(' (%s)', s.invalidation_reason), ''),
									   CASE s.slot_type
									   WHEN 'physical' THEN 'its standby goes on from an archive, or is made anew with pg_basebackup.'
									   ELSE 'its subscription is made anew, and copies its tables.'
									   END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'slot_type', s.slot_type,
						   'database', s.database,
						   'wal_status', s.wal_status,
						   'invalidation_reason', s.invalidation_reason,
						   'max_slot_wal_keep_size', pg_catalog.current_setting('max_slot_wal_keep_size'),
						   'failure_prevented', 'a failover to a server that is far behind')),
		   safety => 'loses_data',
		   apply_sql => pg_catalog.format('SELECT pg_drop_replication_slot(%L)', s.slot_name),
		   impact => 'Nothing can be read from the slot any more; dropping it frees its place. It has to be made anew with its consumer.') a
 WHERE s.wal_status = 'lost'
	OR s.invalidation_reason IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_replication_slot_lost IS
'Replication slots that the server has given up';

GRANT SELECT ON dbadvisor.rule_replication_slot_lost TO dbadvisor_reader;
