-- security.public_create: everybody may create objects in a schema
--
-- Fires for a schema in which PUBLIC may create objects: mostly "public" in
-- databases that come from before PostgreSQL 15.  The extensions in it are named,
-- since their callers meet what others put beside them.  Wrong for a schema that
-- is meant as a playground and in nobody's search_path.
SELECT dbadvisor.register_rule(
	rule => 'security.public_create',
	title => 'Everybody may create objects in a schema',
	why => 'A function or operator of the right name and argument types, put into a schema that others search, runs with their rights.',
	severity => 'medium',
	doc => 'High where a SECURITY DEFINER function of a superuser searches the schema.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_public_create WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_schema s
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(pg_catalog.quote_ident(e.extname), ', ' ORDER BY e.extname)
	  FROM pg_catalog.pg_extension e
	 WHERE e.extnamespace = s.schema) x (extensions)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.count(*)
	  FROM dbadvisor.user_function f
	 WHERE f.is_definer
	   AND f.owner_is_superuser
	   AND NOT f.is_parsed
	   AND s.schema_name IN (SELECT pg_catalog.btrim(e, ' "')
							   FROM pg_catalog.string_to_table(f.search_path, ',') e)) d (definers)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.public_create',
		   object_type => 'schema',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_namespace', s.schema),
		   severity => CASE WHEN d.definers > 0 THEN 'high' END,
		   title => pg_catalog.format('Let not everybody create objects in schema %I', s.schema_name),
		   detail => pg_catalog.concat_ws(' ',
										  'PUBLIC has CREATE on it.',
										  'Extensions in it: ' || x.extensions || '.',
										  CASE WHEN d.definers > 0 THEN pg_catalog.format('%s SECURITY DEFINER functions of superusers search it.', d.definers) END),
		   evidence => pg_catalog.jsonb_build_object('extensions', x.extensions, 'definer_functions_count', d.definers),
		   apply_sql => pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', s.schema_name),
		   revert_sql => pg_catalog.format('GRANT CREATE ON SCHEMA %I TO PUBLIC', s.schema_name),
		   impact => 'Changes the catalog only. Roles that create objects there must be granted CREATE by name.') a
 WHERE s.is_writable;
COMMENT ON VIEW dbadvisor.rule_security_public_create IS
'Schemas in which PUBLIC may create objects';

GRANT SELECT ON dbadvisor.rule_security_public_create TO dbadvisor_reader;
