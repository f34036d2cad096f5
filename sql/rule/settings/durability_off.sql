-- settings.durability_off: a crash damages data or hides damage
--
-- Fires for settings whose other value is for tests and for the rescue of damaged
-- clusters only.  Wrong for full_page_writes on a file system that never writes
-- half a page, such as ZFS.
SELECT dbadvisor.register_rule(
	rule => 'settings.durability_off',
	title => 'A setting lets a crash damage data, or hides damage',
	why => 'With fsync or full_page_writes off a crash of the machine leaves pages that nobody can read; the others go on over damage without a word.',
	severity => 'critical',
	doc => 'The settings are fsync, full_page_writes, zero_damaged_pages, ignore_checksum_failure and data_sync_retry. Where only time is wanted, synchronous_commit = off loses the last moments and damages nothing.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_durability_off WITH (security_invoker = true) AS
SELECT a.*
  FROM (VALUES ('fsync', 'on', 'After a crash of the machine or its power the whole cluster may be unusable.'),
			   ('full_page_writes', 'on', 'A page that was half written when the machine crashed cannot be repaired.'),
			   ('zero_damaged_pages', 'off', 'Damaged pages are emptied when they are read: their rows are gone.'),
			   ('ignore_checksum_failure', 'off', 'Damaged pages are read as if they were right, and may be written back.'),
			   ('data_sync_retry', 'off', 'After a failed write to disk the server goes on, though the kernel may have dropped the data.')) s (name, safe, why)
  JOIN pg_catalog.pg_settings g
	ON g.name = s.name
   AND g.reset_val <> s.safe
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.durability_off',
		   setting => s.name,
		   recommended => s.safe,
		   title => pg_catalog.format('Set %s to {value}', s.name),
		   detail => pg_catalog.format('It is %s. %s', g.reset_val, s.why),
		   evidence => pg_catalog.jsonb_build_object('failure_prevented', s.why),
		   effect => CASE WHEN s.safe = 'on' THEN 'Writes take longer.' END,
		   proof => 'catalog',
		   confidence => 1) a;
COMMENT ON VIEW dbadvisor.rule_settings_durability_off IS
'Settings that let a crash damage data, or hide damage';

GRANT SELECT ON dbadvisor.rule_settings_durability_off TO dbadvisor_reader;
