-- replication.wal_level_unneeded: WAL carries what nobody decodes
--
-- Fires where wal_level is logical, no logical slot is there, and none has decoded
-- anything in min_hours of history.
SELECT dbadvisor.register_rule(
	rule => 'replication.wal_level_unneeded',
	title => 'WAL carries what only logical decoding needs',
	why => 'Updates and deletes log keys and relations once more, for nobody.',
	severity => 'low',
	thresholds => '{"window_hours": 336, "min_hours": 168}',
	doc => 'How much more WAL that is depends on the updates, and on tables with REPLICA IDENTITY FULL. Wrong where a subscription or change data capture is about to begin: going back takes another restart.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_wal_level_unneeded WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.server_samples('replication.wal_level_unneeded', 'sessions') s
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.wal_level_unneeded',
		   setting => 'wal_level',
		   recommended => 'replica',
		   title => 'Lower wal_level to {value}',
		   detail => pg_catalog.format('Since %s nothing was decoded, and there is no logical slot.', pg_catalog.to_char(s.since, 'YYYY-MM-DD')),
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', 'WAL that nobody reads'),
		   effect => 'Logical replication then takes another restart to begin.',
		   evidence_since => s.since,
		   confidence => 0.7) a
 WHERE s.samples > 0
   AND pg_catalog.current_setting('wal_level') = 'logical'
   AND NOT pg_catalog.pg_is_in_recovery()
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots r WHERE r.slot_type = 'logical')
   AND NOT EXISTS (SELECT FROM dbadvisor.server_totals('replication.wal_level_unneeded', 'slot_decoding'))
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('replication.wal_level_unneeded') n;
COMMENT ON VIEW dbadvisor.rule_replication_wal_level_unneeded IS
'wal_level, where it is logical and nothing is decoded, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_wal_level_unneeded TO dbadvisor_reader;
