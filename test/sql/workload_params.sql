-- Values for parameters are chosen so that the rows agree with those counted
CREATE SCHEMA workload_params;
SET search_path = workload_params, public;
SELECT setseed(0.5);
CREATE TABLE event (id int PRIMARY KEY, kind int, weight numeric, note text);
INSERT INTO event SELECT i, i % 10, random() * 1000, 'note ' || i FROM generate_series(1, 20000) i;
ANALYZE event;
CREATE ROLE workload_params_user;
GRANT USAGE ON SCHEMA workload_params TO workload_params_user;
GRANT SELECT ON event TO workload_params_user;
ALTER ROLE workload_params_user SET search_path = workload_params;
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;

-- arrange: the same conditions, with few rows and with many
CREATE FUNCTION run(query text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
END
$$;
SET pg_stat_statements.track = 'all';
\o /dev/null
SELECT run('SELECT id FROM event ORDER BY id LIMIT 3');
SELECT run('SELECT id, kind FROM event ORDER BY id LIMIT 9000');
SELECT run('SELECT id FROM event ORDER BY id LIMIT 3 OFFSET 10');
SELECT run('SELECT note FROM event WHERE id > 19500');
SELECT run('SELECT note, kind FROM event WHERE id > 2000');
SELECT run('SELECT id FROM event WHERE 500 >= id');
SELECT run('SELECT id FROM event WHERE weight BETWEEN 100 AND 110.5');
SELECT run('SELECT id FROM event WHERE kind = 3 AND id < 1000');
SELECT run('UPDATE event SET note = note WHERE id < 300');
SELECT run('SELECT id FROM event WHERE id > 19500 AND note LIKE ''x%''');
SELECT run('SELECT a.id FROM event a JOIN event b USING (id) WHERE a.id > 19500');
-- an average value is as good as any
SELECT run('SELECT id FROM event WHERE kind = 3');
-- nothing can be said of these
SELECT run('SELECT count(*) FROM event WHERE id > 19500');
SELECT run('SELECT id FROM event WHERE id > 19500 OR kind = 1');
SELECT run('SELECT id FROM event WHERE weight > ALL (SELECT 1.5)');
\o
RESET pg_stat_statements.track;

SELECT query, parameters
  FROM dbadvisor.workload
 WHERE query ~ '^(SELECT|UPDATE) .*event'
   AND query !~ 'run'
 ORDER BY query COLLATE "C";

-- a plan for few rows is cheaper than one for many, though the conditions are
-- alike
SELECT few.query AS few, many.query AS many, few.cost_before < many.cost_before / 4 AS cheaper
  FROM dbadvisor.what_if_workload() few
  JOIN dbadvisor.what_if_workload() many
    ON many.query = replace(replace(few.query, 'SELECT id FROM', 'SELECT id, kind FROM'),
                            'SELECT note FROM', 'SELECT note, kind FROM')
 WHERE many.query <> few.query
 ORDER BY few.query COLLATE "C";

-- values that the statement's user may not read are not shown to its functions
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SET ROLE workload_params_user;
SELECT id AS mine FROM event WHERE id > 19995;
RESET ROLE;
SELECT parameters FROM dbadvisor.workload WHERE query LIKE 'SELECT id AS mine%';
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
SELECT parameters FROM dbadvisor.workload WHERE query LIKE 'SELECT id AS mine%';
ALTER TABLE event DISABLE ROW LEVEL SECURITY;
SELECT parameters FROM dbadvisor.workload WHERE query LIKE 'SELECT id AS mine%';
REVOKE SELECT ON event FROM workload_params_user;
SELECT parameters FROM dbadvisor.workload WHERE query LIKE 'SELECT id AS mine%';

\set VERBOSITY terse
DROP OWNED BY workload_params_user;
DROP ROLE workload_params_user;
DROP SCHEMA workload_params CASCADE;
