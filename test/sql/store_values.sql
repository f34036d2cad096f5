-- Advice that holds constants shows them only where dbadvisor.include_values
-- says so, and is the same finding either way.  Advice on a partitioned table
-- is one row for all partitions.
CREATE SCHEMA store_values;
CREATE TABLE store_values.events (id integer, kind text, note text);
INSERT INTO store_values.events
SELECT g, 'kind' || g % 5000, repeat('x', 100) FROM generate_series(1, 20000) g;
CREATE TABLE store_values.part (id integer, customer_id integer, note text) PARTITION BY RANGE (id);
CREATE TABLE store_values.part1 PARTITION OF store_values.part FOR VALUES FROM (0) TO (10000);
CREATE TABLE store_values.part2 PARTITION OF store_values.part FOR VALUES FROM (10000) TO (30000);
INSERT INTO store_values.part SELECT g, g % 1000, repeat('x', 100) FROM generate_series(1, 20000) g;
ANALYZE;
SELECT pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT dbadvisor.set_rule('index.missing', thresholds => '{"min_window_hours": 0}');
SELECT dbadvisor.workload_add('SELECT note FROM store_values.events WHERE kind || ''secret'' = $1', 1000, 5) IS NOT NULL AS added;
CREATE TABLE store_values.seen AS
SELECT 'hidden' AS how, a.* FROM dbadvisor.recommend_indexes(max_columns => 1) a;
SET dbadvisor.include_values = on;
INSERT INTO store_values.seen
SELECT 'shown' AS how, a.* FROM dbadvisor.recommend_indexes(max_columns => 1) a;
RESET dbadvisor.include_values;
SELECT how, contains_values, to_jsonb(s)::text LIKE '%secret%' AS tells,
       title, apply_sql IS NOT NULL AS runnable, revert_sql
  FROM store_values.seen s
 ORDER BY how;
SELECT count(DISTINCT variant) AS variants FROM store_values.seen;

-- The store keeps what it was given: nothing to hide later.
SELECT pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT status, reason, advice_count FROM dbadvisor.rule_run WHERE rule = 'index.missing' ORDER BY run_id DESC LIMIT 1;
SELECT object_name, contains_values, apply_sql, to_jsonb(f)::text LIKE '%secret%' AS tells
  FROM dbadvisor.finding f;
SELECT line FROM regexp_split_to_table(dbadvisor.report_text(), '\n') line WHERE line LIKE '%Apply:%';
-- Applied all the same.
SELECT apply_sql FROM store_values.seen WHERE how = 'shown' \gexec
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT object_name, status FROM dbadvisor.finding;

-- Partitions.
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT dbadvisor.workload_add('SELECT note FROM store_values.part WHERE customer_id = $1', 1000, 5) IS NOT NULL AS added;
SELECT object_type, object_name, title, affected_count, apply_sql, revert_sql,
       impact LIKE 'Takes a SHARE lock on a partitioned table: writes to its 2 partitions %' AS warned
  FROM dbadvisor.recommend_indexes(max_columns => 1);

-- Clean up.
SELECT dbadvisor.workload_clear() AS cleared;
DELETE FROM dbadvisor.rule_setting;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA store_values CASCADE;
