-- replication.standby_conflicts: queries on a standby that recovery cancels
--
-- Fires on a standby where min_per_day queries of this database were cancelled
-- since the counters began.  Why they were decides on the remedy, and each has a
-- price.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_conflicts',
	title => 'Recovery cancels queries on this standby',
	why => 'Reports fail with "canceling statement due to conflict with recovery", or the standby falls behind while it waits for them.',
	severity => 'medium',
	thresholds => '{"min_per_day": 1}',
	doc => 'Conflicts of snapshots go away with hot_standby_feedback, at the price of dead rows that the primary keeps as long as the longest query here takes. Conflicts of locks come from ALTER TABLE and from VACUUM that shortens tables: vacuum_truncate = off on the table. A longer max_standby_streaming_delay delays the standby instead.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_conflicts WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT c.confl_snapshot AS snapshots,
		   c.confl_lock AS locks,
		   c.confl_bufferpin AS pins,
		   c.confl_deadlock AS deadlocks,
		   c.confl_tablespace AS tablespaces,
		   c.confl_snapshot + c.confl_lock + c.confl_bufferpin + c.confl_deadlock + c.confl_tablespace AS total,
		   GREATEST(d.stats_reset, pg_catalog.pg_postmaster_start_time()) AS since,
		   (SELECT pg_catalog.max(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.xact_start))::numeric
			  FROM pg_catalog.pg_stat_activity s
			 WHERE s.backend_type = 'client backend'
			   AND s.pid <> pg_catalog.pg_backend_pid()) AS longest_now
	  FROM pg_catalog.pg_stat_database_conflicts c
	  JOIN pg_catalog.pg_stat_database d ON d.datid = c.datid
	 WHERE c.datname = pg_catalog.current_database()
	   AND pg_catalog.pg_is_in_recovery()
)
SELECT a.*
  FROM counted c
 CROSS JOIN LATERAL (SELECT GREATEST(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - c.since) / 86400, 1)) d (days)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.standby_conflicts',
		   setting => 'hot_standby_feedback',
		   recommended => CASE WHEN c.snapshots * 2 > c.total THEN 'on' ELSE pg_catalog.current_setting('hot_standby_feedback') END,
		   object_type => 'database',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_database', (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())),
		   title => CASE
					WHEN c.snapshots * 2 > c.total AND pg_catalog.current_setting('hot_standby_feedback') = 'off' THEN 'Let the primary keep rows that queries here still read: hot_standby_feedback'
					ELSE 'Decide what queries on this standby may cost: recovery cancels them'
					END,
		   detail => pg_catalog.format('%s queries were cancelled since %s: %s for rows that were removed, %s for locks, %s for pinned pages. max_standby_streaming_delay is %s.',
									   c.total, pg_catalog.to_char(c.since, 'YYYY-MM-DD HH24:MI'), c.snapshots, c.locks, c.pins, pg_catalog.current_setting('max_standby_streaming_delay')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'snapshot_conflicts', c.snapshots,
						   'lock_conflicts', c.locks,
						   'pin_conflicts', c.pins,
						   'deadlock_conflicts', c.deadlocks,
						   'tablespace_conflicts', c.tablespaces,
						   'per_day', pg_catalog.round((c.total / d.days)::numeric, 1),
						   'longest_transaction_now_s', pg_catalog.round(c.longest_now),
						   'max_standby_streaming_delay', pg_catalog.current_setting('max_standby_streaming_delay'),
						   'formula', 'conflicts / days since the counters began >= min_per_day',
						   'failure_prevented', 'reports that fail')),
		   effect => 'The primary keeps dead rows as long as the longest query here takes: its tables grow.',
		   evidence_since => c.since,
		   always => true) a
 WHERE c.total / d.days >= dbadvisor.threshold('replication.standby_conflicts', 'min_per_day', dbadvisor.object_identity('pg_catalog.pg_database', (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())));
COMMENT ON VIEW dbadvisor.rule_replication_standby_conflicts IS
'Queries of this database that recovery has cancelled, on a standby';

GRANT SELECT ON dbadvisor.rule_replication_standby_conflicts TO dbadvisor_reader;
