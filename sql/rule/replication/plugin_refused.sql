-- replication.plugin_refused: a slot whose output plugin is not allowed
--
-- Fires for a logical slot whose plugin output_plugin_libraries does not name.  The
-- setting came with the minor versions of August 2026, so a minor upgrade can do it.
SELECT dbadvisor.register_rule(
	rule => 'replication.plugin_refused',
	title => 'The output plugin of a logical slot is not allowed',
	why => 'Its consumer is refused, the slot keeps WAL, and pg_upgrade refuses the cluster.',
	severity => 'critical',
	doc => 'Silent on versions without the setting. Each plugin is a name of its own in the list.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_plugin_refused WITH (security_invoker = true) AS
WITH allowed AS (
	SELECT g.setting,
		   ARRAY(SELECT pg_catalog.btrim(e, ' "') FROM pg_catalog.string_to_table(g.setting, ',') e) AS plugins
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'output_plugin_libraries'
)
SELECT a.*
  FROM allowed w
 CROSS JOIN LATERAL (
	SELECT s.plugin,
		   pg_catalog.array_agg(s.slot_name ORDER BY s.slot_name) AS slots
	  FROM pg_catalog.pg_replication_slots s
	 WHERE s.plugin <> ALL (w.plugins)
	 GROUP BY s.plugin) p
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.plugin_refused',
		   setting => 'output_plugin_libraries',
		   recommended => pg_catalog.concat_ws(', ', NULLIF(w.setting, ''), pg_catalog.quote_ident(p.plugin)),
		   variant => p.plugin,
		   title => pg_catalog.format('Allow output plugin %s, which slots use', p.plugin),
		   detail => pg_catalog.format('Slots with it: %s. Allowed are: %s.', pg_catalog.array_to_string(p.slots, ', '), w.setting),
		   evidence => pg_catalog.jsonb_build_object(
						   'slots', p.slots,
						   'plugin', p.plugin,
						   'allowed', w.plugins,
						   'failure_prevented', 'consumers that are refused; a full disk'),
		   effect => 'Roles with REPLICATION may load this library.',
		   proof => 'catalog',
		   confidence => 1) a;
COMMENT ON VIEW dbadvisor.rule_replication_plugin_refused IS
'Output plugins of logical slots that output_plugin_libraries does not name';

GRANT SELECT ON dbadvisor.rule_replication_plugin_refused TO dbadvisor_reader;
