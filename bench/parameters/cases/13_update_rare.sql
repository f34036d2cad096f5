-- Retry what has failed: one in two thousand.
CREATE TABLE task AS
SELECT i AS id, CASE WHEN i % 2000 = 0 THEN 'error' WHEN i % 3 = 0 THEN 'new' ELSE 'done' END AS state, 0 AS tries, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
ALTER TABLE task SET (fillfactor = 90);
VACUUM (FULL, ANALYZE) task;
VACUUM task;
CREATE VIEW draw AS
SELECT 'UPDATE task SET tries = tries + 1 WHERE state = ''error''' AS statement FROM generate_series(1, 20);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON task (state)']);
