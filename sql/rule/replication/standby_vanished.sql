-- replication.standby_vanished: a standby that was there is not
--
-- Fires for a receiver of WAL that history has seen in min_snapshots snapshots of
-- the last max_days and that has not been there for min_absent_minutes.  Without a
-- slot nothing else tells of it.  Wrong for one that was taken away on purpose:
-- suppress it, or wait max_days.  A standby has the history of its primary, which
-- is no word on its own receivers.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_vanished',
	title => 'A standby that was connected is gone',
	why => 'There is one copy less than everybody believes, and the WAL that it needs may be removed.',
	severity => 'high',
	thresholds => '{"max_days": 7, "min_snapshots": 3, "min_absent_minutes": 10}',
	doc => 'Receivers are known by their application_name: give each standby a cluster_name or application_name of its own. Backups and pg_receivewal are left out.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_vanished WITH (security_invoker = true) AS
WITH seen AS MATERIALIZED (
	SELECT h.name,
		   pg_catalog.count(*) AS snapshots,
		   pg_catalog.max(h.taken_at) AS last_seen,
		   pg_catalog.min(h.taken_at) AS first_seen
	  FROM dbadvisor.history_server h
	 WHERE h.source = 'replication'
	   AND NOT pg_catalog.pg_is_in_recovery()
	   AND h.taken_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => 86400 * dbadvisor.threshold('replication.standby_vanished', 'max_days')::double precision)
	   AND h.name NOT IN ('pg_basebackup', 'pg_receivewal', 'pg_rewind', 'walreceiver')
	   AND h.name !~ '^\d+$|^pg_\d+_sync_\d+'
	 GROUP BY h.name
)
SELECT a.*
  FROM seen s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.standby_vanished',
		   object_type => 'standby',
		   object_name => s.name,
		   title => pg_catalog.format('Bring standby %s back: it was last seen at %s', s.name, pg_catalog.to_char(s.last_seen, 'YYYY-MM-DD HH24:MI')),
		   detail => pg_catalog.format('It was connected in %s snapshots since %s and is not now.', s.snapshots, pg_catalog.to_char(s.first_seen, 'YYYY-MM-DD HH24:MI')),
		   evidence => pg_catalog.jsonb_build_object(
						   'snapshots', s.snapshots,
						   'first_seen', s.first_seen,
						   'last_seen', s.last_seen,
						   'confidence_reason', 'it may have been taken away on purpose',
						   'failure_prevented', 'no standby when it is needed'),
		   proof => 'counters',
		   confidence => 0.8,
		   evidence_since => s.first_seen) a
 WHERE s.snapshots >= dbadvisor.threshold('replication.standby_vanished', 'min_snapshots', s.name)
   AND s.last_seen <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => 60 * dbadvisor.threshold('replication.standby_vanished', 'min_absent_minutes', s.name)::double precision)
   AND pg_catalog.pg_has_role('pg_monitor', 'USAGE')
   AND NOT EXISTS (SELECT
					 FROM dbadvisor.wal_sender w
					WHERE w.application_name = s.name)
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.standby_vanished') n;
COMMENT ON VIEW dbadvisor.rule_replication_standby_vanished IS
'Receivers of WAL that history knows and that are not connected, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_standby_vanished TO dbadvisor_reader;
