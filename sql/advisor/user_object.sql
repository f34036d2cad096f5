-- Functions and schemas that rules look at, and who may use them: those of the
-- users, not the system's and not an extension's.

CREATE OR REPLACE FUNCTION dbadvisor.object_identity(catalog regclass, object oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT o.identity
	  FROM pg_catalog.pg_identify_object(object_identity.catalog, object_identity.object, 0) o;
$$;
COMMENT ON FUNCTION dbadvisor.object_identity(regclass, oid) IS
'Name of an object as pg_identify_object gives it, quoted where that is needed';

CREATE OR REPLACE FUNCTION dbadvisor.role_list(roles oid[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(r.name, ', ' ORDER BY r.name)
	  FROM (SELECT DISTINCT
				   CASE u.role WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(a.rolname) END
			  FROM pg_catalog.unnest(roles) u (role)
			  LEFT JOIN pg_catalog.pg_roles a ON a.oid = u.role) r (name);
$$;
COMMENT ON FUNCTION dbadvisor.role_list(oid[]) IS
'Names of roles, quoted and separated by commas, as GRANT takes them; 0 is PUBLIC';

CREATE OR REPLACE VIEW dbadvisor.user_schema WITH (security_invoker = true) AS
SELECT n.oid AS schema,
	   n.nspname AS schema_name,
	   n.nspowner AS owner,
	   n.nspacl AS acl,
	   pg_catalog.has_schema_privilege('public', n.oid, 'USAGE') AS is_open,
	   pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') AS is_writable
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND n.nspname NOT LIKE 'pg\_temp\_%'
   AND n.nspname NOT LIKE 'pg\_toast\_temp\_%'
   AND n.oid NOT IN (SELECT e.object
					   FROM dbadvisor.extension_member e
					  WHERE e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass);
COMMENT ON VIEW dbadvisor.user_schema IS
'Schemas that are not the system''s or an extension''s; is_open and is_writable where PUBLIC has USAGE and CREATE';

CREATE OR REPLACE VIEW dbadvisor.user_function WITH (security_invoker = true) AS
SELECT p.oid AS function,
	   s.schema,
	   s.schema_name,
	   s.is_open AS schema_is_open,
	   p.proname AS function_name,
	   p.proowner AS owner,
	   o.rolsuper AS owner_is_superuser,
	   l.lanname AS language,
	   p.prokind AS kind,
	   p.prosecdef AS is_definer,
	   p.provolatile AS volatility,
	   p.prorettype IN ('trigger'::pg_catalog.regtype, 'event_trigger'::pg_catalog.regtype) AS is_trigger,
	   p.prosqlbody IS NOT NULL AS is_parsed,
	   p.prosrc AS source,
	   p.proacl AS acl,
	   (SELECT pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
		  FROM pg_catalog.unnest(p.proconfig) c
		 WHERE c LIKE 'search\_path=%') AS search_path
  FROM pg_catalog.pg_proc p
  JOIN dbadvisor.user_schema s ON s.schema = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
 WHERE p.oid >= 16384
   AND p.oid NOT IN (SELECT e.object
					   FROM dbadvisor.extension_member e
					  WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass);
COMMENT ON VIEW dbadvisor.user_function IS
'Functions, procedures and aggregates that are not the system''s or an extension''s; is_parsed where the body was resolved when it was created';

-- Whoever is not the owner and does not stand above all rules.
CREATE OR REPLACE FUNCTION dbadvisor.acl_others(acl aclitem[], owner oid, privileges text[])
RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.array_agg(DISTINCT x.grantee)
	  FROM pg_catalog.aclexplode(acl_others.acl) x
	 WHERE x.privilege_type = ANY (acl_others.privileges)
	   AND x.grantee <> acl_others.owner
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_roles r
						WHERE r.oid = x.grantee
						  AND r.rolsuper);
$$;
COMMENT ON FUNCTION dbadvisor.acl_others(aclitem[], oid, text[]) IS
'Roles other than the owner and superusers that one of the privileges was granted to, 0 for PUBLIC; null for none';

GRANT SELECT ON dbadvisor.user_schema, dbadvisor.user_function
	TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.object_identity(regclass, oid),
	dbadvisor.role_list(oid[]),
	dbadvisor.acl_others(aclitem[], oid, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.object_identity(regclass, oid),
	dbadvisor.role_list(oid[]),
	dbadvisor.acl_others(aclitem[], oid, text[])
	TO dbadvisor_reader;
