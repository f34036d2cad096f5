-- weight: 5
-- Who buys, who does not, who came back.
\set tenant random(20, 500)
\set city random(1, 9)
SELECT DISTINCT ON (user_id) user_id, number, status, placed_at FROM orders WHERE tenant_id = :tenant ORDER BY user_id, placed_at DESC;
SELECT u.id, u.email FROM users u WHERE u.tenant_id = :tenant AND NOT EXISTS (SELECT FROM orders o WHERE o.user_id = u.id) ORDER BY u.id LIMIT 100;
SELECT u.id, u.email FROM users u WHERE u.tenant_id = :tenant AND EXISTS (SELECT FROM tickets t WHERE t.user_id = u.id AND t.priority = 4) ORDER BY u.email;
SELECT a.user_id, a.street FROM addresses a JOIN users u ON u.id = a.user_id WHERE a.country = 'DK' AND a.zip LIKE '2:city%' AND u.tenant_id = :tenant;
