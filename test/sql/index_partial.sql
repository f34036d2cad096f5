-- Partial indexes: a predicate from what the statement always says.
CREATE SCHEMA index_partial;
SET search_path = index_partial;
SET client_min_messages = warning;
CREATE TABLE job (
	id int PRIMARY KEY,
	tenant int NOT NULL,
	account int NOT NULL,
	status text NOT NULL,
	urgent boolean NOT NULL,
	created timestamp NOT NULL,
	parent_id int,
	deleted_at timestamp,
	error text,
	payload text NOT NULL);
-- one row in 500 is pending, one in 200 urgent, one in 100 failed; three in
-- four are deleted; one in 50 has a parent; one tenant has a tenth of all
INSERT INTO job
SELECT i, CASE WHEN i % 10 = 0 THEN 1 ELSE 2 + i % 900 END, i * 7919 % 2000,
       CASE WHEN i % 500 = 0 THEN 'pending' WHEN i % 2 = 0 THEN 'done' ELSE 'archived' END,
       i % 200 = 3, timestamp '2024-01-01' + i * interval '1 minute',
       CASE WHEN i % 50 = 7 THEN i * 31 % 30000 END,
       CASE WHEN i % 4 > 0 THEN timestamp '2025-01-01' + i * 37 % 9973 * interval '1 minute' END,
       CASE WHEN i % 100 = 9 THEN 'error ' || i END, repeat('p', 100)
  FROM generate_series(1, 30000) i;
ANALYZE job;

-- The advice for one statement that makes up the whole workload.
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

-- a rare value, in the order that is wanted
SELECT advice_for($$SELECT * FROM job WHERE status = 'pending' ORDER BY created LIMIT 10$$);
-- the same with the constant on the left, as a list, and as what it is not
SELECT advice_for($$SELECT * FROM job WHERE 'pending' = status ORDER BY created LIMIT 10$$);
SELECT advice_for($$SELECT * FROM job WHERE status IN ('pending', 'failed') ORDER BY created LIMIT 10$$);
SELECT advice_for($$SELECT * FROM job WHERE status <> 'done' AND status <> 'archived' AND created < $1$$);
SELECT advice_for($$SELECT * FROM job WHERE status NOT IN ('done', 'archived') AND created < $1$$);
-- a Boolean column, alone and beside a search
SELECT advice_for($$SELECT * FROM job WHERE urgent$$);
SELECT advice_for($$SELECT * FROM job WHERE urgent AND account = $1$$);
-- near misses: most rows are not urgent; a parameter may have any value; one
-- account is one of many
SELECT advice_for($$SELECT * FROM job WHERE NOT urgent AND account = $1$$);
SELECT advice_for($$SELECT * FROM job WHERE status = $1 AND account = $2$$);
SELECT advice_for($$SELECT * FROM job WHERE account = 42$$);
SELECT advice_for($$SELECT * FROM job WHERE status IN ('pending', 'done') ORDER BY created LIMIT 10$$);
SELECT advice_for($$SELECT * FROM job WHERE created < '2024-01-02' AND account = $1$$);
-- soft delete
SELECT advice_for($$SELECT * FROM job WHERE deleted_at IS NULL AND account < 20$$);
-- what has a value
SELECT advice_for($$SELECT id FROM job WHERE error IS NOT NULL$$);
-- a key that is mostly NULL, for any parameter and in a join
SELECT advice_for($$SELECT * FROM job WHERE parent_id = $1$$);
SELECT advice_for($$SELECT c.* FROM job p JOIN job c ON c.parent_id = p.id WHERE p.id = $1$$);
-- a main tenant
SELECT advice_for($$SELECT * FROM job WHERE tenant = 1 AND account = $1$$);
-- two terms together
SELECT advice_for($$SELECT * FROM job WHERE urgent AND deleted_at IS NULL ORDER BY created LIMIT 3$$);
-- through a view and row security
CREATE VIEW live_job AS SELECT * FROM job WHERE deleted_at IS NULL AND status = 'pending';
SELECT advice_for($$SELECT * FROM live_job ORDER BY created LIMIT 10$$);

-- only for the rows that a nullable side of an outer join may have
SELECT advice_for($$SELECT p.id, c.id FROM job p LEFT JOIN job c ON c.parent_id = p.id AND c.urgent WHERE p.id = 5$$);

-- what data values are is said, and what holds none
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add($$SELECT * FROM job WHERE status = 'pending' ORDER BY created LIMIT 10$$, 1000, 5) > 0 AS added;
SELECT contains_values, title, apply_sql, evidence -> 'index' -> 'predicate' IS NOT NULL AS in_evidence
  FROM dbadvisor.recommend_indexes(time_limit => NULL);
SET dbadvisor.include_values = on;
SELECT contains_values, title, apply_sql FROM dbadvisor.recommend_indexes(time_limit => NULL);
RESET dbadvisor.include_values;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add($$SELECT * FROM job WHERE urgent ORDER BY created LIMIT 10$$, 1000, 5) > 0 AS added;
SELECT contains_values, title, apply_sql FROM dbadvisor.recommend_indexes(time_limit => NULL);

-- a value that was chosen for a parameter is none for every call
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT count(*) FROM (SELECT * FROM job WHERE tenant <= 1) j;
SELECT id FROM job WHERE tenant <= 1 AND account = 42;
SELECT count(*) FILTER (WHERE definition LIKE '%WHERE%') AS partial
  FROM dbadvisor.search_indexes(time_limit => NULL) WHERE step > 0;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- what an index does already
CREATE INDEX ON job (status, created);
CREATE INDEX ON job (account) WHERE urgent;
CREATE INDEX ON job (parent_id);
SELECT advice_for($$SELECT * FROM job WHERE status = 'pending' ORDER BY created LIMIT 10$$);
SELECT advice_for($$SELECT * FROM job WHERE urgent AND account = $1$$);
SELECT advice_for($$SELECT * FROM job WHERE urgent AND status = 'done' AND account = $1$$);
SELECT advice_for($$SELECT * FROM job WHERE parent_id = $1$$);
-- and what it does not: the partial index lacks most rows
SELECT advice_for($$SELECT * FROM job WHERE account = $1$$);

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA index_partial CASCADE;
