-- What pg_stat_statements has seen, and what came of each text
CREATE SCHEMA workload_states;
CREATE SCHEMA workload_elsewhere;
SET search_path = workload_states, public;
CREATE TABLE item (id int PRIMARY KEY, note text, placed date);
CREATE TABLE doomed (id int);
CREATE TABLE changed (id int);
CREATE TABLE workload_elsewhere.far_away (id int);
CREATE VIEW item_view AS SELECT id FROM item;
CREATE FUNCTION item_function() RETURNS SETOF item LANGUAGE sql STABLE AS 'SELECT * FROM workload_states.item';
CREATE ROLE workload_doomed;
GRANT USAGE ON SCHEMA workload_states TO workload_doomed;
GRANT SELECT ON item TO workload_doomed;
-- what pg_stat_statements does not tell is that this path was set
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = workload_states', current_database()); END $$;
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;

-- arrange: run one of each kind
SELECT count(*) FROM item WHERE placed > date '2020-01-01' - interval '1 day';
SELECT id FROM item_view WHERE id = 1;
SELECT count(*) FROM item_function();
PREPARE by_id (int) AS SELECT note FROM item WHERE id = $1;
EXECUTE by_id (1);
INSERT INTO item VALUES (1, 'one', NULL);
WITH gone AS (DELETE FROM item RETURNING id) SELECT count(*) FROM gone;
SELECT count(*) FROM doomed;
SELECT count(*) AS total FROM changed WHERE id > 0;
SET search_path = workload_elsewhere;
SELECT count(*) FROM far_away;
SET search_path = workload_states, public;
SELECT count(*) > 0 AS some FROM pg_class;
SELECT 1 AS one;
ANALYZE item;
SET ROLE workload_doomed;
SELECT count(*) AS seen FROM item;
RESET ROLE;
SELECT count(*) >= 0 AS own FROM dbadvisor.workload_statement;
DROP TABLE doomed;
ALTER TABLE changed RENAME COLUMN id TO other;
DROP OWNED BY workload_doomed;
DROP ROLE workload_doomed;

-- act and show
SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 60) AS query, state,
       regexp_replace(reason, 'OID \d+', 'OID ...') AS reason
  FROM dbadvisor.workload
 WHERE query ~ '(item|doomed|changed|far_away|pg_class|AS one|workload_statement)'
   AND query !~ '^(DROP|ALTER|CREATE|GRANT|SET|RESET)'
 ORDER BY query COLLATE "C";
-- where the search path does not lead to the relations, the schema is found
SELECT query, search_path FROM dbadvisor.workload WHERE query ~ 'far_away|item_view' ORDER BY query COLLATE "C";
-- counters come with their names
SELECT source, calls, rows, total_ms > 0 AS total, abs(mean_ms * calls - total_ms) < 1e-9 AS mean,
       since <= now() AS since, (counters ->> 'calls')::int AS counted,
       counters ? 'shared_blks_hit' AS blocks, counters ? 'query' AS text_twice
  FROM dbadvisor.workload
 WHERE query ~ '^INSERT';
-- other databases do not appear
SELECT count(*)
  FROM dbadvisor.workload w
 WHERE w.counters ->> 'dbid' <> (SELECT oid::text FROM pg_database WHERE datname = current_database());

-- a schema in which anybody may create something is not guessed for others
GRANT CREATE ON SCHEMA workload_elsewhere TO PUBLIC;
SELECT state, reason, search_path FROM dbadvisor.workload WHERE query ~ 'far_away';
REVOKE CREATE ON SCHEMA workload_elsewhere FROM PUBLIC;
SELECT state FROM dbadvisor.workload WHERE query ~ 'far_away';

-- texts of others are hidden from whoever may not read them
CREATE ROLE workload_peeper;
GRANT dbadvisor_reader TO workload_peeper;
SET ROLE workload_peeper;
SELECT DISTINCT query, queryid, state, reason FROM dbadvisor.workload WHERE state = 'hidden';
SELECT count(*) AS foreign_texts FROM dbadvisor.workload WHERE query ~ 'far_away';
RESET ROLE;
DROP ROLE workload_peeper;

-- without the extension: nothing from there, and the reason
DROP EXTENSION pg_stat_statements;
SELECT count(*) FROM dbadvisor.workload;
CREATE EXTENSION pg_stat_statements SCHEMA workload_elsewhere;
SELECT count(*) > 0 AS again FROM dbadvisor.workload;
DROP EXTENSION pg_stat_statements;
CREATE EXTENSION pg_stat_statements SCHEMA public;

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET search_path', current_database()); END $$;
\set VERBOSITY terse
DROP SCHEMA workload_states, workload_elsewhere CASCADE;
