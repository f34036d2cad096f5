-- A tenant with 60 % of the rows asks for all of them.
CREATE TABLE item AS
SELECT i AS id, CASE WHEN i % 10 < 6 THEN 1 ELSE 2 + i % 5000 END AS tenant, md5(i::text) AS payload
  FROM generate_series(1, 500000) i;
VACUUM ANALYZE item;
CREATE VIEW draw AS
SELECT 'SELECT * FROM item WHERE tenant = 1' AS statement FROM generate_series(1, 5);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON item (tenant)']);
