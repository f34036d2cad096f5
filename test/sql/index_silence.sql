-- Near misses: nothing to advise, and nothing that is there already.
CREATE SCHEMA index_silence;
SET search_path = index_silence;

CREATE TABLE item (
	id int PRIMARY KEY,
	a int NOT NULL,
	b int NOT NULL,
	c int NOT NULL,
	two_values boolean NOT NULL,
	name text NOT NULL,
	note text NOT NULL);
INSERT INTO item
SELECT i, i % 1000, i % 777, i % 13, i % 2 = 0, 'name ' || i, repeat('n', 60)
  FROM generate_series(1, 20000) i;
CREATE INDEX item_a_b ON item (a, b DESC);
CREATE INDEX item_lower_name ON item (lower(name));
CREATE INDEX item_b ON item (b) WHERE c = 1;
CREATE INDEX item_c_covering ON item (c) INCLUDE (b);
CREATE TABLE tiny AS SELECT i AS id, i AS a FROM generate_series(1, 50) i;
VACUUM ANALYZE item, tiny;

CREATE FUNCTION advice_for(query text,
	OUT relation text, OUT am text, OUT keys text[], OUT included text[])
RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RETURN QUERY
	SELECT relid::regclass::text, i.am, key_columns, include_columns
	  FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0) i
	 WHERE step > 0
	 ORDER BY 1, 2, 3;
END
$$;

-- a primary key does it, also with all other columns around it
SELECT * FROM advice_for('SELECT * FROM item WHERE id = 7');
SELECT * FROM advice_for('SELECT a, b FROM item WHERE id = 7');
-- the leading column of an index does it
SELECT * FROM advice_for('SELECT * FROM item WHERE a = 7');
-- both columns, in either direction
SELECT * FROM advice_for('SELECT * FROM item WHERE a = 7 AND b = 8');
SELECT * FROM advice_for('SELECT * FROM item ORDER BY a, b DESC LIMIT 5');
SELECT * FROM advice_for('SELECT * FROM item ORDER BY a DESC, b LIMIT 5');
-- the expression has its index
SELECT * FROM advice_for($$SELECT * FROM item WHERE lower(name) = 'name 8'$$);
-- the index contains the column
SELECT * FROM advice_for('SELECT b FROM item WHERE c = 7');
-- the partial index does not serve every value
SELECT * FROM advice_for('SELECT * FROM item WHERE b = 7');
-- half of the rows qualify
SELECT * FROM advice_for('SELECT * FROM item WHERE two_values');
-- the table is a page
SELECT * FROM advice_for('SELECT * FROM tiny WHERE a = 7');
-- a volatile comparison cannot use an index
SELECT * FROM advice_for('SELECT * FROM item WHERE b = (random() * 5)::int');
-- nor can a mutable expression be one
SELECT * FROM advice_for($$SELECT * FROM item WHERE to_char(a, 'FM9') = '7'$$);
-- nothing restricts, nothing orders
SELECT * FROM advice_for('SELECT * FROM item');
-- catalogs, and nothing at all
SELECT * FROM advice_for('SELECT * FROM pg_catalog.pg_class WHERE relpages = 7');
SELECT * FROM advice_for('SELECT 1');
-- a statement that PostgreSQL cannot plan is counted, not raised
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
CREATE TABLE gone (a int);
SELECT dbadvisor.workload_add('SELECT * FROM gone') > 0 AS added;
DROP TABLE gone;
SELECT step, relid, summary -> 'skipped' -> 'undefined' AS undefined
  FROM dbadvisor.search_indexes();

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_silence CASCADE;
