-- demo/indexes.sql: keys, foreign keys, indexes and views, built after the load
--
-- Marks the mistakes that lie in keys and indexes with "planted" and a key, as
-- schema.sql does.  What the workload needs and does not find here is listed
-- under "missing" at the end.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = shop;
SET maintenance_work_mem = '128MB';

-- Primary keys (audit_log has none, see schema.sql)
ALTER TABLE tenants ADD PRIMARY KEY (id);
ALTER TABLE users ADD PRIMARY KEY (id);
ALTER TABLE addresses ADD PRIMARY KEY (id);
ALTER TABLE categories ADD PRIMARY KEY (id);
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE product_attributes ADD PRIMARY KEY (id);
ALTER TABLE warehouses ADD PRIMARY KEY (id);
ALTER TABLE inventory ADD PRIMARY KEY (product_id, warehouse_id);
ALTER TABLE coupons ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE order_items ADD PRIMARY KEY (id);
ALTER TABLE payments ADD PRIMARY KEY (id);
ALTER TABLE invoices ADD PRIMARY KEY (id);
ALTER TABLE shipments ADD PRIMARY KEY (id);
ALTER TABLE coupon_redemptions ADD PRIMARY KEY (id);
ALTER TABLE reviews ADD PRIMARY KEY (id);
ALTER TABLE sessions ADD PRIMARY KEY (id);
ALTER TABLE events ADD PRIMARY KEY (id);
ALTER TABLE tickets ADD PRIMARY KEY (id);
ALTER TABLE ticket_messages ADD PRIMARY KEY (id);
ALTER TABLE attachments ADD PRIMARY KEY (id);
ALTER TABLE jobs ADD PRIMARY KEY (id);
ALTER TABLE product_metrics ADD PRIMARY KEY (product_id, day);
ALTER TABLE customer_profiles ADD PRIMARY KEY (user_id);

ALTER TABLE tenants ADD UNIQUE (slug);
ALTER TABLE invoices ADD UNIQUE (number);

-- planted: soft_delete_unique (a deleted user blocks the address for ever)
ALTER TABLE users ADD CONSTRAINT users_tenant_email_key UNIQUE (tenant_id, email);

-- Foreign keys, as far as someone thought of them.
-- planted: fk_without_index (all but users.tenant_id and inventory.product_id)
ALTER TABLE users ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
ALTER TABLE addresses ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE products ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
ALTER TABLE products ADD FOREIGN KEY (category_id) REFERENCES categories;
ALTER TABLE product_attributes ADD FOREIGN KEY (product_id) REFERENCES products ON DELETE CASCADE;
ALTER TABLE inventory ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE inventory ADD FOREIGN KEY (warehouse_id) REFERENCES warehouses;
ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE orders ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE;
ALTER TABLE order_items ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE reviews ADD FOREIGN KEY (product_id) REFERENCES products ON DELETE CASCADE;
ALTER TABLE ticket_messages ADD FOREIGN KEY (ticket_id) REFERENCES tickets ON DELETE CASCADE;
ALTER TABLE coupon_redemptions ADD FOREIGN KEY (coupon_id) REFERENCES coupons;

-- planted: fk_not_validated (added in a hurry, never validated)
ALTER TABLE invoices ADD FOREIGN KEY (order_id) REFERENCES orders NOT VALID;

-- planted: fk_missing (shipments.order_id, shipments.warehouse_id,
-- reviews.user_id, tickets.user_id, tickets.order_id, tickets.assignee_id,
-- ticket_messages.author_id, sessions.user_id, events.tenant_id,
-- events.user_id, audit_log.tenant_id, coupons.tenant_id, invoices.tenant_id,
-- coupon_redemptions.order_id, categories.parent_id, orders.address_id,
-- orders.coupon_id, customer_profiles.user_id, product_metrics.product_id)

-- planted: index_duplicate (the primary key and users_tenant_email_key again)
CREATE INDEX orders_id_idx ON orders (id);
CREATE INDEX users_tenant_email_idx ON users (tenant_id, email);

-- planted: index_redundant (a prefix of users_tenant_email_key)
CREATE INDEX users_tenant_idx ON users (tenant_id);

-- planted: index_unused (no statement of the workload asks for these)
CREATE INDEX users_last_name_idx ON users (last_name);
CREATE INDEX payments_provider_ref_idx ON payments (provider_ref);
CREATE INDEX shipments_tracking_idx ON shipments (tracking);
CREATE INDEX tickets_subject_idx ON tickets (subject);

CREATE INDEX attachments_owner_idx ON attachments (owner_type, owner_id);

-- planted: index_low_cardinality (a flag with two values, one of them hot)
CREATE INDEX products_is_deleted_idx ON products (is_deleted);

-- planted: index_mostly_null (nearly all rows hold NULL: partial would do)
CREATE INDEX users_deleted_at_idx ON users (deleted_at);

-- planted: over_indexed
CREATE INDEX product_metrics_day_idx ON product_metrics (day);
CREATE INDEX product_metrics_views_idx ON product_metrics (views);
CREATE INDEX product_metrics_cart_adds_idx ON product_metrics (cart_adds);
CREATE INDEX product_metrics_purchases_idx ON product_metrics (purchases);
CREATE INDEX product_metrics_revenue_idx ON product_metrics (revenue_cents);
CREATE INDEX product_metrics_updated_idx ON product_metrics (updated_at);
CREATE INDEX product_metrics_product_idx ON product_metrics (product_id);
CREATE INDEX product_metrics_day_views_idx ON product_metrics (day, views);

-- Missing, though the workload asks for it:
-- planted: composite_index_missing (orders (user_id, placed_at), orders
-- (tenant_id, placed_at), products (tenant_id, sku), audit_log (object_type,
-- object_id), tickets (tenant_id, status), events (user_id, occurred_at))
-- planted: expression_index_missing (users lower(email), events
-- (payload ->> 'campaign'))
-- planted: partial_index_missing (jobs that are pending, invoices unpaid)
-- planted: prefix_index_missing (orders number LIKE 'SO-...%')
-- planted: range_index_missing (events occurred_at, in physical order: BRIN)

CREATE VIEW open_orders AS
SELECT o.id, o.number, o.tenant_id, o.status, o.placed_at, o.total,
       u.email, u.first_name, u.last_name
  FROM orders o
  JOIN users u ON u.id = o.user_id
 WHERE o.status IN ('pending', 'paid', 'packed');
COMMENT ON VIEW open_orders IS 'Orders that the warehouse still has to send';

-- planted: security_definer_search_path (runs as its owner, path not fixed)
CREATE FUNCTION order_total(wanted bigint) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER
AS 'SELECT sum(line_total) FROM shop.order_items WHERE order_id = wanted';
COMMENT ON FUNCTION order_total(bigint) IS 'Sum of an order''s lines';

-- Identities go on after the loaded rows.
\o /dev/null
SELECT format('SELECT setval(%L, (SELECT max(id) FROM shop.%I))',
              pg_get_serial_sequence(format('shop.%I', c.relname), 'id'), c.relname)
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
 WHERE a.attname = 'id'
   AND a.attidentity <> ''
   AND c.relnamespace = 'shop'::regnamespace
 ORDER BY c.relname
\gexec
\o

DROP SCHEMA generator CASCADE;
