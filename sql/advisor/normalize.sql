-- Normal forms of a table, and a design without the redundancy.

CREATE OR REPLACE FUNCTION dbadvisor.decompose(
	ncolumns integer,
	keys bigint[],
	determinants bigint[],
	dependents bigint[])
RETURNS TABLE (
	part text,
	lhs bigint,
	rhs bigint,
	form text,
	holds boolean)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_decompose';
COMMENT ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]) IS
'A design in third normal form by synthesis, and in Boyce-Codd normal form where that loses no dependency: from keys and dependencies as sets of columns, a bit each: "violation" rows name the normal form that lhs -> rhs violates; "relation" rows have their key as lhs, their columns as rhs, and the normal form that they are in; a "kept" row has the dependency for which the relation before it is not in BCNF: splitting it would lose another one; "preserved" rows say whether a dependency of the minimal cover lies within a relation; "lossless" is what the chase says of their join';

CREATE OR REPLACE FUNCTION dbadvisor.name_list(names text[], prefix text DEFAULT '')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(prefix || pg_catalog.quote_ident(u.name), ', ' ORDER BY u.place)
	  FROM pg_catalog.unnest(names) WITH ORDINALITY u (name, place);
$$;
COMMENT ON FUNCTION dbadvisor.name_list(text[], text) IS
'Names quoted and separated by commas, each with a prefix';

