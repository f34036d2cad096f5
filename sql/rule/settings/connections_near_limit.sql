-- settings.connections_near_limit: soon nobody else can connect
--
-- Fires where client sessions take more than high_share of the connections that are
-- not reserved.  A pool is the first remedy: a raised limit takes a restart, memory,
-- and lets more sessions stand in each other's way.
SELECT dbadvisor.register_rule(
	rule => 'settings.connections_near_limit',
	title => 'Connections are nearly used up',
	why => 'The next client is refused: "sorry, too many clients already".',
	severity => 'high',
	thresholds => '{"high_share": 0.8, "critical_share": 0.95, "margin": 1.25}',
	doc => 'Proposed are the sessions there are times margin, and those that are reserved. It is one look: run it under load. dbadvisor.pool_size() says how many sessions are at work at once.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_connections_near_limit WITH (security_invoker = true) AS
WITH used AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS sessions,
		   pg_catalog.count(*) FILTER (WHERE s.state = 'idle') AS idle
	  FROM pg_catalog.pg_stat_activity s
	 WHERE s.backend_type = 'client backend'
), place AS (
	SELECT u.*,
		   g.places,
		   g.reserved
	  FROM used u
	 CROSS JOIN (
		SELECT pg_catalog.sum(CASE g.name WHEN 'max_connections' THEN g.setting::integer ELSE -g.setting::integer END),
			   pg_catalog.sum(g.setting::integer) FILTER (WHERE g.name <> 'max_connections')
		  FROM pg_catalog.pg_settings g
		 WHERE g.name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')) g (places, reserved)
)
SELECT a.*
  FROM place p
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.connections_near_limit',
		   setting => 'max_connections',
		   recommended => GREATEST(pg_catalog.ceil(p.sessions * dbadvisor.threshold('settings.connections_near_limit', 'margin')) + p.reserved, p.places + p.reserved)::integer::text,
		   severity => CASE WHEN p.sessions > p.places * dbadvisor.threshold('settings.connections_near_limit', 'critical_share') THEN 'critical' END,
		   title => 'Put a pool before the server, or raise max_connections to {value}',
		   detail => pg_catalog.format('%s of %s connections that are not reserved are used; %s of these sessions are idle.', p.sessions, p.places, p.idle),
		   evidence => pg_catalog.jsonb_build_object(
						   'sessions', p.sessions,
						   'idle_sessions', p.idle,
						   'places', p.places,
						   'reserved', p.reserved,
						   'confidence_reason', 'one look',
						   'formula', 'sessions * margin + reserved',
						   'failure_prevented', 'clients that are refused'),
		   effect => 'Each connection takes some memory, and locks and snapshots take longer with more of them.',
		   confidence => 0.8,
		   always => true) a
 WHERE p.sessions > p.places * dbadvisor.threshold('settings.connections_near_limit', 'high_share')
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('settings.connections_near_limit') n;
COMMENT ON VIEW dbadvisor.rule_settings_connections_near_limit IS
'max_connections, where sessions nearly use them up, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_connections_near_limit TO dbadvisor_reader;
