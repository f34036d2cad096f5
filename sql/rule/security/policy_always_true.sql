-- security.policy_always_true: a policy that lets every write through
--
-- Fires for a permissive policy for INSERT, UPDATE, DELETE or ALL whose condition
-- is the constant true, where somebody that it is for was granted such a right.
-- Permissive policies add up: beside it, a narrower one is without effect.
-- Reading for all (FOR SELECT) is a common wish, and left alone unless it undoes
-- a narrower policy.
SELECT dbadvisor.register_rule(
	rule => 'security.policy_always_true',
	title => 'A policy lets everything through',
	why => 'Row-level security looks as if it were at work, but every row may be changed; narrower policies beside it do nothing.',
	severity => 'medium',
	doc => 'High where it makes narrower policies for the same command and roles void.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_policy_always_true WITH (security_invoker = true) AS
WITH judged AS (
	SELECT p.policy, p.policy_name, p.relid, p.full_name, p.owner, p.acl, p.is_enforced, p.command, p.roles,
		   pg_catalog.pg_get_expr(p.qual, p.relid) AS using_text,
		   pg_catalog.pg_get_expr(p.with_check, p.relid) AS check_text
	  FROM dbadvisor.user_policy p
	 WHERE p.is_permissive
), void AS (
	SELECT w.*,
		   (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.policy_name), ', ' ORDER BY n.policy_name)
			  FROM judged n
			 WHERE n.relid = w.relid
			   AND n.policy <> w.policy
			   AND (w.command = '*' OR n.command = w.command)
			   AND COALESCE(n.using_text, n.check_text) <> 'true'
			   AND (0 = ANY (w.roles) OR n.roles <@ w.roles)) AS undone,
		   dbadvisor.acl_others(w.acl, w.owner,
								CASE w.command
								WHEN 'r' THEN '{SELECT}'::text[]
								WHEN 'a' THEN '{INSERT}'
								WHEN 'w' THEN '{UPDATE}'
								WHEN 'd' THEN '{DELETE}'
								ELSE '{INSERT,UPDATE,DELETE}'
								END) AS users
	  FROM judged w
	 WHERE w.is_enforced
	   AND COALESCE(w.using_text, 'true') = 'true'
	   AND COALESCE(w.check_text, 'true') = 'true'
)
SELECT a.*
  FROM void v
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.policy_always_true',
		   relid => v.relid,
		   object_type => 'policy',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_policy', v.policy),
		   severity => CASE WHEN v.undone IS NOT NULL THEN 'high' END,
		   title => CASE
					WHEN v.undone IS NULL THEN pg_catalog.format('Narrow policy %I of %s, which lets every row through', v.policy_name, v.full_name)
					ELSE pg_catalog.format('Drop policy %I of %s, which makes %s void', v.policy_name, v.full_name, v.undone)
					END,
		   detail => pg_catalog.format('Its condition is always true for %s, and %s may use the table.%s',
									   dbadvisor.role_list(v.roles), dbadvisor.role_list(v.users),
									   ' Permissive policies add up, so what ' || v.undone || ' would hide is let through.'),
		   evidence => pg_catalog.jsonb_build_object('roles', dbadvisor.role_list(v.roles),
													 'users', dbadvisor.role_list(v.users),
													 'makes_void', v.undone),
		   apply_sql => CASE WHEN v.undone IS NOT NULL THEN pg_catalog.format('DROP POLICY %I ON %s', v.policy_name, v.full_name) END,
		   revert_sql => CASE WHEN v.undone IS NOT NULL THEN dbadvisor.policy_definition(v.policy) END,
		   impact => 'Takes an ACCESS EXCLUSIVE lock on the table for a moment; from then on the other policies decide.') a
 WHERE v.users IS NOT NULL
   AND (v.command <> 'r' OR v.undone IS NOT NULL);
COMMENT ON VIEW dbadvisor.rule_security_policy_always_true IS
'Policies whose condition is always true, for writing or beside narrower ones';

GRANT SELECT ON dbadvisor.rule_security_policy_always_true TO dbadvisor_reader;
