-- Indexes on expressions, as the statements compute them.
CREATE SCHEMA index_expressions;
SET search_path = index_expressions;
SET client_min_messages = warning;
CREATE TABLE person (
	id int PRIMARY KEY,
	email varchar(80) NOT NULL,
	first text NOT NULL,
	last text NOT NULL,
	score int,
	joined timestamp NOT NULL,
	seen timestamptz NOT NULL,
	doc jsonb NOT NULL,
	note text NOT NULL);
INSERT INTO person
SELECT i, 'User' || i || '@Example.org', 'First' || i % 3000, 'Last' || i % 1000,
       CASE WHEN i % 3 > 0 THEN i * 7919 % 5000 END,
       timestamp '2024-01-01' + i * 7 % 30000 * interval '1 minute',
       timestamptz '2024-01-01 UTC' + i * 11 % 30000 * interval '1 minute',
       jsonb_build_object('k', 'v' || i % 4000, 'n', i % 7000, 'sub', jsonb_build_object('x', i % 5000),
                          'flag', i % 300 = 0),
       repeat('n', 60)
  FROM generate_series(1, 20000) i;
ANALYZE person;

CREATE FUNCTION advice_for(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RETURN QUERY
	SELECT regexp_replace(definition, '^.* USING ', '')
	  FROM dbadvisor.search_indexes(time_limit => NULL) i
	 WHERE step > 0
	 ORDER BY 1;
END
$$;

SELECT advice_for($$SELECT * FROM person WHERE lower(email) = lower($1)$$);
SELECT advice_for($$SELECT * FROM person WHERE lower(email) LIKE 'user77%'$$);
SELECT advice_for($$SELECT * FROM person WHERE first || ' ' || last = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE coalesce(score, 0) = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE date_trunc('day', joined) = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE joined::date = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE doc ->> 'k' = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE (doc ->> 'n')::int > 6990$$);
SELECT advice_for($$SELECT * FROM person WHERE doc #>> '{sub,x}' = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE doc -> 'sub' ->> 'x' IN ('1', '2')$$);
SELECT advice_for($$SELECT * FROM person WHERE (doc ->> 'flag')::boolean$$);
SELECT advice_for($$SELECT * FROM person WHERE nullif(score, 0) BETWEEN 1 AND 3$$);
SELECT advice_for($$SELECT * FROM person ORDER BY lower(last) LIMIT 10$$);
SELECT advice_for($$SELECT * FROM person p JOIN person q ON lower(q.email) = p.doc ->> 'k' WHERE p.id = 1$$);
SELECT advice_for($$SELECT * FROM person WHERE CASE WHEN score > 100 THEN first ELSE last END = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE (id % 4096) = $1$$);
-- a cast that nobody wrote is part of the expression, and of the index
SELECT advice_for($$SELECT * FROM person WHERE CASE WHEN score > 0 THEN id / score END > 19000.5$$);
SELECT advice_for($$SELECT * FROM person WHERE score = 7.5$$);

-- near misses: what depends on the session's time zone, what no index can
-- compare, what names its path only by a parameter
SELECT advice_for($$SELECT * FROM person WHERE date_trunc('day', seen) = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE seen::date = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE score IS NOT DISTINCT FROM $1$$);
SELECT advice_for($$SELECT * FROM person WHERE doc ->> $1 = $2$$);
SELECT advice_for($$SELECT * FROM person WHERE first || $1 = last$$);

-- and it is the index that the statement uses
CREATE INDEX person_ratio ON person ((CASE WHEN score > 0 THEN id / score END::numeric));
SELECT indexes_used FROM dbadvisor.what_if($$SELECT * FROM index_expressions.person WHERE CASE WHEN score > 0 THEN id / score END > 19000.5$$);
SELECT advice_for($$SELECT * FROM person WHERE CASE WHEN score > 0 THEN id / score END > 19000.5$$);

-- what is there: the same expression, also over a column of another type
CREATE INDEX ON person (lower(email));
CREATE INDEX ON person ((doc ->> 'k'), id);
SELECT advice_for($$SELECT * FROM person WHERE lower(email) = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE doc ->> 'k' = $1$$);
SELECT advice_for($$SELECT * FROM person WHERE upper(email) = $1$$);

-- With the index come statistics of its expression, and with them other numbers of
-- rows: a third of the table, not one in 200. The costs that the search works with
-- must be those.
CREATE TABLE part AS
SELECT i AS id, CASE WHEN i % 3 = 0 THEN 'aa' ELSE 'b' || i % 9 END || i AS code, i AS amount, repeat('x', 100) AS filler
  FROM generate_series(1, 20000) i;
VACUUM ANALYZE part;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add($$SELECT sum(amount) FROM part WHERE substr(code, 1, 2) = 'aa' AND amount > 15000$$) > 0 AS added;
SELECT definition, summary -> 'plan_spaces' AS plan_spaces FROM dbadvisor.search_indexes();

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA index_expressions CASCADE;
