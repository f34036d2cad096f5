-- Paid orders without a shipment: few are paid, most are shipped.
CREATE TABLE orders AS
SELECT i AS id, CASE WHEN i % 1000 = 5 THEN 'paid' WHEN i % 10 = 1 THEN 'new' ELSE 'closed' END AS state, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
CREATE TABLE shipment AS
SELECT i AS id, i AS order_id, md5(i::text) AS label
  FROM generate_series(1, 300000) i WHERE i % 7 <> 0;
VACUUM ANALYZE orders, shipment;
CREATE VIEW draw AS
SELECT 'SELECT o.* FROM orders o WHERE o.state = ''paid'' AND NOT EXISTS (SELECT FROM shipment s WHERE s.order_id = o.id)' AS statement
  FROM generate_series(1, 10);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON orders (state)']), (ARRAY['CREATE INDEX ON shipment (order_id)']),
	(ARRAY['CREATE INDEX ON orders (state)', 'CREATE INDEX ON shipment (order_id)']);
