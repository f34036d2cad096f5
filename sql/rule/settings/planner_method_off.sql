-- settings.planner_method_off: a way to plan is switched off
--
-- Fires for settings enable_... that are on by default and off for the server, for a
-- database or for a role.
SELECT dbadvisor.register_rule(
	rule => 'settings.planner_method_off',
	title => 'The planner may not use one of its methods',
	why => 'It was switched off for one statement once, and all others have worse plans since.',
	severity => 'high',
	doc => 'The planner is not kept from a method by it, it is made to avoid it by a penalty that is in no proportion to anything. Where one statement needs it, SET LOCAL in its transaction, or extended statistics so that the planner finds out by itself. Low for a role or a database that has it of its own.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_planner_method_off WITH (security_invoker = true) AS
WITH method AS MATERIALIZED (
	SELECT g.name,
		   g.boot_val,
		   g.reset_val,
		   g.source
	  FROM pg_catalog.pg_settings g
	 WHERE g.name LIKE 'enable\_%'
	   AND g.boot_val = 'on'
), own AS (
	SELECT s.name,
		   s.who
	  FROM dbadvisor.own_setting s
	  JOIN method m ON m.name = s.name
	 WHERE s.value = 'off'
)
SELECT a.*
  FROM method m
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.planner_method_off',
		   setting => m.name,
		   recommended => m.boot_val,
		   title => pg_catalog.format('Switch %s on', m.name),
		   detail => pg_catalog.format('It is off for the server, by the %s.', m.source),
		   evidence => pg_catalog.jsonb_build_object('source', m.source, 'failure_prevented', 'bad plans that nothing explains'),
		   effect => 'Plans change.',
		   proof => 'catalog',
		   confidence => 0.9) a
 WHERE m.reset_val = 'off'
   AND m.source NOT IN ('database', 'user', 'database user', 'client', 'session')
 UNION ALL
SELECT a.*
  FROM own o
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.planner_method_off',
		   object_type => 'configuration',
		   object_name => o.name,
		   variant => o.who,
		   severity => 'low',
		   title => pg_catalog.format('Switch %s on for %s', o.name, o.who),
		   detail => 'It is off for all statements there.',
		   evidence => pg_catalog.jsonb_build_object('setting', o.name, 'current_value', 'off', 'recommended_value', 'on', 'failure_prevented', 'bad plans that nothing explains'),
		   confidence => 0.7,
		   apply_sql => pg_catalog.format('ALTER %s RESET %I', o.who, o.name),
		   revert_sql => pg_catalog.format('ALTER %s SET %I = off', o.who, o.name),
		   impact => 'Holds for sessions that begin after it. Plans change.') a;
COMMENT ON VIEW dbadvisor.rule_settings_planner_method_off IS
'Methods of the planner that are switched off for the server, for databases and for roles';

GRANT SELECT ON dbadvisor.rule_settings_planner_method_off TO dbadvisor_reader;
