-- Orders of the region in which most customers live.
CREATE TABLE customer AS
SELECT i AS id, CASE WHEN i % 10 < 7 THEN 'here' ELSE 'r' || i % 400 END AS region, md5(i::text) AS name
  FROM generate_series(1, 50000) i;
CREATE TABLE orders AS
SELECT i AS id, 1 + i % 50000 AS customer, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE customer, orders;
CREATE VIEW draw AS
SELECT 'SELECT c.name, o.payload FROM customer c JOIN orders o ON o.customer = c.id WHERE c.region = ''here''' AS statement
  FROM generate_series(1, 5);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON customer (region)']), (ARRAY['CREATE INDEX ON orders (customer)']),
	(ARRAY['CREATE INDEX ON customer (region)', 'CREATE INDEX ON orders (customer)']);
