-- settings.dead_clients_unnoticed: sessions whose client is gone stay for hours
--
-- Fires where clients of other machines connect and the server leaves it to the
-- kernel to notice that one is gone, which takes two hours on Linux.  Wrong where
-- the kernel was told otherwise (net.ipv4.tcp_keepalive_time).
SELECT dbadvisor.register_rule(
	rule => 'settings.dead_clients_unnoticed',
	title => 'It takes hours until the server notices that a client is gone',
	why => 'A firewall or a crash ends connections without a word: the session keeps its locks, its transaction and its place.',
	severity => 'low',
	thresholds => '{"idle_seconds": 60}',
	doc => 'idle_seconds is what is proposed for tcp_keepalives_idle; the kernel then asks nine times, 75 s apart, unless tcp_keepalives_interval and tcp_keepalives_count say otherwise. A statement that runs on for a client that is gone is ended by client_connection_check_interval.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_dead_clients_unnoticed WITH (security_invoker = true) AS
WITH remote AS MATERIALIZED (
	SELECT (dbadvisor.server_activity() ->> 'remote_sessions')::integer AS sessions
)
SELECT a.*
  FROM remote r
 CROSS JOIN pg_catalog.pg_settings g
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.dead_clients_unnoticed',
		   setting => g.name,
		   recommended => dbadvisor.threshold_text('settings.dead_clients_unnoticed', 'idle_seconds') || 's',
		   title => 'Notice clients that are gone: set tcp_keepalives_idle to {value}',
		   detail => pg_catalog.format('%s sessions come from other machines now.', r.sessions),
		   evidence => pg_catalog.jsonb_build_object('remote_sessions', r.sessions, 'failure_prevented', 'locks of sessions that nobody has any more'),
		   proof => 'catalog',
		   confidence => 0.7) a
 WHERE g.name = 'tcp_keepalives_idle'
   AND g.source = 'default'
   AND r.sessions > 0
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('settings.dead_clients_unnoticed') n;
COMMENT ON VIEW dbadvisor.rule_settings_dead_clients_unnoticed IS
'tcp_keepalives_idle, where clients of other machines connect, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_dead_clients_unnoticed TO dbadvisor_reader;
