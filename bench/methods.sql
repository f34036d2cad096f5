-- Predicted size and what-if cost of indexes of all access methods but B-tree,
-- hash and BRIN (see accuracy.sh), against the index really built.
--
-- Run in a database with the extension; makes and drops schema methods.  What
-- needs an extension that is not there is left out.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS methods CASCADE;
CREATE SCHEMA methods;
SET search_path = methods, public;
SELECT pg_catalog.setseed(0.42) \g /dev/null
SELECT exists(SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'vector') AS has_vector \gset
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS bloom;
\ir methods_data.sql
\if :has_vector
CREATE EXTENSION IF NOT EXISTS vector;
\ir methods_vectors.sql
\endif

-- "rest" follows CREATE INDEX built ON; "query" follows SELECT id FROM
CREATE TABLE shape (shape serial, method text, rest text, query text, fresh boolean);
\ir methods_shapes.sql
\if :has_vector
\ir methods_vector_shapes.sql
\endif
DELETE FROM shape WHERE method <> ALL (string_to_array(:'only', ',')) AND :'only' <> '';

CREATE TABLE measured (shape int, predicted bigint, built bigint, what_if float8, real float8, used boolean,
	build_ms float8, predict_ms float8);

CREATE FUNCTION clock_ms() RETURNS float8 LANGUAGE sql AS
'SELECT 1000 * extract(epoch FROM pg_catalog.clock_timestamp())';
CREATE FUNCTION explained(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Total Cost';
END
$$;

-- The index is built first and dropped again, so that both costs rest on the
-- same statistics; expressions get theirs while it is there.
DO $$
DECLARE
	s shape;
	m measured;
BEGIN
	FOR s IN SELECT * FROM shape ORDER BY shape LOOP
		m.shape := s.shape;
		m.build_ms := clock_ms();
		EXECUTE 'CREATE INDEX built ON ' || s.rest;
		m.build_ms := clock_ms() - m.build_ms;
		m.built := pg_relation_size('built');
		IF s.rest ~ '\(.*\(.*\)' THEN
			EXECUTE 'ANALYZE ' || split_part(s.rest, ' ', 1);
		END IF;
		m.real := explained('SELECT id FROM ' || s.query);
		DROP INDEX built;
		m.predict_ms := clock_ms();
		SELECT index_bytes[1], cost_after, cardinality(indexes_used) > 0
		  INTO m.predicted, m.what_if, m.used
		  FROM dbadvisor.what_if('SELECT id FROM ' || s.query, ARRAY['CREATE INDEX ON ' || s.rest]);
		m.predict_ms := clock_ms() - m.predict_ms;
		INSERT INTO measured SELECT m.*;
	END LOOP;
END
$$;

SELECT method, rest, fresh,
       built / 8192 AS built_pages,
       predicted / 8192 AS predicted_pages,
       round(predicted::numeric / built, 2) AS size_ratio,
       round(real::numeric, 1) AS built_cost,
       round(what_if::numeric, 1) AS what_if_cost,
       round((what_if / real)::numeric, 3) AS cost_ratio,
       used,
       round(predict_ms) AS predict_ms,
       round(build_ms) AS build_ms
  FROM measured JOIN shape USING (shape)
 ORDER BY shape;

SELECT method, fresh, count(*) AS shapes,
       round(min(predicted::numeric / built), 2) AS lowest_size,
       round(max(predicted::numeric / built), 2) AS highest_size,
       count(*) FILTER (WHERE predicted::numeric / built BETWEEN 0.7 AND 1.4) AS within,
       round(min(what_if / real)::numeric, 3) AS lowest_cost,
       round(max(what_if / real)::numeric, 3) AS highest_cost
  FROM measured JOIN shape USING (shape)
 GROUP BY method, fresh
 ORDER BY min(shape);
DROP SCHEMA methods CASCADE;
