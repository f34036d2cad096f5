-- settings.checkpoint_spread: checkpoints write in a hurry, or too late
--
-- Fires where checkpoint_completion_target is not between least_target and
-- most_target.
SELECT dbadvisor.register_rule(
	rule => 'settings.checkpoint_spread',
	title => 'Checkpoints do not use the time that they have',
	why => 'A low target writes all pages in a burst that statements wait behind; one near 1 leaves no time for the rest of the checkpoint.',
	severity => 'low',
	thresholds => '{"least_target": 0.9, "most_target": 0.95}',
	doc => '0.9 is the default from PostgreSQL 14 on; a configuration that was carried over from before has 0.5.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_checkpoint_spread WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_settings g
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.checkpoint_spread',
		   setting => g.name,
		   recommended => g.boot_val,
		   title => 'Set checkpoint_completion_target to {value}',
		   detail => pg_catalog.format('A checkpoint writes its pages within %s of the time to the next one.', g.reset_val),
		   evidence => pg_catalog.jsonb_build_object('formula', 'the default of the server', 'failure_prevented', 'statements that wait while a checkpoint writes'),
		   proof => 'catalog',
		   confidence => 1) a
 WHERE g.name = 'checkpoint_completion_target'
   AND g.reset_val::numeric NOT BETWEEN dbadvisor.threshold('settings.checkpoint_spread', 'least_target')
									AND dbadvisor.threshold('settings.checkpoint_spread', 'most_target');
COMMENT ON VIEW dbadvisor.rule_settings_checkpoint_spread IS
'checkpoint_completion_target, where it is far from its default';

GRANT SELECT ON dbadvisor.rule_settings_checkpoint_spread TO dbadvisor_reader;
