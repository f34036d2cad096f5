-- A budget that neither greedy search uses well: by gain the large index leaves
-- room for no other; by gain per byte the two small ones come first, and then
-- one of the middle ones finds no room.  Exchanging one index at a time leads
-- from neither to the best, which is both of the middle ones.
CREATE SCHEMA index_budget;
SET search_path = index_budget;

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
	format('SELECT * FROM index_budget.%I WHERE id = 7', name), 1000000, mean_ms))
  FROM wanted;

CREATE TABLE size AS
SELECT relid::regclass::text AS name, size_bytes AS bytes
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0;
CREATE FUNCTION bytes_of(names text) RETURNS bigint
LANGUAGE sql AS $$
	SELECT sum(bytes)::bigint FROM size WHERE name ~ names
$$;
-- the sizes make such a case
SELECT bytes_of('large') <= bytes_of('middle') AS large_fits,
       bytes_of('large') + bytes_of('small_1') > bytes_of('middle') AS large_fits_alone,
       bytes_of('small|middle_1') <= bytes_of('middle') AS small_and_one_fit,
       bytes_of('small_1|middle') > bytes_of('middle') AS middle_fit_alone;

SELECT relid::regclass
  FROM dbadvisor.search_indexes(bytes_of('middle'), time_limit => NULL)
 WHERE step > 0
 ORDER BY 1;
-- by number alone, bytes do not matter
SELECT relid::regclass
  FROM dbadvisor.search_indexes(max_indexes => 2, time_limit => NULL)
 WHERE step > 0 AND relid = 'large'::regclass;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_budget CASCADE;
