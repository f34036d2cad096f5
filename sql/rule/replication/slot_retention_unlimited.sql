-- replication.slot_retention_unlimited: slots that may keep WAL until the disk is full
--
-- Fires where there are replication slots and max_slot_wal_keep_size sets no limit.
-- The limit that is proposed lets a consumer be away for outage_hours at the rate
-- at which WAL is written, as far as the disk has room; it is never below what
-- slots retain now, since such a slot would be lost at the next checkpoint.  Wrong
-- where losing a consumer is worse than the server standing still.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_retention_unlimited',
	title => 'Replication slots may keep WAL until the disk is full',
	why => 'A consumer that stays away makes the server keep all WAL since then; when the disk is full, the server stops.',
	severity => 'high',
	thresholds => '{"outage_hours": 24}',
	doc => 'outage_hours is how long a consumer may be away. The value is the largest of the WAL of one and a half such outages, twice max_wal_size and 1.2 times what slots retain now, but no more than fits: free space and WAL of the file system of pg_wal, less max_wal_size and a tenth of the file system. A slot above the limit is lost: its standby or subscriber has to be made anew.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_retention_unlimited WITH (security_invoker = true) AS
WITH kept AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS slots,
		   (pg_catalog.array_agg(s.slot_name ORDER BY s.retained_bytes DESC NULLS LAST))[1] AS largest
	  FROM dbadvisor.slot_state s
	 WHERE NOT s.temporary
	   AND s.wal_status IS DISTINCT FROM 'lost'
	   AND pg_catalog.current_setting('max_slot_wal_keep_size') = '-1'
	HAVING pg_catalog.count(*) > 0
), told AS (
	SELECT k.*,
		   v.*,
		   pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
			   'slots', k.slots,
			   'retained_bytes', v.retained_bytes,
			   'wal_bytes_per_second', pg_catalog.round(v.bytes_per_second::numeric),
			   'wal_rate_basis', v.basis,
			   'outage_hours', dbadvisor.threshold('replication.slot_retention_unlimited', 'outage_hours'),
			   'outage_wal_bytes', pg_catalog.round(v.wanted_bytes::numeric),
			   'disk_room_bytes', pg_catalog.round(v.disk_bytes::numeric),
			   'outage_held_hours', pg_catalog.round(v.outage_held_hours::numeric, 1),
			   'formula', 'least(greatest(rate * outage * 1.5, 2 * max_wal_size, 1.2 * retained), free + WAL - max_wal_size - a tenth of the file system)',
			   'failure_prevented', 'pg_wal fills its file system and the server stops')) AS evidence
	  FROM kept k
	 CROSS JOIN dbadvisor.slot_wal_keep(dbadvisor.threshold('replication.slot_retention_unlimited', 'outage_hours')::double precision) v
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.slot_retention_unlimited',
		   setting => 'max_slot_wal_keep_size',
		   recommended => t.keep_mb || 'MB',
		   title => 'Let replication slots keep {value} of WAL at most',
		   detail => pg_catalog.format('%s slots may keep any amount of WAL; slot %s keeps most, %s. %s', t.slots, t.largest,
									   pg_catalog.pg_size_pretty(COALESCE(t.retained_bytes, 0)::bigint),
									   COALESCE(pg_catalog.format('At %s a second, a consumer may then be away for %s hours.', pg_catalog.pg_size_pretty(t.bytes_per_second::bigint), pg_catalog.round(t.outage_held_hours::numeric, 1)),
												'How fast WAL is written is not known yet, so the value is what the disk has room for.')),
		   evidence => t.evidence,
		   effect => 'A consumer that falls further behind loses its slot and has to be made anew.',
		   evidence_since => t.since) a
 WHERE t.keep_mb IS NOT NULL
 UNION ALL
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.slot_retention_unlimited',
		   object_type => 'configuration',
		   object_name => 'max_slot_wal_keep_size',
		   title => 'Limit the WAL that replication slots keep',
		   detail => pg_catalog.format('Slot %s keeps %s, which is more than the disk has room for beside the rest: no limit is safe before its consumer has caught up or the slot is dropped.',
									   t.largest, pg_catalog.pg_size_pretty(t.retained_bytes::bigint)),
		   evidence => t.evidence,
		   proof => 'counters',
		   evidence_since => t.since) a
 WHERE t.keep_mb IS NULL;
COMMENT ON VIEW dbadvisor.rule_replication_slot_retention_unlimited IS
'max_slot_wal_keep_size, where it sets no limit and there are slots';

GRANT SELECT ON dbadvisor.rule_replication_slot_retention_unlimited TO dbadvisor_reader;
