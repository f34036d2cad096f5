-- Every kind of demand leads to the index that serves it.
CREATE SCHEMA index_kinds;
SET search_path = index_kinds;

CREATE TABLE customer (
	id int PRIMARY KEY,
	name text NOT NULL,
	country int NOT NULL,
	active boolean NOT NULL,
	note text NOT NULL);
INSERT INTO customer
SELECT i, 'name ' || i, i % 50, i % 200 = 0, repeat('n', 60)
  FROM generate_series(1, 10000) i;

CREATE TABLE orders (
	id int PRIMARY KEY,
	customer_id int NOT NULL,
	status int NOT NULL,
	created date NOT NULL,
	shipped date,
	total int NOT NULL,
	note text NOT NULL);
INSERT INTO orders
SELECT i, i * 7919 % 10000, i * 31 % 97, date '2020-01-01' + i * 37 % 2000,
       CASE WHEN i % 500 > 0 THEN date '2020-01-01' + i * 41 % 2000 END,
       i * 17 % 1009, repeat('n', 80)
  FROM generate_series(1, 40000) i;
ANALYZE;

-- The advice for one statement that makes up the whole workload.
CREATE FUNCTION advice_for(query text,
	OUT relation text, OUT am text, OUT keys text[], OUT included text[])
RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RETURN QUERY
	SELECT relid::regclass::text, i.am, key_columns, include_columns
	  FROM dbadvisor.search_indexes(time_limit => NULL) i
	 WHERE step > 0
	 ORDER BY 1, 2, 3;
END
$$;

-- equality
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE customer_id = 42$$);
-- range
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE created BETWEEN '2021-03-01' AND '2021-03-03'$$);
-- equality before range, whatever the text's order
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE total > 500 AND status = 7$$);
-- the column on the right of the operator
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE 42 = customer_id$$);
-- IN list
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE customer_id IN (1, 2, 3)$$);
-- IS NULL
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE shipped IS NULL$$);
-- boolean column
SELECT * FROM advice_for($$SELECT * FROM index_kinds.customer WHERE active$$);
-- a parameter
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE customer_id = $1$$);
-- expression
SELECT * FROM advice_for($$SELECT * FROM index_kinds.customer WHERE lower(name) = 'name 7'$$);
-- prefix of a pattern
SELECT relation, am, keys[1] LIKE 'name%' AS by_name
  FROM advice_for($$SELECT * FROM index_kinds.customer WHERE name LIKE 'name 77%'$$);
-- both arms of an OR
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE customer_id = 42 OR shipped IS NULL$$);
-- join column
SELECT * FROM advice_for($$SELECT * FROM index_kinds.customer c JOIN index_kinds.orders o ON o.customer_id = c.id WHERE c.id = 4711$$);
-- join column of the inner side of a loop, from a few outer rows
SELECT * FROM advice_for($$SELECT sum(o.total) FROM index_kinds.customer c JOIN index_kinds.orders o ON o.customer_id = c.id AND o.note <> c.note WHERE c.id < 5$$);
-- equality, then order, descending as a whole
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders WHERE status = 7 ORDER BY created DESC LIMIT 5$$);
-- order alone
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders ORDER BY created DESC LIMIT 5$$);
-- mixed directions
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders ORDER BY status, created DESC LIMIT 5$$);
-- NULLs where they do not come by themselves
SELECT * FROM advice_for($$SELECT * FROM index_kinds.orders ORDER BY shipped DESC NULLS LAST LIMIT 5$$);
-- largest value
SELECT * FROM advice_for($$SELECT max(total) FROM index_kinds.orders$$);
-- GROUP BY, read in order without a sort
SET enable_hashagg = off;
SELECT * FROM advice_for($$SELECT customer_id, count(*) FROM index_kinds.orders GROUP BY customer_id LIMIT 10$$);
RESET enable_hashagg;
-- DISTINCT
SELECT * FROM advice_for($$SELECT DISTINCT customer_id FROM index_kinds.orders ORDER BY customer_id LIMIT 10$$);
-- UPDATE and DELETE look for their rows too
SELECT * FROM advice_for($$UPDATE index_kinds.orders SET total = 0 WHERE customer_id = 42$$);
SELECT * FROM advice_for($$DELETE FROM index_kinds.orders WHERE customer_id = 42$$);

-- through a view, a CTE, a subquery, a correlated subquery
CREATE VIEW big_order AS SELECT * FROM orders WHERE total > 10;
SELECT * FROM advice_for($$SELECT * FROM index_kinds.big_order WHERE customer_id = 42$$);
SELECT * FROM advice_for($$WITH o AS MATERIALIZED (SELECT * FROM index_kinds.orders WHERE customer_id = 42) SELECT count(*) FROM o$$);
SELECT * FROM advice_for($$SELECT id FROM index_kinds.customer WHERE id IN (SELECT status FROM index_kinds.orders WHERE customer_id = 42)$$);
SELECT * FROM advice_for($$SELECT id, (SELECT max(o.created) FROM index_kinds.orders o WHERE o.customer_id = c.id) FROM index_kinds.customer c WHERE c.id < 100$$);

-- everything it reads from the index, once VACUUM has made that possible
VACUUM orders;
SELECT * FROM advice_for($$SELECT customer_id, sum(total) FROM index_kinds.orders WHERE customer_id BETWEEN 100 AND 3000 GROUP BY customer_id$$);

-- a partitioned table speaks for its partitions
CREATE TABLE event (id int NOT NULL, kind int NOT NULL, at date NOT NULL, body text)
PARTITION BY RANGE (at);
CREATE TABLE event_2020 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE event_2021 PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO event
SELECT i, i % 1000, date '2020-01-01' + i % 700, repeat('b', 60)
  FROM generate_series(1, 30000) i;
ANALYZE event;
SELECT * FROM advice_for($$SELECT * FROM index_kinds.event WHERE kind = 7$$);

-- children of plain inheritance, and arms of UNION ALL, speak for themselves
CREATE TABLE parent (id int, kind int, body text);
CREATE TABLE child (extra int) INHERITS (parent);
INSERT INTO child SELECT i, i % 1000, repeat('b', 60), i FROM generate_series(1, 20000) i;
ANALYZE parent, child;
SELECT * FROM advice_for($$SELECT * FROM index_kinds.parent WHERE kind = 7$$);
SELECT * FROM advice_for($$SELECT * FROM (SELECT customer_id AS c FROM index_kinds.orders UNION ALL SELECT kind FROM index_kinds.child) u WHERE c = 7$$);

-- an expression with a constant, among other statements on its table
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add($$SELECT note FROM index_kinds.customer WHERE name || 'x' = $1$$, 1000, 5) > 0 AS added;
SELECT dbadvisor.workload_add('SELECT note FROM index_kinds.customer WHERE id = $1', 1000, 5) > 0 AS added;
SELECT key_columns, index_name LIKE '%.customer_expr_idx%' AS named
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE relid = 'index_kinds.customer'::regclass;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_kinds CASCADE;
