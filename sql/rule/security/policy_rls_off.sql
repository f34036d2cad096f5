-- security.policy_rls_off: policies that nobody obeys
--
-- Fires for a table that has policies while row-level security is off for it.
-- Wrong only between two steps of a migration.
SELECT dbadvisor.register_rule(
	rule => 'security.policy_rls_off',
	title => 'A table has policies, but row-level security is off',
	why => 'Policies are there and do nothing: everybody with SELECT sees every row, and who reads the definitions believes otherwise.',
	severity => 'high',
	doc => 'Low where nobody but the owner and superusers has been granted anything on the table, so that no policy could matter.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_policy_rls_off WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT p.relid,
			   p.full_name,
			   pg_catalog.string_agg(pg_catalog.quote_ident(p.policy_name), ', ' ORDER BY p.policy_name) AS policies,
			   p.users
		  FROM dbadvisor.user_policy p
		 WHERE NOT p.is_enforced
		 GROUP BY p.relid, p.full_name, p.users) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.policy_rls_off',
		   relid => t.relid,
		   severity => CASE WHEN t.users IS NULL THEN 'low' END,
		   title => pg_catalog.format('Switch on row-level security for %s, whose policies do nothing', t.full_name),
		   detail => pg_catalog.format('It has policies (%s), but they are not enforced: %s.',
									   t.policies,
									   COALESCE(dbadvisor.role_list(t.users) || ' can reach every row', 'so far nobody but its owner has been granted anything')),
		   evidence => pg_catalog.jsonb_build_object('policies', t.policies, 'users', dbadvisor.role_list(t.users)),
		   apply_sql => pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.full_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t.full_name),
		   impact => 'Takes an ACCESS EXCLUSIVE lock on the table for a moment. From then on policies decide which rows others see; the owner is bound only by FORCE.') a;
COMMENT ON VIEW dbadvisor.rule_security_policy_rls_off IS
'Tables with policies whose row-level security is off';

GRANT SELECT ON dbadvisor.rule_security_policy_rls_off TO dbadvisor_reader;
