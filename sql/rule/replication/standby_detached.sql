-- replication.standby_detached: a standby that receives nothing
--
-- Fires on a standby that has neither a primary nor an archive to follow, as after
-- ALTER SYSTEM RESET ALL, on one that has a primary and no connection to it at the
-- moment, and on one that follows an archive only.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_detached',
	title => 'This standby receives no WAL',
	why => 'It answers queries with old data, and a failover to it loses all that was written since.',
	severity => 'high',
	doc => 'Critical with neither primary_conninfo nor restore_command. Medium for a standby that follows an archive on purpose: it is as far behind as archive_timeout and one file of WAL. A walreceiver starts anew each 5 s: look twice.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_detached WITH (security_invoker = true) AS
WITH here AS MATERIALIZED (
	SELECT pg_catalog.max(g.setting) FILTER (WHERE g.name = 'primary_conninfo') AS conninfo,
		   pg_catalog.max(g.setting) FILTER (WHERE g.name = 'primary_slot_name') AS slot_name,
		   pg_catalog.max(g.setting) FILTER (WHERE g.name = 'restore_command') AS restore,
		   EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver r WHERE r.status = 'streaming') AS receives,
		   EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::numeric AS replay_age
	  FROM pg_catalog.pg_settings g
	HAVING pg_catalog.pg_is_in_recovery()
), found AS (
	SELECT h.*,
		   CASE
		   WHEN h.conninfo = '' AND h.restore = '' THEN 'alone'
		   WHEN h.conninfo = '' THEN 'archive'
		   WHEN NOT h.receives THEN 'connection'
		   END AS kind
	  FROM here h
	 WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.standby_detached',
		   object_type => 'server',
		   object_name => COALESCE(NULLIF(pg_catalog.current_setting('cluster_name'), ''), 'this standby'),
		   variant => f.kind,
		   severity => CASE f.kind WHEN 'alone' THEN 'critical' WHEN 'archive' THEN 'medium' END,
		   title => CASE f.kind
					WHEN 'alone' THEN 'Tell this standby where its primary is: set primary_conninfo'
					WHEN 'archive' THEN 'Let this standby stream from its primary as well: set primary_conninfo'
					ELSE 'Connect this standby to its primary again'
					END,
		   detail => pg_catalog.concat_ws(' ',
										  CASE f.kind
										  WHEN 'alone' THEN 'It has neither primary_conninfo nor restore_command, and stays as it is.'
										  WHEN 'archive' THEN 'It follows an archive: it gets WAL one file at a time.'
										  ELSE pg_catalog.format('It has a primary_conninfo%s and no connection. The log of this server says why: the primary is down, the slot is missing there, as after a failover, or its WAL was removed.',
																 COALESCE(pg_catalog.format(', slot %s', NULLIF(f.slot_name, '')), ''))
										  END,
										  CASE WHEN f.replay_age IS NOT NULL THEN pg_catalog.format('The last transaction that it has replayed is %s s old.', pg_catalog.round(f.replay_age)) END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'primary_slot_name', NULLIF(f.slot_name, ''),
						   'has_restore_command', f.restore <> '',
						   'last_replayed_transaction_age_s', pg_catalog.round(f.replay_age),
						   'confidence_reason', 'one look: a connection may just be made',
						   'failure_prevented', 'a failover to old data')),
		   proof => CASE f.kind WHEN 'connection' THEN 'counters' ELSE 'catalog' END,
		   confidence => CASE f.kind WHEN 'connection' THEN 0.8 ELSE 1 END) a
 WHERE f.kind IS NOT NULL
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.standby_detached') n;
COMMENT ON VIEW dbadvisor.rule_replication_standby_detached IS
'This server, where it is a standby that receives no WAL, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_standby_detached TO dbadvisor_reader;
