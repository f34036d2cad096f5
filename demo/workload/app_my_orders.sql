-- weight: 16
-- A user looks at the own orders and opens one.
\set user random_zipfian(1, 120000, 1.02)
\set order random(1, 400000)
SELECT id, number, status, total, placed_at FROM orders WHERE user_id = :user ORDER BY placed_at DESC LIMIT 20;
SELECT o.id, o.number, o.status, o.total, a.street, a.zip, a.city FROM orders o LEFT JOIN addresses a ON a.id = o.address_id WHERE o.id = :order;
SELECT i.id, i.quantity, i.line_total, p.name, p.attributes ->> 'brand' AS brand FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = :order ORDER BY i.id;
SELECT id, method, status, amount FROM payments WHERE order_id = :order;
SELECT s.tracking, s.status, s.delivered_at, w.name FROM shipments s JOIN warehouses w ON w.id = s.warehouse_id WHERE s.order_id = :order;
SELECT id, street, zip, city, country FROM addresses WHERE user_id = :user AND is_default;
