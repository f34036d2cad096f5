-- The engine of rules: lint() and assert_clean(), rules of the user's own, rules
-- that fail or take too long, and comments that suppress.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_engine;
CREATE SCHEMA "Rule Engine";
CREATE TABLE rule_engine.orders (id integer, note text);
CREATE TABLE "Rule Engine"."Order" (id integer);

-- A rule of the user's own: a view in a schema of his, and a row in the registry.
CREATE VIEW rule_engine.no_note WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  LEFT JOIN dbadvisor.user_column c ON c.relid = t.relid AND c.column_name = 'note'
 CROSS JOIN LATERAL dbadvisor.advice(
           rule => 'architecture.own_no_note', relid => t.relid,
           title => format('Add a note to %s', t.full_name)) a
 WHERE c.attnum IS NULL;
SELECT dbadvisor.register_rule('architecture.own_no_note', 'A table without a note', 'Ours have one.', 'medium',
                               source => 'rule_engine.no_note');
SELECT rule, severity, object_name, title FROM dbadvisor.lint('rule_engine', '{architecture}');
SELECT rule, severity, object_name, title FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
SELECT count(*) AS stored FROM dbadvisor.finding WHERE rule = 'architecture.own_no_note';
-- An analysis runs it like any other.
SELECT dbadvisor.analyze('{architecture}') > 0 AS analyzed;
SELECT object_name, status FROM dbadvisor.finding WHERE rule = 'architecture.own_no_note' AND object_name LIKE '"Rule%';

-- To fail a build on: nothing, or an error with the list.
SELECT dbadvisor.assert_clean('rule_engine', categories => '{architecture}');
SELECT dbadvisor.set_rule('architecture.own_no_note', severity => 'critical', object_pattern => '"Rule Engine".*');
SELECT dbadvisor.assert_clean('Rule Engine', 'critical', '{architecture}');
SELECT dbadvisor.set_rule('architecture.own_no_note', severity => 'info', object_pattern => '"Rule Engine".*');
SELECT dbadvisor.assert_clean('Rule Engine', 'critical', '{architecture}');
BEGIN READ ONLY;
SELECT count(*) AS in_read_only FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
COMMIT;

-- What is suppressed is left out: by a comment on the table, on another object,
-- by name, by a switched-off rule.
COMMENT ON TABLE "Rule Engine"."Order" IS E'Orders.\ndbadvisor:ignore architecture.own_*: legacy';
SELECT count(*) AS by_comment FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
COMMENT ON TABLE "Rule Engine"."Order" IS 'dbadvisor:ignore architecture.own_* until 2001-01-01: legacy';
SELECT count(*) AS after_its_date FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
COMMENT ON TABLE "Rule Engine"."Order" IS NULL;
SELECT dbadvisor.suppress('architecture.own_*', '"Rule Engine".*', 'legacy') AS suppressed;
SELECT count(*) AS by_pattern FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
SELECT dbadvisor.unsuppress('architecture.own_*', '"Rule Engine".*');
SELECT dbadvisor.set_rule('architecture.own_no_note', enabled => false, object_pattern => '"Rule Engine".*');
SELECT count(*) AS switched_off FROM dbadvisor.lint('Rule Engine', '{architecture}') WHERE rule LIKE '%.own_%';
DELETE FROM dbadvisor.rule_setting;

-- On something that is not a relation: the finding names it in the same way.
CREATE FUNCTION rule_engine.shout(text) RETURNS text LANGUAGE sql AS 'SELECT upper($1)';
CREATE VIEW rule_engine.odd_function AS
SELECT a.*
  FROM pg_proc p
 CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) o
 CROSS JOIN LATERAL dbadvisor.advice(
           rule => 'architecture.own_odd_function', object_type => o.type, object_name => o.identity,
           title => 'Odd function') a
 WHERE p.proname = 'shout';
SELECT dbadvisor.register_rule('architecture.own_odd_function', 'Odd function', 'It is.', 'low',
                               source => 'rule_engine.odd_function');
SELECT object_type, object_name FROM dbadvisor.lint('rule_engine', '{architecture}') WHERE rule = 'architecture.own_odd_function';
COMMENT ON FUNCTION rule_engine.shout(text) IS 'dbadvisor:ignore architecture.own_odd_function: wanted';
SELECT count(*) AS by_comment FROM dbadvisor.lint('rule_engine', '{architecture}') WHERE rule = 'architecture.own_odd_function';
SELECT dbadvisor.analyze('{architecture}') > 0 AS analyzed;
SELECT status, suppressed_reason FROM dbadvisor.finding WHERE rule = 'architecture.own_odd_function';

