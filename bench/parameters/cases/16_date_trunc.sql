-- The day around a moment, out of two years.
CREATE TABLE visit AS
SELECT i AS id, timestamp '2025-01-01' + random() * interval '730 days' AS ts, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE visit;
CREATE VIEW draw AS
SELECT format('SELECT * FROM visit WHERE ts >= date_trunc(''day'', timestamp %L) AND ts < date_trunc(''day'', timestamp %1$L) + interval ''1 day''',
              timestamp '2026-03-01' + i * interval '7 hours') AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON visit (ts)']);
