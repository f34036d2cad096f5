-- Costs tell of data.  Nobody learns them of a statement that he may not run.
\set SHOW_CONTEXT never
CREATE ROLE privilege_snoop;
GRANT dbadvisor_admin TO privilege_snoop;
CREATE SCHEMA whatif_privilege;
GRANT USAGE ON SCHEMA whatif_privilege TO privilege_snoop;
CREATE TABLE whatif_privilege.salary AS
SELECT g AS id, g % 700 AS grade, repeat('x', 50) AS note FROM generate_series(1, 7000) g;
ANALYZE whatif_privilege.salary;
CREATE VIEW whatif_privilege.grades AS SELECT id, grade FROM whatif_privilege.salary;
GRANT SELECT ON whatif_privilege.grades TO privilege_snoop;
GRANT SELECT (id) ON whatif_privilege.salary TO privilege_snoop;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;

SET ROLE privilege_snoop;
SELECT count(dbadvisor.workload_add(q, 1000, 5)) AS added
  FROM unnest(ARRAY['SELECT * FROM whatif_privilege.salary WHERE grade = 1',
					'SELECT id FROM whatif_privilege.salary WHERE grade = 2',
					'DELETE FROM whatif_privilege.grades WHERE grade = 3',
					'SELECT id FROM whatif_privilege.salary WHERE id = 4',
					'SELECT id FROM whatif_privilege.grades WHERE grade = 5']) q;
SELECT query, cost_before IS NOT NULL AS shown, reason
  FROM dbadvisor.what_if_workload()
 WHERE query LIKE '%whatif_privilege.%grade = _' OR query LIKE '%whatif_privilege.% id = _'
 ORDER BY right(query, 1);
SELECT dbadvisor.what_if('SELECT * FROM whatif_privilege.salary WHERE grade = 1');
SELECT dbadvisor.what_if('SELECT id FROM whatif_privilege.grades', ARRAY['CREATE INDEX ON whatif_privilege.salary (grade)']);
SELECT key_columns, (summary #>> '{skipped,failed}')::int >= 3 AS refused
  FROM dbadvisor.search_indexes(time_limit => NULL, max_columns => 1)
 ORDER BY step;
RESET ROLE;

SELECT dbadvisor.workload_clear();
DROP SCHEMA whatif_privilege CASCADE;
DROP ROLE privilege_snoop;
