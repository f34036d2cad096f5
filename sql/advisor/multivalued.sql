-- Multivalued dependencies: lists that a table multiplies with each other.
--
-- Where for each X every Y goes with every Z, the rows are a product, and two tables
-- of (X, Y) and (X, Z) say the same.  That is so where the numbers of distinct Y and
-- of distinct Z multiply to the number of rows, for every X.

-- Only tables that are all key: a column beside, which would depend on the whole row,
-- makes a product impossible.  A number given to each row does not count.
CREATE OR REPLACE FUNCTION dbadvisor.multivalued_columns(relation regclass, max_bytes bigint)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH key AS (
		SELECT i.indkey::smallint[] AS columns,
			   i.indnkeyatts = 1 AND a.atttypid IN (20, 21, 23, 2950) AS is_number
		  FROM pg_catalog.pg_index i
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		 WHERE i.indrelid = relation
		   AND i.indisunique
	), said AS (
		SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) AS names,
			   pg_catalog.array_agg(a.attnum) AS columns
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = relation
		   AND a.attnum > 0
		   AND NOT a.attisdropped
		   AND NOT EXISTS (SELECT FROM key k WHERE k.is_number AND a.attnum = ANY (k.columns))
	)
	SELECT s.names
	  FROM said s
	  JOIN pg_catalog.pg_class c ON c.oid = relation
	 WHERE pg_catalog.cardinality(s.names) BETWEEN 3 AND 5
	   AND c.relkind = 'r'
	   AND pg_catalog.pg_relation_size(c.oid) <= max_bytes
	   AND NOT EXISTS (SELECT FROM key k WHERE NOT k.is_number AND NOT s.columns <@ k.columns);
$$;
COMMENT ON FUNCTION dbadvisor.multivalued_columns(regclass, bigint) IS
'Columns of a table that may be lists multiplied with each other: all but a number given to each row; null where a part of them is a key, where there are fewer than 3 or more than 5, or where the table is larger than max_bytes';

CREATE OR REPLACE FUNCTION dbadvisor.multivalued_sql(relation regclass, x text, y text[], z text[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('SELECT count(*) AS n, count(DISTINCT ROW(%2$s)) AS ny, count(DISTINCT ROW(%3$s)) AS nz FROM (SELECT DISTINCT %1$I, %2$s, %3$s FROM %4$s) d GROUP BY %1$I',
							 x, dbadvisor.name_list(y), dbadvisor.name_list(z), dbadvisor.relation_identity(relation));
$$;
COMMENT ON FUNCTION dbadvisor.multivalued_sql(regclass, text, text[], text[]) IS
'A query for the numbers of rows, of distinct y and of distinct z of each x: x multidetermines y where the last two always multiply to the first';

-- Policies could run functions of the table's owner: such a table is refused.
CREATE OR REPLACE FUNCTION dbadvisor.find_multivalued(
	relation regclass,
	max_bytes bigint,
	time_limit interval)
RETURNS TABLE (
	determinant text,
	one text[],
	other text[],
	groups bigint,
	products bigint,
	rows bigint,
	redundant_rows bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET lock_timeout = '100ms'
AS $$
DECLARE
	deadline CONSTANT timestamptz := pg_catalog.clock_timestamp() + time_limit;
	columns CONSTANT text[] := dbadvisor.multivalued_columns(relation, max_bytes);
	rest text[];
	holds boolean;
	is_complete boolean := true;
	-- groups that are products of more than one by more than one: fewer are chance
	least_products CONSTANT integer := 10;
BEGIN
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	FOREACH determinant IN ARRAY COALESCE(columns, '{}') LOOP
		rest := pg_catalog.array_remove(columns, determinant);
		-- the first of the rest is always in one half, so that each pair comes once
		FOR half IN 0 .. (1 << (pg_catalog.cardinality(rest) - 1)) - 2 LOOP
			IF pg_catalog.clock_timestamp() > deadline THEN
				is_complete := false;
				CONTINUE;
			END IF;
			one := ARRAY(SELECT r.name FROM pg_catalog.unnest(rest) WITH ORDINALITY r (name, place)
						  WHERE r.place = 1 OR half >> (r.place::integer - 2) & 1 = 1 ORDER BY r.place);
			other := ARRAY(SELECT r.name FROM pg_catalog.unnest(rest) WITH ORDINALITY r (name, place)
							WHERE r.name <> ALL (one) ORDER BY r.place);
			EXECUTE pg_catalog.format(
				'SELECT pg_catalog.bool_and(g.ny * g.nz = g.n), pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE g.ny > 1 AND g.nz > 1),
						pg_catalog.sum(g.n), pg_catalog.sum(g.n - GREATEST(g.ny, g.nz))
				   FROM (%s) g',
				dbadvisor.multivalued_sql(relation, determinant, one, other))
			   INTO holds, groups, products, rows, redundant_rows;
			IF holds AND products >= least_products THEN
				RETURN NEXT;
			END IF;
		END LOOP;
	END LOOP;
	IF NOT is_complete THEN
		RETURN QUERY SELECT NULL::text, NULL::text[], NULL::text[], NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint;
	END IF;
EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column OR undefined_function THEN
	RETURN QUERY SELECT NULL::text, NULL::text[], NULL::text[], NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint;
END;
$$;
COMMENT ON FUNCTION dbadvisor.find_multivalued(regclass, bigint, interval) IS
'Columns of a table of multivalued_columns() for whose every value each "one" goes with each "other": counted on all rows; a row without a determinant where not all could be counted within time_limit';

REVOKE ALL ON FUNCTION dbadvisor.multivalued_columns(regclass, bigint),
	dbadvisor.multivalued_sql(regclass, text, text[], text[]),
	dbadvisor.find_multivalued(regclass, bigint, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.multivalued_columns(regclass, bigint),
	dbadvisor.multivalued_sql(regclass, text, text[], text[]),
	dbadvisor.find_multivalued(regclass, bigint, interval)
	TO dbadvisor_reader;
