-- Policies of row-level security that rules look at.

-- The roles that a policy is for are in an array with 0 for PUBLIC.
CREATE OR REPLACE VIEW dbadvisor.user_policy WITH (security_invoker = true) AS
SELECT p.oid AS policy,
	   p.polname AS policy_name,
	   p.polrelid AS relid,
	   t.schema_name,
	   t.full_name,
	   t.owner,
	   t.rows,
	   c.relrowsecurity AS is_enforced,
	   c.relforcerowsecurity AS is_forced,
	   c.relacl AS acl,
	   dbadvisor.acl_others(c.relacl, t.owner, '{SELECT,INSERT,UPDATE,DELETE}') AS users,
	   p.polcmd AS command,
	   p.polpermissive AS is_permissive,
	   p.polroles AS roles,
	   p.polqual AS qual,
	   p.polwithcheck AS with_check
  FROM pg_catalog.pg_policy p
  JOIN dbadvisor.user_table t ON t.relid = p.polrelid
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid;
COMMENT ON VIEW dbadvisor.user_policy IS
'Policies of the relations of dbadvisor.user_table; command is *, r, a, w or d as in pg_policy, users are those who may read or change the table';

CREATE OR REPLACE FUNCTION dbadvisor.policy_definition(policy oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(
			   'CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s',
			   p.polname,
			   dbadvisor.relation_identity(p.polrelid),
			   CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
			   CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
			   dbadvisor.role_list(p.polroles),
			   ' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
			   ' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')')
	  FROM pg_catalog.pg_policy p
	 WHERE p.oid = policy_definition.policy;
$$;
COMMENT ON FUNCTION dbadvisor.policy_definition(oid) IS
'The statement that creates a policy';

GRANT SELECT ON dbadvisor.user_policy TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.policy_definition(oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.policy_definition(oid) TO dbadvisor_reader;
