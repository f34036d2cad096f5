-- replication.archive_fake: an archive that keeps nothing
--
-- Fires where archive_mode is on and archive_command does nothing but succeed.  It
-- is a way to have archiving ready to be switched on without a restart; then it is
-- known, and can be suppressed.
SELECT dbadvisor.register_rule(
	rule => 'replication.archive_fake',
	title => 'The archive command archives nothing',
	why => 'All looks as if WAL were archived, and no restore to a point in time is possible.',
	severity => 'high',
	doc => 'Commands that are recognised: true, /bin/true, :, exit 0 and the like. A script that does nothing is not seen through.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_archive_fake WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_settings g
 CROSS JOIN pg_catalog.pg_stat_archiver v
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.archive_fake',
		   object_type => 'configuration',
		   object_name => 'archive_command',
		   title => 'Archive WAL for real, or know that there is no archive',
		   detail => pg_catalog.format('The command keeps nothing, and has "archived" %s files since the counters began.', v.archived_count),
		   evidence => pg_catalog.jsonb_build_object('archived_count', v.archived_count,
													 'failure_prevented', 'a restore that is found to be impossible when it is needed'),
		   evidence_since => v.stats_reset) a
 WHERE g.name = 'archive_command'
   AND g.setting ~ '^\s*((/usr)?(/bin/)?true|:|exit\s+0|(/usr)?(/bin/)?echo(\s[^;&|>]*)?|rem(\s.*)?)\s*;?\s*$'
   AND pg_catalog.current_setting('archive_mode') <> 'off';
COMMENT ON VIEW dbadvisor.rule_replication_archive_fake IS
'archive_command, where it does nothing but succeed';

GRANT SELECT ON dbadvisor.rule_replication_archive_fake TO dbadvisor_reader;
