-- settings.checksums_off: damage of files goes unnoticed, or was found
--
-- Fires for databases in which a page was read whose checksum is wrong; and where
-- data checksums are off.
SELECT dbadvisor.register_rule(
	rule => 'settings.checksums_off',
	title => 'Damaged pages go unnoticed, or were found',
	why => 'A page that the storage has damaged is read as if it were right, and goes into backups until no good one is left.',
	severity => 'low',
	doc => 'Critical where failures were counted: see the log for the files, stop writing to that storage, and compare with a standby or a backup before anything else. Checksums cost little and are switched on while the server is stopped; a new cluster has them from PostgreSQL 18 on.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_checksums_off WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_stat_database d
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.checksums_off',
		   object_type => 'database',
		   object_name => COALESCE(pg_catalog.quote_ident(d.datname), 'shared catalogs'),
		   severity => 'critical',
		   title => pg_catalog.format('Save %s: pages of it are damaged', COALESCE(pg_catalog.quote_ident(d.datname), 'the shared catalogs')),
		   detail => pg_catalog.format('%s reads found a page with a wrong checksum, the last at %s. The log names the files.', d.checksum_failures,
									   pg_catalog.to_char(d.checksum_last_failure, 'YYYY-MM-DD HH24:MI:SS')),
		   evidence => pg_catalog.jsonb_build_object('failures', d.checksum_failures, 'last_failure', d.checksum_last_failure, 'failure_prevented', 'backups of damaged data'),
		   proof => 'counters',
		   evidence_since => d.stats_reset) a
 WHERE d.checksum_failures > 0
 UNION ALL
SELECT a.*
  FROM (SELECT pg_catalog.current_setting('data_checksums')) s (value)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.checksums_off',
		   object_type => 'configuration',
		   object_name => 'data_checksums',
		   title => 'Switch data checksums on',
		   detail => 'The server cannot tell a page that the storage has damaged. With the server stopped: pg_checksums --enable, on standbys as well.',
		   evidence => pg_catalog.jsonb_build_object('setting', 'data_checksums', 'current_value', s.value, 'recommended_value', 'on', 'takes_effect', 'restart',
													 'failure_prevented', 'damage that nobody notices')) a
 WHERE s.value = 'off';
COMMENT ON VIEW dbadvisor.rule_settings_checksums_off IS
'Databases with damaged pages, and a server that could not tell';

GRANT SELECT ON dbadvisor.rule_settings_checksums_off TO dbadvisor_reader;
