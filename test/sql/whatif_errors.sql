-- What what_if() refuses, and that it leaves nothing behind
CREATE SCHEMA whatif_errors;
SET search_path = whatif_errors, public;
\set VERBOSITY default
CREATE TABLE orders (id int PRIMARY KEY, customer int, note text, data point, placed timestamptz);
INSERT INTO orders SELECT i, i % 100, 'note ' || i FROM generate_series(1, 1000) i;
CREATE VIEW orders_view AS SELECT * FROM orders;
CREATE TABLE part (a int, b int) PARTITION BY RANGE (a);
ANALYZE orders;

-- the query
SELECT * FROM dbadvisor.what_if(NULL);
SELECT * FROM dbadvisor.what_if('');
SELECT * FROM dbadvisor.what_if('SELEC 1');
SELECT * FROM dbadvisor.what_if('SELECT * FROM missing');
SELECT * FROM dbadvisor.what_if('VACUUM orders');
SELECT * FROM dbadvisor.what_if('SELECT 1; SELECT 2');

-- the index definition
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY[NULL]);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['DROP TABLE orders']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id); DROP TABLE orders']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON missing (id)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON nowhere.missing (id)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (missing)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders_view (id)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON pg_catalog.pg_class (relname)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders USING gin (note)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders USING nosuch (note)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (data)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (note int4_ops)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id COLLATE "C")']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (ctid)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (date(placed))']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id) WHERE placed < now()']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders ((1 / (id - 5)))']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders USING hash (id, customer)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders USING hash (id DESC)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE UNIQUE INDEX ON orders USING brin (id)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders USING hash (id) INCLUDE (note)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id) INCLUDE ((customer + 1))']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id) WITH (fillfactor = 5)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id) WITH (nonsense = 5)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (id) TABLESPACE nowhere']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX orders_pkey ON orders (customer)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX CONCURRENTLY ON part (b)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON ONLY part (b)']);
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE UNIQUE INDEX ON part (b)']);

-- what to hide
SELECT * FROM dbadvisor.what_if('SELECT 1', hide_indexes => ARRAY['orders'::regclass]);
SELECT * FROM dbadvisor.what_if('SELECT 1', hide_indexes => ARRAY[NULL::regclass]);
SELECT * FROM dbadvisor.what_if('SELECT 1', hide_indexes => ARRAY[4294967295::oid::regclass]);

-- the session is as before, in and out of a transaction
SELECT count(*) FROM orders;
BEGIN;
SAVEPOINT s;
SELECT * FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON missing (id)']);
ROLLBACK TO s;
SELECT cost_after < cost_before AS helps, index_definitions, indexes_used, notes
  FROM dbadvisor.what_if('SELECT * FROM orders WHERE customer = 5', ARRAY['CREATE INDEX ON orders (customer)']);
-- no lock on a user's table is left in the same transaction
SELECT count(*) AS locks
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid()
   AND c.relnamespace = 'whatif_errors'::regnamespace;
COMMIT;
-- no other plan knows of the index
EXPLAIN (COSTS off) SELECT * FROM orders WHERE customer = 5;
PREPARE p AS SELECT * FROM orders WHERE customer = $1;
EXPLAIN (COSTS off) EXECUTE p(5);

-- NULL and empty arrays ask for nothing
SELECT cost_after = cost_before AS same, indexes_used, index_definitions, index_bytes, notes
  FROM dbadvisor.what_if('SELECT * FROM orders WHERE note = ''x''', NULL, NULL);
-- a parameter without a value makes a generic plan
SELECT indexes_used, notes
  FROM dbadvisor.what_if('SELECT * FROM orders WHERE customer = $1', ARRAY['CREATE INDEX ON orders (customer)']);
-- equal indexes get different names
SELECT index_definitions
  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON orders (customer)', 'CREATE INDEX ON orders (customer)']);
-- definitions come back complete
SELECT unnest(index_definitions)
  FROM dbadvisor.what_if('SELECT 1', ARRAY[
	'CREATE INDEX "My Index" ON orders (customer DESC, note COLLATE "C" text_pattern_ops NULLS FIRST) INCLUDE (id) WITH (fillfactor = 80) WHERE id > 5',
	'CREATE INDEX ON orders USING brin (id int4_bloom_ops (n_distinct_per_range = 100)) WITH (pages_per_range = 4)',
	'CREATE UNIQUE INDEX ON orders (lower(note), id, (id + 1)) NULLS NOT DISTINCT',
	'CREATE INDEX ON part (b) WITH (deduplicate_items = off)']);

DROP SCHEMA whatif_errors CASCADE;
