-- The oldest twenty that are pending: few are, and they are recent.
CREATE TABLE job AS
SELECT i AS id, CASE WHEN i % 1000 = 7 THEN 'pending' WHEN i % 20 = 3 THEN 'failed' ELSE 'done' END AS status,
       timestamp '2026-01-01' + random() * interval '365 days' AS ts, md5(i::text) AS payload
  FROM generate_series(1, 500000) i;
VACUUM ANALYZE job;
CREATE VIEW draw AS
SELECT 'SELECT * FROM job WHERE status = ''pending'' ORDER BY ts LIMIT 20' AS statement FROM generate_series(1, 20);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON job (status)']), (ARRAY['CREATE INDEX ON job (ts)']),
	(ARRAY['CREATE INDEX ON job (status, ts)']);
