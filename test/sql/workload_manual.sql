-- Statements given by hand: added, shown, removed; what is refused
CREATE SCHEMA workload_manual;
SET search_path = workload_manual, public;
CREATE TABLE orders (id int PRIMARY KEY, customer int, placed date, note text);

SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE customer = $1', 10, 2.5) AS id \gset
SELECT dbadvisor.workload_add('UPDATE orders SET note = $1 WHERE id = $2') IS NOT NULL AS added;
SELECT query, source, state, reason, calls, total_ms, mean_ms, rows,
       userid = (SELECT oid FROM pg_roles WHERE rolname = current_user) AS mine,
       since IS NOT NULL AS since, search_path, parameter_types
  FROM dbadvisor.workload
 WHERE source = 'manual'
 ORDER BY query;

-- nothing is added of a text that cannot be planned
SELECT dbadvisor.workload_add('SELEC 1');
SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE');
SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE note = ''x');
SELECT dbadvisor.workload_add('SELECT * FROM missing');
SELECT dbadvisor.workload_add('SELECT missing FROM orders');
SELECT dbadvisor.workload_add('SELECT missing(1) FROM orders');
SELECT dbadvisor.workload_add('VACUUM orders');
SELECT dbadvisor.workload_add('CREATE INDEX ON orders (customer)');
SELECT dbadvisor.workload_add('SELECT 1; SELECT 2');
SELECT dbadvisor.workload_add('');
SELECT dbadvisor.workload_add('-- nothing');
SELECT dbadvisor.workload_add(NULL);
SELECT dbadvisor.workload_add('SELECT 1', NULL);
SELECT dbadvisor.workload_add('SELECT 1', -1);
SELECT dbadvisor.workload_add('SELECT 1', 'NaN');
SELECT dbadvisor.workload_add('SELECT 1', 'Infinity');
SELECT dbadvisor.workload_add('SELECT 1', 1, -0.5);
SELECT count(*) FROM dbadvisor.workload_statement;

-- what lies inside another statement is planned as if it stood alone
SELECT dbadvisor.workload_add('PREPARE p (bigint) AS SELECT * FROM orders WHERE id = $1') IS NOT NULL;
SELECT dbadvisor.workload_add('COPY (SELECT id FROM orders) TO STDOUT') IS NOT NULL;
SELECT dbadvisor.workload_add('DECLARE c CURSOR FOR SELECT placed FROM orders') IS NOT NULL;
SELECT dbadvisor.workload_add('CREATE TABLE x AS SELECT note FROM orders') IS NOT NULL;
SELECT dbadvisor.workload_add('SELECT note INTO x FROM orders') IS NOT NULL;
SELECT query, state, parameter_types
  FROM dbadvisor.workload
 WHERE source = 'manual'
   AND query !~ '^(SELECT \*|UPDATE)'
 ORDER BY query COLLATE "C";

-- it is analysed under the search path of whoever added it
SET search_path = public;
SELECT DISTINCT state FROM dbadvisor.workload WHERE source = 'manual';
-- and it is counted, with the reason, when its table is gone
DROP TABLE workload_manual.orders;
SELECT state, reason, count(*)
  FROM dbadvisor.workload
 WHERE source = 'manual'
 GROUP BY state, reason;

SELECT dbadvisor.workload_remove(:id), dbadvisor.workload_remove(:id), dbadvisor.workload_remove(NULL);
SELECT dbadvisor.workload_clear();
SELECT dbadvisor.workload_clear();

-- who may: an admin adds for himself, a reader reads, nobody else anything
CREATE ROLE workload_admin;
CREATE ROLE workload_reader;
CREATE ROLE workload_nobody;
GRANT dbadvisor_admin TO workload_admin;
GRANT dbadvisor_reader TO workload_reader;
SET ROLE workload_nobody;
SELECT count(*) FROM dbadvisor.workload;
SELECT dbadvisor.workload_add('SELECT 1');
RESET ROLE;
SET ROLE workload_reader;
SELECT count(*) >= 0 AS reads FROM dbadvisor.workload;
SELECT dbadvisor.workload_add('SELECT 1');
SELECT dbadvisor.workload_clear();
RESET ROLE;
SET ROLE workload_admin;
SELECT dbadvisor.workload_add('SELECT 1') IS NOT NULL AS added;
SELECT role_name FROM dbadvisor.workload_statement;
-- a row with another role's name would be planned with that role's rights
INSERT INTO dbadvisor.workload_statement (query, role_name, search_path, calls)
VALUES ('SELECT 1', 'postgres', '', 1);
UPDATE dbadvisor.workload_statement SET role_name = 'postgres';
RESET ROLE;
-- a role that is gone is a counted reason
DROP OWNED BY workload_admin;
DROP ROLE workload_admin;
SELECT userid, state, reason FROM dbadvisor.workload WHERE source = 'manual';
SELECT dbadvisor.workload_clear();

DROP ROLE workload_reader, workload_nobody;
DROP SCHEMA workload_manual CASCADE;
