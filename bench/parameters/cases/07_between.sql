-- Reports read most of the table: nine months out of twelve.
CREATE TABLE sale AS
SELECT i AS id, date '2026-01-01' + (random() * 365)::int AS day, random() * 100 AS amount, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE sale;
CREATE VIEW draw AS
SELECT format('SELECT day, amount, payload FROM sale WHERE day BETWEEN %L AND %L', date '2026-01-01' + i, date '2026-10-01' + i) AS statement
  FROM generate_series(1, 5) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON sale (day)']);
