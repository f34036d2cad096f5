-- security.superuser_runs_foreign_code: a superuser's table that runs the code of
-- somebody else
--
-- Fires for a table of a superuser with an index, a default, a constraint, a
-- policy or a trigger that calls a function which a role without such rights may
-- replace.  Who maintains or writes the table runs it.  Silent for functions of
-- superusers and of extensions.
SELECT dbadvisor.register_rule(
	rule => 'security.superuser_runs_foreign_code',
	title => 'A superuser''s table runs code that somebody else may replace',
	why => 'The owner of the function changes its body, waits until a superuser writes the table or maintains its indexes, and has become superuser.',
	severity => 'high',
	doc => 'Index expressions run as the owner of the table in ANALYZE and REINDEX; triggers, defaults and constraints run as whoever writes the table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_superuser_runs_foreign_code WITH (security_invoker = true) AS
WITH caller AS (
	SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, i.indexrelid AS objid, i.indrelid AS relid, 'index' AS kind
	  FROM pg_catalog.pg_index i
	 WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
	 UNION ALL
	SELECT 'pg_catalog.pg_attrdef', d.oid, d.adrelid, 'default'
	  FROM pg_catalog.pg_attrdef d
	 UNION ALL
	SELECT 'pg_catalog.pg_constraint', k.oid, k.conrelid, 'constraint'
	  FROM pg_catalog.pg_constraint k
	 WHERE k.contype = 'c'
	 UNION ALL
	SELECT 'pg_catalog.pg_policy', p.oid, p.polrelid, 'policy'
	  FROM pg_catalog.pg_policy p
	 UNION ALL
	SELECT 'pg_catalog.pg_trigger', g.oid, g.tgrelid, 'trigger'
	  FROM pg_catalog.pg_trigger g
	 WHERE NOT g.tgisinternal
), used AS (
	SELECT t.relid,
		   t.full_name,
		   f.function,
		   f.owner AS author,
		   pg_catalog.string_agg(DISTINCT k.kind, ', ' ORDER BY k.kind) AS kinds
	  FROM caller k
	  JOIN dbadvisor.user_table t ON t.relid = k.relid
	  JOIN pg_catalog.pg_roles o ON o.oid = t.owner AND o.rolsuper
	  JOIN pg_catalog.pg_depend d
		ON d.classid = k.classid
	   AND d.objid = k.objid
	   AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
	  JOIN dbadvisor.user_function f ON f.function = d.refobjid AND NOT f.owner_is_superuser
	 WHERE NOT t.is_partition
	 GROUP BY t.relid, t.full_name, f.function, f.owner
)
SELECT a.*
  FROM used u
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', u.function) o (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.superuser_runs_foreign_code',
		   relid => u.relid,
		   variant => o.name,
		   title => pg_catalog.format('Take %s, which %s runs, out of the hands of %s', o.name, u.full_name, dbadvisor.role_list(ARRAY[u.author])),
		   detail => pg_catalog.format('%s belongs to a superuser and runs the function by its %s. %s can replace the body at any time.',
									   u.full_name, u.kinds, dbadvisor.role_list(ARRAY[u.author])),
		   evidence => pg_catalog.jsonb_build_object('function', o.name, 'function_owner', dbadvisor.role_list(ARRAY[u.author]), 'by', u.kinds),
		   apply_sql => pg_catalog.format('ALTER ROUTINE %s OWNER TO %s', o.name, dbadvisor.role_list(ARRAY[(SELECT t.relowner FROM pg_catalog.pg_class t WHERE t.oid = u.relid)])),
		   revert_sql => pg_catalog.format('ALTER ROUTINE %s OWNER TO %s', o.name, dbadvisor.role_list(ARRAY[u.author])),
		   impact => 'Changes the catalog only. Read the body first: from then on it is the superuser''s. A SECURITY DEFINER function would run with his rights.') a;
COMMENT ON VIEW dbadvisor.rule_security_superuser_runs_foreign_code IS
'Tables of superusers that run functions which others may replace';

GRANT SELECT ON dbadvisor.rule_security_superuser_runs_foreign_code TO dbadvisor_reader;
