-- What each budget buys: the best set of independent indexes is known, as every
-- set of them can be tried here.  So many calls that nothing else that this
-- server has recorded matters.
CREATE SCHEMA index_frontier;
SET search_path = index_frontier;

SELECT dbadvisor.workload_clear() >= 0 AS cleared;
CREATE TABLE wanted (name text, nrows int, mean_ms float8);
INSERT INTO wanted
VALUES ('large', 95000, 1050), ('middle_1', 50000, 600), ('middle_2', 50000, 600),
	   ('small_1', 10000, 200), ('small_2', 10000, 200);
SELECT format('CREATE TABLE %I AS SELECT i AS id, repeat(''n'', 60) AS note FROM generate_series(1, %s) i',
			  name, nrows)
  FROM wanted \gexec
ANALYZE large, middle_1, middle_2, small_1, small_2;
SELECT count(dbadvisor.workload_add(
	format('SELECT * FROM index_frontier.%I WHERE id = 7', name), 1000000, mean_ms))
  FROM wanted;

CREATE TABLE single AS
SELECT row_number() OVER (ORDER BY step) - 1 AS place, size_bytes, cost_before - cost_after AS gain
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0;
CREATE FUNCTION best_saving(budget bigint) RETURNS float8
LANGUAGE sql AS $$
	SELECT max(s.gain)
	  FROM generate_series(0, 31) picked
	 CROSS JOIN LATERAL (
		SELECT coalesce(sum(gain), 0) / 2650e6 AS gain, coalesce(sum(size_bytes), 0) AS bytes
		  FROM single
		 WHERE picked >> place::int & 1 = 1) s
	 WHERE s.bytes <= budget
$$;

-- ten steps up to what helps at all
CREATE TABLE frontier AS SELECT * FROM dbadvisor.index_frontier(time_limit => NULL);
SELECT count(*) AS points,
       bool_and(size_bytes <= budget_bytes) AS within,
       bool_and(abs(saving - best_saving(budget_bytes)) < 1e-4) AS the_best,
       bool_and(most_saving >= saving AND proven_gap >= 0) AS bounded,
       bool_and(complete) AS complete
  FROM frontier;
SELECT index_count, indexes FROM frontier ORDER BY budget_bytes DESC LIMIT 1;
SELECT bool_and(saving >= before) AS never_falls
  FROM (SELECT saving, lag(saving) OVER (ORDER BY budget_bytes) AS before FROM frontier) f;
-- the same as one search at each budget
SELECT bool_and(abs(f.saving - (1 - s.cost_after / s.cost_before)) < 1e-4) AS agree
  FROM frontier f
 CROSS JOIN LATERAL dbadvisor.search_indexes(f.budget_bytes, time_limit => NULL) s
 WHERE s.step = 0;

-- budgets by name, in any order; more than helps is no error
SELECT budget_bytes, index_count, saving > 0 AS saves, proven_gap < 0.05 AS close
  FROM dbadvisor.index_frontier(budgets => '{1000000000,1,300000}', time_limit => NULL);
-- within the other limits
SELECT max(index_count) FROM dbadvisor.index_frontier(max_indexes => 2, time_limit => NULL);
SELECT max(size_bytes) <= 2000000 AS kept, max(budget_bytes) <= 2000000 AS shown, count(*)
  FROM dbadvisor.index_frontier(2000000, points => 3, time_limit => NULL);
-- in a read-only transaction, without time
BEGIN READ ONLY;
SELECT count(*) > 0 AS answered FROM dbadvisor.index_frontier(points => 2);
SELECT count(*) AS rows FROM dbadvisor.index_frontier(time_limit => '0 s');
COMMIT;
-- a share of the workload that no index saves
SELECT index_count, saving FROM dbadvisor.index_frontier(min_saving => 1, points => 1, time_limit => NULL);

-- constants are data
CREATE TABLE job (id int, state text, note text);
INSERT INTO job SELECT i, CASE WHEN i % 500 = 0 THEN 'secret' ELSE 'done' END, repeat('n', 60) FROM generate_series(1, 50000) i;
ANALYZE job;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT id FROM index_frontier.job WHERE state = ''secret''', 1000000, 100) IS NOT NULL AS added;
SELECT bool_or(indexes::text LIKE '%secret%') AS shown, bool_or(indexes::text LIKE '%state%') AS indexed
  FROM dbadvisor.index_frontier(points => 3, time_limit => NULL);

-- arguments out of range
SELECT * FROM dbadvisor.index_frontier(points => 0);
SELECT * FROM dbadvisor.index_frontier(budgets => '{-1}');
SELECT * FROM dbadvisor.index_frontier(budgets => '{NULL}');
SELECT * FROM dbadvisor.index_frontier(storage_budget => -1);
SELECT count(*) FROM dbadvisor.index_frontier(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- not for everybody
CREATE ROLE index_frontier_nobody;
GRANT USAGE ON SCHEMA dbadvisor TO index_frontier_nobody;
SET ROLE index_frontier_nobody;
SELECT * FROM dbadvisor.index_frontier();
RESET ROLE;
REVOKE USAGE ON SCHEMA dbadvisor FROM index_frontier_nobody;
DROP ROLE index_frontier_nobody;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_frontier CASCADE;
