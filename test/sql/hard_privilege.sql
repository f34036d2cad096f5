-- Costs tell of data.  Nobody learns them of a statement that he may not run.
\set SHOW_CONTEXT never
CREATE ROLE hard_snoop;
GRANT dbadvisor_admin TO hard_snoop;
CREATE SCHEMA hard_privilege;
GRANT USAGE ON SCHEMA hard_privilege TO hard_snoop;
CREATE TABLE hard_privilege.salary AS
SELECT g AS id, g % 700 AS grade, repeat('x', 50) AS note FROM generate_series(1, 7000) g;
ANALYZE hard_privilege.salary;
CREATE VIEW hard_privilege.grades AS SELECT id, grade FROM hard_privilege.salary;
GRANT SELECT ON hard_privilege.grades TO hard_snoop;
GRANT SELECT (id) ON hard_privilege.salary TO hard_snoop;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;

SET ROLE hard_snoop;
SELECT count(dbadvisor.workload_add(q, 1000, 5)) AS added
  FROM unnest(ARRAY['SELECT * FROM hard_privilege.salary WHERE grade = 1',
					'SELECT id FROM hard_privilege.salary WHERE grade = 2',
					'DELETE FROM hard_privilege.grades WHERE grade = 3',
					'SELECT id FROM hard_privilege.salary WHERE id = 4',
					'SELECT id FROM hard_privilege.grades WHERE grade = 5']) q;
SELECT query, cost_before IS NOT NULL AS shown, reason
  FROM dbadvisor.what_if_workload()
 WHERE query LIKE '%hard_privilege.%grade = _' OR query LIKE '%hard_privilege.% id = _'
 ORDER BY right(query, 1);
SELECT dbadvisor.what_if('SELECT * FROM hard_privilege.salary WHERE grade = 1');
SELECT dbadvisor.what_if('SELECT id FROM hard_privilege.grades', ARRAY['CREATE INDEX ON hard_privilege.salary (grade)']);
SELECT key_columns, (summary #>> '{skipped,failed}')::int >= 3 AS refused
  FROM dbadvisor.search_indexes(time_limit => NULL, max_columns => 1)
 ORDER BY step;
RESET ROLE;

SELECT dbadvisor.workload_clear();
DROP SCHEMA hard_privilege CASCADE;
DROP ROLE hard_snoop;
