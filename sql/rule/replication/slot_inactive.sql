-- replication.slot_inactive: a slot without a consumer keeps WAL or dead rows
--
-- Fires for a slot that nobody reads from and that retains more WAL than
-- max_retained_share of max_wal_size, or transaction ids older than max_held_xids,
-- which keep VACUUM from removing dead rows even while the standby is down; from
-- the limit of maintenance.horizon_held on that rule tells of the dead rows.  Wrong
-- while a consumer is stopped for maintenance: it ends by itself.
SELECT dbadvisor.register_rule(
	rule => 'replication.slot_inactive',
	title => 'A replication slot without a consumer keeps WAL',
	why => 'The WAL grows until the disk is full or the slot is lost, and what the consumer had not seen stays in all tables.',
	severity => 'high',
	thresholds => '{"max_retained_share": 1, "max_held_xids": 100000, "critical_hours": 24}',
	doc => 'Critical where no max_slot_wal_keep_size stands in the way and the disk is full in less than critical_hours at the measured rate. Names tell whose slots they are: repmgr_slot_N, pgautofailover_standby_N, pg_N_sync_N of a subscription.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_slot_inactive WITH (security_invoker = true) AS
WITH idle AS MATERIALIZED (
	SELECT s.*
	  FROM dbadvisor.slot_state s
	 WHERE NOT s.active
	   AND NOT s.temporary
	   AND NOT s.synced
	   AND s.wal_status IS DISTINCT FROM 'lost'
	   AND s.invalidation_reason IS NULL
	   AND (s.retained_bytes > dbadvisor.threshold('replication.slot_inactive', 'max_retained_share', s.slot_name) * pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))
			OR (s.held_xids > dbadvisor.threshold('replication.slot_inactive', 'max_held_xids', s.slot_name)
				AND s.held_xids < dbadvisor.threshold('maintenance.horizon_held', 'max_xids', s.slot_name)))
), told AS (
	SELECT i.*,
		   COALESCE(i.inactive_since, dbadvisor.slot_inactive_since(i.slot_name)) AS idle_since,
		   d.free_bytes,
		   r.bytes_per_second,
		   r.basis,
		   CASE
		   WHEN pg_catalog.current_setting('max_slot_wal_keep_size') = '-1'
		   THEN dbadvisor.hours_until(d.free_bytes, r.bytes_per_second)
		   END AS hours
	  FROM idle i
	 CROSS JOIN dbadvisor.wal_disk() d
	 CROSS JOIN dbadvisor.wal_rate() r
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.slot_inactive',
		   object_type => 'replication slot',
		   object_name => t.slot_name,
		   severity => CASE WHEN t.hours < dbadvisor.threshold('replication.slot_inactive', 'critical_hours', t.slot_name)::double precision THEN 'critical' END,
		   title => pg_catalog.format('Start the consumer of replication slot %s again, or drop the slot', t.slot_name),
		   detail => pg_catalog.concat_ws(' ',
										  pg_catalog.format('Nobody reads from this %s slot%s; it keeps %s of WAL.', t.slot_type,
															COALESCE(' since ' || pg_catalog.to_char(t.idle_since, 'YYYY-MM-DD HH24:MI'), ''), pg_catalog.pg_size_pretty(t.retained_bytes)),
										  CASE WHEN t.held_xids IS NOT NULL THEN pg_catalog.format('It also keeps dead rows of the last %s transactions in all tables.', t.held_xids) END,
										  CASE WHEN t.hours IS NOT NULL THEN pg_catalog.format('At %s of WAL a second the disk is full about %s.', pg_catalog.pg_size_pretty(t.bytes_per_second::bigint),
																							   pg_catalog.to_char(pg_catalog.clock_timestamp() + pg_catalog.make_interval(hours => LEAST(t.hours, 876000)::integer), 'YYYY-MM-DD HH24:00')) END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'slot_type', t.slot_type,
						   'plugin', t.plugin,
						   'database', t.database,
						   'inactive_since', t.idle_since,
						   'retained_bytes', t.retained_bytes,
						   'max_wal_size', pg_catalog.current_setting('max_wal_size'),
						   'held_xids', t.held_xids,
						   'free_bytes', t.free_bytes,
						   'wal_bytes_per_second', pg_catalog.round(t.bytes_per_second::numeric),
						   'wal_rate_basis', t.basis,
						   'hours_to_full_disk', pg_catalog.round(t.hours::numeric, 1),
						   'formula', 'retained > max_retained_share * max_wal_size, or age(xmin) > max_held_xids',
						   'failure_prevented', 'a full disk; bloat in all tables')),
		   proof => 'counters',
		   confidence => 0.9,
		   safety => 'loses_data',
		   benefit_bytes => t.retained_bytes,
		   apply_sql => pg_catalog.format('SELECT pg_drop_replication_slot(%L)', t.slot_name),
		   impact => 'The first choice is to start the consumer. Who reads from a dropped slot cannot go on where he stopped: a standby without archive and a subscriber have to be made anew.') a;
COMMENT ON VIEW dbadvisor.rule_replication_slot_inactive IS
'Replication slots that nobody reads from and that keep WAL or dead rows';

GRANT SELECT ON dbadvisor.rule_replication_slot_inactive TO dbadvisor_reader;
