-- The shape of an index: what it is, apart from its name.
--
-- Advice to create an index carries the shape under evidence.index:
-- {"am", "key_columns", "include_columns", "predicate"}, each text as
-- search_indexes() writes it.  Constants are data, so a text that holds any is
-- kept with the constants blotted out and a hash to tell it from others.
-- Advice that needs an index to compare its keys with =, and yields to other
-- advice whose index does that, carries its shape under evidence.index_wanted.

-- Identifiers in quotes may hold digits; they are no constants.
CREATE OR REPLACE FUNCTION dbadvisor.holds_constants(expression text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.regexp_replace(expression, '"([^"]|"")*"', '', 'g') ~ '''|\m[0-9]';
$$;
COMMENT ON FUNCTION dbadvisor.holds_constants(text) IS
'Whether an SQL expression holds constants, that is, data values';

-- Read token by token: a quote inside of an identifier begins no constant.
CREATE OR REPLACE FUNCTION dbadvisor.without_constants(expression text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN dbadvisor.holds_constants(expression)
		   THEN (SELECT pg_catalog.string_agg(COALESCE(p.part[1], '?'), '' ORDER BY p.place)
				   FROM pg_catalog.regexp_matches(
							expression,
							'("(?:[^"]|"")*"|[[:alpha:]_][[:alnum:]_$]*|[^"''0-9])|''(?:[^'']|'''')*''|[0-9]+(?:\.[0-9]+)?',
							'g') WITH ORDINALITY p (part, place))
				|| ' #' || pg_catalog.left(dbadvisor.text_hash(expression), 8)
		   ELSE expression
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.without_constants(text) IS
'An SQL expression with ? for each constant, and a hash of the whole if there was any';

CREATE OR REPLACE FUNCTION dbadvisor.index_shape(
	am text,
	key_columns text[],
	include_columns text[],
	predicate text)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_build_object(
			   'am', am,
			   'key_columns', (SELECT pg_catalog.jsonb_agg(dbadvisor.without_constants(k) ORDER BY i)
								 FROM pg_catalog.unnest(key_columns) WITH ORDINALITY u (k, i)),
			   'include_columns', COALESCE(pg_catalog.to_jsonb(include_columns), '[]'),
			   'predicate', dbadvisor.without_constants(predicate));
$$;
COMMENT ON FUNCTION dbadvisor.index_shape(text, text[], text[], text) IS
'The shape of an index from its parts, constants blotted out';

