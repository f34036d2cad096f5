-- replication.login_unsafe: WAL goes to a superuser, or unencrypted to another machine
--
-- Fires for a receiver of WAL that is logged in as a superuser, and for one on another
-- machine whose connection is not encrypted.  Wrong for the second where the network
-- encrypts by itself.
SELECT dbadvisor.register_rule(
	rule => 'replication.login_unsafe',
	title => 'WAL is sent to a superuser, or unencrypted to another machine',
	why => 'The password of that role is in a file of each standby; and the WAL has all data in it, for whoever is on the way.',
	severity => 'medium',
	doc => 'Low for a superuser: a role with LOGIN and REPLICATION is enough for streaming, unless pg_rewind uses it as well. Who may connect how is in security.password_method.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_login_unsafe WITH (security_invoker = true) AS
WITH login AS MATERIALIZED (
	SELECT pg_catalog.quote_ident(r.usename) AS role,
		   o.rolsuper AS is_super,
		   pg_catalog.count(*) FILTER (WHERE NOT s.ssl AND NOT (r.client_addr << '127.0.0.0/8'::inet OR r.client_addr = '::1'::inet)) AS in_clear,
		   pg_catalog.string_agg(r.application_name, ', ' ORDER BY r.application_name) AS names
	  FROM pg_catalog.pg_stat_replication r
	  JOIN pg_catalog.pg_stat_ssl s ON s.pid = r.pid
	  JOIN pg_catalog.pg_roles o ON o.rolname = r.usename
	 GROUP BY r.usename, o.rolsuper
)
SELECT a.*
  FROM login l
 CROSS JOIN LATERAL (VALUES
	('superuser', 'low', pg_catalog.format('Let %s receive WAL as a role with LOGIN and REPLICATION only', l.names),
	 pg_catalog.format('They are connected as %s, a superuser.', l.role), 'a password of a superuser on every standby', l.is_super),
	('encryption', NULL, pg_catalog.format('Encrypt what %s receive: sslmode=require in primary_conninfo', l.names),
	 pg_catalog.format('%s connections from other machines as %s are not encrypted.', l.in_clear, l.role), 'data that is read on the way', l.in_clear > 0))
	 v (variant, severity, title, detail, failure, fires)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.login_unsafe',
		   object_type => 'role',
		   object_name => l.role,
		   variant => v.variant,
		   severity => v.severity,
		   title => v.title,
		   detail => v.detail,
		   evidence => pg_catalog.jsonb_build_object('receivers', l.names, 'unencrypted', l.in_clear, 'failure_prevented', v.failure)) a
 WHERE v.fires
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.login_unsafe') n;
COMMENT ON VIEW dbadvisor.rule_replication_login_unsafe IS
'Roles that receive WAL as superusers or without encryption, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_login_unsafe TO dbadvisor_reader;
