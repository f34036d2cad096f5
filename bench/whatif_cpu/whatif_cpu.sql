-- CPU time of what-if calls against the planner's own time; psql variable
-- "object" is the path of the benchmark object, "batches" the effort.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
DROP SCHEMA IF EXISTS whatif_cpu CASCADE;
CREATE SCHEMA whatif_cpu;
SET search_path = whatif_cpu, public;
CREATE FUNCTION bench_what_if(query text, definition text, batches int,
	OUT create_us float8, OUT planner_us float8, OUT what_if_us float8,
	OUT statement_us float8)
LANGUAGE c AS :'object', 'bench_what_if';

CREATE TABLE orders AS
SELECT i AS id,
       i % 30000 AS customer,
       i % 7 AS status,
       date '2024-01-01' + i % 700 AS placed
  FROM generate_series(1, 300000) i;
CREATE TABLE customer AS
SELECT i AS id, i % 25 AS nation
  FROM generate_series(1, 30000) i;
CREATE TABLE nation AS SELECT i AS id, i % 5 AS region FROM generate_series(0, 24) i;
CREATE TABLE line AS SELECT i % 300000 + 1 AS order_id, i % 2000 AS part, i % 100 AS supplier
  FROM generate_series(1, 400000) i;
CREATE TABLE supplier AS SELECT i AS id, i % 25 AS nation FROM generate_series(0, 99) i;
CREATE TABLE region AS SELECT i AS id, 'region ' || i AS name FROM generate_series(0, 4) i;
VACUUM ANALYZE orders, customer, nation, line, supplier, region;

CREATE TABLE trial (trial text, query text, definition text);
INSERT INTO trial VALUES
('one table, one predicate',
 'SELECT * FROM orders WHERE customer = $1',
 'CREATE INDEX ON orders (customer)'),
('one table, order and limit',
 'SELECT * FROM orders WHERE customer = $1 AND status = $2 ORDER BY placed LIMIT 10',
 'CREATE INDEX ON orders (customer, placed)'),
('six tables, grouped',
 'SELECT n.id, count(*) FROM orders o JOIN customer c ON c.id = o.customer JOIN line l ON l.order_id = o.id JOIN supplier s ON s.id = l.supplier JOIN nation n ON n.id = s.nation JOIN region r ON r.id = n.region WHERE r.name = $1 AND o.placed < $2 GROUP BY n.id',
 'CREATE INDEX ON orders (placed)');

CREATE TABLE measured (trial text, create_us float8, what_if_us float8,
	statement_us float8, planner_us float8);
INSERT INTO measured
SELECT trial, b.create_us, b.what_if_us, b.statement_us
  FROM trial, bench_what_if(query, definition, :batches) b;
-- the planner's own time, with the index really there
SELECT format($$
%s;
UPDATE measured SET planner_us = (bench_what_if(%L, NULL, :batches)).planner_us WHERE trial = %L;
SELECT format('DROP INDEX whatif_cpu.%%I', indexrelid::regclass)
  FROM pg_index WHERE indrelid = 'orders'::regclass \gexec
$$, definition, query, trial) AS script
  FROM trial
 \g (tuples_only=on format=unaligned) :script
\i :script

SELECT trial,
       round(planner_us::numeric, 1) AS planner_us,
       round(what_if_us::numeric, 1) AS what_if_us,
       round((what_if_us / planner_us)::numeric, 2) AS ratio,
       round(statement_us::numeric, 1) AS with_sandbox_us,
       round(create_us::numeric, 1) AS create_us
  FROM measured
 ORDER BY planner_us;
