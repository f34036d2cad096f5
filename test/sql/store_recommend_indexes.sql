-- Index advice as it reaches the user: live, stored, recognised once applied.
\set SHOW_CONTEXT never
CREATE SCHEMA store_index;
CREATE TABLE store_index.orders (
    id integer PRIMARY KEY,
    customer_id integer,
    note text);
INSERT INTO store_index.orders
SELECT g, g % 1000, repeat('x', 100) FROM generate_series(1, 20000) g;
CREATE TABLE store_index.customers (id integer PRIMARY KEY, email text);
INSERT INTO store_index.customers
SELECT g, 'Customer' || g || '@example.com' FROM generate_series(1, 20000) g;
ANALYZE store_index.orders, store_index.customers;
SELECT pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
-- the counters are as young as this test
SELECT dbadvisor.set_rule('index.missing', thresholds => '{"min_window_hours": 0, "min_benefit_minutes": 0}');

-- Nothing to plan: said, not passed over.
SELECT count(*) FROM dbadvisor.recommend_indexes();

-- Two statements by hand; an index for each.
SELECT dbadvisor.workload_add('SELECT note FROM store_index.orders WHERE customer_id = $1', 1000, 5) IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT id FROM store_index.customers WHERE email = $1', 100, 5) IS NOT NULL AS added;
CREATE VIEW store_index.live AS
SELECT a.*
  FROM dbadvisor.recommend_indexes(max_columns => 1) WITH ORDINALITY a
 WHERE a.object_name LIKE 'store_index.%';
SELECT rule, object_type, object_name, relid = object_name::regclass AS relid_fits,
       title LIKE 'Create an index on ' || object_name || ' (%)' AS titled,
       proof, safety, affected_count, contains_values
  FROM store_index.live
 ORDER BY ordinality;
-- the one that saves more comes first and weighs more; what it saves per day
-- is unknown, since a statement by hand has been counted in no window of time
SELECT object_name, variant LIKE 'USING btree (customer_id)%' OR variant LIKE 'USING btree (email)%' AS on_the_column,
       severity, benefit_ms_per_day, cost_bytes > 0 AS cost, confidence > 0 AND confidence <= 1 AS confidence
  FROM store_index.live
 ORDER BY ordinality;
SELECT object_name,
       evidence ->> 'step' AS step,
       (evidence ->> 'cost_after')::float8 < (evidence ->> 'cost_before')::float8 AS cheaper,
       (evidence ->> 'saved_share')::float8 BETWEEN 0 AND 1 AS share,
       evidence #>> '{index,am}' AS am,
       evidence #>> '{index,key_columns}' AS key_columns,
       jsonb_array_length(evidence -> 'statements') AS statements,
       evidence ->> 'statements_planned' AS planned,
       evidence ->> 'confidence_reason' IS NOT NULL AS reason
  FROM store_index.live
 ORDER BY ordinality;
SELECT apply_sql LIKE 'CREATE INDEX CONCURRENTLY % ON ' || object_name || ' USING btree (%' AS apply,
       revert_sql LIKE 'DROP INDEX CONCURRENTLY IF EXISTS store_index.%' AS revert,
       impact LIKE 'Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on.%' AS impact,
       detail LIKE '%falls by % from % to %one added by hand with % calls%table has %' AS detail
  FROM store_index.live
 ORDER BY ordinality;
-- under a budget that nothing fits in there is nothing
SELECT count(*) FROM dbadvisor.recommend_indexes(storage_budget => 1);

-- Into the store, in the order of creation.
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT status, reason, advice_count >= 2 AS found, evidence ->> 'planned' AS planned
  FROM dbadvisor.rule_run WHERE rule = 'index.missing' ORDER BY run_id DESC LIMIT 1;
SELECT table_name, severity, access_method, key_columns[1] AS first_key, predicate,
       cost_after < cost_before AS cheaper, statement_count
  FROM dbadvisor.index_recommendations
 WHERE table_name LIKE 'store_index.%';
SELECT name, labels, value FROM dbadvisor.metrics WHERE name = 'dbadvisor_workload_statements' AND labels ->> 'state' = 'planned';

-- Apply one as printed, and revert it: printed SQL runs.
SELECT apply_sql FROM dbadvisor.index_recommendations WHERE table_name = 'store_index.orders' \gexec
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT object_name, status, applied_at IS NOT NULL AS applied, resolved_at IS NOT NULL AS resolved
  FROM dbadvisor.finding
 WHERE rule = 'index.missing' AND status <> 'open'
 ORDER BY finding_id;
-- an index with another name and more included columns does as well; an
-- invalid one, one of other keys, one over a part does not
SELECT dbadvisor.index_exists('store_index.customers'::regclass, s.shape) AS before
  FROM dbadvisor.index_shape('btree', '{email}', '{}', NULL) s (shape);
CREATE INDEX other_order ON store_index.customers (email DESC);
CREATE INDEX a_part ON store_index.customers (email) WHERE id > 5;
CREATE INDEX longer ON store_index.customers (email, id);
CREATE INDEX other_class ON store_index.customers (email text_pattern_ops);
CREATE INDEX other_method ON store_index.customers USING hash (email);
SELECT dbadvisor.index_exists('store_index.customers'::regclass, s.shape) AS others
  FROM dbadvisor.index_shape('btree', '{email}', '{}', NULL) s (shape);
