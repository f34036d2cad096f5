-- weight: 5
-- Soft deletes, price changes and retention.
\set product random(1, 20000)
\set hour random(1, 9)
UPDATE products SET is_deleted = true, updated_at = now() WHERE id = :product AND NOT is_deleted;
UPDATE products SET price = price * 1.01, updated_at = now() WHERE id = :product;
DELETE FROM sessions WHERE expires_at < timestamptz '2025-05-03 0:hour:00+00';
DELETE FROM events WHERE occurred_at < timestamptz '2025-04-02 0:hour:00+00';
