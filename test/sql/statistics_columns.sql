-- Statistics on columns that statements restrict together: advised where the
-- planner is wrong about them and chooses another plan once it is right.
CREATE SCHEMA statistics_columns;
SET search_path = statistics_columns;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- The zip code determines the city; the floor depends on nothing.
CREATE TABLE person AS
SELECT i AS id, i % 50 AS zip, i % 50 / 2 AS city, i / 50 % 7 AS floor,
       repeat('x', 60) AS note
  FROM generate_series(1, 20000) i;
CREATE TABLE bill AS
SELECT i AS id, i * 37 % 20000 + 1 AS person_id, repeat('y', 60) AS note
  FROM generate_series(1, 40000) i;
CREATE INDEX ON person (city, zip);
CREATE INDEX ON bill (person_id);
ANALYZE person, bill;

-- The advice on one statement, and what it rests on.
CREATE FUNCTION advice_on(query text)
RETURNS TABLE (title text, apply_sql text, revert_sql text, rows_estimated text, rows_sampled text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 10);
	RETURN QUERY
	SELECT a.title, a.apply_sql, a.revert_sql, s ->> 'rows_estimated', s ->> 'rows_sampled'
	  FROM dbadvisor.recommend_statistics(time_limit => NULL) a,
	       jsonb_array_elements(a.evidence -> 'statements') s;
END
$$;
\x on

-- arrange: a join that loops over 16 persons, where there are 400
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city = 8 AND p.zip = 17');
SELECT s ->> 'plan_before' LIKE 'Nested Loop %' AS loops, s ->> 'plan_after' LIKE 'Hash Join %' AS hashes,
       (s ->> 'cost_after')::float8 < (s ->> 'cost_before')::float8 AS cheaper,
       (s ->> 'cost_believed')::float8 < (s ->> 'cost_before')::float8 AS believed_too_cheap,
       (a.evidence -> 'sample' ->> 'rows')::int > 5000 AS enough_rows,
       severity, proof, contains_values
  FROM dbadvisor.recommend_statistics(time_limit => NULL) a,
       jsonb_array_elements(a.evidence -> 'statements') s;

-- without values, as the mean over the combinations that there are
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city = $1 AND p.zip = $2');
-- of three columns only those that are to blame
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city = 8 AND p.zip = 17 AND p.floor < 6');
-- ranges, and combinations that do not occur: a list of the common ones
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city = 8 AND p.zip BETWEEN 16 AND 17');
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city IN (1, 2, 3, 4) AND p.zip BETWEEN 20 AND 49');

-- silent: the estimate is as wrong, the plan stays the same
SELECT * FROM advice_on('SELECT note FROM statistics_columns.person WHERE city = 8 AND zip = 17');
-- silent: columns that depend on nothing
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.floor = 3 AND p.zip = 17');
-- silent: a column by itself
SELECT * FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.zip = 17');
\x off

-- The cost that is promised comes, once the statistics are made.
CREATE FUNCTION promise_kept(query text) RETURNS TABLE (changed boolean, kept boolean)
LANGUAGE plpgsql AS $$
DECLARE
	a record;
	before json;
	after json;
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 10);
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO before;
	SELECT r.apply_sql, r.revert_sql, (s ->> 'cost_after')::float8 AS cost
	  INTO a
	  FROM dbadvisor.recommend_statistics(time_limit => NULL) r,
	       jsonb_array_elements(r.evidence -> 'statements') s;
	EXECUTE a.apply_sql;
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO after;
	changed := before -> 0 -> 'Plan' ->> 'Node Type' <> after -> 0 -> 'Plan' ->> 'Node Type';
	kept := abs((after -> 0 -> 'Plan' ->> 'Total Cost')::float8 / a.cost - 1) < 0.05;
	EXECUTE a.revert_sql;
	RETURN NEXT;
END
$$;
SELECT k.*
  FROM (VALUES (1, 'city = 8 AND p.zip = 17'),
               (2, 'city = 8 AND p.zip BETWEEN 16 AND 17'),
               (3, 'city IN (1, 2, 3, 4) AND p.zip BETWEEN 20 AND 49'),
               (4, 'city BETWEEN 1 AND 4 AND p.zip BETWEEN 20 AND 49')) q (i, condition),
       promise_kept('SELECT p.note, b.note FROM statistics_columns.person p
                       JOIN statistics_columns.bill b ON b.person_id = p.id
                      WHERE p.' || condition) k
 ORDER BY i;

-- Statistics that are there already.
SELECT count(*) FROM advice_on('SELECT p.note, b.note FROM statistics_columns.person p
                           JOIN statistics_columns.bill b ON b.person_id = p.id
                          WHERE p.city = 8 AND p.zip = 17');
CREATE STATISTICS person_stat (dependencies) ON city, zip FROM person;
-- empty until ANALYZE
SELECT title, apply_sql, revert_sql FROM dbadvisor.recommend_statistics(time_limit => NULL);
ANALYZE person;
SELECT title FROM dbadvisor.recommend_statistics(time_limit => NULL);
-- of another kind they do not help
DROP STATISTICS person_stat;
CREATE STATISTICS person_stat (ndistinct) ON city, zip FROM person;
ANALYZE person;
SELECT title FROM dbadvisor.recommend_statistics(time_limit => NULL);
DROP STATISTICS person_stat;

-- The advice as printed, and as a finding.
SELECT dbadvisor.analyze('{statistics}') > 0 AS ran;
SELECT object_name, status, severity FROM dbadvisor.finding WHERE rule = 'statistics.extended_missing';
SELECT apply_sql FROM dbadvisor.finding WHERE rule = 'statistics.extended_missing' \gset
:apply_sql;
SELECT title FROM dbadvisor.recommend_statistics(time_limit => NULL);
SELECT dbadvisor.analyze('{statistics}') > 0 AS ran;
SELECT object_name, status FROM dbadvisor.finding WHERE rule = 'statistics.extended_missing';
SELECT statistics_name FROM pg_stats_ext WHERE statistics_schemaname = 'statistics_columns';

SELECT dbadvisor.workload_clear();
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA statistics_columns CASCADE;
