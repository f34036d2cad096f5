-- security.ssl_off: traffic between machines that anybody on the way can read
--
-- Fires where ssl is off while the server listens on more than sockets and
-- loopback addresses.  Wrong where something else encrypts the network, such as
-- a VPN or a service mesh.
SELECT dbadvisor.register_rule(
	rule => 'security.ssl_off',
	title => 'Connections from other machines are not encrypted',
	why => 'Statements and their results, rows and all, can be read and changed on the way.',
	severity => 'medium',
	doc => 'High while client connections from other machines are there now without encryption.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.listens_beyond(listen_addresses text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT
					 FROM pg_catalog.string_to_table(listen_addresses, ',') e
					WHERE pg_catalog.btrim(e) <> ''
					  AND pg_catalog.lower(pg_catalog.btrim(e)) NOT IN ('localhost', '::1')
					  AND pg_catalog.btrim(e) NOT LIKE '127.%');
$$;
COMMENT ON FUNCTION dbadvisor.listens_beyond(text) IS
'Whether a value of listen_addresses names more than the machine itself';

CREATE OR REPLACE VIEW dbadvisor.rule_security_ssl_off WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_settings l
 CROSS JOIN LATERAL (
	SELECT pg_catalog.count(*)
	  FROM pg_catalog.pg_stat_activity s
	 WHERE s.backend_type = 'client backend'
	   AND NOT (s.client_addr << '127.0.0.0/8'::inet OR s.client_addr = '::1'::inet)) c (connections)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'security.ssl_off',
		   setting => 'ssl',
		   recommended => 'on',
		   severity => CASE WHEN c.connections > 0 THEN 'high' END,
		   title => 'Encrypt connections from other machines',
		   detail => pg_catalog.format('ssl is off, and listen_addresses is %s. Right now %s sessions come from other machines.', l.setting, c.connections),
		   evidence => pg_catalog.jsonb_build_object('listen_addresses', l.setting, 'remote_sessions_count', c.connections,
													 'confidence_reason', 'whether the network itself is encrypted is not known'),
		   proof => 'catalog',
		   confidence => 0.8,
		   always => true,
		   effect => 'A certificate and its key must be where ssl_cert_file and ssl_key_file say, or the server logs an error and goes on without. Lines hostssl in pg_hba.conf then refuse what is not encrypted.') a
 WHERE l.name = 'listen_addresses'
   AND NOT pg_catalog.current_setting('ssl')::boolean
   AND dbadvisor.listens_beyond(l.setting);
COMMENT ON VIEW dbadvisor.rule_security_ssl_off IS
'ssl, where it is off on a server that other machines can reach';

REVOKE ALL ON FUNCTION dbadvisor.listens_beyond(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.listens_beyond(text) TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_security_ssl_off TO dbadvisor_reader;
