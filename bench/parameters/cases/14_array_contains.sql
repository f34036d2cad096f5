-- Rows with a rare tag; every row has a common one, too.
CREATE TABLE note AS
SELECT i AS id, ARRAY['all', 'c' || i % 10, 't' || i % 3000] AS tags, md5(i::text) AS payload
  FROM generate_series(1, 200000) i;
VACUUM ANALYZE note;
CREATE VIEW draw AS
SELECT format('SELECT * FROM note WHERE tags @> %L', ARRAY['t' || i]::text) AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON note USING gin (tags)']);
