-- What statement_features() sees in a tree.
SET search_path = feature, pg_catalog;
SET client_min_messages = warning;
CREATE SCHEMA feature;
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, email varchar(80), boss int, joined timestamptz);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customer, note text, total numeric, doc jsonb, placed timestamp);
CREATE VIEW big AS SELECT * FROM orders WHERE total > 1000;

-- some features of a statement, and no more than was asked for
CREATE FUNCTION seen(query text, VARIADIC keys text[]) RETURNS text
LANGUAGE sql AS $$
	SELECT pg_catalog.string_agg(pg_catalog.concat(k.key, '=', COALESCE(f.f ->> k.key, 'none')), ' ' ORDER BY k.place)
	  FROM dbadvisor.statement_features(query) f (f),
		   pg_catalog.unnest(keys) WITH ORDINALITY k (key, place);
$$;
-- the comparisons of a statement, one line each
CREATE FUNCTION compared(query text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT pg_catalog.concat_ws(' ',
			   COALESCE((c ->> 'relid')::oid::regclass::text, '-'), c ->> 'column', c ->> 'operator', c ->> 'compared_with',
			   'in ' || (c ->> 'wrapped_in') || ' ' || (c ->> 'wrapper') || CASE c ->> 'immutable' WHEN 'true' THEN ' immutable' ELSE '' END,
			   'elements ' || (c ->> 'elements'), 'wildcard ' || (c ->> 'leading_wildcard'))
	  FROM dbadvisor.statement_features(query) f,
		   pg_catalog.jsonb_array_elements(f -> 'comparisons') c;
$$;

-- kind, stars and counts
SELECT seen('SELECT * FROM orders', 'command', 'select_star', 'count_only', 'has_where', 'limit', 'offset', 'insert_rows');
SELECT seen('SELECT o.* FROM orders o WHERE id = $1', 'select_star', 'has_where', 'parameters');
SELECT seen('SELECT id FROM (SELECT * FROM orders) o WHERE EXISTS (SELECT * FROM customer)', 'select_star', 'subqueries');
SELECT seen('SELECT count(*) FROM orders WHERE total > $1', 'count_only', 'aggregated');
SELECT seen('SELECT count(note) FROM orders', 'count_only');
SELECT seen('SELECT count(*), max(id) FROM orders', 'count_only', 'aggregated');
SELECT seen('SELECT customer_id, count(*) FROM orders GROUP BY 1', 'count_only', 'grouped');
SELECT seen('SELECT count(*) > 0 FROM orders WHERE customer_id = $1', 'count_compared', 'count_only');
SELECT seen('SELECT (SELECT count(*) FROM orders) > $1', 'count_compared');
SELECT seen('SELECT max(total) > 5 FROM orders', 'count_compared');

-- LIMIT, OFFSET, ORDER BY
SELECT seen('SELECT id FROM orders ORDER BY id LIMIT 10 OFFSET 54321', 'limit', 'offset', 'offset_at_least', 'ordered');
SELECT seen('SELECT id FROM orders ORDER BY id LIMIT $1 OFFSET $2', 'limit', 'offset', 'offset_at_least', 'order_by_random');
SELECT seen('SELECT id FROM orders ORDER BY id OFFSET $1 * 20', 'limit', 'offset');
SELECT seen('SELECT id FROM orders ORDER BY random() LIMIT 1', 'order_by_random');
SELECT seen('SELECT id FROM orders ORDER BY id + random()', 'order_by_random');

-- rows to insert
SELECT seen('INSERT INTO customer (id, name) VALUES ($1, $2)', 'command', 'insert_rows', 'on_conflict', 'returning');
SELECT seen('INSERT INTO customer (id, name) VALUES (1, ''a''), (2, ''b'') ON CONFLICT DO NOTHING RETURNING id', 'insert_rows', 'on_conflict', 'returning');
SELECT seen('INSERT INTO customer (id, name) SELECT id, note FROM orders', 'insert_rows');
SELECT seen('INSERT INTO customer DEFAULT VALUES', 'insert_rows');

-- updates and deletes
SELECT seen('UPDATE orders SET total = total + 1, note = note WHERE id = $1', 'command', 'changed_columns', 'self_assignments', 'has_where');
SELECT seen('DELETE FROM orders', 'command', 'has_where');
SELECT seen('SELECT id FROM orders WHERE note IS NULL LIMIT 5 FOR UPDATE SKIP LOCKED', 'for_update', 'skip_locked', 'limit_in_locking');
SELECT seen('UPDATE orders SET note = $1 WHERE id IN (SELECT id FROM orders LIMIT 3 FOR UPDATE)', 'limit_in_locking');

-- joins: what nothing ties
SELECT seen('SELECT 1 FROM orders o, customer c WHERE o.customer_id = c.id', 'tables', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o, customer c', 'tables', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o, customer c WHERE o.note IS NOT NULL', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o CROSS JOIN customer c WHERE c.id = $1', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o JOIN customer c ON o.customer_id = c.id LEFT JOIN orders p ON p.id = o.id', 'tables', 'outer_joins', 'cross_joins');
SELECT seen('SELECT 1 FROM (orders o JOIN orders p USING (id)), customer c WHERE o.id = c.boss', 'cross_joins');
SELECT seen('SELECT 1 FROM (orders o JOIN orders p USING (id)) j JOIN customer c ON j.id = c.boss', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o, LATERAL (SELECT * FROM customer LIMIT 1) c, generate_series(1, 3)', 'tables', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o, customer c WHERE EXISTS (SELECT FROM orders p WHERE p.id = o.id AND p.customer_id = c.id)', 'cross_joins');
SELECT seen('SELECT 1 FROM orders o, (SELECT count(*) FROM customer) c', 'cross_joins');

-- NOT IN and NULL
SELECT seen('SELECT 1 FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE id NOT IN (SELECT id FROM orders)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL AND id > 3)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE id NOT IN (SELECT o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE id <> ALL (SELECT customer_id FROM orders)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE id IN (SELECT customer_id FROM orders) AND NOT EXISTS (SELECT FROM orders)', 'not_in', 'not_in_nullable');
SELECT seen('SELECT 1 FROM customer WHERE email = NULL', 'null_comparisons');

-- OR, lists, sets, recursion
SELECT seen('SELECT 1 FROM customer WHERE name = $1 OR email = $2', 'or_across_columns', 'optional_filters');
SELECT seen('SELECT 1 FROM customer WHERE name = $1 OR name = $2', 'or_across_columns');
SELECT seen('SELECT 1 FROM customer WHERE ($1::text IS NULL OR name = $1)', 'or_across_columns', 'optional_filters');
SELECT seen('SELECT 1 FROM customer WHERE id IN (1, 2, 3)', 'longest_list');
SELECT seen('SELECT id FROM customer UNION SELECT id FROM orders', 'union_distinct', 'subqueries');
SELECT seen('SELECT id FROM customer UNION ALL SELECT id FROM orders', 'union_distinct');
SELECT seen('WITH RECURSIVE up AS (SELECT id, boss FROM customer WHERE id = $1 UNION ALL SELECT c.id, c.boss FROM customer c, up WHERE c.id = up.boss) SELECT * FROM up', 'recursive', 'ctes', 'cross_joins');

-- what is compared
SELECT compared('SELECT 1 FROM customer WHERE id = $1 AND 5 < boss');
SELECT compared('SELECT 1 FROM customer WHERE lower(name) = $1 AND joined::date = $2');
SELECT compared('SELECT 1 FROM customer WHERE upper(email) = ''X'' AND email = $1');
SELECT compared('SELECT 1 FROM customer WHERE id = 5.0');
SELECT compared('SELECT 1 FROM orders WHERE total + 1 > $1 AND doc ->> ''kind'' = $2');
SELECT compared('SELECT 1 FROM orders o JOIN customer c ON o.customer_id = c.id');
SELECT compared('SELECT 1 FROM customer WHERE name LIKE ''%x'' OR name LIKE ''x%'' OR name LIKE $1 OR email ILIKE ''%'' || $2');
SELECT compared('SELECT 1 FROM customer WHERE id IN (1, 2) AND boss = ANY ($1) AND email IS NULL');
SELECT compared('SELECT 1 FROM big WHERE total > (SELECT max(total) FROM orders)');
SELECT compared('SELECT customer_id FROM orders GROUP BY 1 HAVING sum(total) > 10');

-- what an index could have as an expression: no constants, no functions of the user's
CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(value) $$;
CREATE FUNCTION indexable(query text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT COALESCE(c ->> 'expression', 'none') FROM dbadvisor.statement_features(query) f, pg_catalog.jsonb_array_elements(f -> 'comparisons') c;
$$;
SELECT indexable('SELECT 1 FROM customer WHERE lower(name) = $1 AND id = 5.0 AND joined::date = $2');
SELECT indexable('SELECT 1 FROM customer c, orders o WHERE upper(o.note) = $1 AND o.placed::date = $2 AND c.id = o.customer_id AND date_trunc(''day'', o.placed) = $3');
SELECT indexable('SELECT 1 FROM customer WHERE id + boss > $1 AND id + 7 > $2 AND fold(name) = $3 AND name = $4');

-- values are seen and not shown
SELECT dbadvisor.statement_features('SELECT id FROM customer WHERE name = ''secret'' AND id IN (77123, 77124)')::text ~ 'secret|7712' AS shows_values;

-- a text that has nothing to look at
SELECT dbadvisor.statement_features('SELECT FROM nowhere');
SELECT dbadvisor.statement_features('VACUUM');

-- what columns are joined with
SELECT (c ->> 'other_relid')::oid::regclass AS relation, c ->> 'other_attnum' AS attnum, c ->> 'column' AS compared
  FROM dbadvisor.statement_features('SELECT 1 FROM orders o JOIN customer c ON c.id = o.customer_id AND c.id + 1 = o.id AND c.name = (SELECT ''x'')') f,
       jsonb_array_elements(f -> 'comparisons') c;

-- documents, wherever a key is asked for; not: looked into otherwise, of a function
CREATE FUNCTION documents(query text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT pg_catalog.concat_ws(' ', (d ->> 'relid')::oid::regclass, d ->> 'attnum')
	  FROM dbadvisor.statement_features(query) f,
		   pg_catalog.jsonb_array_elements(f -> 'documents') d;
$$;
SELECT documents('SELECT doc ->> $1 FROM orders');
SELECT documents('SELECT 1 FROM orders o WHERE o.doc #>> ''{a,b}'' = $1 AND o.doc -> ''a'' IS NOT NULL');
SELECT documents('SELECT (SELECT jsonb_extract_path_text(o.doc, ''a'')) FROM orders o JOIN customer c ON c.id = o.customer_id');
SELECT documents('SELECT doc[''a''] FROM orders');
SELECT documents('SELECT doc, to_jsonb(note) ->> ''a'' FROM orders WHERE doc @> ''{"a": 1}''');

-- the recorded ones, by number or all; values given with a statement are used
SELECT dbadvisor.workload_add('SELECT id FROM feature.orders ORDER BY id LIMIT 10 OFFSET $1', 10, 5, '[["200"], ["34567"]]') > 0 AS added;
SELECT dbadvisor.workload_add('SELECT id FROM feature.customer WHERE name LIKE $1', 10, 5, '[["%x%"]]') > 0 AS added;
SELECT f.state, f.calls, f.total_ms, f.relations::regclass[], f.features ->> 'offset' AS offset, f.features ->> 'offset_at_least' AS at_least,
       f.features #>> '{comparisons,0,leading_wildcard}' AS wildcard
  FROM dbadvisor.workload_features('{}') f
 ORDER BY f.query;
-- those that took a share of the time of all, which manual ones need not
SELECT count(*) FILTER (WHERE f.queryid IS NOT NULL) AS recorded, count(*) FILTER (WHERE f.queryid IS NULL) AS manual,
       bool_and(f.time_share BETWEEN 0 AND 1) AS is_share
  FROM dbadvisor.workload_features(min_share => 1.1) f;
SELECT dbadvisor.workload_clear();
SET client_min_messages = error;
DROP SCHEMA feature CASCADE;
