-- replication.backup_unseen: WAL is archived, and no backup is seen that it belongs to
--
-- Fires where WAL is archived for min_hours of history and the last end of a base
-- backup, for which the server writes a file into pg_wal, is older than max_days or
-- not there.  Wrong where backups are taken from a standby, which writes no such
-- file, or by snapshots of the storage.
SELECT dbadvisor.register_rule(
	rule => 'replication.backup_unseen',
	title => 'There is no evidence of a recent base backup',
	why => 'An archive of WAL alone restores nothing; and replaying months of it takes days.',
	severity => 'medium',
	thresholds => '{"window_hours": 336, "min_hours": 168, "max_days": 7}',
	doc => 'High where pg_wal has the file of an old backup, since then backups were taken here once. It says "no evidence of", never "no backup": ask the backup program, and restore one now and then.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.last_backup_end()
RETURNS timestamptz
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT pg_catalog.max(f.modification)
			  FROM pg_catalog.pg_ls_waldir() f
			 WHERE f.name ~ '^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$');
END;
$$;
COMMENT ON FUNCTION dbadvisor.last_backup_end() IS
'When a base backup of this server last ended, by the file that it leaves in pg_wal while WAL is archived; null where there is none or the caller may not know';

CREATE OR REPLACE VIEW dbadvisor.rule_replication_backup_unseen WITH (security_invoker = true) AS
WITH watched AS MATERIALIZED (
	SELECT s.since,
		   b.ended,
		   pg_catalog.make_interval(days => dbadvisor.threshold('replication.backup_unseen', 'max_days')::integer) AS most
	  FROM dbadvisor.server_samples('replication.backup_unseen', 'sessions') s
	 CROSS JOIN dbadvisor.last_backup_end() b (ended)
	 WHERE s.samples > 0
	   AND NOT pg_catalog.pg_is_in_recovery()
	   AND pg_catalog.current_setting('archive_mode') <> 'off'
	   AND pg_catalog.pg_has_role('pg_monitor', 'USAGE')
	   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_basebackup)
)
SELECT a.*
  FROM watched w
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.backup_unseen',
		   object_type => 'server',
		   object_name => COALESCE(NULLIF(pg_catalog.current_setting('cluster_name'), ''), 'this server'),
		   severity => CASE WHEN w.ended IS NOT NULL THEN 'high' END,
		   title => COALESCE(pg_catalog.format('See to backups: the last that is seen ended at %s', pg_catalog.to_char(w.ended, 'YYYY-MM-DD HH24:MI')),
							 'See to backups: none is seen'),
		   detail => 'WAL is archived, and there is no evidence of a recent base backup taken from this server. Backups from a standby and snapshots of the storage leave none.',
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'last_backup_at', w.ended,
						   'confidence_reason', 'backups from a standby and snapshots of the storage are not seen',
						   'failure_prevented', 'an archive from which nothing can be restored')),
		   proof => CASE WHEN w.ended IS NULL THEN 'heuristic' ELSE 'catalog' END,
		   confidence => CASE WHEN w.ended IS NULL THEN 0.5 ELSE 0.7 END,
		   evidence_since => w.since) a
 WHERE COALESCE(w.ended, '-infinity') < pg_catalog.clock_timestamp() - w.most
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('replication.backup_unseen') n;
COMMENT ON VIEW dbadvisor.rule_replication_backup_unseen IS
'This server, where WAL is archived and no base backup is seen, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.last_backup_end() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.last_backup_end() TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_replication_backup_unseen TO dbadvisor_reader;
