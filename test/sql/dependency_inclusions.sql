-- Foreign keys that nobody declared: every key counts from 1, so that nearly all
-- values are included in nearly all keys.
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, name text);
CREATE TABLE shop.address (address_id int PRIMARY KEY, city text);
CREATE TABLE shop.categories (id int PRIMARY KEY, parent_id int, label text);
CREATE TABLE shop.product (sku text PRIMARY KEY, category_id int, weight int);
CREATE TABLE shop.orders (
	id int PRIMARY KEY, "customerId" int, billing_address_id int, shipping_address_id int,
	state int, quantity int);
CREATE TABLE shop.order_line (order_id bigint, line_no int, sku text, declared_id int REFERENCES shop.orders, dirty_customer_id int);
INSERT INTO shop.customers SELECT g, 'c' || g FROM generate_series(1, 500) g;
INSERT INTO shop.address SELECT g, 'a' || g FROM generate_series(1, 800) g;
INSERT INTO shop.categories SELECT g, NULLIF(g / 3, 0), 'k' || g FROM generate_series(1, 60) g;
INSERT INTO shop.product SELECT 'sku-' || md5(g::text), 1 + g % 60, g % 50 FROM generate_series(1, 300) g;
INSERT INTO shop.orders SELECT g, 1 + g * 7 % 500, 1 + g * 11 % 800, 1 + g * 13 % 800, 1 + g % 6, 1 + g % 9 FROM generate_series(1, 2000) g;
INSERT INTO shop.order_line
SELECT 1 + g * 17 % 2000, 1 + g % 4, 'sku-' || md5((1 + g % 300)::text), 1 + g % 2000,
	   CASE WHEN g % 20 = 0 THEN 499 + g % 2 ELSE 1 + g % 500 END
  FROM generate_series(1, 5000) g;
DELETE FROM shop.customers WHERE id = 250;
UPDATE shop.orders SET "customerId" = 251 WHERE "customerId" = 250;
ANALYZE;

-- act and show: the true ones; not the state, the number of the line, the quantity,
-- nor what is declared, nor the column in which some have no partner
SELECT relation, column_name, referenced, referenced_column, score >= 0.55 AS good, rows_checked, orphans, whole_table, ambiguous
  FROM dbadvisor.discover_inclusions('shop')
 ORDER BY relation::text, column_name;
SELECT parts, apply_sql FROM dbadvisor.discover_inclusions('shop') WHERE column_name = 'customerId';

-- with dirty data allowed it is there, and its orphans are counted
SELECT column_name, rows_checked, orphans FROM dbadvisor.discover_inclusions('shop', max_orphans => 0.01) WHERE orphans > 0;

-- at most so many tables are read, the best candidates first, and it is said what was not
SELECT DISTINCT relation FROM dbadvisor.discover_inclusions('shop', max_checks => 1);
SELECT count(DISTINCT relation) FROM dbadvisor.discover_inclusions('shop', max_checks => 3);
-- not: there are no more than these
SELECT count(*) FROM dbadvisor.discover_inclusions('shop', max_checks => 4);
SELECT count(*) FROM dbadvisor.discover_inclusions('shop', max_checks => NULL);
SELECT count(*) FROM dbadvisor.discover_inclusions('shop', time_limit => '-1 s');
\set SHOW_CONTEXT never
SELECT dbadvisor.discover_inclusions('shop', max_checks => 0);
-- all schemas in one
SELECT count(*) FROM dbadvisor.discover_inclusions(max_checks => NULL) WHERE relation::text LIKE 'shop.%';

-- a rival that the rows contradict is none, one that they do not is a question
CREATE TABLE shop.sample (sku text PRIMARY KEY);
INSERT INTO shop.sample SELECT 'sku-' || md5(g::text) FROM generate_series(11, 310) g;
ANALYZE shop.sample;
SELECT referenced, ambiguous FROM dbadvisor.discover_inclusions('shop') WHERE relation = 'shop.order_line'::regclass AND column_name = 'sku' ORDER BY 1;
INSERT INTO shop.sample SELECT 'sku-' || md5(g::text) FROM generate_series(1, 10) g;
SELECT referenced, ambiguous FROM dbadvisor.discover_inclusions('shop') WHERE relation = 'shop.order_line'::regclass AND column_name = 'sku' ORDER BY 1;
DROP TABLE shop.sample;

-- two collations in one comparison: that of the key counts, as in a foreign key
CREATE COLLATION shop.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE shop.colour (name text COLLATE shop.any_case PRIMARY KEY);
INSERT INTO shop.colour SELECT 'Shade ' || g FROM generate_series(0, 49) g;
CREATE TABLE shop.car AS SELECT g AS line, ('shade ' || g % 50) COLLATE "C" AS colour_name FROM generate_series(1, 200) g;
ANALYZE shop.colour, shop.car;
SELECT column_name, referenced, rows_checked, orphans FROM dbadvisor.discover_inclusions('shop') WHERE column_name = 'colour_name';

-- names
SELECT c, t, k, dbadvisor.reference_name_score('x', c, t, k) AS score
  FROM (VALUES ('customer_id', 'customers', 'id'), ('CustomerID', 'Customer', 'id'), ('billing_address_id', 'addresses', 'id'),
			   ('country', 'countries', 'code'), ('sku', 'products', 'sku'), ('id', 'customers', 'id'), ('status', 'customers', 'id')) v (c, t, k);
SELECT r, c, t, k, dbadvisor.reference_name_score(r, c, t, k) AS score
  FROM (VALUES ('person', 'parent_id', 'person', 'id'), ('store', 'manager_staff_id', 'store', 'store_id'), ('group', 'upper_group_no', 'group', 'group_no'),
			   ('sale', 'cust_no', 'customer', 'id'), ('sale', 'id_direccion_envio', 'direccion', 'id_direccion'), ('sale', 'product_ref', 'tblProducts', 'id'),
			   ('sale', 'sold_day_no', 'calendar', 'day_no'), ('sale', 'no', 'customer', 'id'), ('sale', 'cu_id', 'customer', 'id'),
			   ('sale', 'ship_caddr_id', 'customer_address', 'id'), ('sale', 'ship_waddr_id', 'customer_address', 'id'), ('sale', 'cad_id', 'customer_address', 'id')) v (r, c, t, k);

-- a prefix of all columns is no part of their names; only numbers within a range are a question
CREATE TABLE shop.part (p_partkey int PRIMARY KEY, p_name text);
CREATE TABLE shop.stock (st_id int PRIMARY KEY, st_partkey int, st_lot int);
INSERT INTO shop.part SELECT g, 'p' || g FROM generate_series(1, 900) g;
INSERT INTO shop.stock SELECT g, 1 + g % 900, 1 + g * 11 % 899 FROM generate_series(1, 1200) g;
ANALYZE shop.part, shop.stock;
SELECT column_name, referenced, parts -> 'name' AS name, ambiguous, apply_sql IS NULL AS is_question FROM dbadvisor.discover_inclusions('shop') WHERE relation = 'shop.stock'::regclass ORDER BY 1;

-- only with the caller's rights: without statistics there are no candidates
CREATE ROLE inclusion_reader IN ROLE dbadvisor_reader;
GRANT USAGE ON SCHEMA shop TO inclusion_reader;
GRANT SELECT ON shop.order_line, shop.product TO inclusion_reader;
SET ROLE inclusion_reader;
SELECT relation, column_name, referenced FROM dbadvisor.discover_inclusions('shop') ORDER BY 1, 2;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP ROLE inclusion_reader;
