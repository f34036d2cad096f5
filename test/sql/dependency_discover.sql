-- Dependencies and keys that rows have: what is found, what is told of it, and
-- what is refused.
CREATE SCHEMA dependency_discover;
SET search_path = dependency_discover;

-- arrange: lines of orders; the product determines its name and the name its
-- product, the order its customer
CREATE TABLE line (
	order_id int,
	line_no int,
	customer int NOT NULL,
	product int,
	product_name text,
	quantity int,
	PRIMARY KEY (order_id, line_no));
INSERT INTO line
SELECT o, l, o * 7 % 40, (o * 13 + l * 5) % 30, 'product ' || (o * 13 + l * 5) % 30, (o * l * 31 % 17)
  FROM generate_series(1, 200) o, generate_series(1, 4) l;
ANALYZE line;

-- act and show: what the key says is marked as declared
SELECT determinant, dependent, error, distinct_determinants, redundant_rows, rows_checked, whole_table, declared, surprise_bits > 50 AS surprising
  FROM dbadvisor.discover_dependencies('line', max_lhs => 2)
 WHERE step > 0
 ORDER BY cardinality(determinant), determinant, dependent;
SELECT key_columns, rows_checked, whole_table, declared
  FROM dbadvisor.discover_keys('line')
 WHERE step > 0
 ORDER BY key_columns;

-- some columns only; determinants that repeat in nine of ten rows
SELECT determinant, dependent
  FROM dbadvisor.discover_dependencies('line', columns => '{product,product_name,customer,order_id}', min_redundancy => 0.9)
 WHERE step > 0
 ORDER BY 1, 2;

-- the summary says what was done
SELECT step, determinant IS NULL AS no_determinant,
       summary - '{pairs_compared,tests,tests_failed}'::text[] AS summary
  FROM dbadvisor.discover_dependencies('line')
 WHERE step = 0;

-- dirty rows: one row in a hundred names the product otherwise
CREATE TABLE dirty AS SELECT product, CASE WHEN order_id % 100 = 0 AND line_no = 1 THEN '?' ELSE product_name END AS product_name FROM line;
SELECT determinant, dependent FROM dbadvisor.discover_dependencies('dirty') WHERE step > 0;
SELECT determinant, dependent, error, round(error * rows_checked) AS rows_to_repair
  FROM dbadvisor.discover_dependencies('dirty', max_error => 0.01)
 WHERE step > 0
 ORDER BY 1, 2;

-- equality is that of the type and its collation
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE equal AS SELECT * FROM (VALUES
	(0.0::float8, 1.0::numeric, 'a'::text COLLATE any_case, 1),
	('-0', 1.00, 'A', 1),
	('NaN', 1.000, 'b', 2),
	('NaN', 'NaN', 'B', 2)) v (f, n, t, i);
SELECT determinant, dependent FROM dbadvisor.discover_dependencies('equal') WHERE step > 0 ORDER BY 1, 2;

-- nulls are equal, unless they are not
CREATE TABLE nulls AS SELECT * FROM (VALUES (1, NULL::int, 1), (1, NULL, 2), (2, 3, 3), (2, 3, 4)) v (a, b, c);
SELECT determinant, dependent FROM dbadvisor.discover_dependencies('nulls', columns => '{a,b}') WHERE step > 0 ORDER BY 1, 2;
SELECT determinant, dependent FROM dbadvisor.discover_dependencies('nulls', columns => '{a,b}', null_equals_null => false) WHERE step > 0 ORDER BY 1, 2;

-- a table without rows says nothing, one with a single row everything
CREATE TABLE few (a int, b int);
SELECT count(*) FILTER (WHERE step > 0) AS found, max((summary ->> 'rows_read')::int) AS rows_read FROM dbadvisor.discover_dependencies('few');
INSERT INTO few VALUES (1, NULL);
SELECT determinant, dependent, distinct_determinants FROM dbadvisor.discover_dependencies('few') WHERE step > 0 ORDER BY 2;
SELECT key_columns FROM dbadvisor.discover_keys('few') WHERE step > 0;

-- a table of which a part is read: what holds there is verified on all of it, and
-- what the last row contradicts is not reported
CREATE TABLE big AS SELECT g / 4 AS grp, g / 4 % 1000 AS label, g % 7 AS other, 1 AS one FROM generate_series(1, 40000) g;
INSERT INTO big VALUES (0, 0, 0, 2);
ANALYZE big;
SELECT determinant, dependent, distinct_determinants, rows_checked, whole_table
  FROM dbadvisor.discover_dependencies('big', sample_rows => 2000, max_lhs => 1)
 WHERE step > 0;
