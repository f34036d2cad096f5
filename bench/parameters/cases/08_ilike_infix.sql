-- A word anywhere in a title, in any case.
CREATE TABLE article AS
SELECT i AS id, md5(i::text) || ' ' || md5((i * 7)::text) AS title
  FROM generate_series(1, 200000) i;
VACUUM ANALYZE article;
CREATE VIEW draw AS
SELECT format('SELECT * FROM article WHERE title ILIKE %L', '%' || upper(substr(md5(i::text), 5, 7)) || '%') AS statement
  FROM generate_series(1, 10) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON article USING gin (title gin_trgm_ops)']),
	(ARRAY['CREATE INDEX ON article (title text_pattern_ops)']);
