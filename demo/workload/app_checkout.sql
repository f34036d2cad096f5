-- weight: 8
-- An order with two lines, its payment and the stock it reserves.
\set user random_zipfian(1, 120000, 1.02)
\set product random_zipfian(1, 20000, 1.05)
\set other random(1, 20000)
\set coupon random(1, 2000)
SELECT id, percent_off FROM coupons WHERE code = 'SAVE' || :coupon AND valid_until > date '2025-07-01';
BEGIN;
INSERT INTO orders (tenant_id, user_id, address_id, number, status, currency, total, placed_at, customer_email) SELECT tenant_id, id, id, 'SO-202507-' || id, 'pending', 'EUR', 99.00, timestamp '2025-07-01' + random() * interval '1 day', email FROM users WHERE id = :user RETURNING id AS order \gset
INSERT INTO order_items (order_id, product_id, product_name, quantity, unit_price, line_total) SELECT :order, id, name, 1, price, price FROM products WHERE id IN (:product, :other);
UPDATE inventory SET reserved = reserved + 1, updated_at = now() WHERE product_id = :product;
INSERT INTO payments (order_id, method, status, amount, provider_ref, created_at) VALUES (:order, 'card', 'settled', '99.00', 'ch_demo', timestamptz '2025-07-01 12:00+00');
UPDATE orders SET status = 'paid', paid_at = placed_at + interval '1 minute' WHERE id = :order;
END;
