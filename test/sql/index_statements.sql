-- Advice from pg_stat_statements itself, and no trace of ours in it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
RESET client_min_messages;
CREATE SCHEMA index_statements;

CREATE TABLE index_statements.payment (id int PRIMARY KEY, account_id int, paid date, amount int, note text);
INSERT INTO index_statements.payment
SELECT i, i * 7919 % 5000, date '2022-01-01' + i % 900, i % 100, repeat('n', 60)
  FROM generate_series(1, 40000) i;
ANALYZE index_statements.payment;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;

SELECT count(note) FROM index_statements.payment WHERE account_id = 17;
SELECT count(note) FROM index_statements.payment WHERE account_id = 18;
SELECT count(note) FROM index_statements.payment WHERE account_id = 19;

SELECT step, am, key_columns, include_columns, saved_ms_per_day > 0 AS saves,
       statements -> 0 ->> 'calls' AS calls,
       statements -> 0 ->> 'parameters' AS parameters
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE relid = 'index_statements.payment'::regclass;
SELECT summary ->> 'pg_stat_statements' AS missing,
       summary ->> 'unit' AS unit,
       (summary ->> 'since')::timestamptz <= now() AS since
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step = 0;
-- planning it left it as it was
SELECT calls, plans
  FROM pg_stat_statements s
  JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
 WHERE query LIKE 'SELECT count(note) FROM index_statements.payment%';

DROP TABLE index_statements.payment;
-- now it speaks of a table that is gone
SELECT count(*) AS rows, max((summary -> 'skipped' ->> 'undefined')::int) > 0 AS undefined
  FROM dbadvisor.search_indexes(time_limit => NULL);
DROP SCHEMA index_statements CASCADE;
