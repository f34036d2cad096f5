-- security.rls_no_policy: granted, but no row can be seen
--
-- Fires for a table with row-level security and no policy on which others have
-- been granted rights: whatever they ask, no row comes back, without an error.
-- A table that nobody was granted anything on is locked on purpose, and silent.
SELECT dbadvisor.register_rule(
	rule => 'security.rls_no_policy',
	title => 'Row-level security without a policy hides every row from those who were granted rights',
	why => 'A grant and an empty set of policies contradict each other: queries find nothing and changes fail.',
	severity => 'low',
	doc => 'Suppress it, or take the grants back, where the table is meant to be closed.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_rls_no_policy WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT t.relid,
			   t.full_name,
			   dbadvisor.acl_others(c.relacl, t.owner, '{SELECT,INSERT,UPDATE,DELETE}') AS users
		  FROM dbadvisor.user_table t
		  JOIN pg_catalog.pg_class c ON c.oid = t.relid
		 WHERE c.relrowsecurity
		   AND NOT EXISTS (SELECT
							 FROM pg_catalog.pg_policy p
							WHERE p.polrelid = t.relid
							  AND p.polpermissive)) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.rls_no_policy',
		   relid => t.relid,
		   title => pg_catalog.format('Give %s a policy, or take the grants on it back', t.full_name),
		   detail => pg_catalog.format('Row-level security is on and no permissive policy lets a row through, yet %s may use the table.', dbadvisor.role_list(t.users)),
		   evidence => pg_catalog.jsonb_build_object('users', dbadvisor.role_list(t.users),
													 'confidence_reason', 'the roles may all have BYPASSRLS some day'),
		   confidence => 0.9) a
 WHERE EXISTS (SELECT
				 FROM pg_catalog.unnest(t.users) u
				WHERE NOT EXISTS (SELECT
									FROM pg_catalog.pg_roles r
								   WHERE r.oid = u
									 AND r.rolbypassrls));
COMMENT ON VIEW dbadvisor.rule_security_rls_no_policy IS
'Tables on which others have rights while row-level security lets no row through';

GRANT SELECT ON dbadvisor.rule_security_rls_no_policy TO dbadvisor_reader;
