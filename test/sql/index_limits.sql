-- Limits of the search are kept, and arguments out of range refused.
CREATE SCHEMA index_limits;
SET search_path = index_limits;

CREATE TABLE wide (id int, a int, b int, c int, d int, note text);
INSERT INTO wide
SELECT i, i % 5000, i * 7 % 4999, i * 11 % 4987, i * 13 % 4973, repeat('n', 50)
  FROM generate_series(1, 30000) i;
ANALYZE wide;

SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.workload_add(
	format('SELECT * FROM index_limits.wide WHERE %I = 7', name), 1000000, 1000))
  FROM unnest('{a,b,c,d}'::text[]) name;
SELECT count(dbadvisor.workload_add(
	'SELECT * FROM index_limits.wide WHERE a = 1 AND b = 2 AND c > 3', 1000000, 1000));

CREATE FUNCTION sum_of_sizes(budget bigint) RETURNS numeric
LANGUAGE sql AS $$
	SELECT coalesce(sum(size_bytes), 0)
	  FROM dbadvisor.search_indexes(budget, time_limit => NULL) i
	 WHERE step > 0
$$;

-- without limits: one index per column, and costs fall step by step
SELECT key_columns, cost_after < cost_before AS falls
  FROM dbadvisor.search_indexes(time_limit => NULL, max_columns => 1)
 WHERE step > 0
 ORDER BY key_columns;
-- the summary agrees with the steps
WITH found AS (SELECT * FROM dbadvisor.search_indexes(time_limit => NULL))
SELECT s.cost_before = max(f.cost_before) AS before_agrees,
       s.cost_after = min(f.cost_after) AS after_agrees,
       s.size_bytes = sum(f.size_bytes) AS size_agrees,
       s.summary ->> 'complete' AS complete,
       (s.summary ->> 'planner_calls')::int > 0 AS planned,
       (s.summary ->> 'indexes')::int = count(*) AS count_agrees
  FROM found s
  JOIN found f ON f.step > 0
 WHERE s.step = 0
 GROUP BY s.cost_before, s.cost_after, s.size_bytes, s.summary;
-- what each step tells of its statements
SELECT bool_and(jsonb_array_length(statements) > 0) AS has_statements,
       bool_and((statements -> 0 ->> 'cost_after')::float8 < (statements -> 0 ->> 'cost_before')::float8) AS cheaper,
       bool_and(saved_ms_per_day IS NULL) AS window_unknown,
       bool_and(definition LIKE 'CREATE INDEX CONCURRENTLY % ON index_limits.wide USING btree (%') AS runnable,
       bool_and(index_name LIKE 'index_limits.wide\_%') AS named,
       count(DISTINCT index_name) = count(*) AS names_differ
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0;

-- budgets
SELECT budget, sum_of_sizes(budget) <= budget AS kept, sum_of_sizes(budget) > 0 AS used
  FROM unnest('{0,1,300000,600000,1200000,100000000}'::bigint[]) budget;
-- number of indexes
SELECT count(*) FROM dbadvisor.search_indexes(max_indexes => 2, time_limit => NULL) WHERE step > 0;
SELECT count(*) FROM dbadvisor.search_indexes(max_indexes => 0, time_limit => NULL) WHERE step > 0;
-- number of columns
SELECT max(cardinality(key_columns)) FROM dbadvisor.search_indexes(max_columns => 1, time_limit => NULL);
-- a share of the workload that no index saves
SELECT count(*) FROM dbadvisor.search_indexes(min_saving => 1, time_limit => NULL) WHERE step > 0;
-- no time: an answer all the same, and it says so
SELECT count(*) AS rows, max(summary ->> 'complete') AS complete,
       max((summary ->> 'left_out')::int) >= 5 AS left_out
  FROM dbadvisor.search_indexes(time_limit => '0 s');
-- little memory: an answer all the same
SET dbadvisor.work_mem = '1MB';
SELECT count(*) > 0 AS answered FROM dbadvisor.search_indexes(time_limit => NULL);
RESET dbadvisor.work_mem;

-- arguments out of range
SELECT * FROM dbadvisor.search_indexes(storage_budget => -1);
SELECT * FROM dbadvisor.search_indexes(max_columns => 0);
SELECT * FROM dbadvisor.search_indexes(max_columns => 33);
SELECT * FROM dbadvisor.search_indexes(max_indexes => -1);
SELECT * FROM dbadvisor.search_indexes(min_saving => 1.5);
SELECT * FROM dbadvisor.search_indexes(min_saving => 'NaN');
SELECT * FROM dbadvisor.search_indexes(time_limit => '-1 s');
-- and NULL for all of them
SELECT count(*) > 1 AS found FROM dbadvisor.search_indexes(NULL, NULL, NULL, NULL, NULL);

-- reads only, and leaves no lock behind
BEGIN READ ONLY;
SELECT count(*) > 1 AS found FROM dbadvisor.search_indexes(time_limit => NULL);
SELECT count(*) AS locks_left
  FROM pg_locks
 WHERE pid = pg_backend_pid()
   AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = 'index_limits'::regnamespace);
COMMIT;

-- the advised indexes can be created, and leave nothing to advise
SELECT replace(definition, ' CONCURRENTLY', '')
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0
 ORDER BY 1 \gexec
ANALYZE wide;
SELECT count(*) FROM dbadvisor.search_indexes(time_limit => NULL) WHERE step > 0;

-- not for everybody
CREATE ROLE index_limits_nobody;
GRANT USAGE ON SCHEMA dbadvisor TO index_limits_nobody;
SET ROLE index_limits_nobody;
SELECT * FROM dbadvisor.search_indexes();
RESET ROLE;
REVOKE USAGE ON SCHEMA dbadvisor FROM index_limits_nobody;
DROP ROLE index_limits_nobody;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_limits CASCADE;
