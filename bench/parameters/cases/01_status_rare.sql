-- A queue: one row in a thousand is pending, and only those are asked for.
CREATE TABLE job AS
SELECT i AS id, CASE WHEN i % 1000 = 7 THEN 'pending' WHEN i % 20 = 3 THEN 'failed' ELSE 'done' END AS status,
       md5(i::text) AS payload
  FROM generate_series(1, 500000) i;
VACUUM ANALYZE job;
CREATE VIEW draw AS
SELECT 'SELECT * FROM job WHERE status = ''pending''' AS statement FROM generate_series(1, 20);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON job (status)']);
