-- Data for methods.sql, where pgvector is installed.
CREATE FUNCTION vector_of(dimensions int, seed int, clusters int) RETURNS real[] LANGUAGE sql VOLATILE AS $$
	SELECT array_agg(((hashint4(seed % clusters * 10007 + d) % 1000) / 1000.0 + random() * 0.3)::real)
	  FROM generate_series(1, dimensions) d;
$$;
CREATE TABLE embedding AS
SELECT i AS id,
       vector_of(3, i, 100)::vector(3) AS v3,
       vector_of(64, i, 50)::vector(64) AS v64,
       vector_of(384, i, 50)::vector(384) AS v384,
       vector_of(768, i, 50)::vector(768) AS v768,
       vector_of(128, i, 50)::halfvec(128) AS h128,
       (SELECT string_agg((random() > 0.5)::int::text, '') FROM generate_series(1, 256) WHERE i > 0)::bit(256) AS bits,
       vector_of(16, i % 2000, 2000)::vector(16) AS many,
       (SELECT ('{' || string_agg(d || ':' || random()::real, ',') || '}/1000')::sparsevec(1000)
          FROM (SELECT DISTINCT (random() * 999)::int + 1 AS d FROM generate_series(1, 20) WHERE i > 0) u) AS sparse,
       (CASE WHEN i % 3 = 0 THEN vector_of(32, i, 50) END)::vector(32) AS maybe,
       i % 20 AS kind
  FROM generate_series(1, :vectors) i;
UPDATE embedding e SET many = f.many FROM embedding f WHERE f.id = e.id % 2000 + 1;
CREATE TABLE fresh_embedding AS
SELECT i AS id,
       vector_of(1536, i, 20)::vector(1536) AS v1536,
       vector_of(100, i, 1000)::vector(100) AS v100,
       vector_of(200, i, 10)::halfvec(200) AS h200,
       (SELECT string_agg((random() > 0.5)::int::text, '') FROM generate_series(1, 64) WHERE i > 0)::bit(64) AS bits
  FROM generate_series(1, :vectors / 2) i;
VACUUM FULL ANALYZE embedding;
VACUUM ANALYZE fresh_embedding;