CREATE OR REPLACE FUNCTION dbadvisor.index_shape_text(shape jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('USING %s (%s)', shape ->> 'am', parts.keys)
		|| COALESCE(' INCLUDE (' || parts.included || ')', '')
		|| COALESCE(' WHERE ' || (shape ->> 'predicate'), '')
	  FROM (SELECT (SELECT pg_catalog.string_agg(k, ', ' ORDER BY i)
					  FROM pg_catalog.jsonb_array_elements_text(shape -> 'key_columns')
						   WITH ORDINALITY u (k, i)),
				   (SELECT pg_catalog.string_agg(k, ', ' ORDER BY i)
					  FROM pg_catalog.jsonb_array_elements_text(shape -> 'include_columns')
						   WITH ORDINALITY u (k, i))) parts (keys, included);
$$;
COMMENT ON FUNCTION dbadvisor.index_shape_text(jsonb) IS
'The shape of an index as text: "USING btree (a, b DESC) INCLUDE (c) WHERE ..."';

-- pg_get_indexdef() of one column leaves out what follows the column: that is
-- added here, in the form that search_indexes() has: expressions in brackets,
-- operator classes with their schema.
CREATE OR REPLACE FUNCTION dbadvisor.index_key_text(indexrelid oid, keyno integer)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN i.indkey[keyno - 1] = 0 AND d.column_text NOT LIKE '(%'
		   THEN '(' || d.column_text || ')'
		   ELSE d.column_text
		   END
		|| CASE
		   WHEN i.indcollation[keyno - 1] NOT IN (0, a.attcollation)
		   THEN ' COLLATE ' || i.indcollation[keyno - 1]::pg_catalog.regcollation
		   ELSE ''
		   END
		|| CASE
		   WHEN o.opcdefault THEN ''
		   ELSE pg_catalog.format(' %I.%I', n.nspname, o.opcname)
		   END
		|| CASE i.indoption[keyno - 1] & 3
		   WHEN 0 THEN ''
		   WHEN 1 THEN ' DESC NULLS LAST'
		   WHEN 2 THEN ' NULLS FIRST'
		   WHEN 3 THEN ' DESC'
		   END
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[keyno - 1]
	  JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
	 CROSS JOIN pg_catalog.pg_get_indexdef(i.indexrelid, keyno, false) d (column_text)
	  LEFT JOIN pg_catalog.pg_attribute a
		ON a.attrelid = i.indrelid
	   AND a.attnum = NULLIF(i.indkey[keyno - 1], 0)
	 WHERE i.indexrelid = index_key_text.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.index_key_text(oid, integer) IS
'One key of an existing index with collation, operator class and order where they are not the default';

-- The name may have CONCURRENTLY before it.
CREATE OR REPLACE FUNCTION dbadvisor.index_statement(
	indexrelid oid,
	name text,
	on_table text,
	keys text,
	included text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('CREATE %sINDEX %s ON %s USING %I (%s)%s%s%s%s%s;',
							 CASE WHEN i.indisunique THEN 'UNIQUE ' END, name, on_table, m.amname,
							 keys, ' INCLUDE (' || included || ')',
							 CASE WHEN i.indnullsnotdistinct THEN ' NULLS NOT DISTINCT' END,
							 ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
							 ' TABLESPACE ' || pg_catalog.quote_ident(s.spcname),
							 ' WHERE ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid))
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
	  JOIN pg_catalog.pg_am m ON m.oid = c.relam
	  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
	 WHERE i.indexrelid = index_statement.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.index_statement(oid, text, text, text, text) IS
'The statement that makes an index like an existing one, by another name, on another table or with other columns';

CREATE OR REPLACE FUNCTION dbadvisor.index_shape(indexrelid oid)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.index_shape(
			   m.amname,
			   ARRAY(SELECT dbadvisor.index_key_text(i.indexrelid, k)
					   FROM pg_catalog.generate_series(1, i.indnkeyatts) k
					  ORDER BY k),
			   ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
					   FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) k
					  ORDER BY k),
			   pg_catalog.pg_get_expr(i.indpred, i.indrelid))
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
	  JOIN pg_catalog.pg_am m ON m.oid = c.relam
	 WHERE i.indexrelid = index_shape.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.index_shape(oid) IS
'The shape of an existing index';

-- More included columns than asked for do no harm; other keys make another
-- index.
CREATE OR REPLACE FUNCTION dbadvisor.index_exists(relid oid, shape jsonb)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (
		SELECT
		  FROM pg_catalog.pg_index i,
			   dbadvisor.index_shape(i.indexrelid) x
		 WHERE i.indrelid = index_exists.relid
		   AND i.indisvalid
		   AND i.indisready
		   AND x ->> 'am' = shape ->> 'am'
		   AND x -> 'key_columns' = shape -> 'key_columns'
		   AND x -> 'include_columns' @> (shape -> 'include_columns')
		   AND x ->> 'predicate' IS NOT DISTINCT FROM shape ->> 'predicate');
$$;
COMMENT ON FUNCTION dbadvisor.index_exists(oid, jsonb) IS
'Whether a table has a valid index of this shape; false for a null shape';

-- Keys compared with = may stand in any order and direction at the front, and
-- no row in which one is NULL is looked for.
CREATE OR REPLACE FUNCTION dbadvisor.index_serves(shape jsonb, wanted jsonb)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH front AS (
		SELECT pg_catalog.jsonb_agg(pg_catalog.regexp_replace(k, '( DESC)?( NULLS (FIRST|LAST))?$', '')) AS keys
		  FROM pg_catalog.jsonb_array_elements_text(shape -> 'key_columns') WITH ORDINALITY u (k, i)
		 WHERE i <= pg_catalog.jsonb_array_length(wanted -> 'key_columns')
	)
	SELECT shape ->> 'am' = wanted ->> 'am'
		   AND f.keys @> (wanted -> 'key_columns')
		   AND (shape ->> 'predicate' IS NULL
				OR shape ->> 'predicate' = wanted ->> 'predicate'
				OR EXISTS (SELECT
							 FROM pg_catalog.jsonb_array_elements_text(wanted -> 'key_columns') k
							WHERE shape ->> 'predicate' = pg_catalog.format('(%s IS NOT NULL)', k)))
	  FROM front f;
$$;
COMMENT ON FUNCTION dbadvisor.index_serves(jsonb, jsonb) IS
'Whether an index of one shape finds rows by = on the keys of another as well as that one would';

CREATE OR REPLACE FUNCTION dbadvisor.index_wanted(relid oid, columns smallint[])
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.index_shape('btree', pg_catalog.array_agg(pg_catalog.quote_ident(n) ORDER BY i), NULL, NULL)
	  FROM pg_catalog.unnest(dbadvisor.column_names(relid, columns)) WITH ORDINALITY u (n, i);
$$;
COMMENT ON FUNCTION dbadvisor.index_wanted(oid, smallint[]) IS
'The shape of a B-tree that finds rows by = on these columns, as evidence.index_wanted has it';

CREATE OR REPLACE FUNCTION dbadvisor.index_is_recommended(relid oid, wanted jsonb)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT
					 FROM dbadvisor.current_finding f
					WHERE f.relid = index_is_recommended.relid
					  AND f.status = 'open'
					  AND dbadvisor.index_serves(COALESCE(f.evidence -> 'index', f.evidence -> 'index_wanted'), index_is_recommended.wanted));
$$;
COMMENT ON FUNCTION dbadvisor.index_is_recommended(oid, jsonb) IS
'Whether an open finding recommends an index that serves the one wanted';

REVOKE ALL ON FUNCTION dbadvisor.holds_constants(text),
	dbadvisor.without_constants(text),
	dbadvisor.index_shape(text, text[], text[], text),
	dbadvisor.index_shape_text(jsonb),
	dbadvisor.index_key_text(oid, integer),
	dbadvisor.index_statement(oid, text, text, text, text),
	dbadvisor.index_shape(oid),
	dbadvisor.index_exists(oid, jsonb),
	dbadvisor.index_serves(jsonb, jsonb),
	dbadvisor.index_wanted(oid, smallint[]),
	dbadvisor.index_is_recommended(oid, jsonb)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.holds_constants(text),
	dbadvisor.without_constants(text),
	dbadvisor.index_shape(text, text[], text[], text),
	dbadvisor.index_shape_text(jsonb),
	dbadvisor.index_key_text(oid, integer),
	dbadvisor.index_statement(oid, text, text, text, text),
	dbadvisor.index_shape(oid),
	dbadvisor.index_exists(oid, jsonb),
	dbadvisor.index_serves(jsonb, jsonb),
	dbadvisor.index_wanted(oid, smallint[]),
	dbadvisor.index_is_recommended(oid, jsonb)
	TO dbadvisor_reader;
