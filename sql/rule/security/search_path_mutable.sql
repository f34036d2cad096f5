-- security.search_path_mutable: a SECURITY DEFINER function that finds names
-- where its caller says
--
-- Fires for a function that runs with its owner's rights, that somebody else may
-- call, and whose body looks names up in the caller's search_path, or in one
-- with a schema where others may create objects.  Other functions run with the
-- rights of whoever sets the path, and are none of this rule's business.  Wrong
-- when all names in the body are qualified, operators included.
SELECT dbadvisor.register_rule(
	rule => 'security.search_path_mutable',
	title => 'A SECURITY DEFINER function finds names where its caller says',
	why => 'The caller makes a table, function or operator of the same name in a schema of his own and has it run with the rights of the owner.',
	severity => 'medium',
	doc => 'High where the owner is a superuser. A body in SQL standard form (BEGIN ATOMIC) was resolved when it was created and is left alone, as are functions that only their owner may call. A function with SET is not inlined, but one with SECURITY DEFINER never is.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_search_path_mutable WITH (security_invoker = true) AS
WITH definer AS (
	SELECT f.*,
		   o.name,
		   dbadvisor.acl_others(COALESCE(f.acl, pg_catalog.acldefault('f', f.owner)), f.owner, '{EXECUTE}') AS callers,
		   (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s.schema_name), ', ' ORDER BY s.schema_name)
			  FROM pg_catalog.string_to_table(f.search_path, ',') e
			  JOIN dbadvisor.user_schema s ON s.schema_name = pg_catalog.btrim(e, ' "')
			 WHERE dbadvisor.acl_others(s.acl, f.owner, '{CREATE}') IS NOT NULL) AS open_schemas,
		   (SELECT dbadvisor.acl_others(s.acl, f.owner, '{CREATE}') IS NOT NULL
			  FROM dbadvisor.user_schema s
			 WHERE s.schema = f.schema) AS home_is_open
	  FROM dbadvisor.user_function f
	 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', f.function) o (name)
	 WHERE f.is_definer
	   AND NOT f.is_parsed
	   AND f.language NOT IN ('c', 'internal')
)
SELECT a.*
  FROM definer d
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.search_path_mutable',
		   object_type => CASE d.kind WHEN 'p' THEN 'procedure' ELSE 'function' END,
		   object_name => d.name,
		   severity => CASE WHEN d.owner_is_superuser THEN 'high' END,
		   title => pg_catalog.format('Fix the search_path of %s, which runs as %s', d.name, dbadvisor.role_list(ARRAY[d.owner])),
		   detail => CASE
					 WHEN d.search_path IS NULL
					 THEN pg_catalog.format('%s may call it, and it looks its names up in their search_path.', dbadvisor.role_list(d.callers))
					 ELSE pg_catalog.format('%s may call it, and its search_path has %s, where others may create objects.', dbadvisor.role_list(d.callers), d.open_schemas)
					 END
					 || ' Names in other schemas than those in the statement must be qualified in the body first.',
		   evidence => pg_catalog.jsonb_build_object(
						   'owner', dbadvisor.role_list(ARRAY[d.owner]),
						   'owner_is_superuser', d.owner_is_superuser,
						   'callers', dbadvisor.role_list(d.callers),
						   'search_path', d.search_path,
						   'open_schemas', d.open_schemas,
						   'confidence_reason', 'whether the names in the body are qualified is not known'),
		   confidence => 0.8,
		   apply_sql => pg_catalog.format('ALTER ROUTINE %s SET search_path = pg_catalog, %spg_temp', d.name,
										  CASE WHEN NOT d.home_is_open THEN pg_catalog.quote_ident(d.schema_name) || ', ' END),
		   revert_sql => CASE
						 WHEN d.search_path IS NULL THEN pg_catalog.format('ALTER ROUTINE %s RESET search_path', d.name)
						 ELSE pg_catalog.format('ALTER ROUTINE %s SET search_path = %s', d.name, d.search_path)
						 END,
		   impact => 'Changes the catalog only; the next call sees it. A name that the body needs from another schema is no longer found.') a
 WHERE d.callers IS NOT NULL
   AND (d.search_path IS NULL OR d.open_schemas IS NOT NULL);
COMMENT ON VIEW dbadvisor.rule_security_search_path_mutable IS
'SECURITY DEFINER functions that somebody else may call and whose search_path he chooses or may fill';

GRANT SELECT ON dbadvisor.rule_security_search_path_mutable TO dbadvisor_reader;
