-- weight: 24
-- A product page as an ORM asks for it: one table at a time.
\set product random_zipfian(1, 20000, 1.05)
SELECT tenant_id, sku FROM products WHERE id = :product \gset
SELECT id, slug, name, plan FROM tenants WHERE id = :tenant_id;
SELECT id, name, description, price, tags, attributes FROM products WHERE tenant_id = :tenant_id AND sku = :sku AND NOT is_deleted;
SELECT attribute, value FROM product_attributes WHERE product_id = :product ORDER BY attribute;
SELECT rating, title, body, created_at FROM reviews WHERE product_id = :product ORDER BY created_at DESC LIMIT 10;
SELECT sum(quantity - reserved) AS available FROM inventory WHERE product_id = :product;
