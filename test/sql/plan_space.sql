-- Plan spaces: cached costs are those of the planner.
CREATE SCHEMA plan_space;
SET search_path = plan_space;
DO $$
DECLARE
	library text := (SELECT probin FROM pg_proc WHERE prosrc = 'dbadvisor_search_indexes');
BEGIN
	EXECUTE format('CREATE FUNCTION plan_space_trial(trials int, seed int)
					RETURNS TABLE (statement text, indexes text[], cached float8, exact float8, cache_us float8)
					LANGUAGE c AS %L, ''dbadvisor_plan_space_trial''', library);
END
$$;
-- random sets of candidates; how many of them are priced as the planner does
CREATE FUNCTION agreement(query text) RETURNS TABLE (spaces int, indexed bool, agreed bool)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query);
	RETURN QUERY
	SELECT (SELECT min((summary ->> 'plan_spaces')::int) FROM dbadvisor.search_indexes()),
		   count(DISTINCT t.exact) > 1, coalesce(bool_and(abs(t.cached - t.exact) <= 0.01 * t.exact), false)
	  FROM plan_space_trial(60, 1) t;
END
$$;

CREATE TABLE shop AS
SELECT i AS sold_on, i % 1000 AS item, i % 97 AS amount, repeat('x', 80) AS filler FROM generate_series(1, 20000) i;
CREATE TABLE web AS
SELECT i / 2 AS sold_on, i % 500 AS item, i % 89 AS amount, repeat('x', 80) AS filler FROM generate_series(1, 20000) i;
CREATE TABLE item AS
SELECT i AS id, i % 300 AS brand, repeat('x', 80) AS filler FROM generate_series(1, 1000) i;
VACUUM ANALYZE shop, web, item;

-- members of a UNION ALL, by conditions
SELECT * FROM agreement($$
	SELECT sum(amount) FROM (SELECT sold_on, amount FROM shop UNION ALL SELECT sold_on, amount FROM web) s
	 WHERE sold_on BETWEEN 500 AND 600$$);
-- looked up by the rows of another table
SELECT * FROM agreement($$
	SELECT sum(amount)
	  FROM (SELECT item, amount FROM shop UNION ALL SELECT item, amount FROM web) s JOIN item ON item.id = s.item
	 WHERE brand = 7$$);
-- the same table twice: one index serves both members
SELECT * FROM agreement($$
	SELECT sum(amount)
	  FROM (SELECT item, amount FROM shop WHERE amount < 50 UNION ALL SELECT item, amount FROM shop WHERE amount > 60) s
	  JOIN item ON item.id = s.item
	 WHERE brand = 7$$);
-- near miss: children of a table, which are planned each time
CREATE TABLE later () INHERITS (shop);
INSERT INTO later SELECT i, i % 1000, i % 97, repeat('x', 80) FROM generate_series(20001, 40000) i;
VACUUM ANALYZE later;
SELECT * FROM agreement($$SELECT sum(amount) FROM shop WHERE sold_on BETWEEN 500 AND 600$$);

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA plan_space CASCADE;
