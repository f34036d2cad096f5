-- Whose rights what_if() uses, and what it leaves in pg_stat_statements
CREATE SCHEMA whatif_isolation;
SET search_path = whatif_isolation, public;
CREATE TABLE secret (id int, salary int);
INSERT INTO secret SELECT i, i FROM generate_series(1, 1000) i;
ANALYZE secret;
CREATE TABLE open_to_all AS SELECT i AS id FROM generate_series(1, 1000) i;
CREATE ROLE whatif_user;
GRANT dbadvisor_reader TO whatif_user;
GRANT USAGE ON SCHEMA whatif_isolation, dbadvisor TO whatif_user;
GRANT SELECT ON open_to_all TO whatif_user;
GRANT SELECT (id) ON secret TO whatif_user;

SET ROLE whatif_user;
-- neither a query nor an index definition shows anything of a foreign table
SELECT * FROM dbadvisor.what_if('SELECT * FROM secret');
SELECT * FROM dbadvisor.what_if('SELECT * FROM open_to_all', ARRAY['CREATE INDEX ON secret (id) WHERE salary > 900']);
SELECT index_bytes IS NOT NULL AS allowed
  FROM dbadvisor.what_if('SELECT * FROM open_to_all', ARRAY['CREATE INDEX ON secret (id)']);
RESET ROLE;

-- a function that planning evaluates runs its own statements without the index:
-- a plan that used it could not run
ANALYZE open_to_all;
CREATE FUNCTION spy(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN (SELECT id FROM whatif_isolation.open_to_all WHERE id = n);
END
$$;
SELECT indexes_used
  FROM dbadvisor.what_if('SELECT * FROM open_to_all WHERE id = spy(7)', ARRAY['CREATE INDEX ON open_to_all (id)']);
-- the expression of an index runs with the rights of the caller, who need not
-- own the table
CREATE FUNCTION whoami(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF n = 1 THEN
		RAISE NOTICE 'evaluated as %', current_user;
	END IF;
	RETURN n;
END
$$;
GRANT EXECUTE ON FUNCTION whoami(int) TO whatif_user;
SET ROLE whatif_user;
SELECT indexes_used
  FROM dbadvisor.what_if('SELECT * FROM open_to_all', ARRAY['CREATE INDEX ON open_to_all (whoami(id))']);
RESET ROLE;

-- no text that was asked about, and no query of our own, is counted
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT cardinality(indexes_used)
  FROM dbadvisor.what_if('SELECT id AS marker FROM open_to_all WHERE id + 1 = 4', ARRAY['CREATE INDEX ON open_to_all ((id + 1))']);
SELECT count(*)
  FROM pg_stat_statements
 WHERE query ~ 'marker FROM|TABLESAMPLE|FROM ONLY'
   AND query !~ 'what_if|pg_stat_statements';

DROP SCHEMA whatif_isolation CASCADE;
DROP OWNED BY whatif_user;
DROP ROLE whatif_user;
