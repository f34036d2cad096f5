-- security.policy_many_permissive: several policies where one would do
--
-- Fires for a table that has several permissive policies for one command and
-- role.  Each is evaluated for each row until one holds, and together they mean
-- OR, which is easily read as AND.  One row per table.  A matter of style below
-- min_policies.
SELECT dbadvisor.register_rule(
	rule => 'security.policy_many_permissive',
	title => 'Several permissive policies for one command and role',
	why => 'They are joined by OR and all evaluated for each row that the first ones hide; who adds one to narrow the others widens them.',
	severity => 'info',
	thresholds => '{"min_policies": 3}',
	doc => 'min_policies is the number of permissive policies for one command and role from which it fires.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_policy_many_permissive WITH (security_invoker = true) AS
WITH spread AS (
	SELECT p.relid,
		   p.full_name,
		   r.role,
		   c.command,
		   pg_catalog.count(*) AS policies,
		   pg_catalog.string_agg(pg_catalog.quote_ident(p.policy_name), ', ' ORDER BY p.policy_name) AS names
	  FROM dbadvisor.user_policy p
	 CROSS JOIN LATERAL pg_catalog.unnest(p.roles) r (role)
	 CROSS JOIN LATERAL pg_catalog.unnest(CASE p.command
										  WHEN '*' THEN '{SELECT,INSERT,UPDATE,DELETE}'::text[]
										  WHEN 'r' THEN '{SELECT}'
										  WHEN 'a' THEN '{INSERT}'
										  WHEN 'w' THEN '{UPDATE}'
										  ELSE '{DELETE}'
										  END) c (command)
	 WHERE p.is_permissive
	   AND p.is_enforced
	 GROUP BY p.relid, p.full_name, r.role, c.command
), crowded AS (
	SELECT s.relid,
		   s.full_name,
		   pg_catalog.max(s.policies) AS policies,
		   pg_catalog.count(*)::integer AS places,
		   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('role', dbadvisor.role_list(ARRAY[s.role]), 'command', s.command, 'policies', s.names)
								ORDER BY s.role, s.command) AS list
	  FROM spread s
	 WHERE s.policies >= dbadvisor.threshold('security.policy_many_permissive', 'min_policies', s.full_name)
	 GROUP BY s.relid, s.full_name
)
SELECT a.*
  FROM crowded c
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.policy_many_permissive',
		   relid => c.relid,
		   title => pg_catalog.format('Merge the policies of %s: up to %s are joined by OR', c.full_name, c.policies),
		   detail => pg_catalog.format('For %s pairs of role and command several permissive policies apply. One with all conditions says the same and is evaluated once; what is to narrow others must be RESTRICTIVE.', c.places),
		   evidence => pg_catalog.jsonb_build_object('places', c.list, 'policies_max', c.policies),
		   affected_count => c.places) a;
COMMENT ON VIEW dbadvisor.rule_security_policy_many_permissive IS
'Tables with several permissive policies for one command and role';

GRANT SELECT ON dbadvisor.rule_security_policy_many_permissive TO dbadvisor_reader;
