-- The fiftieth page of a forum.
CREATE TABLE post AS
SELECT i AS id, i % 40 AS forum, timestamp '2026-01-01' + random() * interval '365 days' AS ts, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE post;
CREATE VIEW draw AS
SELECT format('SELECT * FROM post WHERE forum = %s ORDER BY ts DESC LIMIT 20 OFFSET %s', i, 900 + i * 10) AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON post (forum)']), (ARRAY['CREATE INDEX ON post (ts)']),
	(ARRAY['CREATE INDEX ON post (forum, ts)']);
