-- At most so many new indexes on one table: the best that may be had, not the
-- best of all cut short.
CREATE SCHEMA index_per_table;
SET search_path = index_per_table;

SELECT dbadvisor.workload_clear() >= 0 AS cleared;
CREATE TABLE busy (a int, b int, c int, note text);
INSERT INTO busy SELECT i, i * 7 % 40009, i * 11 % 40013, repeat('n', 60) FROM generate_series(1, 40000) i;
CREATE TABLE calm (a int, b int, note text);
INSERT INTO calm SELECT i, i * 7 % 20011, repeat('n', 60) FROM generate_series(1, 20000) i;
ANALYZE busy, calm;
SELECT count(dbadvisor.workload_add(text, 1000000, mean_ms))
  FROM (VALUES ('SELECT note FROM index_per_table.busy WHERE a = 1', 1000),
			   ('SELECT note FROM index_per_table.busy WHERE b = 1', 900),
			   ('SELECT note FROM index_per_table.busy WHERE c = 1', 500),
			   ('SELECT note FROM index_per_table.busy WHERE b = 1 AND c = 2', 300),
			   ('SELECT note FROM index_per_table.calm WHERE a = 1', 200),
			   ('SELECT note FROM index_per_table.calm WHERE b = 1', 100)) s (text, mean_ms);

CREATE FUNCTION advised(limit_per_table int, budget bigint DEFAULT NULL, limit_in_all int DEFAULT NULL)
RETURNS TABLE (tab regclass, keys text, within boolean)
LANGUAGE sql AS $$
	SELECT relid::regclass, key_columns[1], count(*) OVER (PARTITION BY relid) <= limit_per_table
	  FROM dbadvisor.search_indexes(budget, time_limit => NULL, max_columns => 1,
									max_indexes => limit_in_all, max_per_table => limit_per_table)
	 WHERE step > 0
$$;

SELECT tab, keys FROM advised(NULL) ORDER BY 1, 2;
SELECT * FROM advised(2) ORDER BY 1, 2;
-- one for two statements weighs more than one for the slowest
SELECT * FROM advised(1) ORDER BY 1, 2;
SELECT count(*) FROM advised(0);
-- together with the other limits
SELECT * FROM advised(2, limit_in_all => 3) ORDER BY 1, 2;
SELECT max(n) FROM (SELECT count(*) AS n FROM advised(2, 2000000) GROUP BY tab) t;

-- no set within the limits is cheaper than the bound, and the bound knows them
WITH s AS (
	SELECT n, cost_after, (summary ->> 'bound')::float8 AS bound
	  FROM generate_series(0, 3) n
	 CROSS JOIN LATERAL dbadvisor.search_indexes(time_limit => NULL, max_columns => 1, max_per_table => n)
	 WHERE step = 0
)
SELECT n, bound <= cost_after * 1.0001 AS holds, bound >= cost_after * 0.98 AS close,
       cost_after < lag(cost_after) OVER (ORDER BY n) AS more_is_better
  FROM s
 ORDER BY n;
-- where the advice is, too
SET client_min_messages = warning;
SELECT count(*) FROM dbadvisor.recommend_indexes(max_per_table => 1, time_limit => NULL, max_columns => 1);
SELECT max(index_count) FROM dbadvisor.index_frontier(max_per_table => 1, time_limit => NULL, max_columns => 1);
RESET client_min_messages;
SELECT * FROM dbadvisor.search_indexes(max_per_table => -1);

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_per_table CASCADE;
