-- security.definer_executable: everybody may call what runs as its owner
--
-- Fires for a SECURITY DEFINER function that PUBLIC may execute in a schema that
-- PUBLIC may use.  PostgreSQL grants EXECUTE to PUBLIC by itself, so mostly
-- nobody has decided it.  Wrong where the function is meant for everybody.
SELECT dbadvisor.register_rule(
	rule => 'security.definer_executable',
	title => 'Everybody may call a function that runs as its owner',
	why => 'Who can connect has what the function does with the rights of its owner, past grants and row-level security.',
	severity => 'low',
	doc => 'Medium where the owner is a superuser or nobody has ever changed the grants. Functions of triggers cannot be called. The tables that the body reads or writes are listed where the catalog knows them, which it does for bodies in SQL standard form.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_definer_executable WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_function f
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', f.function) o (name)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.jsonb_agg(DISTINCT dbadvisor.relation_identity(d.refobjid))
	  FROM pg_catalog.pg_depend d
	  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
	 WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
	   AND d.objid = f.function
	   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) r (reach)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.definer_executable',
		   object_type => CASE f.kind WHEN 'p' THEN 'procedure' ELSE 'function' END,
		   object_name => o.name,
		   severity => CASE WHEN f.owner_is_superuser THEN 'medium' END,
		   title => pg_catalog.format('Let only those who need it call %s, which runs as %s', o.name, dbadvisor.role_list(ARRAY[f.owner])),
		   detail => pg_catalog.format('It is SECURITY DEFINER, and PUBLIC may execute it%s.%s',
									   CASE WHEN f.acl IS NULL THEN ' since nobody has taken that away' ELSE '' END,
									   ' It reaches ' || (SELECT pg_catalog.string_agg(e, ', ' ORDER BY e) FROM pg_catalog.jsonb_array_elements_text(r.reach) e) || '.'),
		   evidence => pg_catalog.jsonb_build_object(
						   'owner', dbadvisor.role_list(ARRAY[f.owner]),
						   'owner_is_superuser', f.owner_is_superuser,
						   'grants_are_default', f.acl IS NULL,
						   'reaches', r.reach,
						   'confidence_reason', 'whether everybody is meant to call it is not known'),
		   confidence => 0.6,
		   apply_sql => pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', o.name),
		   revert_sql => pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', o.name),
		   impact => 'Changes the catalog only. Roles that need it must be granted EXECUTE by name, best before.') a
 WHERE f.is_definer
   AND NOT f.is_trigger
   AND f.schema_is_open
   AND EXISTS (SELECT
				 FROM pg_catalog.aclexplode(COALESCE(f.acl, pg_catalog.acldefault('f', f.owner))) x
				WHERE x.grantee = 0
				  AND x.privilege_type = 'EXECUTE');
COMMENT ON VIEW dbadvisor.rule_security_definer_executable IS
'SECURITY DEFINER functions that PUBLIC may execute';

GRANT SELECT ON dbadvisor.rule_security_definer_executable TO dbadvisor_reader;
