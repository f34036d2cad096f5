-- Events of the last hour out of a year.
CREATE TABLE event AS
SELECT i AS id, timestamp '2026-01-01' + random() * interval '365 days' AS ts, md5(i::text) AS payload
  FROM generate_series(1, 500000) i;
VACUUM ANALYZE event;
CREATE VIEW draw AS
SELECT format('SELECT * FROM event WHERE ts > %L', max(ts) - interval '1 hour') AS statement
  FROM event, generate_series(1, 20) GROUP BY generate_series;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON event (ts)']), (ARRAY['CREATE INDEX ON event USING brin (ts)']);
