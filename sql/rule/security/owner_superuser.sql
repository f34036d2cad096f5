-- security.owner_superuser: application tables that belong to a superuser
--
-- Fires for a schema with tables of a superuser, one row for all of them.  Off
-- unless switched on: where one role owns everything it is a habit and no hole.
SELECT dbadvisor.register_rule(
	rule => 'security.owner_superuser',
	title => 'Tables belong to a superuser',
	why => 'Whoever is to change them needs the rights of a superuser, and views and SECURITY DEFINER functions of that owner have them.',
	severity => 'info',
	doc => 'A matter of taste, off by default. What is a hole is reported by security.superuser_runs_foreign_code, security.definer_view and security.definer_executable.',
	enabled => false,
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_owner_superuser WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT t.schema_name,
			   t.owner,
			   pg_catalog.count(*)::integer AS tables
		  FROM dbadvisor.user_table t
		  JOIN pg_catalog.pg_roles o ON o.oid = t.owner AND o.rolsuper
		 WHERE NOT t.is_partition
		 GROUP BY t.schema_name, t.owner) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.owner_superuser',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(t.schema_name),
		   variant => dbadvisor.role_list(ARRAY[t.owner]),
		   title => pg_catalog.format('Give the %s tables of schema %I an owner that is no superuser', t.tables, t.schema_name),
		   detail => pg_catalog.format('They belong to %s.', dbadvisor.role_list(ARRAY[t.owner])),
		   evidence => pg_catalog.jsonb_build_object('tables_count', t.tables, 'owner', dbadvisor.role_list(ARRAY[t.owner])),
		   affected_count => t.tables) a;
COMMENT ON VIEW dbadvisor.rule_security_owner_superuser IS
'Schemas with tables that belong to a superuser';

GRANT SELECT ON dbadvisor.rule_security_owner_superuser TO dbadvisor_reader;
