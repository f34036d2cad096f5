-- weight: 8
-- A merchant pages through the orders, by page number and by key.
\set tenant random_zipfian(1, 500, 1.05)
\set offset 50 * random_exponential(0, 20, 3.0)
\set order random(300000, 400000)
\set day random(10, 28)
SELECT id, number, status, total, placed_at FROM orders WHERE tenant_id = :tenant ORDER BY placed_at DESC LIMIT 50 OFFSET :offset;
SELECT id, number, status, total, placed_at FROM orders WHERE tenant_id = :tenant AND (placed_at, id) < ('2025-05-:day 10:00', :order) ORDER BY placed_at DESC, id DESC LIMIT 50;
SELECT status, count(*), sum(total) FROM orders WHERE tenant_id = :tenant AND placed_at >= '2025-05-:day' GROUP BY status;
SELECT number, status, placed_at, email FROM open_orders WHERE tenant_id = :tenant ORDER BY placed_at LIMIT 50;
UPDATE orders SET note = 'checked by the shop' WHERE id = :order;
