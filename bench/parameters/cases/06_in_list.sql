-- Orders of five customers, of which none has many; two have nearly all.
CREATE TABLE orders AS
SELECT i AS id, CASE WHEN i % 10 < 8 THEN i % 2 ELSE 10 + i % 20000 END AS customer, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE orders;
CREATE VIEW draw AS
SELECT format('SELECT * FROM orders WHERE customer IN (%s, %s, %s, %s, %s)', 28 + i, 99 + i, 1009 + i, 2018 + i, 3008 + i) AS statement
  FROM generate_series(0, 1000, 50) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON orders (customer)']);
