-- analyze(): what it refuses, and how it goes on past a rule that fails.
\set SHOW_CONTEXT never
CREATE SCHEMA store_analyze;
-- the category has only rules of this test meanwhile
CREATE TABLE store_analyze.shipped AS SELECT * FROM dbadvisor.rule WHERE category = 'architecture' AND shipped;
DELETE FROM dbadvisor.rule WHERE category = 'architecture' AND shipped;
CREATE TABLE store_analyze.orders (id integer);
CREATE FUNCTION store_analyze.register(name text, OUT registered text)
LANGUAGE sql
AS $$
    SELECT dbadvisor.register_rule(name, 'A test', 'To run', 'low');
    SELECT name;
$$;

-- A rule that works and six that do not.
SELECT store_analyze.register('architecture.good');
CREATE VIEW dbadvisor.rule_architecture_good AS
SELECT a.*, 'one column too many' AS extra
  FROM dbadvisor.advice(rule => 'architecture.good', relid => 'store_analyze.orders'::regclass, title => 'good') a;
SELECT store_analyze.register('architecture.bad_divides');
CREATE VIEW dbadvisor.rule_architecture_bad_divides AS
SELECT a.*
  FROM dbadvisor.advice(rule => 'architecture.bad_divides', relid => 'store_analyze.orders'::regclass,
                        title => 'bad', confidence => 1 / (SELECT count(*) - count(*) FROM pg_class)) a;
SELECT store_analyze.register('architecture.bad_name');
CREATE VIEW dbadvisor.rule_architecture_bad_name AS
SELECT a.*
  FROM dbadvisor.advice(rule => 'architecture.good', relid => 'store_analyze.orders'::regclass, title => 'bad') a;
SELECT store_analyze.register('architecture.bad_severity');
CREATE VIEW dbadvisor.rule_architecture_bad_severity AS
SELECT a.*
  FROM dbadvisor.advice(rule => 'architecture.bad_severity', relid => 'store_analyze.orders'::regclass,
                        title => 'bad', severity => 'dire') a;
SELECT store_analyze.register('architecture.bad_proof');
CREATE VIEW dbadvisor.rule_architecture_bad_proof AS
SELECT a.*
  FROM dbadvisor.advice(rule => 'architecture.bad_proof', relid => 'store_analyze.orders'::regclass,
                        title => 'bad', severity => 'high', proof => 'heuristic') a;
SELECT store_analyze.register('architecture.bad_no_view');
SELECT dbadvisor.register_rule('architecture.bad_function', 'A test', 'To run', 'low', source => 'pg_catalog.now()');
SELECT dbadvisor.register_rule('architecture.too_new', 'A test', 'To run', 'low', min_version => 990000);
SELECT dbadvisor.register_rule('architecture.off', 'A test', 'To run', 'low', enabled => false);

SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT rule, status, reason, advice_count
  FROM dbadvisor.rule_run
 WHERE run_id = (SELECT max(run_id) FROM dbadvisor.run)
 ORDER BY rule;
SELECT rule, title FROM dbadvisor.finding WHERE rule LIKE 'architecture.%';
SELECT categories, run_by = CURRENT_USER AS by_me, finished_at >= started_at AS finished,
       rules_ok, rules_skipped, rules_degraded, rules_failed
  FROM dbadvisor.run_history LIMIT 1;

-- A function can be the source of a rule, when it is one of schema dbadvisor.
CREATE FUNCTION dbadvisor.store_analyze_source(much integer DEFAULT 2)
RETURNS SETOF dbadvisor.advice
LANGUAGE sql
AS $$
    SELECT a.*
      FROM generate_series(1, much) g,
           dbadvisor.advice(rule => 'architecture.bad_function', object_type => 'database',
                            object_name => 'here', title => 'f', variant => g::text) a;
$$;
SELECT dbadvisor.register_rule('architecture.bad_function', 'A test', 'To run', 'low',
                               source => 'dbadvisor.store_analyze_source(integer)');
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT rule, object_type, object_name, relid, variant FROM dbadvisor.finding WHERE rule = 'architecture.bad_function' ORDER BY variant;

-- What it refuses; the hint lists the categories that have rules.
\set VERBOSITY terse
SELECT dbadvisor.analyze('{architecture,gardening}');
SELECT dbadvisor.analyze('{}');
SELECT dbadvisor.analyze('{NULL}');
\set VERBOSITY default
BEGIN READ ONLY;
SELECT dbadvisor.analyze();
ROLLBACK;
SELECT dbadvisor.threshold('no.such_rule', 'x');
SELECT dbadvisor.threshold('index.missing', 'no_such_threshold');
SELECT dbadvisor.threshold('architecture.good', 'no_such_threshold');
SELECT dbadvisor.register_rule('gardening.roses', 'A test', 'To run', 'low');
SELECT dbadvisor.register_rule('Nonsense', 'A test', 'To run', 'low');

-- Nothing of an analysis stays locked but what the statement itself reads.
BEGIN;
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT l.relation::regclass AS locked
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid()
   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'dbadvisor'::regnamespace);
COMMIT;

-- Clean up.
DROP VIEW dbadvisor.rule_architecture_good, dbadvisor.rule_architecture_bad_divides,
    dbadvisor.rule_architecture_bad_name, dbadvisor.rule_architecture_bad_severity,
    dbadvisor.rule_architecture_bad_proof;
DROP FUNCTION dbadvisor.store_analyze_source;
DELETE FROM dbadvisor.rule WHERE category = 'architecture' AND NOT shipped;
DELETE FROM dbadvisor.finding WHERE rule LIKE 'architecture.%';
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DO $$
BEGIN
    PERFORM dbadvisor.register_rule(rule, title, why, severity, thresholds, min_version, doc, source, enabled, shipped) FROM store_analyze.shipped;
END
$$;
DROP SCHEMA store_analyze CASCADE;
