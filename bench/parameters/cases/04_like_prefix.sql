-- All below a folder.
CREATE TABLE file AS
SELECT i AS id, format('/%s/%s/%s', md5((i % 50)::text), md5((i % 20000)::text), i) AS path
  FROM generate_series(1, 500000) i;
VACUUM ANALYZE file;
CREATE VIEW draw AS
SELECT format('SELECT * FROM file WHERE path LIKE %L', format('/%s/%s/%%', md5((i % 50)::text), md5((i % 20000)::text))) AS statement
  FROM generate_series(1, 2000, 97) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON file (path text_pattern_ops)']);
