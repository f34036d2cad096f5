-- weight: 5
-- Campaigns, coupons and the funnel.
\set campaign random_zipfian(1, 300, 1.05)
\set tenant random_zipfian(1, 500, 1.05)
\set day random(10, 28)
\set coupon random(1, 2000)
SELECT count(*) AS clicks, count(DISTINCT user_id) AS users FROM events WHERE payload ->> 'campaign' = 'c:campaign';
SELECT date_trunc('day', occurred_at) AS day, count(*) FROM events WHERE payload ->> 'campaign' = 'c:campaign' GROUP BY 1 ORDER BY 1;
SELECT u.email, a.street, a.zip FROM addresses a JOIN users u ON u.id = a.user_id WHERE a.country = 'DE' AND a.city = 'Berlin' AND a.zip IN ('10700', '10701', '10702', '10703', '10704', '10705', '10706', '10707', '10708', '10709') AND u.status = 'active';
SELECT kind, count(*) FROM events WHERE occurred_at >= '2025-06-:day' AND occurred_at < timestamptz '2025-06-:day' + interval '1 day' AND tenant_id = :tenant GROUP BY kind;
SELECT c.code, count(*) AS used, sum(o.total) AS revenue FROM coupons c JOIN coupon_redemptions r ON r.coupon_id = c.id JOIN orders o ON o.id = r.order_id WHERE c.id = :coupon GROUP BY c.code;
SELECT p.id, p.name, sum(m.views) AS views FROM product_metrics m JOIN products p ON p.id = m.product_id WHERE p.tenant_id = :tenant AND m.day >= '2025-06-28' GROUP BY p.id, p.name ORDER BY views DESC LIMIT 10;