SELECT (summary ->> 'rows_read')::int BETWEEN 1000 AND 2000 AS a_part, summary ->> 'refuted' AS refuted, summary ->> 'whole_table' AS whole_table, summary -> 'left_out' AS left_out
  FROM dbadvisor.discover_dependencies('big', sample_rows => 2000, max_lhs => 1)
 WHERE step = 0;
SELECT determinant, dependent, whole_table, rows_checked BETWEEN 1000 AND 2000 AS on_a_part
  FROM dbadvisor.discover_dependencies('big', sample_rows => 2000, max_lhs => 1, verify_bytes => 0)
 WHERE step > 0
 ORDER BY 1, 2;
-- the same with little memory, which needs several scans
SET dbadvisor.work_mem = '1MB';
SELECT determinant, dependent, distinct_determinants, rows_checked, whole_table
  FROM dbadvisor.discover_dependencies('big', max_lhs => 1)
 WHERE step > 0 AND whole_table;
RESET dbadvisor.work_mem;

-- partitions are read as one table
CREATE TABLE part (region int, id int, manager int) PARTITION BY LIST (region);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part_2 (manager int, id int, region int);
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES IN (2);
INSERT INTO part SELECT 1 + g % 2, g, 10 * (1 + g % 2) FROM generate_series(1, 100) g;
SELECT determinant, dependent, rows_checked, whole_table FROM dbadvisor.discover_dependencies('part', max_lhs => 1) WHERE step > 0 ORDER BY 1, 2;

-- columns that cannot be compared are left out, and named
CREATE TABLE odd (id int, j json, p point);
INSERT INTO odd VALUES (1, '{}', '(0,0)');
SELECT summary -> 'columns_left_out' AS left_out FROM dbadvisor.discover_dependencies('odd') WHERE step = 0;

-- a time limit that has passed is said
SELECT count(*) FILTER (WHERE step > 0) AS found, max(summary ->> 'complete') AS complete, max(summary #>> '{left_out,0}') AS reason
  FROM dbadvisor.discover_dependencies('big', time_limit => '0 s');

-- in a read-only transaction, and no lock is left
BEGIN READ ONLY;
SELECT count(*) > 1 AS works FROM dbadvisor.discover_dependencies('line');
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'line'::regclass;
COMMIT;

-- refused
CREATE VIEW looks AS SELECT * FROM line;
CREATE MATERIALIZED VIEW empty_copy AS SELECT * FROM line WITH NO DATA;
SELECT * FROM dbadvisor.discover_dependencies('looks');
SELECT * FROM dbadvisor.discover_dependencies('empty_copy');
SELECT * FROM dbadvisor.discover_dependencies(NULL);
SELECT * FROM dbadvisor.discover_dependencies('line', columns => '{no_such}');
SELECT * FROM dbadvisor.discover_dependencies('line', columns => '{customer,NULL}');
SELECT * FROM dbadvisor.discover_dependencies('odd', columns => '{j}');
SELECT * FROM dbadvisor.discover_dependencies('line', max_lhs => -1);
SELECT * FROM dbadvisor.discover_dependencies('line', max_error => 1);
SELECT * FROM dbadvisor.discover_dependencies('line', min_redundancy => 'NaN');
SELECT * FROM dbadvisor.discover_dependencies('line', sample_rows => 0);
SELECT * FROM dbadvisor.discover_dependencies('line', time_limit => '-1 s');
SELECT * FROM dbadvisor.discover_keys('line', max_columns => -1);

-- with the caller's own rights: columns, and no policy in between
CREATE ROLE dependency_reader;
GRANT dbadvisor_reader TO dependency_reader;
GRANT USAGE ON SCHEMA dependency_discover TO dependency_reader;
GRANT SELECT (product, product_name) ON line TO dependency_reader;
SET ROLE dependency_reader;
SELECT * FROM dbadvisor.discover_dependencies('line');
SELECT determinant, dependent FROM dbadvisor.discover_dependencies('line', columns => '{product,product_name}') WHERE step > 0 ORDER BY 1;
RESET ROLE;
ALTER TABLE line ENABLE ROW LEVEL SECURITY;
SET ROLE dependency_reader;
SELECT * FROM dbadvisor.discover_keys('line', columns => '{product,product_name}');
RESET ROLE;
CREATE ROLE dependency_stranger;
SET ROLE dependency_stranger;
SELECT * FROM dbadvisor.discover_keys('line');
RESET ROLE;

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA dependency_discover CASCADE;
DROP OWNED BY dependency_reader;
DROP ROLE dependency_reader, dependency_stranger;
