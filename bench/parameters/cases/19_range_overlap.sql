-- Bookings that overlap an hour.
CREATE TABLE booking AS
SELECT i AS id, tsrange(t, t + interval '2 hours') AS during, md5(i::text) AS payload
  FROM generate_series(1, 200000) i,
       LATERAL (SELECT timestamp '2025-01-01' + i * interval '5 minutes' AS t) x;
VACUUM ANALYZE booking;
CREATE VIEW draw AS
SELECT format('SELECT * FROM booking WHERE during && %L::tsrange', tsrange(t, t + interval '1 hour')) AS statement
  FROM generate_series(1, 20) i,
       LATERAL (SELECT timestamp '2025-06-01' + i * interval '5 hours' AS t) x;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON booking USING gist (during)']);
