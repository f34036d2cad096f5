-- A document by a key in it.
CREATE TABLE document AS
SELECT i AS id, jsonb_build_object('email', md5(i::text) || '@example.com', 'kind', i % 5) AS data
  FROM generate_series(1, 200000) i;
VACUUM ANALYZE document;
CREATE VIEW draw AS
SELECT format('SELECT * FROM document WHERE data ->> ''email'' = %L', md5(i::text) || '@example.com') AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON document ((data ->> ''email''))']);
