-- Settings of rules: thresholds, severity and switches, in general and by object.
\set SHOW_CONTEXT never
CREATE SCHEMA store_rule;
CREATE TABLE store_rule.orders (id integer);
CREATE TABLE store_rule.archive_2020 (id integer);
CREATE VIEW dbadvisor.rule_schema_store_rule AS
SELECT a.*
  FROM pg_class c,
       LATERAL dbadvisor.advice(rule => 'schema.store_rule', relid => c.oid, title => c.relname,
                                severity => CASE WHEN c.relname = 'orders' THEN 'high' END) a
 WHERE c.relnamespace = 'store_rule'::regnamespace
   AND c.relkind = 'r'
   AND length(c.relname) >= dbadvisor.threshold('schema.store_rule', 'min_length', a.object_name);
SELECT dbadvisor.register_rule('schema.store_rule', 'A test', 'To set', 'low',
                               thresholds => '{"min_length": 3, "word": "none"}');

CREATE FUNCTION store_rule.analyze() RETURNS TABLE (title text, severity text, status text, reason text)
LANGUAGE sql
AS $$
    SELECT dbadvisor.analyze('{schema}');
    SELECT f.title, f.severity, f.status, f.suppressed_reason
      FROM dbadvisor.finding f
     WHERE f.rule = 'schema.store_rule'
     ORDER BY f.title;
$$;

-- Patterns: * and ? are wildcards, everything else is meant as it stands.
SELECT p.pattern, p.name, dbadvisor.name_matches(p.name, p.pattern)
  FROM (VALUES ('*', 'a.b'), ('shop.*', 'shop.orders'), ('shop.*', 'workshop.orders'),
               ('a?c', 'abc'), ('a_c', 'abc'), ('a_c', 'a_c'), ('100%', '100 %'), ('100%', '100%'),
               ('a\b', 'a\b'), ('"Order Lines"', '"Order Lines"')) p (pattern, name);

SELECT * FROM store_rule.analyze();

-- A severity of the registry, of the rule, of a setting; the longest pattern wins.
SELECT dbadvisor.set_rule('schema.store_rule', severity => 'medium');
SELECT dbadvisor.set_rule('schema.store_rule', severity => 'info', object_pattern => 'store_rule.arch*');
SELECT * FROM store_rule.analyze();

-- Thresholds add up; what is not named stays.
SELECT dbadvisor.set_rule('schema.store_rule', thresholds => '{"min_length": 7}');
SELECT dbadvisor.set_rule('schema.store_rule', thresholds => '{"word": "some"}');
SELECT dbadvisor.set_rule('schema.store_rule', thresholds => '{"min_length": 99}', object_pattern => '*.nothing');
SELECT dbadvisor.threshold('schema.store_rule', 'min_length') AS in_general,
       dbadvisor.threshold('schema.store_rule', 'min_length', 'x.nothing') AS for_nothing,
       dbadvisor.threshold_text('schema.store_rule', 'word', 'x.nothing') AS word;
SELECT * FROM store_rule.analyze();

-- Off for some objects, off for all, off but for some.
SELECT dbadvisor.set_rule('schema.store_rule', enabled => false, object_pattern => 'store_rule.archive_????');
SELECT * FROM store_rule.analyze();
SELECT dbadvisor.set_rule('schema.store_rule', enabled => false);
SELECT * FROM store_rule.analyze();
SELECT status, reason FROM dbadvisor.rule_run WHERE rule = 'schema.store_rule' ORDER BY run_id DESC LIMIT 1;
SELECT dbadvisor.set_rule('schema.store_rule', enabled => true, object_pattern => 'store_rule.archive_????');
SELECT * FROM store_rule.analyze();
SELECT status, reason FROM dbadvisor.rule_run WHERE rule = 'schema.store_rule' ORDER BY run_id DESC LIMIT 1;

-- What is refused.
SELECT dbadvisor.set_rule('schema.no_such_rule', enabled => false);
SELECT dbadvisor.set_rule('schema.store_rule', thresholds => '{"min_lenght": 1}');
\set VERBOSITY sqlstate
SELECT dbadvisor.set_rule('schema.store_rule', severity => 'dire');
SELECT dbadvisor.set_rule('schema.store_rule', thresholds => '[1]');
\set VERBOSITY default

-- Severities in their order.
SELECT s, dbadvisor.severity_rank(s) FROM unnest('{critical,high,medium,low,info,dire}'::text[]) s;

-- Clean up.
DROP VIEW dbadvisor.rule_schema_store_rule;
DELETE FROM dbadvisor.rule WHERE rule = 'schema.store_rule';
DELETE FROM dbadvisor.rule_setting;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA store_rule CASCADE;
