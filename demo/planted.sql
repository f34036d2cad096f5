-- The mistakes planted in the demo, and the findings that name them; and decoys: what
-- looks like a mistake and is none.
--
-- Sizes and windows of observation are those of the demo here: its tables and indexes
-- are small and minutes old, of which some rules do not speak by default.  Prints a row
-- per mistake and decoy; an error at the end where a mistake has no finding or a decoy
-- has one.
SELECT dbadvisor.set_rule(s.rule, thresholds => s.thresholds::jsonb)
  FROM (VALUES ('index.mostly_null', '{"min_size_bytes": 0}'),
			   ('index.unselective', '{"min_size_bytes": 0}'),
			   ('index.too_many', '{"min_indexes": 8, "min_size_bytes": 0, "min_size_share": 0.5}'),
			   ('index.redundant', '{"min_window_days": 0, "min_workload_days": 0}'),
			   ('schema.uuid_random', '{"min_bytes": 0}'),
			   ('index.unused', '{"min_window_days": 0, "min_workload_days": 0, "min_size_bytes": 0, "min_table_activity": 1}'))
	   s (rule, thresholds) \g /dev/null
SELECT dbadvisor.analyze('{index,schema}') \g /dev/null

-- why: only of decoys
CREATE TEMPORARY TABLE planted (mistake text, place text, rule text, title text, why text);
INSERT INTO planted (mistake, place, rule, title) VALUES
	('adjacency_list', 'categories', 'normalization.hierarchy_undeclared', ''),
	('autovacuum_disabled', 'inventory', 'maintenance.autovacuum_off', ''),
	('char_column', 'addresses', 'schema.char_n', 'country'),
	('composite_index_missing', 'orders', 'index.missing', '\(user_id'),
	('composite_index_missing', 'orders', 'index.missing', '\(tenant_id, placed_at'),
	('composite_index_missing', 'products', 'index.missing', '\(tenant_id'),
	('composite_index_missing', 'audit_log', 'index.missing', 'object_id'),
	('composite_index_missing', 'events', 'index.missing', '\(user_id'),
	('composite_index_missing', 'tickets', 'index.missing', '\((tenant_id|status)'),
	('constant_column', 'tenants', 'schema.column_one_value', 'region'),
	('copied_column', 'orders', 'normalization.table_mixes_entities', 'customer_email'),
	('copied_column', 'order_items', 'normalization.table_mixes_entities', 'product_name'),
	('correlated_columns', 'addresses', 'statistics.extended_missing', ''),
	('derived_column', 'order_items', 'normalization.column_computed', 'line_total'),
	('duplicate_column', 'customer_profiles', 'normalization.column_duplicate', 'locale beside language'),
	('eav', 'product_attributes', 'normalization.entity_attribute_value', ''),
	('expression_index_missing', 'users', 'index.missing', 'lower\(email\)'),
	('expression_index_missing', 'events', 'index.missing', 'payload'),
	('fk_missing', 'tickets', 'normalization.foreign_key_missing', 'assignee_id'),
	('fk_missing', 'ticket_messages', 'normalization.foreign_key_missing', 'author_id'),
	('fk_not_validated', 'invoices', 'schema.constraint_not_valid', 'invoices_order_id_fkey'),
	('fk_type_mismatch', 'shipments', 'schema.foreign_key_missing', 'address_id'),
	('index_duplicate', 'orders', 'index.duplicate', 'orders_id_idx'),
	('index_duplicate', 'users', 'index.duplicate', 'users_tenant_email_idx'),
	('index_low_cardinality', 'products', 'index.un(selective|used)', 'products_is_deleted_idx'),
	('index_mostly_null', 'users', 'index.mostly_null', 'users_deleted_at_idx'),
	('index_redundant', 'users', 'index.redundant', 'users_tenant_idx'),
	('index_redundant', 'product_metrics', 'index.redundant', 'product_metrics_product_idx'),
	('index_redundant', 'product_metrics', 'index.redundant', 'product_metrics_day_idx'),
	('index_unused', 'users', 'index.unused', 'users_last_name_idx'),
	('index_unused', 'payments', 'index.unused', 'payments_provider_ref_idx'),
	('index_unused', 'shipments', 'index.unused', 'shipments_tracking_idx'),
	('index_unused', 'tickets', 'index.un(selective|used)', 'tickets_subject_idx'),
	('int4_exhaustion', 'order_items', 'schema.sequence_exhaustion', ' id '),
	('json_always_present_key', 'products', 'normalization.json_holds_column', 'attributes'),
	('json_always_present_key', 'events', 'normalization.json_holds_column', 'payload'),
	('json_column', 'tenants', 'schema.json_text', 'settings'),
	('list_in_text', 'users', 'normalization.list_in_text', 'roles'),
	('list_in_text', 'products', 'normalization.list_in_text', 'tags'),
	('lookup_without_table', 'tenants', 'normalization.lookup_missing', 'plan'),
	('lookup_without_table', 'orders', 'normalization.lookup_missing', 'status'),
	('money_float', 'products', 'schema.float_money', 'price'),
	('money_varchar', 'payments', 'schema.text_holds_type', 'amount'),
	('over_indexed', 'product_metrics', 'index.too_many', ''),
	('partial_index_missing', 'jobs', 'index.missing', 'WHERE'),
	('partial_index_missing', 'invoices', 'index.missing', 'paid'),
	('polymorphic_reference', 'attachments', 'normalization.polymorphic_reference', 'owner_id'),
	('prefix_index_missing', 'orders', 'index.missing', 'number'),
	('primary_key_missing', 'audit_log', 'schema.primary_key_missing', ''),
	('random_uuid_key', 'sessions', 'schema.uuid_random', ''),
	('range_index_missing', 'events', 'index.missing', 'occurred_at'),
	('repeating_group', 'customer_profiles', 'normalization.repeating_group', 'phone'),
	('repeating_group', 'customer_profiles', 'normalization.repeating_group', 'hobby'),
	('repeating_group', 'customer_profiles', 'normalization.repeating_group', 'child'),
	('repeating_group', 'customer_profiles', 'normalization.repeating_group', 'survey_q'),
	('security_definer_search_path', 'order_total', 'security.search_path_mutable', ''),
	('soft_delete_unique', 'users', 'normalization.soft_delete_unique', 'users_tenant_email_key'),
	('timestamp_without_time_zone', 'tenants', 'schema.timestamp_without_zone', 'created_at'),
	('timestamp_without_time_zone', 'orders', 'schema.timestamp_without_zone', 'placed_at, paid_at, shipped_at'),
	('transitive_dependency', 'addresses', 'normalization.table_mixes_entities', 'city from zip'),
	('transitive_dependency', 'orders', 'normalization.table_mixes_entities', 'shipping_city from shipping_zip'),
	('wide_table', 'customer_profiles', 'schema.column_one_value', 'legacy_id');
