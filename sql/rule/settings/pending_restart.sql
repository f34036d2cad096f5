-- settings.pending_restart: a change that waits for a restart
--
-- Fires for settings that were changed in the files of the server and are not in
-- force before it is restarted: the next restart, whoever needs it and when, is not
-- only a restart.
SELECT dbadvisor.register_rule(
	rule => 'settings.pending_restart',
	title => 'A changed setting waits for a restart',
	why => 'Everybody believes that it is in force; and the next restart, perhaps after a crash, changes how the server runs.',
	severity => 'medium',
	doc => 'What the new value is, is in view pg_file_settings, for superusers. Of the settings that a standby must not have lower, raise those of standbys first.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_pending_restart WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_settings g
 CROSS JOIN LATERAL dbadvisor.setting_persisted(g.name) p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.pending_restart',
		   object_type => 'configuration',
		   object_name => g.name,
		   title => pg_catalog.format('Restart the server for the new value of %s, or take it back', g.name),
		   detail => pg_catalog.format('In force is %s%s.', pg_catalog.quote_literal(g.setting), COALESCE(', ALTER SYSTEM has left ' || pg_catalog.quote_literal(p.value), '')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('setting', g.name, 'current_value', g.setting, 'recommended_value', p.value, 'takes_effect', 'restart')),
		   impact => 'The restart ends all sessions.') a
 WHERE g.pending_restart;
COMMENT ON VIEW dbadvisor.rule_settings_pending_restart IS
'Settings that were changed and are not in force before a restart';

GRANT SELECT ON dbadvisor.rule_settings_pending_restart TO dbadvisor_reader;
