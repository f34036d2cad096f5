-- Small indexes that hide the one that matters: each saves more per byte than
-- the large one, and once they are there it finds no room.  Seen on the Join
-- Order Benchmark at a quarter of the table size, where advisors that go by
-- gain per byte leave out cast_info (movie_id), half of all that can be saved.
CREATE SCHEMA index_hidden;
SET search_path = index_hidden;

CREATE TABLE movie (id int PRIMARY KEY, year int NOT NULL, title text NOT NULL);
INSERT INTO movie SELECT i, 1900 + i % 120, repeat('t', 40) FROM generate_series(1, 6000) i;
CREATE TABLE cast_info (movie_id int, person_id int, note text);
INSERT INTO cast_info SELECT i % 6000 + 1, i, repeat('n', 20) FROM generate_series(0, 179999) i;
CREATE TABLE company (movie_id int, name text);
INSERT INTO company SELECT i % 6000 + 1, repeat('c', 60) FROM generate_series(0, 29999) i;
CREATE TABLE info (movie_id int, value text);
INSERT INTO info SELECT i % 6000 + 1, repeat('i', 60) FROM generate_series(0, 35999) i;
CREATE TABLE keyword (movie_id int, word text);
INSERT INTO keyword SELECT i % 6000 + 1, repeat('k', 60) FROM generate_series(0, 41999) i;
VACUUM ANALYZE movie, cast_info, company, info, keyword;

-- every statement joins two of the tables, and reads more than an index has
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.workload_add(
	format('SELECT m.title, t.ctid FROM index_hidden.movie m JOIN index_hidden.%I t ON t.movie_id = m.id WHERE m.id = 77', name),
	1000000, mean_ms))
  FROM (VALUES ('cast_info', 1000), ('company', 300), ('info', 320), ('keyword', 340)) s (name, mean_ms);

CREATE TABLE single AS
SELECT relid::regclass::text AS name, size_bytes AS bytes, cost_before - cost_after AS gain
  FROM dbadvisor.search_indexes(time_limit => NULL, max_columns => 1, min_saving => 0.001)
 WHERE step > 0;
SELECT name FROM single ORDER BY name;
-- the large one and the smallest of the others, short of one page
CREATE FUNCTION budget() RETURNS bigint
LANGUAGE sql AS $$
	SELECT (max(bytes) FILTER (WHERE name = 'cast_info') + min(bytes) FILTER (WHERE name <> 'cast_info') - 8192)::bigint
	  FROM single
$$;
-- what makes it hard
SELECT bool_and(o.gain / o.bytes > c.gain / c.bytes) AS others_save_more_per_byte,
       sum(o.bytes) <= budget() AS they_fit,
       sum(o.gain) < c.gain AS and_save_less,
       min(o.bytes) + c.bytes > budget() AS none_beside_it
  FROM single c
  JOIN single o ON o.name <> 'cast_info'
 WHERE c.name = 'cast_info'
 GROUP BY c.gain, c.bytes;
SELECT relid::regclass, key_columns
  FROM dbadvisor.search_indexes(budget(), time_limit => NULL, max_columns => 1, min_saving => 0.001)
 WHERE step > 0
 ORDER BY size_bytes DESC
 LIMIT 1;
-- and nothing better is missed
SELECT (summary ->> 'proven_gap')::float8 < 0.02 AS near_the_best
  FROM dbadvisor.search_indexes(budget(), time_limit => NULL, max_columns => 1, min_saving => 0.001)
 WHERE step = 0;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_hidden CASCADE;
