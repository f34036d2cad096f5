-- security.rls_off_beside: a table without policies among tables that have them
--
-- Fires for a table without row-level security that has a column by which the
-- policies of other tables in its schema tell rows apart (the tenant, mostly),
-- and that a role which those policies bind may read or change.  Not every table
-- without policies: only those that drifted from their siblings.  Wrong where
-- the column has another meaning here.
SELECT dbadvisor.register_rule(
	rule => 'security.rls_off_beside',
	title => 'A table lacks the row-level security of its siblings',
	why => 'Who is kept to his own rows in one table reads everybody''s rows in the other.',
	severity => 'medium',
	thresholds => '{"min_siblings": 2}',
	doc => 'min_siblings is the number of tables in the schema whose enforced policies test a column of the same name and type. The statement repeats the policies of one of them that read nothing but that column.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_rls_off_beside WITH (security_invoker = true) AS
WITH tested AS (
	SELECT p.schema_name,
		   k.attname,
		   k.atttypid,
		   p.relid,
		   p.users,
		   pg_catalog.array_agg(p.policy ORDER BY p.policy_name)
			   FILTER (WHERE NOT EXISTS (SELECT
										   FROM pg_catalog.pg_depend o
										  WHERE o.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
											AND o.objid = p.policy
											AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
											AND (o.refobjid <> p.relid OR o.refobjsubid NOT IN (0, k.attnum)))) AS policies
	  FROM dbadvisor.user_policy p
	  JOIN pg_catalog.pg_depend d
		ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
	   AND d.objid = p.policy
	   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refobjid = p.relid
	   AND d.refobjsubid > 0
	  JOIN pg_catalog.pg_attribute k ON k.attrelid = p.relid AND k.attnum = d.refobjsubid
	 WHERE p.is_enforced
	 GROUP BY p.schema_name, k.attname, k.atttypid, p.relid, p.users
), open AS (
	SELECT u.relid,
		   u.full_name,
		   k.attname,
		   pg_catalog.count(*)::integer AS siblings,
		   pg_catalog.string_agg(dbadvisor.relation_identity(t.relid), ', ' ORDER BY t.relid) AS sibling_names,
		   (pg_catalog.array_agg(t.policies[1] ORDER BY t.relid) FILTER (WHERE t.policies IS NOT NULL))[1] AS model,
		   pg_catalog.max(dbadvisor.role_list(s.shared)) AS shared
	  FROM dbadvisor.user_table u
	  JOIN pg_catalog.pg_class c ON c.oid = u.relid
	  JOIN pg_catalog.pg_attribute k ON k.attrelid = u.relid AND k.attnum > 0 AND NOT k.attisdropped
	  JOIN tested t
		ON t.schema_name = u.schema_name
	   AND t.attname = k.attname
	   AND t.atttypid = k.atttypid
	   AND t.relid <> u.relid
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.array_agg(o.role)
		  FROM pg_catalog.unnest(dbadvisor.acl_others(c.relacl, u.owner, '{SELECT,INSERT,UPDATE,DELETE}')) o (role)
		 WHERE o.role = ANY (t.users)
			OR 0 = ANY (t.users)
			OR o.role = 0) s (shared)
	 WHERE u.relkind IN ('r', 'p')
	   AND NOT u.is_partition
	   AND NOT c.relrowsecurity
	   AND s.shared IS NOT NULL
	   AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = u.relid)
	 GROUP BY u.relid, u.full_name, k.attname
)
SELECT a.*
  FROM open o
 CROSS JOIN LATERAL (
	SELECT pg_catalog.regexp_replace(dbadvisor.policy_definition(o.model), ' ON .*? AS (PERMISSIVE|RESTRICTIVE) ',
									 pg_catalog.format(' ON %s AS \1 ', pg_catalog.replace(o.full_name, '\', '\\')))) m (definition)
 CROSS JOIN LATERAL (
	SELECT dbadvisor.holds_constants(m.definition) AS constants) h
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.rls_off_beside',
		   relid => o.relid,
		   variant => o.attname,
		   title => pg_catalog.format('Give %s the row-level security of its siblings on %I', o.full_name, o.attname),
		   detail => pg_catalog.format('It has the column %I, by which policies of %s other tables in the schema tell rows apart (%s), but no policy of its own, and %s may use it.',
									   o.attname, o.siblings, o.sibling_names, o.shared),
		   evidence => pg_catalog.jsonb_build_object(
						   'column', o.attname,
						   'siblings', o.sibling_names,
						   'siblings_count', o.siblings,
						   'users', o.shared,
						   'confidence_reason', 'the column has the same name and type; that it means the same is inferred'),
		   confidence => 0.7,
		   proof => 'catalog',
		   contains_values => COALESCE(h.constants, false),
		   apply_sql => CASE
						WHEN NOT h.constants OR dbadvisor.include_values()
						THEN m.definition || pg_catalog.format(E';\nALTER TABLE %s ENABLE ROW LEVEL SECURITY', o.full_name)
						END,
		   revert_sql => CASE
						 WHEN m.definition IS NOT NULL
						 THEN pg_catalog.format(E'ALTER TABLE %s DISABLE ROW LEVEL SECURITY;\nDROP POLICY %I ON %s', o.full_name,
												(SELECT p.polname FROM pg_catalog.pg_policy p WHERE p.oid = o.model), o.full_name)
						 END,
		   impact => 'Takes an ACCESS EXCLUSIVE lock on the table for a moment. From then on the roles see the rows that the policy lets through, and no others.') a
 WHERE o.siblings >= dbadvisor.threshold('security.rls_off_beside', 'min_siblings', o.full_name);
COMMENT ON VIEW dbadvisor.rule_security_rls_off_beside IS
'Tables without row-level security that have the column by which policies of their siblings tell rows apart';

GRANT SELECT ON dbadvisor.rule_security_rls_off_beside TO dbadvisor_reader;
