-- An optional filter that nobody uses.
CREATE TABLE ticket AS
SELECT i AS id, i % 5000 AS customer, md5(i::text) AS payload
  FROM generate_series(1, 200000) i;
VACUUM ANALYZE ticket;
PREPARE tickets (int) AS SELECT * FROM ticket WHERE customer = $1 OR $1 IS NULL;
CREATE VIEW draw AS
SELECT 'EXECUTE tickets (NULL)' AS statement FROM generate_series(1, 5);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON ticket (customer)']);
