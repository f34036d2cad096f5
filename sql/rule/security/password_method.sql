-- security.password_method: who gets in without a good proof of who he is
--
-- Fires for lines of pg_hba.conf that ask for no password (trust), let it be sent
-- as it is (password) or take it for granted (ident), and for passwords that are
-- stored as MD5.  Which lines can be reached from elsewhere decides how much it
-- matters.  Where the caller may not read the file or the roles, the rule says
-- so.  Wrong on a server that nobody but one person can reach.
SELECT dbadvisor.register_rule(
	rule => 'security.password_method',
	title => 'Some connections are let in on weak proof',
	why => 'trust lets everybody be anybody, a password sent as it is can be read on the way, and an MD5 password is as good as the password to whoever copies it.',
	severity => 'medium',
	doc => 'Critical for trust and high for password or ident on lines for other machines; low for trust on sockets and loopback addresses, which every program on the machine can use.',
	shipped => true);

-- Only what is asked is looked at: a line that lets certificates in needs no
-- password.  Reading the file is a privilege of its own.
CREATE OR REPLACE FUNCTION dbadvisor.weak_hba_lines(
	OUT method text,
	OUT is_remote boolean,
	OUT lines integer[])
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE') THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT h.auth_method,
		   h.type <> 'local'
		   AND h.address NOT IN ('127.0.0.1', '::1', 'localhost', 'samehost') AS is_remote,
		   pg_catalog.array_agg(h.line_number ORDER BY h.line_number)
	  FROM pg_catalog.pg_hba_file_rules() h
	 WHERE h.error IS NULL
	   AND (h.auth_method IN ('trust', 'ident')
			OR (h.auth_method = 'password' AND h.type NOT IN ('local', 'hostssl')))
	   AND NOT 'clientcert=verify-full' = ANY (COALESCE(h.options, '{}'))
	 GROUP BY 1, 2;
END;
$$;
COMMENT ON FUNCTION dbadvisor.weak_hba_lines() IS
'Lines of pg_hba.conf that let somebody in on weak proof, by method and whether other machines can use them; none where the caller may not read the file';

CREATE OR REPLACE FUNCTION dbadvisor.md5_roles()
RETURNS oid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') THEN
		RETURN '{}';
	END IF;
	RETURN ARRAY(SELECT a.oid
				   FROM pg_catalog.pg_authid a
				  WHERE a.rolcanlogin
					AND a.rolpassword LIKE 'md5%');
END;
$$;
COMMENT ON FUNCTION dbadvisor.md5_roles() IS
'Roles that can log in and whose password is stored as MD5; none where the caller may not look';

CREATE OR REPLACE VIEW dbadvisor.rule_security_password_method WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weak_hba_lines() h
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.password_method',
		   object_type => 'configuration file',
		   object_name => 'pg_hba.conf',
		   variant => pg_catalog.format('%s %s', h.method, CASE WHEN h.is_remote THEN 'remote' ELSE 'local' END),
		   severity => CASE
					   WHEN h.is_remote AND h.method = 'trust' THEN 'critical'
					   WHEN h.is_remote THEN 'high'
					   ELSE 'low'
					   END,
		   title => pg_catalog.format('Ask for a SCRAM password instead of method %s for %s', h.method,
									  CASE WHEN h.is_remote THEN 'other machines' ELSE 'connections from this machine' END),
		   detail => pg_catalog.format('Line %s of pg_hba.conf: %s.', pg_catalog.array_to_string(h.lines, ', '),
									   CASE h.method
									   WHEN 'trust' THEN 'whoever gets this far is whoever he says he is'
									   WHEN 'password' THEN 'the password travels as it is, without SSL'
									   ELSE 'the machine of the client says who he is'
									   END),
		   evidence => pg_catalog.jsonb_build_object('lines', h.lines, 'method', h.method, 'is_remote', h.is_remote),
		   impact => 'Edit pg_hba.conf and reload. Roles without a password cannot log in any more: give them one first.') a
 UNION ALL
SELECT a.*
  FROM dbadvisor.md5_roles() m (roles)
 CROSS JOIN LATERAL dbadvisor.setting_change(
		   'password_encryption',
		   'scram-sha-256',
		   'Passwords that are set from then on are stored as SCRAM; those that are there stay until each is set anew. Clients older than PostgreSQL 10 cannot log in with SCRAM.') c
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.password_method',
		   object_type => 'configuration',
		   object_name => 'password_encryption',
		   title => 'Have the passwords that are stored as MD5 set anew',
		   detail => pg_catalog.format('Roles: %s. Who copies what is stored can log in with it; PostgreSQL is going to drop the method.', dbadvisor.role_list(m.roles)),
		   evidence => pg_catalog.jsonb_build_object('roles', dbadvisor.role_list(m.roles),
													 'password_encryption', pg_catalog.current_setting('password_encryption')),
		   affected_count => pg_catalog.cardinality(m.roles),
		   apply_sql => CASE WHEN c.is_change THEN c.apply_sql END,
		   revert_sql => CASE WHEN c.is_change THEN c.revert_sql END,
		   impact => c.impact) a
 WHERE pg_catalog.cardinality(m.roles) > 0
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.concat_ws(
				   '; ',
				   CASE WHEN NOT pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE') THEN 'may not read pg_hba.conf' END,
				   CASE WHEN NOT pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') THEN 'may not see how passwords are stored' END)) r (reason)
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'security.password_method',
		   CASE r.reason WHEN '' THEN 'ok' ELSE 'degraded' END,
		   NULLIF(r.reason, '')) n;
COMMENT ON VIEW dbadvisor.rule_security_password_method IS
'Weak methods in pg_hba.conf and MD5 passwords, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.weak_hba_lines(), dbadvisor.md5_roles() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.weak_hba_lines(), dbadvisor.md5_roles() TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_security_password_method TO dbadvisor_reader;
