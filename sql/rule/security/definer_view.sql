-- security.definer_view: a view that shows rows which policies hide
--
-- Fires for a view that others may read, that reaches a table with row-level
-- security with the rights of its own owner, and whose owner the policies do not
-- bind: the owner of the table, a superuser, a role with BYPASSRLS.  Materialized
-- views have no rights of their reader at all.  The path is followed through
-- views over views.  Wrong where the view's own conditions are the filter.
SELECT dbadvisor.register_rule(
	rule => 'security.definer_view',
	title => 'A view shows rows that policies hide',
	why => 'Row-level security is checked for the owner of the view, not for who reads it; an owner that policies do not bind sees, and shows, every row.',
	severity => 'medium',
	doc => 'A view with security_invoker uses the rights of its reader, who then needs SELECT on the tables. Views that only their owner may read, and owners that the policies bind, are left alone.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_definer_view WITH (security_invoker = true) AS
WITH RECURSIVE edge AS (
	SELECT DISTINCT
		   r.ev_class AS view,
		   d.refobjid AS relation
	  FROM pg_catalog.pg_depend d
	  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'
	 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
	   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refobjid <> r.ev_class
	   AND r.ev_class >= 16384
), guarded AS (
	SELECT t.relid,
		   t.owner,
		   t.full_name,
		   c.relforcerowsecurity AS is_forced
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 WHERE c.relrowsecurity
), climb AS (
	SELECT g.relid AS base,
		   g.relid AS relation,
		   true AS passes_reader,
		   ARRAY[g.relid] AS path
	  FROM guarded g
	 UNION ALL
	SELECT k.base,
		   e.view,
		   c.relkind = 'v'
		   AND COALESCE((SELECT o.option_value::boolean
						   FROM pg_catalog.pg_options_to_table(c.reloptions) o
						  WHERE o.option_name = 'security_invoker'), false),
		   k.path || e.view
	  FROM climb k
	  JOIN edge e ON e.relation = k.relation
	  JOIN pg_catalog.pg_class c ON c.oid = e.view
	 WHERE k.passes_reader
	   AND e.view <> ALL (k.path)
), exposed AS (
	SELECT c.oid AS relid,
		   c.relkind,
		   c.relowner,
		   k.path,
		   g.full_name AS table_name,
		   dbadvisor.acl_others(c.relacl, c.relowner, '{SELECT}') AS readers
	  FROM climb k
	  JOIN guarded g ON g.relid = k.base
	  JOIN pg_catalog.pg_class c ON c.oid = k.relation
	  JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
	 WHERE NOT k.passes_reader
	   AND (o.rolsuper
			OR o.rolbypassrls
			OR (NOT g.is_forced AND pg_catalog.pg_has_role(c.relowner, g.owner, 'USAGE')))
)
SELECT a.*
  FROM exposed e
 CROSS JOIN LATERAL dbadvisor.relation_identity(e.relid) n (name)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(dbadvisor.relation_identity(p.relid), ' -> ' ORDER BY p.place DESC)
	  FROM pg_catalog.unnest(e.path) WITH ORDINALITY p (relid, place)) w (path)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.definer_view',
		   relid => e.relid,
		   variant => w.path,
		   title => pg_catalog.format('Policies of %s do not bind readers of %s', e.table_name, n.name),
		   detail => pg_catalog.format('%s may read %s, which reads %s with the rights of %s (%s). Policies do not bind that role, so every row shows.',
									   dbadvisor.role_list(e.readers), n.name, e.table_name,
									   dbadvisor.role_list(ARRAY[e.relowner]), w.path),
		   evidence => pg_catalog.jsonb_build_object(
						   'path', w.path,
						   'table', e.table_name,
						   'view_owner', dbadvisor.role_list(ARRAY[e.relowner]),
						   'readers', dbadvisor.role_list(e.readers),
						   'confidence_reason', 'the view''s own conditions may be meant as the filter'),
		   confidence => 0.7,
		   apply_sql => CASE e.relkind
						WHEN 'v' THEN pg_catalog.format('ALTER VIEW %s SET (security_invoker = true)', n.name)
						ELSE pg_catalog.format('REVOKE SELECT ON %s FROM %s', n.name, dbadvisor.role_list(e.readers))
						END,
		   revert_sql => CASE e.relkind
						 WHEN 'v' THEN pg_catalog.format('ALTER VIEW %s RESET (security_invoker)', n.name)
						 ELSE pg_catalog.format('GRANT SELECT ON %s TO %s', n.name, dbadvisor.role_list(e.readers))
						 END,
		   impact => CASE e.relkind
					 WHEN 'v' THEN pg_catalog.format('Takes an ACCESS EXCLUSIVE lock on the view for a moment. Readers then need SELECT on %s, and see what policies show them.', e.table_name)
					 ELSE 'Changes the catalog only: those roles can no longer read the materialized view.'
					 END) a
 WHERE e.readers IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_security_definer_view IS
'Views and materialized views through which others read tables past their policies, with the path';

GRANT SELECT ON dbadvisor.rule_security_definer_view TO dbadvisor_reader;
