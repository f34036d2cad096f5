-- weight: 16
-- The click stream: append, count, and show what was seen last.
\set user random_zipfian(1, 120000, 1.02)
\set product random_zipfian(1, 20000, 1.05)
INSERT INTO events (tenant_id, user_id, kind, payload, occurred_at) SELECT tenant_id, id, 'page_view', jsonb_build_object('page', '/p/' || :product, 'ms', 12), timestamptz '2025-07-01' + random() * interval '1 day' FROM users WHERE id = :user;
INSERT INTO product_metrics (product_id, day, views, cart_adds, purchases, revenue_cents, updated_at) VALUES (:product, date '2025-07-01', 1, 0, 0, 0, now()) ON CONFLICT (product_id, day) DO UPDATE SET views = product_metrics.views + 1, updated_at = excluded.updated_at;
SELECT kind, payload ->> 'page' AS page, occurred_at FROM events WHERE user_id = :user ORDER BY occurred_at DESC LIMIT 20;