-- A rule that fails, and one that takes too long: a row each, and the rest goes on.
CREATE VIEW rule_engine.fails AS
SELECT a.* FROM dbadvisor.advice(rule => 'architecture.own_fails', title => (1 / (random() * 0)::integer)::text) a;
SELECT dbadvisor.register_rule('architecture.own_fails', 'Fails', 'It divides.', 'high', source => 'rule_engine.fails');
CREATE VIEW rule_engine.sleeps AS
SELECT a.* FROM dbadvisor.advice(rule => 'architecture.own_sleeps', title => pg_sleep(600)::text) a;
SELECT dbadvisor.register_rule('architecture.own_sleeps', 'Sleeps', 'It is tired.', 'low', source => 'rule_engine.sleeps');
SET dbadvisor.rule_timeout = '200ms';
SELECT rule, object_type, severity, title, detail FROM dbadvisor.lint('rule_engine', '{architecture}') WHERE object_type = 'rule';
SELECT dbadvisor.assert_clean('rule_engine', 'high', '{architecture}');
SELECT dbadvisor.analyze('{architecture}') > 0 AS analyzed;
SELECT rule, status, reason FROM dbadvisor.rule_run
 WHERE run_id = (SELECT max(run_id) FROM dbadvisor.run) AND rule LIKE '%.own_%' ORDER BY rule;
-- The limit ends with the rule; settings are as before.
SELECT count(*) FROM pg_sleep(0.3);
SHOW quote_all_identifiers;
-- The session's own limit is not taken for the rule's.
SET dbadvisor.rule_timeout = 0;
SET statement_timeout = '300ms';
SELECT * FROM dbadvisor.lint('rule_engine', '{architecture}');
RESET statement_timeout;
RESET dbadvisor.rule_timeout;
DROP VIEW rule_engine.sleeps, rule_engine.fails;
DELETE FROM dbadvisor.rule WHERE rule IN ('architecture.own_fails', 'architecture.own_sleeps');

-- A view of somebody who may not act as the one who runs it is not run.
CREATE ROLE rule_engine_stranger;
GRANT USAGE ON SCHEMA dbadvisor TO rule_engine_stranger;
ALTER VIEW rule_engine.no_note OWNER TO rule_engine_stranger;
SELECT rule, detail FROM dbadvisor.lint('rule_engine', '{architecture}') WHERE object_type = 'rule';
ALTER VIEW rule_engine.no_note OWNER TO CURRENT_USER;

-- What is refused.
SELECT dbadvisor.lint('no_such_schema');
\set VERBOSITY terse
SELECT dbadvisor.lint('rule_engine', '{no_such_category}');
\set VERBOSITY default
SELECT dbadvisor.assert_clean('rule_engine', 'dire');

-- The views that rules look at leave out what is not the user's.
CREATE TEMP TABLE rule_engine_temp (id integer);
CREATE TABLE rule_engine.part (id integer, day date) PARTITION BY RANGE (id);
CREATE TABLE rule_engine.part_1 PARTITION OF rule_engine.part FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
CREATE TABLE rule_engine.part_1_1 PARTITION OF rule_engine.part_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE rule_engine.part_1_2 PARTITION OF rule_engine.part_1 FOR VALUES FROM (5) TO (10);
CREATE TABLE rule_engine.child (extra integer) INHERITS (rule_engine.orders);
CREATE DOMAIN rule_engine.short AS varchar(10);
CREATE DOMAIN rule_engine.shorter AS rule_engine.short CHECK (length(value) < 5);
CREATE TABLE rule_engine.typed (a rule_engine.shorter NOT NULL, b integer GENERATED ALWAYS AS IDENTITY, c integer DEFAULT 1,
                                d integer GENERATED ALWAYS AS (1) STORED);
CREATE TABLE rule_engine.owned (id integer PRIMARY KEY);
ALTER EXTENSION pg_stat_statements ADD TABLE rule_engine.owned;
INSERT INTO rule_engine.part SELECT g FROM generate_series(0, 9) g;
ANALYZE rule_engine.part_1_1, rule_engine.part_1_2;
SELECT table_name, relkind, is_partition, root::regclass, is_inheritor, leaf_count, rows
  FROM dbadvisor.user_table WHERE schema_name = 'rule_engine' ORDER BY table_name;
SELECT count(*) AS not_of_users FROM dbadvisor.user_table
 WHERE schema_name LIKE 'pg\_%' OR schema_name IN ('dbadvisor', 'information_schema') OR table_name = 'rule_engine_temp';
SELECT table_name, column_name, type_name, base_type::regtype, typmod, is_domain, is_inherited, is_not_null, is_identity, is_generated, has_default
  FROM dbadvisor.user_column WHERE schema_name = 'rule_engine' AND table_name IN ('typed', 'child') ORDER BY table_name, attnum;
ALTER TABLE rule_engine.part ADD CONSTRAINT part_key PRIMARY KEY (id);
SELECT table_name, contype, is_inherited, dbadvisor.column_list(relid, columns), is_valid, is_enforced
  FROM dbadvisor.user_constraint WHERE schema_name = 'rule_engine' AND contype <> 'n' ORDER BY table_name;

-- Clean up.
ALTER EXTENSION pg_stat_statements DROP TABLE rule_engine.owned;
DELETE FROM dbadvisor.rule WHERE rule LIKE '%.own\_%';
DELETE FROM dbadvisor.finding WHERE rule LIKE '%.own_%';
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA rule_engine, "Rule Engine" CASCADE;
REVOKE USAGE ON SCHEMA dbadvisor FROM rule_engine_stranger;
DROP ROLE rule_engine_stranger;
