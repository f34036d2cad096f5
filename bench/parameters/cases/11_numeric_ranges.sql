-- Half of the prices, and the last few in stock.
CREATE TABLE product AS
SELECT i AS id, (random() * 1000)::numeric(8, 2) AS price, (random() * 10000)::int AS stock, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE product;
CREATE VIEW draw AS
SELECT format('SELECT * FROM product WHERE price > %s AND stock < %s', 480 + i, 5 + i) AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON product (stock)']), (ARRAY['CREATE INDEX ON product (price)']),
	(ARRAY['CREATE INDEX ON product (stock, price)']), (ARRAY['CREATE INDEX ON product (price, stock)']);
