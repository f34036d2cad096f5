-- replication.places_short: no place for one more standby or slot
--
-- Fires where fewer than min_free_senders of max_wal_senders or min_free_slots of
-- max_replication_slots are free and some are used.  A backup that streams takes two
-- senders, and a subscription one more for each table that it copies.
SELECT dbadvisor.register_rule(
	rule => 'replication.places_short',
	title => 'There is hardly a place left for senders of WAL or slots',
	why => 'A standby that was interrupted finds its place taken by a backup, and is refused.',
	severity => 'medium',
	thresholds => '{"min_free_senders": 3, "min_free_slots": 2}',
	doc => 'Proposed are the used ones, two more for a backup, and a quarter more; ten at least. Both take a restart, on standbys before the primary.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_places_short WITH (security_invoker = true) AS
WITH place AS MATERIALIZED (
	SELECT 'max_wal_senders' AS name,
		   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication) AS used,
		   dbadvisor.threshold('replication.places_short', 'min_free_senders') AS least
	 UNION ALL
	SELECT 'max_replication_slots',
		   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots),
		   dbadvisor.threshold('replication.places_short', 'min_free_slots')
)
SELECT a.*
  FROM place p
 CROSS JOIN LATERAL (SELECT pg_catalog.current_setting(p.name)::integer) s (places)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.places_short',
		   setting => p.name,
		   recommended => GREATEST(10, pg_catalog.ceil((p.used + 2) * 1.25))::text,
		   title => pg_catalog.format('Raise %s to {value}', p.name),
		   detail => pg_catalog.format('%s of %s are used.', p.used, s.places),
		   evidence => pg_catalog.jsonb_build_object(
						   'used', p.used,
						   'places', s.places,
						   'formula', 'greatest(10, (used + 2) * 1.25)',
						   'failure_prevented', 'a standby that is refused')) a
 WHERE p.used > 0
   AND s.places - p.used < p.least
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.places_short') n;
COMMENT ON VIEW dbadvisor.rule_replication_places_short IS
'max_wal_senders and max_replication_slots, where nearly all are used, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_places_short TO dbadvisor_reader;
