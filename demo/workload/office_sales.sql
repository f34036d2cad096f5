-- weight: 5
-- Sales reports of one merchant.
\set tenant random_zipfian(1, 500, 1.05)
\set month random(1, 6)
SELECT date_trunc('day', placed_at) AS day, count(*) AS orders, sum(total) AS revenue FROM orders WHERE tenant_id = :tenant AND placed_at >= '2025-0:month-01' AND placed_at < timestamp '2025-0:month-01' + interval '1 month' AND status <> 'cancelled' GROUP BY 1 ORDER BY 1;
SELECT product_id, product_name, revenue, place FROM (SELECT i.product_id, i.product_name, sum(i.line_total) AS revenue, rank() OVER (ORDER BY sum(i.line_total) DESC) AS place FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.tenant_id = :tenant AND o.placed_at >= '2025-0:month-01' AND o.placed_at < timestamp '2025-0:month-01' + interval '7 days' GROUP BY i.product_id, i.product_name) ranked WHERE place <= 10 ORDER BY place;
WITH month AS (SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders WHERE tenant_id = :tenant AND placed_at >= '2024-07-01' GROUP BY 1) SELECT month, revenue, revenue - lag(revenue) OVER (ORDER BY month) AS growth FROM month ORDER BY month;
SELECT c.name, count(DISTINCT p.id) AS products, avg(r.rating) AS rating FROM products p JOIN categories c ON c.id = p.category_id JOIN reviews r ON r.product_id = p.id WHERE p.tenant_id = :tenant AND NOT p.is_deleted GROUP BY c.name ORDER BY rating DESC LIMIT 10;
