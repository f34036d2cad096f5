-- Operator classes follow from the operators of a statement.
--
-- Each statement restricts or orders by one operator alone: candidates there
-- are only where some class serves it.
CREATE SCHEMA index_operators;
SET search_path = index_operators, public;
SET client_min_messages = warning;
CREATE TABLE thing (
	id int PRIMARY KEY,
	name varchar(80) NOT NULL,
	body text NOT NULL,
	german text COLLATE "C" NOT NULL,
	tags text[] NOT NULL,
	doc jsonb NOT NULL,
	words tsvector NOT NULL,
	during int4range NOT NULL,
	address inet NOT NULL,
	place point NOT NULL,
	area box NOT NULL);
INSERT INTO thing
SELECT i, 'name ' || i, md5(i::text), md5(i::text), ARRAY['tag ' || i % 100], jsonb_build_object('key', i % 100),
       to_tsvector('simple', 'word' || i % 100), int4range(i, i + 10), inet '10.0.0.0' + i,
       point(i % 100, i / 100), box(point(i, i), point(i + 1, i + 1))
  FROM generate_series(1, 2000) i;
ANALYZE thing;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

CREATE FUNCTION has_candidates(query text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 1);
	RETURN (SELECT (summary ->> 'candidates')::int > 0 AND (summary ->> 'planned')::int = 1
	          FROM dbadvisor.search_indexes(time_limit => NULL)
	         WHERE step = 0);
END
$$;
CREATE FUNCTION show_candidates(VARIADIC conditions text[]) RETURNS TABLE (condition text, candidates boolean)
LANGUAGE sql AS $$
	SELECT c, has_candidates('SELECT id FROM thing WHERE ' || c)
	  FROM unnest(conditions) WITH ORDINALITY u (c, i)
	 ORDER BY i;
$$;

-- arrays, documents, words, ranges, addresses, shapes
SELECT * FROM show_candidates(
	$$tags @> ARRAY['tag 1']$$, $$tags && $1$$, $$ARRAY['tag 1'] <@ tags$$, $$doc @> '{"key": 1}'$$,
	$$doc ? 'key'$$, $$doc ?| ARRAY['key', 'no']$$, $$doc @? '$.key ? (@ > 90)'$$, $$doc @@ '$.key > 90'$$,
	$$doc -> 'list' @> '[1]'$$, $$words @@ to_tsquery('simple', 'word1')$$,
	$$to_tsvector('simple', body) @@ to_tsquery('simple', 'word1')$$,
	$$during && int4range(3, 5)$$, $$during @> 5$$, $$5 <@ during$$, $$address << '10.0.0.0/30'$$,
	$$address >>= $1$$, $$place <@ box(point(0, 0), point(1, 1))$$, $$area && box(point(0, 0), point(1, 1))$$);
-- near misses: no class has the operator, on that side or at all; the
-- expression depends on a setting; the operator is volatile
SELECT * FROM show_candidates(
	$$'tag 1' = ANY (tags)$$, $$doc -> 'key' IS NOT NULL$$, $$to_tsvector(body) @@ to_tsquery('word1')$$,
	$$doc #> ARRAY[$1] @> '[1]'$$, $$during << int4range((random() * 5)::int, 9)$$, $$tags <> ARRAY['tag 1']$$,
	$$area = area$$, $$place <-> point(1, 1) < 3$$);
-- the nearest, unless the other end changes with the row
SELECT has_candidates('SELECT id FROM thing ORDER BY place <-> point(1, 1) LIMIT 5') AS nearest;
SELECT has_candidates('SELECT id FROM thing ORDER BY circle(place, 1) <-> place LIMIT 5') AS both_change;

-- the beginning of strings: by the collation of the column
CREATE TABLE word (
	plain text NOT NULL,
	english text COLLATE "en-x-icu" NOT NULL,
	short varchar(40) COLLATE "en-x-icu" NOT NULL,
	padded char(40) COLLATE "en-x-icu" NOT NULL);
INSERT INTO word SELECT md5(i::text), md5(i::text), md5(i::text), md5(i::text) FROM generate_series(1, 5000) i;
ANALYZE word;
CREATE FUNCTION keys_for(query text) RETURNS SETOF text[]
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 1);
	RETURN QUERY SELECT key_columns FROM dbadvisor.search_indexes(time_limit => NULL) WHERE step > 0;
END
$$;
SELECT keys_for($$SELECT * FROM word WHERE plain LIKE 'abc%'$$);
SELECT keys_for($$SELECT * FROM word WHERE english LIKE 'abc%'$$);
SELECT keys_for($$SELECT * FROM word WHERE short ~ '^abc'$$);
SELECT keys_for($$SELECT * FROM word WHERE padded LIKE 'abc%'$$);
SELECT keys_for($$SELECT * FROM word WHERE english SIMILAR TO 'abc%'$$);
SELECT keys_for($$SELECT * FROM word WHERE lower(english) LIKE 'abc%'$$);
-- near misses: equality and order use the collation's own class, an open
-- beginning none
SELECT keys_for($$SELECT * FROM word WHERE english = 'abc'$$);
SELECT keys_for($$SELECT * FROM word ORDER BY english LIMIT 3$$);
SELECT keys_for($$SELECT * FROM word WHERE english LIKE '_bc%'$$);

-- parts of strings: by trigrams, as far as they are there
SELECT * FROM show_candidates($$body LIKE '%needle%'$$, $$name ILIKE 'needle%'$$, $$body ~ 'needle'$$, $$body ~* $1$$);
CREATE EXTENSION pg_trgm SCHEMA public;
SELECT * FROM show_candidates($$body LIKE '%needle%'$$, $$name ILIKE 'needle%'$$, $$body ~ 'needle'$$, $$body ~* $1$$,
	$$body % 'needle'$$, $$'needle' <% body$$, $$lower(name) LIKE '%needle%'$$, $$german LIKE '%needle%'$$);
SELECT * FROM show_candidates($$body NOT LIKE '%needle%'$$, $$body !~ 'needle'$$,
	$$german LIKE '%needle%' COLLATE "POSIX"$$);

-- existing indexes with the operator
CREATE INDEX ON thing USING gin (doc);
CREATE INDEX ON thing USING gin (tags, body gin_trgm_ops);
CREATE INDEX ON thing USING gist (during);
CREATE FUNCTION advice_for(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 1);
	RETURN QUERY SELECT definition FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0) WHERE step > 0;
END
$$;
SELECT advice_for(format('SELECT id FROM thing WHERE %s', c))
  FROM unnest(ARRAY[$$doc @> '{"key": 1}'$$, $$doc ? 'key'$$, $$tags @> ARRAY['tag 1']$$,
                    $$body LIKE '%needle%'$$, $$during && int4range(3, 5)$$]) c;

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA index_operators CASCADE;
DROP EXTENSION pg_trgm;
