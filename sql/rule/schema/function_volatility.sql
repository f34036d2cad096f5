-- schema.function_volatility: a function that is declared more volatile than it
-- is
--
-- Fires for a function in SQL that is VOLATILE, as functions are unless somebody
-- says otherwise, though its body changes nothing and calls nothing volatile, and
-- where that label keeps the planner from folding it into the statement: it
-- returns a set, or has settings or another user of its own.  The planner folds
-- other functions by their bodies, whatever the label.
SELECT dbadvisor.register_rule(
	rule => 'schema.function_volatility',
	title => 'A function is declared more volatile than it is',
	why => 'The planner calls a volatile function for every row, cannot use an index for a comparison with it, and does not fold a set-returning one into the query.',
	severity => 'low',
	doc => 'The body is analysed as the function''s owner, never run. STABLE where it reads tables or settings, IMMUTABLE where it does neither.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_function_volatility WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_function f
  JOIN pg_catalog.pg_proc p ON p.oid = f.function
 CROSS JOIN LATERAL dbadvisor.function_check(f.function, COALESCE(f.search_path, pg_catalog.format('%I, public', f.schema_name))) c
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', f.function) o (name)
 CROSS JOIN LATERAL (SELECT CASE c.volatility WHEN 's' THEN 'STABLE' ELSE 'IMMUTABLE' END) l (label)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.function_volatility',
		   object_type => 'function',
		   object_name => o.name,
		   title => pg_catalog.format('Declare %s %s', o.name, l.label),
		   detail => pg_catalog.format('It is VOLATILE, but %s%s.',
									   CASE c.volatility WHEN 's' THEN 'only reads' ELSE 'depends on its arguments alone' END,
									   CASE WHEN p.proretset THEN '; as it returns a set, that label keeps it from being folded into the query' ELSE '; it cannot be folded into the query, so the label counts' END),
		   evidence => pg_catalog.jsonb_build_object('declared', 'VOLATILE', 'needed', l.label, 'returns_set', p.proretset),
		   confidence => 0.9,
		   apply_sql => pg_catalog.format('ALTER FUNCTION %s %s', o.name, l.label),
		   revert_sql => pg_catalog.format('ALTER FUNCTION %s VOLATILE', o.name),
		   impact => 'Changes the catalog only. Within one statement the function then sees the data as of its start, also where the statement itself changes them.') a
 WHERE f.language = 'sql'
   AND f.kind = 'f'
   AND f.volatility = 'v'
   AND c.volatility IN ('s', 'i')
   AND (p.proretset OR f.is_definer OR p.proconfig IS NOT NULL);
COMMENT ON VIEW dbadvisor.rule_schema_function_volatility IS
'SQL functions that are declared more volatile than they are, where it matters';

GRANT SELECT ON dbadvisor.rule_schema_function_volatility TO dbadvisor_reader;
