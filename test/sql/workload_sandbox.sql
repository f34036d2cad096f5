-- A statement is planned with its user's rights and can do no harm
CREATE SCHEMA workload_sandbox;
SET search_path = workload_sandbox, public;
CREATE ROLE workload_mallory;
GRANT ALL ON SCHEMA workload_sandbox TO workload_mallory;
ALTER ROLE workload_mallory SET search_path = workload_sandbox;
CREATE TABLE item AS SELECT i AS id FROM generate_series(1, 100) i;
CREATE TABLE log (who text);
GRANT ALL ON item, log TO workload_mallory;
GRANT dbadvisor_reader TO workload_mallory;
ANALYZE item;

-- planning evaluates immutable functions; this one shows itself when told to
SET ROLE workload_mallory;
CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	CASE coalesce(current_setting('test.deed', true), '')
		WHEN 'who' THEN
			RAISE EXCEPTION 'planned as %', current_user;
		WHEN 'write' THEN
			PERFORM workload_sandbox.write_log();
		WHEN 'role' THEN
			PERFORM set_config('role', 'postgres', true);
		WHEN 'mode' THEN
			PERFORM set_config('transaction_read_only', 'off', true);
		WHEN 'sleep' THEN
			PERFORM pg_sleep(60);
		WHEN 'nap' THEN
			BEGIN
				PERFORM pg_sleep(60);
			EXCEPTION WHEN query_canceled THEN
				PERFORM pg_sleep(60);
			END;
		WHEN 'setting' THEN
			PERFORM set_config('search_path', 'elsewhere', false);
			PERFORM set_config('lock_timeout', '9s', false);
		WHEN 'advise' THEN
			PERFORM count(*) FROM dbadvisor.workload;
		ELSE
			NULL;
	END CASE;
	RETURN 1;
END
$$;
CREATE FUNCTION write_log() RETURNS void LANGUAGE sql VOLATILE AS
'INSERT INTO workload_sandbox.log VALUES (current_user)';
RESET ROLE;
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SET ROLE workload_mallory;
SELECT count(*) FROM item WHERE id = evil();
RESET ROLE;

CREATE VIEW planned AS
SELECT w.reason, w.cost_before > 0 AS planned
  FROM dbadvisor.what_if_workload() w
 WHERE w.query LIKE 'SELECT%item WHERE id = evil()';
SELECT * FROM planned;
SET test.deed = 'who';
SELECT * FROM planned;
SET test.deed = 'write';
SELECT * FROM planned;
SET test.deed = 'role';
SELECT * FROM planned;
SET test.deed = 'mode';
SELECT * FROM planned;
SET dbadvisor.statement_timeout = '500ms';
SET test.deed = 'sleep';
SELECT * FROM planned;
-- catching the cancellation does not help
SET test.deed = 'nap';
SELECT * FROM planned;
RESET dbadvisor.statement_timeout;
-- advice inside of advice, with mallory's rights
SET test.deed = 'advise';
SELECT * FROM planned;
-- the user's own limit is not taken for ours
SET test.deed = 'sleep';
SET dbadvisor.statement_timeout = '1min';
SET statement_timeout = '1s';
SELECT * FROM planned;
RESET statement_timeout;
RESET dbadvisor.statement_timeout;
-- settings that it leaves are gone
SET test.deed = 'setting';
SELECT * FROM planned;
SHOW search_path;
SHOW lock_timeout;
SELECT current_user, current_setting('transaction_read_only') AS read_only;
RESET test.deed;
SELECT count(*) AS written FROM log;

-- no lock and no transaction id remain
BEGIN;
SELECT count(*) > 0 AS read FROM dbadvisor.workload;
SELECT * FROM planned;
SELECT dbadvisor.workload_add('SELECT id FROM item JOIN log ON who = id::text') IS NOT NULL AS added;
SELECT c.relname, l.mode
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid()
   AND c.relname IN ('item', 'log');
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) > 0 AS read FROM dbadvisor.workload;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;

-- a statement that waits for a lock is given up, whoever holds it
BEGIN;
LOCK TABLE item IN ACCESS EXCLUSIVE MODE;
PREPARE TRANSACTION 'workload_sandbox';
SELECT state, reason FROM dbadvisor.workload WHERE query LIKE 'SELECT%item WHERE id = evil()';
SELECT dbadvisor.workload_add('SELECT * FROM item');
ROLLBACK PREPARED 'workload_sandbox';
SELECT state, reason FROM dbadvisor.workload WHERE query LIKE 'SELECT%item WHERE id = evil()';

-- errors leave the transaction usable, also in a savepoint
BEGIN;
SAVEPOINT one;
SELECT dbadvisor.workload_add('SELECT * FROM missing');
ROLLBACK TO one;
SELECT count(*) > 0 AS read FROM dbadvisor.workload;
COMMIT;

-- no statement of ours is counted, with functions tracked too
SET pg_stat_statements.track = 'all';
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT count(*) > 0 AS read FROM dbadvisor.workload;
SELECT count(*) > 0 AS read FROM dbadvisor.what_if_workload();
SELECT query FROM pg_stat_statements ORDER BY query COLLATE "C";
RESET pg_stat_statements.track;

\set VERBOSITY terse
DROP SCHEMA workload_sandbox CASCADE;
DROP OWNED BY workload_mallory;
DROP ROLE workload_mallory;
