-- replication.copy_missing: nothing of this server is kept elsewhere
--
-- Fires for databases of more than min_bytes on a primary that archives nothing and
-- whose history of min_hours has seen no pg_receivewal and no backup by streaming:
-- with no standby either there is a single copy, with one there is no way back to
-- before a mistake.  Wrong where the storage makes snapshots or dumps are taken:
-- the server knows nothing of these.
SELECT dbadvisor.register_rule(
	rule => 'replication.copy_missing',
	title => 'Nothing is seen that keeps a copy of the data elsewhere',
	why => 'A disk that fails, or a statement without WHERE that replication carries over at once, takes the data for good.',
	severity => 'high',
	thresholds => '{"window_hours": 336, "min_hours": 168, "min_bytes": 1073741824}',
	doc => 'Medium where a standby is seen. archive_mode takes a restart, the command can be changed by a reload: archive_mode = on with the command of a backup program, such as pgBackRest or Barman. Where wal_level is minimal there can be neither, so that comes first.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_copy_missing WITH (security_invoker = true) AS
WITH watched AS MATERIALIZED (
	SELECT s.since,
		   pg_catalog.current_setting('wal_level') = 'minimal' AS is_minimal
	  FROM dbadvisor.server_samples('replication.copy_missing', 'sessions') s
	 WHERE s.samples > 0
	   AND NOT pg_catalog.pg_is_in_recovery()
	   AND pg_catalog.current_setting('archive_mode') = 'off'
), receiver AS MATERIALIZED (
	SELECT h.name
	  FROM watched w
	  JOIN dbadvisor.history_server h
		ON h.source = 'replication'
	   AND h.taken_at >= w.since
	 UNION
	SELECT r.application_name
	  FROM pg_catalog.pg_stat_replication r
), judged AS MATERIALIZED (
	SELECT w.*,
		   d.bytes,
		   EXISTS (SELECT FROM receiver r) AS has_standby
	  FROM watched w
	 CROSS JOIN dbadvisor.databases_bytes() d (bytes)
	 WHERE NOT EXISTS (SELECT FROM receiver r WHERE r.name IN ('pg_receivewal', 'pg_basebackup') OR r.name LIKE 'barman%')
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL (SELECT CASE WHEN j.is_minimal THEN 'wal_level' ELSE 'archive_mode' END) s (name)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.copy_missing',
		   setting => s.name,
		   recommended => CASE WHEN j.is_minimal THEN 'replica' ELSE 'on' END,
		   severity => CASE WHEN j.has_standby THEN 'medium' END,
		   title => CASE
					WHEN j.has_standby THEN pg_catalog.format('Keep a way back to before a mistake: set %s to {value}', s.name)
					ELSE pg_catalog.format('Keep a copy of %s of data elsewhere: set %s to {value}', pg_catalog.pg_size_pretty(j.bytes), s.name)
					END,
		   detail => pg_catalog.format('Since %s neither an archive of WAL nor a backup by streaming was seen%s. Whether dumps or snapshots of the storage are made is not known here.',
									   pg_catalog.to_char(j.since, 'YYYY-MM-DD'), CASE WHEN j.has_standby THEN '' ELSE ', and no standby' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'data_bytes', j.bytes,
						   'has_standby', j.has_standby,
						   'confidence_reason', 'dumps and snapshots of the storage are not seen',
						   'failure_prevented', 'data that is gone for good'),
		   effect => 'A command that puts the files elsewhere has to be set as well, or WAL comes together until the disk is full.',
		   confidence => 0.6,
		   evidence_since => j.since) a
 WHERE j.bytes >= dbadvisor.threshold('replication.copy_missing', 'min_bytes')
   AND pg_catalog.pg_has_role('pg_monitor', 'USAGE')
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('replication.copy_missing') n;
COMMENT ON VIEW dbadvisor.rule_replication_copy_missing IS
'archive_mode, where nothing is seen that keeps a copy of the data elsewhere, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_copy_missing TO dbadvisor_reader;