-- Common columns that are a key of one side make a join lossless (Heath's theorem);
-- in a ROW, NULLs are equal.
CREATE OR REPLACE FUNCTION dbadvisor.dependency_check_sql(relation regclass, determinant text[], dependents text[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('SELECT %1$L AS determinant FROM %2$s GROUP BY %1$s HAVING count(DISTINCT ROW(%3$s)) > 1',
							 dbadvisor.name_list(determinant), dbadvisor.relation_identity(relation),
							 (SELECT dbadvisor.name_list(pg_catalog.array_agg(d.name ORDER BY d.place))
								FROM pg_catalog.unnest(dependents) WITH ORDINALITY d (name, place)
							   WHERE d.name <> ALL (determinant)));
$$;
COMMENT ON FUNCTION dbadvisor.dependency_check_sql(regclass, text[], text[]) IS
'A query that returns no row where columns of a table determine others, so that a table of these loses nothing';

CREATE OR REPLACE FUNCTION dbadvisor.search_title(summary jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   '%s of up to %s columns are known, in %s',
			   CASE
			   WHEN (summary ->> 'complete')::boolean THEN 'all determinants'
			   ELSE pg_catalog.format('the search was cut short (%s): no more than all determinants',
									  COALESCE((SELECT pg_catalog.string_agg(l, '; ')
												  FROM pg_catalog.jsonb_array_elements_text(summary -> 'left_out') l),
											   'not searched to the end'))
			   END,
			   GREATEST((summary ->> 'searched_completely_up_to')::integer, 0),
			   CASE
			   WHEN (summary ->> 'whole_table')::boolean THEN 'all rows of the table'
			   ELSE pg_catalog.format('%s rows of the table', summary ->> 'rows_read')
			   END);
$$;
COMMENT ON FUNCTION dbadvisor.search_title(jsonb) IS
'What a summary of discover_dependencies() says of how far was searched, in words';

-- Compiling this statement takes longer than all the rest.
CREATE OR REPLACE FUNCTION dbadvisor.normalize(
	relation regclass,
	min_redundancy double precision DEFAULT 0.05,
	min_bytes bigint DEFAULT 1048576,
	sample_rows bigint DEFAULT 100000,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648,
	max_lhs integer DEFAULT 3)
RETURNS TABLE (
	part text,
	step integer,
	title text,
	columns text[],
	key_columns text[],
	evidence jsonb,
	sql text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH searched AS MATERIALIZED (
		SELECT r.*, pg_catalog.row_number() OVER () AS place
		  FROM dbadvisor.rank_dependencies(relation, normalize.min_redundancy, normalize.min_bytes,
										   normalize.sample_rows, normalize.time_limit,
										   normalize.verify_bytes, normalize.max_lhs) r
	), ranked AS MATERIALIZED (
		SELECT s.* FROM searched s WHERE s.determinant IS NOT NULL
	), declared AS MATERIALIZED (
		SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
					  WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[])) AS key
		  FROM pg_catalog.pg_index i
		 WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indimmediate
		   AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
		   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
							WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[]) AND NOT a.attnotnull)
	), bit AS MATERIALIZED (
		-- columns that nothing speaks of are one, the last
		SELECT u.name, (pg_catalog.row_number() OVER (ORDER BY u.name) - 1)::integer AS place
		  FROM (SELECT pg_catalog.unnest(r.determinant || r.dependents) FROM ranked r
				 UNION
				SELECT pg_catalog.unnest(d.key) FROM declared d) u (name)
	), known AS MATERIALIZED (
		-- all of them tell the normal form; the design is made of those proposed
		SELECT p.only_proposed,
			   COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (r.determinant)) ORDER BY r.place) FILTER (WHERE r.place IS NOT NULL), '{}') AS lhs,
			   COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (r.dependents)) ORDER BY r.place) FILTER (WHERE r.place IS NOT NULL), '{}') AS rhs,
			   (SELECT COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (d.key))), '{}') FROM declared d) AS keys,
			   (SELECT pg_catalog.count(*)::integer FROM bit) + 1 AS n
		  FROM (VALUES (false), (true)) p (only_proposed)
		  LEFT JOIN ranked r ON (r.proposed OR NOT p.only_proposed) AND r.exceptions = 0
							AND NOT 'computed from the determinant' = ANY (r.vetoes)
		 GROUP BY p.only_proposed
	), design AS MATERIALIZED (
		SELECT d.part,
			   d.form,
			   d.holds,
			   ARRAY(SELECT b.name FROM bit b WHERE d.lhs >> b.place & 1 = 1 ORDER BY b.name) AS lhs,
			   ARRAY(SELECT b.name FROM bit b WHERE d.rhs >> b.place & 1 = 1 ORDER BY b.name) AS rhs,
			   d.rhs >> (k.n - 1) & 1 = 1 AS has_rest,
			   d.place
		  FROM known k
		 CROSS JOIN LATERAL dbadvisor.decompose(k.n, k.keys, k.lhs, k.rhs) WITH ORDINALITY d (part, lhs, rhs, form, holds, place)
		 WHERE k.n <= 63
		   AND k.only_proposed = (d.part <> 'violation')
	), multivalued AS MATERIALIZED (
		-- reading more would cost more than it tells; a lower form is to be mended first
		SELECT m.*, pg_catalog.row_number() OVER () AS place
		  FROM dbadvisor.find_multivalued(relation, LEAST(normalize.verify_bytes, 67108864), normalize.time_limit) m
		 WHERE NOT EXISTS (SELECT FROM design v WHERE v.part = 'violation')
	), split AS MATERIALIZED (
		-- rows are told apart by their primary key: its columns stay
		SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('determinant', r.determinant, 'dependents', m.columns) ORDER BY r.place) AS groups
		  FROM ranked r
		 CROSS JOIN LATERAL (SELECT ARRAY(SELECT d
											FROM pg_catalog.unnest(r.dependents) d
										   WHERE NOT EXISTS (SELECT
															   FROM pg_catalog.pg_index i
															   JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
															  WHERE i.indrelid = relation AND i.indisprimary AND a.attname = d))) m (columns)
		 WHERE r.proposed
		   AND r.whole_table
		   AND r.referenced IS NULL
		   AND m.columns <> '{}'
		HAVING pg_catalog.count(*) > 0
	), answer AS (
		SELECT 1 AS section, 'form' AS part, 1 AS step,
			   CASE pg_catalog.min(CASE v.form WHEN '2NF' THEN 1 WHEN '3NF' THEN 2 ELSE 3 END)
			   WHEN 1 THEN 'first normal form' WHEN 2 THEN 'second normal form' WHEN 3 THEN 'third normal form'
			   ELSE CASE WHEN EXISTS (SELECT FROM multivalued)
						   OR dbadvisor.multivalued_columns(relation, LEAST(normalize.verify_bytes, 67108864)) IS NULL
						 THEN 'Boyce-Codd normal form' ELSE 'fourth normal form' END END
			   || ', as far as the dependencies go that look designed' AS title,
			   NULL::text[] AS columns, NULL::text[] AS key_columns,
			   pg_catalog.jsonb_build_object('violations', pg_catalog.count(*) + (SELECT pg_catalog.count(m.determinant) FROM multivalued m)) AS evidence, NULL::text AS sql
		  FROM design v WHERE v.part = 'violation'
		 UNION ALL
		SELECT 1, 'search', 1,
			   dbadvisor.search_title(s.summary),
			   NULL, NULL, s.summary, NULL
		  FROM searched s WHERE s.determinant IS NULL
		 UNION ALL
		SELECT 2, 'violation', pg_catalog.row_number() OVER (ORDER BY v.form, v.lhs, v.rhs)::integer,
			   pg_catalog.format('%s depends on %s: no %s', dbadvisor.name_list(v.rhs), dbadvisor.name_list(v.lhs),
								 CASE v.form WHEN '2NF' THEN 'second normal form' WHEN '3NF' THEN 'third normal form' ELSE 'Boyce-Codd normal form' END),
			   v.rhs, v.lhs, pg_catalog.jsonb_build_object('form', v.form), NULL
		  FROM design v WHERE v.part = 'violation'
		 UNION ALL
		SELECT 2, 'violation', m.place::integer,
			   pg_catalog.format('each %s goes with each %s of a %s: no fourth normal form', dbadvisor.name_list(m.one), dbadvisor.name_list(m.other), pg_catalog.quote_ident(m.determinant)),
			   m.one || m.other, ARRAY[m.determinant],
			   pg_catalog.jsonb_build_object('form', '4NF', 'one', m.one, 'other', m.other, 'determinants', m.groups, 'products', m.products,
											 'rows_checked', m.rows, 'redundant_rows', m.redundant_rows,
											 'check_sql', pg_catalog.format('SELECT FROM (%s) g WHERE ny * nz <> n', dbadvisor.multivalued_sql(relation, m.determinant, m.one, m.other))), NULL
		  FROM multivalued m WHERE m.determinant IS NOT NULL
		 UNION ALL
		SELECT 3, 'dependency', r.place::integer,
			   pg_catalog.format('%s determines %s%s', dbadvisor.name_list(r.determinant), dbadvisor.name_list(r.dependents),
								 ', but for rows that contradict: ' || NULLIF(r.exceptions, 0)),
			   r.dependents, r.determinant,
			   pg_catalog.jsonb_build_object('proposed', r.proposed, 'score', r.score, 'parts', r.parts, 'vetoes', r.vetoes,
				   'distinct_determinants', r.distinct_determinants, 'redundant_rows', r.redundant_rows, 'rows_checked', r.rows_checked,
				   'exceptions', r.exceptions, 'whole_table', r.whole_table, 'net_bytes', r.net_bytes, 'referenced', r.referenced), NULL
		  FROM ranked r
		 UNION ALL
		SELECT 4, 'relation', pg_catalog.row_number() OVER (ORDER BY d.has_rest DESC, d.lhs)::integer,
			   pg_catalog.format('%s with key %s%s%s', dbadvisor.name_list(d.rhs), dbadvisor.name_list(d.lhs),
								 CASE WHEN d.has_rest THEN ', and all columns that nothing depends on' ELSE '' END,
								 '; in third normal form only, since a split by ' || dbadvisor.name_list(x.lhs) || ' would lose a dependency'),
			   d.rhs, d.lhs,
			   pg_catalog.jsonb_build_object('form', d.form, 'has_other_columns', d.has_rest,
											 'check_sql', CASE WHEN NOT d.has_rest THEN dbadvisor.dependency_check_sql(relation, d.lhs, d.rhs) END), NULL
		  FROM design d
		  LEFT JOIN design x ON x.part = 'kept' AND x.place = d.place + 1
		 WHERE d.part = 'relation'
		 UNION ALL
		SELECT 5, 'check', 1,
			   CASE WHEN d.holds THEN 'the join of the relations is lossless (chase)' ELSE 'the join of the relations loses rows (chase)' END,
			   NULL, NULL, pg_catalog.jsonb_build_object('lossless', d.holds,
				   'dependencies_lost', (SELECT pg_catalog.count(*) FROM design p WHERE p.part = 'preserved' AND NOT p.holds)), NULL
		  FROM design d WHERE d.part = 'lossless'
		 UNION ALL
		SELECT 6, 'obstacle', 1, pg_catalog.format('no migration is printed because of %s', o.obstacles), NULL, NULL,
			   pg_catalog.jsonb_build_object('obstacles', o.obstacles), NULL
		  FROM split g
		 CROSS JOIN LATERAL dbadvisor.split_obstacles(relation, g.groups) o (obstacles)
		 WHERE o.obstacles IS NOT NULL
		 UNION ALL
		SELECT 6 + s.step, CASE s.step WHEN 9 THEN 'way back' WHEN 10 THEN 'giving up' ELSE 'migration' END, s.step, s.title, NULL, NULL, NULL, s.sql
		  FROM split g
		 CROSS JOIN LATERAL dbadvisor.split_script(relation, g.groups) s
		 WHERE dbadvisor.split_obstacles(relation, g.groups) IS NULL
	)
	SELECT a.part, a.step, a.title, a.columns, a.key_columns, a.evidence, a.sql
	  FROM answer a
	 ORDER BY a.section, a.part, a.step;
$$;
COMMENT ON FUNCTION dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer) IS
'The normal form of a table and what violates it, by the dependencies that look designed and by lists that are multiplied with each other; how far determinants of up to max_lhs columns were searched; a design in third normal form with the proof that it loses nothing; what it saves; and the statements of an online migration with a compatible view in the table''s place, and the way back. Dropped columns free space only once the table is rewritten. Views, policies and publications of the table follow the renamed one';

REVOKE ALL ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]),
	dbadvisor.name_list(text[], text),
	dbadvisor.dependency_check_sql(regclass, text[], text[]),
	dbadvisor.search_title(jsonb),
	dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]),
	dbadvisor.name_list(text[], text),
	dbadvisor.dependency_check_sql(regclass, text[], text[]),
	dbadvisor.search_title(jsonb),
	dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer)
	TO dbadvisor_reader;
