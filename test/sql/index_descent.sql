-- An index that is not there has no tree to read yet.  Taken for flat, its
-- descent would cost nothing, and a copy of a primary key would look cheaper
-- than the key itself, most of all where it is searched once per outer row.
CREATE SCHEMA index_descent;
SET search_path = index_descent;

CREATE TABLE account (id int PRIMARY KEY, owner int NOT NULL, note text NOT NULL);
INSERT INTO account SELECT i, i % 500, repeat('n', 40) FROM generate_series(1, 200000) i;
CREATE TABLE wish (account_id int NOT NULL, what int NOT NULL);
INSERT INTO wish SELECT i * 3 % 200000 + 1, i % 50 FROM generate_series(1, 2000) i;
VACUUM ANALYZE account, wish;

CREATE TABLE statement (text text);
INSERT INTO statement
VALUES ('SELECT note FROM index_descent.account WHERE id = 7'),
	   ('SELECT count(a.note) FROM index_descent.wish w JOIN index_descent.account a ON a.id = w.account_id WHERE w.what = 3'),
	   ('SELECT note FROM index_descent.account ORDER BY id LIMIT 10'),
	   ('SELECT note FROM index_descent.account WHERE id = ANY (''{1,5000,100000}'')'),
	   ('SELECT max(id) FROM index_descent.account');
-- the copy costs what the key does
SELECT text, abs(w.cost_after - w.cost_before) <= w.cost_before * 1e-6 AS same
  FROM statement
 CROSS JOIN LATERAL dbadvisor.what_if(text, '{CREATE INDEX ON index_descent.account (id)}') w;
-- and in the place of the key, too
SELECT text, abs(w.cost_after - w.cost_before) <= w.cost_before * 1e-6 AS same
  FROM statement
 CROSS JOIN LATERAL dbadvisor.what_if(text, '{CREATE UNIQUE INDEX ON index_descent.account (id)}',
									  '{index_descent.account_pkey}') w;
-- so it is never advised; one that has all that a statement reads is no copy
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.workload_add(text, 1000000, 10)) FROM statement;
SELECT definition
  FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0)
 WHERE step > 0 AND relid = 'account'::regclass AND key_columns[1] = 'id' AND include_columns = '{}';

-- an index on a key and more columns has no key twice: predicted as built
CREATE TABLE line (document int, number int, kind int, PRIMARY KEY (document, number));
INSERT INTO line SELECT i / 4, i % 4, i % 7 FROM generate_series(0, 199999) i;
VACUUM ANALYZE line;
CREATE TABLE predicted AS
SELECT definition, index_bytes[1] AS bytes
  FROM unnest('{(document\, number),(number\, document),(document\, number\, kind)}'::text[]) columns
 CROSS JOIN LATERAL (SELECT 'CREATE INDEX built ON index_descent.line ' || columns) d (definition)
 CROSS JOIN LATERAL dbadvisor.what_if('SELECT 1', ARRAY[definition]);
CREATE FUNCTION size_built(definition text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	bytes bigint;
BEGIN
	EXECUTE definition;
	bytes := pg_relation_size('index_descent.built');
	DROP INDEX index_descent.built;
	RETURN bytes;
END;
$$;
SELECT definition, bytes / size_built(definition)::float8 BETWEEN 0.99 AND 1.01 AS predicted_as_built FROM predicted;

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_descent CASCADE;
