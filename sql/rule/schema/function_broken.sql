-- schema.function_broken: an SQL function whose body names what is gone
--
-- Fires for a function in SQL whose body the server can no longer analyse: a
-- table, column or function in it does not exist, under the search path of the
-- function, the present one, or that of its own schema.  Wrong for a body that
-- reads a temporary table which its caller makes.
SELECT dbadvisor.register_rule(
	rule => 'schema.function_broken',
	title => 'A function names objects that do not exist',
	why => 'It fails at the next call, which may be a rare and important one.',
	severity => 'medium',
	doc => 'The body is analysed as the function''s owner, never run. Bodies in PL/pgSQL are resolved statement by statement when they run; plpgsql_check looks into them. Only errors about names count.',
	shipped => true);

-- Classes of errors: undefined table, column, function, object, schema.
CREATE OR REPLACE VIEW dbadvisor.rule_schema_function_broken WITH (security_invoker = true) AS
WITH tried AS (
	SELECT f.function,
		   f.kind,
		   pg_catalog.min(c.sqlstate) AS sqlstate,
		   (pg_catalog.array_agg(c.problem ORDER BY p.place))[1] AS problem
	  FROM dbadvisor.user_function f
	 CROSS JOIN LATERAL (VALUES
			(1, COALESCE(f.search_path, pg_catalog.current_setting('search_path'))),
			(2, CASE WHEN f.search_path IS NULL THEN pg_catalog.format('%I, public', f.schema_name) END)) p (place, path)
	 CROSS JOIN LATERAL dbadvisor.function_check(f.function, p.path) c
	 WHERE f.language = 'sql'
	   AND p.path IS NOT NULL
	 GROUP BY f.function, f.kind
	HAVING pg_catalog.bool_and(COALESCE(c.sqlstate, '') IN ('42P01', '42703', '42883', '42704', '3F000'))
)
SELECT a.*
  FROM tried t
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', t.function) o (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.function_broken',
		   object_type => CASE t.kind WHEN 'p' THEN 'procedure' ELSE 'function' END,
		   object_name => o.name,
		   title => pg_catalog.format('Mend or drop %s, which fails when it is called', o.name),
		   detail => pg_catalog.format('Its body cannot be analysed: %s.', t.problem),
		   evidence => pg_catalog.jsonb_build_object('sqlstate', t.sqlstate, 'problem', t.problem,
													 'confidence_reason', 'callers may set another search_path, or make a temporary table first'),
		   confidence => 0.8) a;
COMMENT ON VIEW dbadvisor.rule_schema_function_broken IS
'SQL functions whose body names objects that do not exist';

GRANT SELECT ON dbadvisor.rule_schema_function_broken TO dbadvisor_reader;
