-- Statistics for GROUP BY and DISTINCT, and on expressions; what is not shown,
-- and whose rights count.
\set SHOW_CONTEXT never
CREATE SCHEMA statistics_groups;
SET search_path = statistics_groups;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- The model determines the maker; the colour depends on nothing.
CREATE TABLE car AS
SELECT i AS id, i % 60 AS model, 'maker ' || i % 60 / 6 AS maker,
       i / 60 % 11 AS colour, i % 5000 AS price, i % 3 AS owner_id
  FROM generate_series(1, 30000) i;
CREATE TABLE service AS
SELECT i AS id, i * 37 % 30000 + 1 AS car_id, repeat('y', 60) AS note
  FROM generate_series(1, 60000) i;
CREATE INDEX ON service (car_id);
ANALYZE car, service;

CREATE FUNCTION advice_on(query text)
RETURNS TABLE (title text, apply_sql text, estimated text, sampled text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 10);
	RETURN QUERY
	SELECT a.title, a.apply_sql,
	       coalesce(s ->> 'groups_estimated', s ->> 'rows_estimated'),
	       coalesce(s ->> 'groups_sampled', s ->> 'rows_sampled')
	  FROM dbadvisor.recommend_statistics(time_limit => NULL) a,
	       jsonb_array_elements(a.evidence -> 'statements') s;
END
$$;
\x on

-- Joined with as many groups as there seem to be, or with those that there are.
SELECT * FROM advice_on('SELECT s.note FROM statistics_groups.service s
                           JOIN (SELECT maker, model, max(id) AS id FROM statistics_groups.car
                                  GROUP BY maker, model) g ON s.car_id = g.id');
SELECT * FROM advice_on('SELECT s.note FROM statistics_groups.service s
                           JOIN (SELECT DISTINCT model, maker FROM statistics_groups.car) g
                             ON s.car_id = g.model');
-- silent: these are as many as there seem to be
SELECT * FROM advice_on('SELECT s.note FROM statistics_groups.service s
                           JOIN (SELECT maker, colour, max(id) AS id FROM statistics_groups.car
                                  GROUP BY maker, colour) g ON s.car_id = g.id');
-- silent: nothing depends on their number
SELECT * FROM advice_on('SELECT maker, model, max(id) FROM statistics_groups.car GROUP BY maker, model');

-- An expression: of a fifth of the rows the planner expects a two hundredth.
SELECT * FROM advice_on('SELECT c.model, s.note FROM statistics_groups.car c
                           JOIN statistics_groups.service s ON s.car_id = c.id
                          WHERE c.price % 5 = 3');
SELECT * FROM advice_on('SELECT c.model, s.note FROM statistics_groups.car c
                           JOIN statistics_groups.service s ON s.car_id = c.id
                          WHERE upper(c.maker) = $1');
-- silent: a column has statistics
SELECT * FROM advice_on('SELECT c.model, s.note FROM statistics_groups.car c
                           JOIN statistics_groups.service s ON s.car_id = c.id
                          WHERE c.price = 3');

-- Values: the constant of an expression, and those of clauses.
SELECT count(*) AS advised, bool_or(to_jsonb(a)::text ~ '4711|4714') AS tells,
       bool_and(contains_values) AS contains_values, count(apply_sql) AS runnable
  FROM dbadvisor.workload_clear(),
       dbadvisor.workload_add('SELECT c.model, s.note FROM statistics_groups.car c
                                 JOIN statistics_groups.service s ON s.car_id = c.id
                                WHERE c.price % 5 + 4711 = 4714', 1000, 10),
       LATERAL dbadvisor.recommend_statistics(time_limit => NULL) a;
SELECT count(*) AS advised, bool_or(to_jsonb(a)::text ~ 'maker 7|[^0-9.]47[^0-9.]') AS tells,
       bool_and(contains_values) AS contains_values, count(apply_sql) AS runnable
  FROM dbadvisor.workload_clear(),
       dbadvisor.workload_add('SELECT c.model, s.note FROM statistics_groups.car c
                                 JOIN statistics_groups.service s ON s.car_id = c.id
                                WHERE c.maker = ''maker 7'' AND c.model = 47', 1000, 10),
       LATERAL dbadvisor.recommend_statistics(time_limit => NULL) a;

-- Rights: those of the statement's user count.  Nobody learns of rows that he
-- may not read, and no function of his runs as anybody else.
CREATE ROLE statistics_groups_owner;
CREATE ROLE statistics_groups_stranger;
GRANT dbadvisor_admin TO statistics_groups_owner, statistics_groups_stranger;
GRANT ALL ON SCHEMA statistics_groups TO statistics_groups_owner, statistics_groups_stranger;
ALTER TABLE car OWNER TO statistics_groups_owner;
GRANT SELECT ON car, service TO statistics_groups_stranger;
CREATE FUNCTION advice_for(who name, query text)
RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	EXECUTE format('SET LOCAL ROLE %I', who);
	PERFORM dbadvisor.workload_add(query, 1000, 10);
	RESET ROLE;
	RETURN QUERY SELECT a.title FROM dbadvisor.recommend_statistics(time_limit => NULL) a;
END
$$;
\x off
SET ROLE statistics_groups_stranger;
CREATE FUNCTION of_stranger(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'statistics_groups_stranger' THEN
		RAISE WARNING 'the function of the stranger runs as %', current_user;
	END IF;
	RETURN $1 % 5;
END;
$$;
RESET ROLE;
\set by_columns 'SELECT c.model, s.note FROM statistics_groups.car c JOIN statistics_groups.service s ON s.car_id = c.id WHERE c.maker = $1 AND c.model = $2'
\set by_function 'SELECT c.model, s.note FROM statistics_groups.car c JOIN statistics_groups.service s ON s.car_id = c.id WHERE statistics_groups.of_stranger(c.price) = 3'
SELECT advice_for('statistics_groups_stranger', :'by_columns');
SELECT advice_for('statistics_groups_stranger', :'by_function');
REVOKE SELECT ON car FROM statistics_groups_stranger;
SELECT advice_for('statistics_groups_stranger', :'by_columns');
GRANT SELECT ON car TO statistics_groups_stranger;
ALTER TABLE car ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_cars ON car TO statistics_groups_stranger USING (owner_id = 1);
SELECT advice_for('statistics_groups_stranger', :'by_columns');
ALTER TABLE car DISABLE ROW LEVEL SECURITY;

-- A clause that fails on some row: the statement is passed over, others are not.
SELECT dbadvisor.workload_add('SELECT c.model, s.note FROM statistics_groups.car c
                                 JOIN statistics_groups.service s ON s.car_id = c.id
                                WHERE 100 / (c.price - 7) = 3 AND c.maker = ''maker 7''', 1000, 10) > 0 AS added;
SELECT title FROM dbadvisor.recommend_statistics(time_limit => NULL);
-- No time: nothing is looked at, and the rule says so.
SELECT object_type, variant, detail LIKE '%the search was cut short%' AS told
  FROM dbadvisor.rule_statistics_extended_missing(time_limit => '0');
\set VERBOSITY sqlstate
SELECT dbadvisor.search_statistics(time_limit => '-1 s');
SELECT dbadvisor.search_statistics(min_factor => 0.5);
SELECT dbadvisor.search_statistics(min_gain => 'NaN');
\set VERBOSITY default

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA statistics_groups CASCADE;
DROP OWNED BY statistics_groups_owner, statistics_groups_stranger;
DROP ROLE statistics_groups_owner, statistics_groups_stranger;
