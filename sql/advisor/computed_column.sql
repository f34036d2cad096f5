-- Columns that are computed from others.
--
-- What is computed depends on what it is computed from, but a table of all results
-- is no design: a generated column is, or none.  Formulas are tried on some rows.

-- Formulas over $1, $2 and $3, which stand for the columns; kinds are categories as
-- in pg_type, N for numbers, S for texts, D for times, and say of what each column
-- has to be.
CREATE OR REPLACE FUNCTION dbadvisor.column_formulas()
RETURNS TABLE (
	kinds text,
	formula text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT f.kinds, f.formula
	  FROM (VALUES
			   ('S', '$1'), ('N', '$1'), ('D', '$1'),
			   ('S', 'lower($1)'), ('S', 'upper($1)'), ('S', 'initcap($1)'), ('S', 'btrim($1)'), ('S', 'md5($1)'),
			   ('S', 'length($1)'), ('N', 'abs($1)'), ('N', '-$1'),
			   ('NN', '$1 + $2'), ('NN', '$1 - $2'), ('NN', '$1 * $2'), ('NN', '$1 / NULLIF($2, 0)'),
			   ('NN', '$1 * $2 / 100'), ('NN', '$1 * (1 + $2)'), ('NN', '$1 * (1 - $2)'),
			   ('NN', '$1 * (100 + $2) / 100'), ('NN', '$1 * (100 - $2) / 100'),
			   ('NNN', '$1 + $2 + $3'), ('NNN', '$1 + $2 - $3'), ('NNN', '$1 * $2 * $3'),
			   ('NNN', '$1 * $2 + $3'), ('NNN', '$1 * $2 - $3'), ('NNN', '$1 * $2 * (1 - $3)'), ('NNN', '$1 * $2 * (100 - $3) / 100'),
			   ('DN', '$1 + $2 * interval ''1 day'''), ('DN', '$1 - $2 * interval ''1 day'''),
			   ('DN', '$1 + $2 * interval ''1 hour'''), ('DN', '$1 + $2 * interval ''1 minute'''), ('DN', '$1 + $2 * interval ''1 second'''),
			   ('DD', 'extract(epoch FROM $1 - $2)'), ('DD', 'extract(epoch FROM $1 - $2) / 60'),
			   ('DD', 'extract(epoch FROM $1 - $2) / 3600'), ('DD', 'extract(epoch FROM $1 - $2) / 86400')) f (kinds, formula)
	 UNION ALL
	SELECT 'S', pg_catalog.format('%s($1, %s)', side, n)
	  FROM (VALUES ('left'), ('right')) s (side), pg_catalog.generate_series(1, 8) n
	 UNION ALL
	SELECT 'S', pg_catalog.format('split_part($1, %L, %s)', separator, n)
	  FROM pg_catalog.unnest('{" ",-,_,@,.,",",/,:}'::text[]) separator, (VALUES (1), (2), (-1)) p (n)
	 UNION ALL
	SELECT pg_catalog.repeat('S', n), pg_catalog.array_to_string((ARRAY['$1', '$2', '$3'])[:n], pg_catalog.format(' || %L || ', separator))
	  FROM pg_catalog.unnest('{"", " ",", ",-,_,.,/,:}'::text[]) separator, (VALUES (2), (3)) p (n)
	 UNION ALL
	SELECT 'D', pg_catalog.format('extract(%s FROM $1)', part)
	  FROM pg_catalog.unnest('{year,quarter,month,week,day,dow,isodow,doy,hour}'::text[]) part
	 UNION ALL
	SELECT 'D', pg_catalog.format('date_trunc(%L, $1)', part)
	  FROM pg_catalog.unnest('{year,quarter,month,week,day,hour,minute}'::text[]) part;
END;
$$;
COMMENT ON FUNCTION dbadvisor.column_formulas() IS
'Formulas that computed columns are looked for with, and the kinds of columns that each takes';

-- The formulas for these columns, each with them in every order, as an expression
-- and as a test of the dependent one.
CREATE OR REPLACE FUNCTION dbadvisor.formulas_for(relation regclass, determinant text[], dependent text)
RETURNS TABLE (
	expression text,
	test text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN QUERY
	WITH col AS MATERIALIZED (
		SELECT a.attname::text AS name,
			   t.typcategory::text AS kind,
			   -- so that nothing overflows, and times can be compared and subtracted
			   CASE t.typcategory WHEN 'N' THEN pg_catalog.format('%I::numeric', a.attname)
								  WHEN 'S' THEN pg_catalog.format('%I::text', a.attname)
								  ELSE pg_catalog.format('%I::timestamp', a.attname) END AS value,
			   pg_catalog.quote_ident(a.attname) AS quoted
		  FROM pg_catalog.pg_attribute a
		  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		 WHERE a.attrelid = relation
		   AND a.attnum > 0
		   AND NOT a.attisdropped
		   AND a.attname = ANY (determinant || dependent)
		   AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
		   AND t.typtype = 'b'
		   AND t.typcategory IN ('N', 'S', 'D')
		   AND t.typname NOT IN ('money', 'timetz', 'time', 'char', 'name')
	), ordered AS (
		SELECT a.kind || COALESCE(b.kind, '') || COALESCE(c.kind, '') AS kinds, a.value AS a, b.value AS b, c.value AS c,
			   a.quoted AS name_a, b.quoted AS name_b, c.quoted AS name_c
		  FROM col a
		  LEFT JOIN col b ON b.name = ANY (determinant) AND b.name <> a.name
		  LEFT JOIN col c ON c.name = ANY (determinant) AND c.name NOT IN (a.name, b.name)
		 WHERE a.name = ANY (determinant)
	)
	SELECT pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(f.formula, '$1', o.name_a), '$2', COALESCE(o.name_b, '')), '$3', COALESCE(o.name_c, '')),
		   pg_catalog.format(CASE d.kind
							 WHEN 'N' THEN 'pg_catalog.round((%1$s)::numeric, pg_catalog.scale(%2$s)) = %2$s'
							 ELSE '(%1$s) = %2$s' END,
							 pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(f.formula, '$1', o.a), '$2', COALESCE(o.b, '')), '$3', COALESCE(o.c, '')),
							 d.value)
	  FROM ordered o
	  JOIN dbadvisor.column_formulas() f ON f.kinds = o.kinds
	  JOIN col d ON d.name = dependent
	 WHERE pg_catalog.length(o.kinds) = pg_catalog.cardinality(determinant)
	   -- what the formula gives is of the kind of the column
	   AND CASE WHEN f.kinds ~ '^N+$' OR f.formula ~ '^(extract|length)' THEN d.kind = 'N'
				WHEN f.kinds ~ '^D' THEN d.kind = 'D'
				ELSE d.kind = 'S' END;
