-- weight: 5
-- Money that is due, came back, or got lost on the way.
\set tenant random_zipfian(1, 500, 1.05)
\set day random(10, 28)
\set order random(1, 400000)
SELECT number, order_id, due_on, amount FROM invoices WHERE tenant_id = :tenant AND NOT paid AND due_on < '2025-06-01' ORDER BY due_on LIMIT 50;
SELECT method, count(*) FROM payments WHERE created_at >= '2025-06-:day' AND created_at < timestamptz '2025-06-:day' + interval '1 day' AND status = 'settled' GROUP BY method;
SELECT c.name AS category, a.country, sum(i.line_total) AS revenue FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id JOIN users u ON u.id = o.user_id JOIN addresses a ON a.id = o.address_id WHERE o.placed_at >= '2025-06-:day' AND o.placed_at < timestamp '2025-06-:day' + interval '1 day' AND u.status = 'active' GROUP BY c.name, a.country ORDER BY revenue DESC LIMIT 20;
SELECT s.carrier, count(*) FROM shipments s WHERE s.status = 'in_transit' AND s.shipped_at < '2025-06-:day' GROUP BY s.carrier;
UPDATE invoices SET paid = true WHERE order_id = :order AND NOT paid;