INSERT INTO planted (mistake, place, rule, title)
SELECT 'fk_missing', m.place, 'schema.foreign_key_missing', m.title || ' '
  FROM (VALUES ('shipments', 'order_id'), ('shipments', 'warehouse_id'), ('reviews', 'user_id'), ('tickets', 'user_id'),
			   ('tickets', 'order_id'), ('sessions', 'user_id'), ('events', 'tenant_id'), ('events', 'user_id'),
			   ('audit_log', 'tenant_id'), ('coupons', 'tenant_id'), ('invoices', 'tenant_id'), ('coupon_redemptions', 'order_id'),
			   ('orders', 'address_id'), ('orders', 'coupon_id'), ('customer_profiles', 'user_id'), ('product_metrics', 'product_id')) m (place, title)
 UNION ALL
-- what the workload asks for anyway is told by index.missing
SELECT 'fk_without_index', m.place, 'index.(missing|foreign_key_missing)', '\(' || m.title
  FROM (VALUES ('orders', 'tenant_id'), ('orders', 'user_id'), ('order_items', 'order_id'), ('order_items', 'product_id'),
			   ('payments', 'order_id'), ('addresses', 'user_id'), ('products', 'tenant_id'), ('products', 'category_id'),
			   ('product_attributes', 'product_id'), ('reviews', 'product_id'), ('ticket_messages', 'ticket_id'),
			   ('coupon_redemptions', 'coupon_id'), ('invoices', 'order_id')) m (place, title);
INSERT INTO planted (mistake, place, rule, title, why) VALUES
	('partition_candidate', 'events', 'partition.missing', '', 'indexes serve its statements'),
	('polymorphic_reference', 'audit_log', 'normalization.polymorphic_reference', '', 'a trail outlives what it tells of');

CREATE TEMPORARY VIEW compared AS
SELECT p.mistake, p.place, p.why,
	   (SELECT f.severity || ': ' || f.title
		  FROM dbadvisor.finding f
		 WHERE f.rule ~ ('^' || p.rule || '$')
		   AND f.title ~ ('\mshop\.' || p.place || '\M|index shop\.')
		   AND f.title ~ p.title
		 ORDER BY f.finding_id
		 LIMIT 1) AS found
  FROM planted p;
SELECT c.mistake, c.place,
	   CASE
	   WHEN c.why IS NULL THEN COALESCE(c.found, 'NOT FOUND')
	   WHEN c.found IS NULL THEN 'decoy: ' || c.why
	   ELSE 'WRONGLY FOUND: ' || c.found
	   END AS finding
  FROM compared c
 ORDER BY c.mistake, c.place, finding;
SELECT count(c.found) FILTER (WHERE c.why IS NULL) AS found,
	   count(*) FILTER (WHERE c.found IS NULL AND c.why IS NULL) AS missing,
	   count(*) FILTER (WHERE c.found IS NULL AND c.why IS NOT NULL) AS decoys,
	   count(c.found) FILTER (WHERE c.why IS NOT NULL) AS wrong
  FROM compared c;
SELECT bool_or((c.found IS NULL) = (c.why IS NULL)) AS is_wrong FROM compared c \gset
\if :is_wrong
	DO $$ BEGIN RAISE 'mistakes of the demo have no finding, or decoys have one'; END $$;
\endif