SELECT dbadvisor.index_shape_text(dbadvisor.index_shape(i.indexrelid)) AS shape
  FROM pg_index i
 WHERE i.indrelid = 'store_index.customers'::regclass
 ORDER BY i.indexrelid;
DROP INDEX store_index.other_order, store_index.a_part, store_index.longer, store_index.other_class, store_index.other_method;
CREATE INDEX my_own_name ON store_index.customers (email) INCLUDE (id);
SELECT dbadvisor.index_exists('store_index.customers'::regclass, s.shape) AS included
  FROM dbadvisor.index_shape('btree', '{email}', '{}', NULL) s (shape);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'store_index.my_own_name'::regclass;
SELECT dbadvisor.index_exists('store_index.customers'::regclass, s.shape) AS invalid
  FROM dbadvisor.index_shape('btree', '{email}', '{}', NULL) s (shape);
DROP INDEX store_index.my_own_name;
-- expressions, as the search writes them
CREATE INDEX of_expression ON store_index.customers (lower(email), (id + 1));
SELECT dbadvisor.index_shape_text(dbadvisor.index_shape('store_index.of_expression'::regclass)) AS shape,
       dbadvisor.index_exists('store_index.customers'::regclass, s.shape) AS there,
       dbadvisor.index_exists('store_index.customers'::regclass, o.shape) AS other_constant
  FROM dbadvisor.index_shape('btree', '{(lower(email)),((id + 1))}', '{}', NULL) s (shape),
       dbadvisor.index_shape('btree', '{(lower(email)),((id + 2))}', '{}', NULL) o (shape);
DROP INDEX store_index.of_expression;

-- The index goes, the advice is back.
SELECT revert_sql FROM dbadvisor.finding WHERE status = 'applied' AND object_name = 'store_index.orders' \gexec
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT object_name, status
  FROM dbadvisor.finding
 WHERE rule = 'index.missing' AND object_name = 'store_index.orders' AND status IN ('open', 'applied');

-- The statement goes: resolved by itself.
SELECT dbadvisor.workload_clear() AS cleared;
SELECT dbadvisor.workload_add('SELECT id FROM store_index.customers WHERE email = $1', 100, 5) IS NOT NULL AS added;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT DISTINCT object_name, status
  FROM dbadvisor.finding
 WHERE rule = 'index.missing'
 ORDER BY 1, 2;
-- Constants of expressions are data: blotted out, told apart by a hash.
SELECT dbadvisor.without_constants(e) AS shown, dbadvisor.holds_constants(e)
  FROM (VALUES ('customer_id'), ('(lower(email))'), ('"2020 sales"'), ('float8_column DESC')) v (e);
SELECT dbadvisor.without_constants(e) ~ '^\(\(?status = \?(::text)?\)? #[0-9a-f]{8}$' AS blotted,
       dbadvisor.holds_constants(e)
  FROM (VALUES ('(status = ''it''''s new''::text)'), ('(status = 42.5)')) v (e);
SELECT dbadvisor.without_constants('(a = 1)') <> dbadvisor.without_constants('(a = 2)') AS told_apart;

-- Bad input.
\set VERBOSITY terse
SELECT dbadvisor.recommend_indexes(storage_budget => -1);
SELECT dbadvisor.recommend_indexes(max_columns => 0);
SELECT dbadvisor.recommend_indexes(min_saving => -1);
\set VERBOSITY default

-- A read-only transaction will do.
BEGIN READ ONLY;
SELECT count(*) > 0 AS advised FROM store_index.live;
SELECT l.relation::regclass AS still_locked
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid()
   AND c.relnamespace = 'store_index'::regnamespace
   AND c.relkind = 'r';
COMMIT;

-- Statements that did run count from when they were counted: a saving per day
-- can be told.  While their counters are young no finding is taken for
-- resolved, and when they are very young there is no saving per day either.
SELECT pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() AS cleared;
SELECT id FROM store_index.customers WHERE email = 'a';
SELECT id FROM store_index.customers WHERE email = 'b';
CREATE FUNCTION store_index.benefit()
RETURNS TABLE (object_name text, queryids integer, benefit_known boolean)
LANGUAGE sql
AS $$
    SELECT a.object_name, cardinality(a.queryids), a.benefit_ms_per_day > 0
      FROM dbadvisor.recommend_indexes(max_columns => 1) a
     WHERE a.object_name = 'store_index.customers';
$$;
SELECT * FROM store_index.benefit();
DELETE FROM dbadvisor.rule_setting;
SET client_min_messages = warning;
SELECT * FROM store_index.benefit();
RESET client_min_messages;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT status, reason LIKE '%the counters start at %' AS young FROM dbadvisor.rule_run WHERE rule = 'index.missing' ORDER BY run_id DESC LIMIT 1;

-- Clean up.
SELECT dbadvisor.workload_clear() AS cleared;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA store_index CASCADE;