END;
$$;
COMMENT ON FUNCTION dbadvisor.formulas_for(regclass, text[], text) IS
'Formulas over the columns of a determinant that could give a dependent column, as an expression to be shown and as a test for a row';

-- Policies could run functions of the table's owner: such a table is refused.
CREATE OR REPLACE FUNCTION dbadvisor.computed_from(
	relation regclass,
	determinant text[],
	dependent text,
	sample_blocks integer DEFAULT 50,
	max_error double precision DEFAULT 0)
RETURNS text
LANGUAGE plpgsql COST 10000
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET row_security = off
SET lock_timeout = '100ms'
AS $$
DECLARE
	found integer;
	expressions text[];
	tests text;
	-- so few rows prove nothing
	least_rows CONSTANT integer := 20;
BEGIN
	SELECT pg_catalog.array_agg(f.expression ORDER BY pg_catalog.length(f.expression), f.expression),
		   pg_catalog.string_agg(pg_catalog.format('pg_catalog.count(*) FILTER (WHERE (%s) IS NOT TRUE) <= %s * pg_catalog.count(*)', f.test, max_error), ', '
								 ORDER BY pg_catalog.length(f.expression), f.expression)
	  INTO expressions, tests
	  FROM dbadvisor.formulas_for(relation, determinant, dependent) f;
	IF tests IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	EXECUTE pg_catalog.format(
		'SELECT CASE WHEN pg_catalog.count(*) >= %s THEN pg_catalog.array_position(ARRAY[%s], true) END
		   FROM %s TABLESAMPLE SYSTEM (%s) REPEATABLE (1)
		  WHERE %s',
		least_rows, tests, relation,
		-- blocks from all over the table
		(SELECT LEAST(100, 100.0 * sample_blocks * pg_catalog.current_setting('block_size')::integer
						   / GREATEST(COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(p.relid)), pg_catalog.pg_relation_size(relation)), 1))
		   FROM pg_catalog.pg_partition_tree(relation) p),
		(SELECT pg_catalog.string_agg(pg_catalog.format('%I IS NOT NULL', d), ' AND ') FROM pg_catalog.unnest(determinant || dependent) d))
	   INTO found;
	RETURN expressions[found];
EXCEPTION WHEN data_exception OR insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column THEN
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.computed_from(regclass, text[], text, integer, double precision) IS
'An expression over the columns of a determinant that gives the dependent column in all rows, but for a share max_error, of some blocks where none of them is null, or null if no known formula does';

REVOKE ALL ON FUNCTION dbadvisor.column_formulas(),
	dbadvisor.formulas_for(regclass, text[], text),
	dbadvisor.computed_from(regclass, text[], text, integer, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.column_formulas(),
	dbadvisor.formulas_for(regclass, text[], text),
	dbadvisor.computed_from(regclass, text[], text, integer, double precision)
	TO dbadvisor_reader;
