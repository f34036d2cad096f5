-- security.policy_initplan: a policy that calls a function for every row
--
-- Fires for a policy of a table with min_rows rows whose condition calls a stable
-- function of no column, such as one that returns the current tenant, outside of
-- a subquery: it is called for each row that the condition is tested on.  Told
-- from the tree in the catalog, and given back with each such call in a subquery.
-- Built-in functions cost little: their severity is info.
SELECT dbadvisor.register_rule(
	rule => 'security.policy_initplan',
	title => 'A policy calls a function for every row',
	why => 'A sequential scan pays for the call once per row; as a subquery it is called once per statement, with the same answer.',
	severity => 'medium',
	thresholds => '{"min_rows": 10000, "min_cost": 10}',
	doc => 'min_cost is the declared cost (procost) of a function from which it is medium; functions in SQL and PL/pgSQL have 100 unless declared otherwise.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_policy_initplan WITH (security_invoker = true) AS
WITH rewritten AS (
	SELECT p.policy,
		   p.policy_name,
		   p.relid,
		   p.full_name,
		   p.rows,
		   u.functions || c.functions AS functions,
		   CASE WHEN u.functions <> '{}' THEN ' USING (' || u.rewritten || ')' END AS using_sql,
		   CASE WHEN c.functions <> '{}' THEN ' WITH CHECK (' || c.rewritten || ')' END AS check_sql,
		   CASE WHEN u.functions <> '{}' THEN ' USING (' || pg_catalog.pg_get_expr(p.qual, p.relid) || ')' END AS old_using_sql,
		   CASE WHEN c.functions <> '{}' THEN ' WITH CHECK (' || pg_catalog.pg_get_expr(p.with_check, p.relid) || ')' END AS old_check_sql
	  FROM dbadvisor.user_policy p
	  LEFT JOIN LATERAL dbadvisor.policy_rewrite(p.qual, p.relid, '{}') u ON true
	  LEFT JOIN LATERAL dbadvisor.policy_rewrite(p.with_check, p.relid, '{}') c ON true
	 WHERE p.is_enforced
), costly AS (
	SELECT r.*,
		   (SELECT pg_catalog.max(f.procost) FROM pg_catalog.pg_proc f WHERE f.oid = ANY (r.functions)) AS cost,
		   (SELECT pg_catalog.string_agg(dbadvisor.object_identity('pg_catalog.pg_proc', f.oid), ', ' ORDER BY f.oid) FROM pg_catalog.pg_proc f WHERE f.oid = ANY (r.functions)) AS names,
		   dbadvisor.holds_constants(pg_catalog.concat(r.using_sql, r.check_sql)) AS constants
	  FROM rewritten r
	 WHERE r.functions <> '{}'
	   AND r.rows >= dbadvisor.threshold('security.policy_initplan', 'min_rows', r.full_name)
)
SELECT a.*
  FROM costly c
 CROSS JOIN LATERAL (SELECT NOT c.constants OR dbadvisor.include_values()) s (shown)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.policy_initplan',
		   relid => c.relid,
		   object_type => 'policy',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_policy', c.policy),
		   severity => CASE WHEN c.cost < dbadvisor.threshold('security.policy_initplan', 'min_cost', c.full_name)::double precision THEN 'info' END,
		   title => pg_catalog.format('Have policy %I of %s call %s once per statement, not once per row', c.policy_name, c.full_name, c.names),
		   detail => pg_catalog.format('The table has about %s rows. Put into a subquery, the call is made once.%s',
									   c.rows,
									   CASE WHEN NOT s.shown THEN ' The condition holds constants and is not shown.' ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object('functions', c.names, 'declared_cost', c.cost, 'rows', c.rows,
													 'confidence_reason', 'where the condition is an index condition, the call is made once already'),
		   confidence => 0.8,
		   contains_values => c.constants,
		   apply_sql => CASE WHEN s.shown THEN pg_catalog.format('ALTER POLICY %I ON %s%s%s', c.policy_name, c.full_name, c.using_sql, c.check_sql) END,
		   revert_sql => CASE WHEN s.shown THEN pg_catalog.format('ALTER POLICY %I ON %s%s%s', c.policy_name, c.full_name, c.old_using_sql, c.old_check_sql) END,
		   impact => 'Takes an ACCESS EXCLUSIVE lock on the table for a moment. The policy lets the same rows through.') a;
COMMENT ON VIEW dbadvisor.rule_security_policy_initplan IS
'Policies that call a function for every row';

GRANT SELECT ON dbadvisor.rule_security_policy_initplan TO dbadvisor_reader;
