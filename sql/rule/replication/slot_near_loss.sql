-- replication.slot_near_loss: a slot that is about to be given up
--
-- Fires where max_slot_wal_keep_size is a limit and a slot will reach it in less
-- than high_hours at the measured rate, or has reached it and is lost at the next
-- checkpoint.  Without a rate it fires when less than min_safe_share of the limit
-- is left.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_near_loss',
	title => 'A replication slot is about to be lost',
	why => 'Once lost, its standby or subscriber has to be made anew.',
	severity => 'high',
	thresholds => '{"high_hours": 24, "critical_hours": 1, "min_safe_share": 0.25}',
	doc => 'Critical from critical_hours before the loss. The limit that is proposed is that of replication.slot_retention_unlimited, with its threshold outage_hours.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_near_loss WITH (security_invoker = true) AS
WITH limited AS MATERIALIZED (
	SELECT s.*,
		   k.setting::double precision * 1048576 AS limit_bytes
	  FROM dbadvisor.slot_state s
	  JOIN pg_catalog.pg_settings k
		ON k.name = 'max_slot_wal_keep_size'
	   AND k.setting <> '-1'
	 WHERE s.wal_status IN ('extended', 'unreserved')
	   AND s.safe_wal_size IS NOT NULL
), told AS (
	SELECT l.*,
		   v.keep_mb,
		   v.bytes_per_second,
		   v.basis,
		   v.since,
		   dbadvisor.hours_until(l.safe_wal_size, v.bytes_per_second) AS hours
	  FROM limited l
	 CROSS JOIN dbadvisor.slot_wal_keep(dbadvisor.threshold('replication.slot_retention_unlimited', 'outage_hours')::double precision) v
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL (VALUES (
	CASE WHEN t.wal_status = 'unreserved' OR t.hours < dbadvisor.threshold('replication.slot_near_loss', 'critical_hours', t.slot_name)::double precision THEN 'critical' END,
	pg_catalog.format('The slot keeps %s of the %s that it may; %s.%s',
					  pg_catalog.pg_size_pretty(t.retained_bytes), pg_catalog.pg_size_pretty(t.limit_bytes::bigint),
					  CASE
					  WHEN t.wal_status = 'unreserved' THEN 'it is lost at the next checkpoint'
					  WHEN t.hours IS NULL THEN pg_catalog.format('%s are left', pg_catalog.pg_size_pretty(t.safe_wal_size))
					  ELSE pg_catalog.format('the rest is written in %s hours', pg_catalog.round(t.hours::numeric, 1))
					  END,
					  CASE WHEN NOT t.active THEN ' Nobody reads from it.' ELSE '' END),
	pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
		'retained_bytes', t.retained_bytes,
		'safe_wal_bytes', t.safe_wal_size,
		'wal_status', t.wal_status,
		'is_active', t.active,
		'wal_bytes_per_second', pg_catalog.round(t.bytes_per_second::numeric),
		'wal_rate_basis', t.basis,
		'hours_to_loss', pg_catalog.round(t.hours::numeric, 2),
		'formula', 'safe_wal_size / rate < high_hours',
		'failure_prevented', 'a standby or subscriber that has to be made anew')))) w (severity, detail, evidence)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.slot_near_loss',
		   setting => 'max_slot_wal_keep_size',
		   recommended => GREATEST(t.keep_mb, t.limit_bytes / 1048576)::bigint || 'MB',
		   object_type => 'replication slot',
		   object_name => t.slot_name,
		   severity => w.severity,
		   title => pg_catalog.format('Start the consumer of replication slot %s, or let slots keep {value}', t.slot_name),
		   detail => w.detail,
		   evidence => w.evidence,
		   effect => 'More WAL may come together on the disk.',
		   evidence_since => t.since,
		   always => true) a
 WHERE (t.wal_status = 'unreserved'
		OR t.hours < dbadvisor.threshold('replication.slot_near_loss', 'high_hours', t.slot_name)::double precision
		OR (t.hours IS NULL AND t.safe_wal_size < dbadvisor.threshold('replication.slot_near_loss', 'min_safe_share', t.slot_name)::double precision * t.limit_bytes));
COMMENT ON VIEW dbadvisor.rule_replication_slot_near_loss IS
'Replication slots that reach max_slot_wal_keep_size soon';

GRANT SELECT ON dbadvisor.rule_replication_slot_near_loss TO dbadvisor_reader;
