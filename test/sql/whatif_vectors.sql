-- Indexes of pgvector that do not exist: where they are used, how large they
-- would be and what they would cost.
SELECT NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS skip \gset
\if :skip
\echo skipped: pgvector is not there
\quit
\endif
SET client_min_messages = warning;
CREATE SCHEMA whatif_vectors;
SET search_path = whatif_vectors, public;
CREATE EXTENSION vector SCHEMA public;
CREATE FUNCTION reals(dimensions int, seed int) RETURNS real[]
LANGUAGE sql IMMUTABLE AS $$
	SELECT array_agg(((hashint4(seed * 131 + d) % 1000) / 1000.0)::real) FROM generate_series(1, dimensions) d;
$$;
CREATE TABLE thing AS
SELECT i AS id, i % 4 AS kind, reals(3, i)::vector(3) AS small, reals(48, i)::vector(48) AS medium,
       reals(700, i)::vector(700) AS large, reals(60, i)::halfvec(60) AS half, reals(16, i % 100)::vector(16) AS few,
       (CASE WHEN i % 3 = 0 THEN reals(24, i) END)::vector(24) AS maybe, reals(5, i)::vector AS loose
  FROM generate_series(1, 1500) i;
VACUUM ANALYZE thing;

-- predicted size and cost against those of the built index
CREATE FUNCTION holds(rest text, query text, OUT size_holds boolean, OUT cost_holds boolean, OUT used boolean)
LANGUAGE plpgsql AS $$
DECLARE
	built float8;
	plan json;
	w record;
BEGIN
	EXECUTE 'CREATE INDEX built ON thing USING ' || rest;
	built := pg_relation_size('built');
	EXECUTE 'EXPLAIN (FORMAT json) SELECT id FROM ' || query INTO plan;
	DROP INDEX built;
	SELECT * INTO w FROM dbadvisor.what_if('SELECT id FROM ' || query, ARRAY['CREATE INDEX ON thing USING ' || rest]);
	size_holds := w.index_bytes[1] / built BETWEEN 0.8 AND 1.2;
	cost_holds := w.cost_after / (plan -> 0 -> 'Plan' ->> 'Total Cost')::float8 BETWEEN 0.9 AND 1.1;
	used := cardinality(w.indexes_used) > 0;
END
$$;
SELECT rest, h.*
  FROM (VALUES ('hnsw (small vector_l2_ops)',  'thing ORDER BY small <-> ''[1,2,3]'' LIMIT 3'),
               ('hnsw (medium vector_cosine_ops) WITH (m = 8)', 'thing ORDER BY medium <=> (SELECT medium FROM thing WHERE id = 7) LIMIT 3'),
               ('hnsw (medium vector_ip_ops) WITH (m = 40, ef_construction = 80)', 'thing ORDER BY medium <#> (SELECT medium FROM thing WHERE id = 7) LIMIT 3'),
               ('hnsw (large vector_l2_ops)',  'thing ORDER BY large <-> (SELECT large FROM thing WHERE id = 7) LIMIT 3'),
               ('hnsw (half halfvec_l2_ops)',  'thing ORDER BY half <-> (SELECT half FROM thing WHERE id = 7) LIMIT 3'),
               ('hnsw (few vector_l2_ops)',    'thing ORDER BY few <-> (SELECT few FROM thing WHERE id = 7) LIMIT 3'),
               ('hnsw (maybe vector_l2_ops)',  'thing ORDER BY maybe <-> (SELECT maybe FROM thing WHERE id = 9) LIMIT 3'),
               ('hnsw (medium vector_l2_ops) WHERE kind = 1', 'thing WHERE kind = 1 ORDER BY medium <-> (SELECT medium FROM thing WHERE id = 7) LIMIT 3'),
               ('ivfflat (small vector_l2_ops) WITH (lists = 40)', 'thing ORDER BY small <-> ''[1,2,3]'' LIMIT 3'),
               ('ivfflat (medium vector_cosine_ops) WITH (lists = 5)', 'thing ORDER BY medium <=> (SELECT medium FROM thing WHERE id = 7) LIMIT 3'),
               ('ivfflat (large vector_ip_ops) WITH (lists = 5)', 'thing ORDER BY large <#> (SELECT large FROM thing WHERE id = 7) LIMIT 3')) v (rest, query),
       LATERAL holds(rest, query) h;
-- near misses: another distance, no order, no LIMIT to make it pay
SELECT query, cardinality(w.indexes_used) AS used
  FROM unnest(ARRAY['SELECT id FROM thing ORDER BY medium <=> $1 LIMIT 3', 'SELECT id FROM thing WHERE medium = $1',
                    'SELECT count(*) FROM thing', 'SELECT id FROM thing ORDER BY medium <-> $1']) query,
       LATERAL dbadvisor.what_if(query, ARRAY['CREATE INDEX ON thing USING hnsw (medium vector_l2_ops)']) w;
-- settings of the session change the cost, as they do for real indexes
CREATE FUNCTION cost_with(ef_search text) RETURNS float8
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('hnsw.ef_search', ef_search, true);
	RETURN (SELECT cost_after FROM dbadvisor.what_if('SELECT id FROM thing ORDER BY medium <-> $1 LIMIT 1',
		ARRAY['CREATE INDEX ON thing USING hnsw (medium vector_l2_ops)']));
END
$$;
SELECT cost_with('10') < cost_with('80') AS wider_costs_more;
-- the definition keeps what was asked for
SELECT w.index_definitions
  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON thing USING hnsw (medium vector_l2_ops) WITH (m = 20, ef_construction = 50)',
	'CREATE INDEX ON thing USING ivfflat (medium vector_l2_ops) WITH (lists = 7)']) w;
-- refused as the server would
\set VERBOSITY terse
SELECT dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON thing USING hnsw (loose vector_l2_ops)']);
SELECT dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON thing USING hnsw (medium vector_l2_ops) WITH (m = 1)']);
SELECT dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON thing USING hnsw (medium, large)']);
\set VERBOSITY default
-- an empty table
CREATE TABLE nothing (v vector(3));
SELECT w.index_bytes[1] > 0 AS hnsw, w.index_bytes[2] > 0 AS ivfflat
  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON nothing USING hnsw (v vector_l2_ops)',
	'CREATE INDEX ON nothing USING ivfflat (v vector_l2_ops)']) w;

DROP SCHEMA whatif_vectors CASCADE;
DROP EXTENSION vector;
