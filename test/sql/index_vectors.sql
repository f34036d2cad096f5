-- Approximate indexes on vectors: only where the answer may be approximate.
SELECT NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS skip \gset
\if :skip
\echo skipped: pgvector is not there
\quit
\endif
SET client_min_messages = warning;
CREATE SCHEMA index_vectors;
SET search_path = index_vectors, public;
CREATE EXTENSION vector SCHEMA public;
CREATE TABLE doc AS
SELECT i AS id, i % 1000 AS kind, i % 2 AS half, md5(i::text) AS body, point(i % 113, i % 127) AS place,
       (SELECT array_agg(((hashint4(i * 131 + d) % 1000) / 1000.0)::real) FROM generate_series(1, 64) d)::vector(64) AS embedding,
       (SELECT array_agg(((hashint4(i * 137 + d) % 1000) / 1000.0)::real) FROM generate_series(1, 64) d)::vector AS loose
  FROM generate_series(1, 8000) i;
ALTER TABLE doc ADD PRIMARY KEY (id);
VACUUM ANALYZE doc;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

CREATE FUNCTION advice_for(VARIADIC queries text[]) RETURNS TABLE (am text, keys text[], left_out text)
LANGUAGE plpgsql AS $$
DECLARE
	query text;
BEGIN
	PERFORM dbadvisor.workload_clear();
	FOREACH query IN ARRAY queries LOOP
		PERFORM dbadvisor.workload_add(query, 1000, 1);
	END LOOP;
	RETURN QUERY SELECT s.am, s.key_columns, max(s.summary ->> 'approximate_left_out') OVER ()
	               FROM dbadvisor.search_indexes(time_limit => NULL) s
	              ORDER BY s.step;
END
$$;

-- the nearest few: by the operator's own class
SELECT am, keys FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10') WHERE am IS NOT NULL;
SELECT am, keys FROM advice_for('SELECT id FROM doc ORDER BY embedding <=> $1 LIMIT 10') WHERE am IS NOT NULL;
SELECT am, keys FROM advice_for('SELECT id FROM doc ORDER BY $1 <#> embedding LIMIT 10') WHERE am IS NOT NULL;
SELECT am, keys FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT $2') WHERE am IS NOT NULL;
SELECT am, keys FROM advice_for('SELECT id FROM doc ORDER BY (embedding::halfvec(64)) <-> $1 LIMIT 10') WHERE am IS NOT NULL;
SELECT am, keys
  FROM advice_for('SELECT n.id FROM (SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10) n ORDER BY n.id') WHERE am IS NOT NULL;
-- conditions that leave enough
SELECT am, keys FROM advice_for('SELECT id FROM doc WHERE half = 1 ORDER BY embedding <-> $1 LIMIT 10') WHERE am IS NOT NULL;
-- near misses: no LIMIT, the farthest, no dimensions, more rows than a search
-- looks at
SELECT am FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1') WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 DESC LIMIT 10') WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc ORDER BY loose <-> $1 LIMIT 10') WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 100') WHERE am IN ('hnsw', 'ivfflat');
-- near misses: conditions leave too few, or nobody knows how many are wanted
SELECT am FROM advice_for('SELECT id FROM doc WHERE kind = 7 ORDER BY embedding <-> $1 LIMIT 10') WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc WHERE half = 1 ORDER BY embedding <-> $1 LIMIT 30') WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc WHERE half = 1 ORDER BY embedding <-> $1 LIMIT $2') WHERE am IN ('hnsw', 'ivfflat');
SELECT am
  FROM advice_for('SELECT d.id FROM doc d JOIN doc e ON e.id = d.kind WHERE e.half = 1 ORDER BY d.embedding <-> $1 LIMIT 30')
 WHERE am IN ('hnsw', 'ivfflat');
-- near misses: what is found is written or locked
SELECT am
  FROM advice_for('UPDATE doc SET body = body WHERE id IN (SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10)')
 WHERE am IN ('hnsw', 'ivfflat');
SELECT am FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10 FOR UPDATE') WHERE am IN ('hnsw', 'ivfflat');
SELECT am
  FROM advice_for('WITH n AS (DELETE FROM doc WHERE id IN (SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 3) RETURNING id) SELECT * FROM n')
 WHERE am IN ('hnsw', 'ivfflat');
-- an index for one statement that would spoil the answer of another is left out
SELECT am, keys, left_out
  FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10',
                  'SELECT id FROM doc WHERE half = 1 ORDER BY embedding <-> $1 LIMIT 30');
-- and it stays where the other one has no use for it
SELECT am, keys, left_out
  FROM advice_for('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10',
                  'SELECT id FROM doc WHERE id = 7 ORDER BY embedding <-> $1 LIMIT 30');
-- exact methods are not held to that
SELECT am, keys FROM advice_for('SELECT id FROM doc WHERE half = 1 ORDER BY place <-> point(1, 1) LIMIT 30') WHERE am IS NOT NULL;
-- a higher setting lets more through
SET hnsw.ef_search = 200;
SELECT am, keys FROM advice_for('SELECT id FROM doc WHERE half = 1 ORDER BY embedding <-> $1 LIMIT 30') WHERE am IS NOT NULL;
RESET hnsw.ef_search;

-- the finding says so
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT dbadvisor.workload_add('SELECT id FROM doc ORDER BY embedding <-> $1 LIMIT 10', 1000, 1000) IS NOT NULL AS added;
SELECT title, detail LIKE '%The index is approximate: %' AS told, evidence -> 'approximate' AS approximate,
       evidence -> 'statements' -> 0 -> 'approximate' AS of_statement
  FROM dbadvisor.recommend_indexes();

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA index_vectors CASCADE;
DROP EXTENSION vector;
