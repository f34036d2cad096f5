-- Why a finding says what it says: clauses, plans, alternatives, costs.
\set SHOW_CONTEXT never
CREATE SCHEMA index_explain;
SET search_path = index_explain;
SET pg_stat_statements.track = none;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT dbadvisor.set_rule('index.missing', thresholds => '{"min_window_hours": 0, "min_benefit_minutes": 0}');

CREATE TABLE orders (
	id int PRIMARY KEY,
	customer_id int NOT NULL,
	status int NOT NULL,
	total int NOT NULL,
	note text NOT NULL);
INSERT INTO orders
SELECT i, i * 7919 % 200, i % 97, i % 1000, repeat('n', 80) FROM generate_series(1, 40000) i;
CREATE INDEX orders_other ON orders (total, status);
ANALYZE orders;

-- Figures aside: they are the planner's.
CREATE FUNCTION explained(wanted text)
RETURNS TABLE (section text, line text)
LANGUAGE sql AS $$
	SELECT e.section, regexp_replace(regexp_replace(e.line, '[0-9]+(\.[0-9]+)+', 'N', 'g'), 'cost=N.*$', '', 'gn')
	  FROM dbadvisor.recommendations r,
	       dbadvisor.explain_finding(r.finding_id) WITH ORDINALITY e
	 WHERE r.object_name = wanted
	 ORDER BY r.finding_id, e.ordinality;
$$;

SELECT dbadvisor.workload_add('SELECT note FROM index_explain.orders WHERE customer_id = 42 AND status > 77 ORDER BY status', 1000, 5) > 0 AS added;
SELECT dbadvisor.workload_add('UPDATE index_explain.orders SET status = 3 WHERE id = 7', 1000, 0.1) > 0 AS added;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT * FROM explained('index_explain.orders');
-- the recommended one saves more than each alternative
SELECT DISTINCT (e.figures ->> 'saved_share')::float8 < (e.figures ->> 'saved_share_recommended')::float8 AS worse
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section = 'alternative' AND e.figures IS NOT NULL;
-- no constant is shown, unless that is wanted
SELECT bool_or(e.line ~ '[=>] ''?(42|77)\M') AS shown
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section IN ('clause', 'plan_before', 'plan_after');
SET dbadvisor.include_values = on;
SELECT bool_or(e.line LIKE '%(customer_id = 42)%') AS shown
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section IN ('clause', 'plan_before', 'plan_after');
RESET dbadvisor.include_values;
-- read-only will do, and no lock stays
BEGIN READ ONLY;
SELECT count(*) > 5 AS explained
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'orders'::regclass;
COMMIT;
-- once it is applied it is hidden, to show what was before
SELECT apply_sql FROM dbadvisor.recommendations WHERE object_name = 'index_explain.orders' \gexec
SELECT e.section, e.line
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section IN ('note', 'clause');
SELECT e.line LIKE '%Seq Scan%' AS without
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section = 'plan_before';
SELECT revert_sql FROM dbadvisor.recommendations WHERE object_name = 'index_explain.orders' \gexec

-- A statement that has gone.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT section, line FROM explained('index_explain.orders') WHERE section = 'statement';

-- A statement of somebody whom the reader may not look at.
RESET pg_stat_statements.track;
SELECT count(note) FROM orders WHERE customer_id = 43 AND status = 7;
SET pg_stat_statements.track = none;
DELETE FROM dbadvisor.finding;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT e.section, count(*)
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section IN ('statement', 'query', 'plan_before') AND r.object_name = 'index_explain.orders'
 GROUP BY 1 ORDER BY 1;
CREATE ROLE index_explain_reader;
GRANT dbadvisor_reader TO index_explain_reader;
SET ROLE index_explain_reader;
SELECT e.section, e.line
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section = 'note' AND r.object_name = 'index_explain.orders';
RESET ROLE;
GRANT USAGE ON SCHEMA index_explain TO index_explain_reader;
SET ROLE index_explain_reader;
SELECT e.section, e.queryid = r.queryids[1] AS named, e.line
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
 WHERE e.section IN ('statement', 'query', 'clause', 'plan_before', 'plan_after') AND r.object_name = 'index_explain.orders';
RESET ROLE;
-- nobody else may ask
CREATE ROLE index_explain_nobody;
SET ROLE index_explain_nobody;
SELECT dbadvisor.explain_finding(1);
RESET ROLE;

-- An expression with a constant: hidden in the store, so nothing to plan.
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_add($$SELECT * FROM index_explain.orders WHERE customer_id + 4711 = $1$$, 1000, 5) > 0 AS added;
DELETE FROM dbadvisor.finding;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT section, line LIKE '%4711%' AS shown, line
  FROM explained('index_explain.orders') WHERE section <> 'finding';

-- Hiding an index that is there, as advice to drop one does.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM index_explain.orders WHERE total = 5', 1000, 5) > 0 AS added;
SELECT dbadvisor.workload_add('SELECT * FROM index_explain.orders WHERE id = 5', 1000, 5) > 0 AS added;
CREATE INDEX orders_unused ON orders (note);
DELETE FROM dbadvisor.finding;
CREATE VIEW dbadvisor.rule_index_explain_test AS
SELECT a.*
  FROM (VALUES ('orders_other'::regclass), ('orders_unused')) v (index),
       dbadvisor.advice(rule => 'index.explain_test', object_type => 'index', relid => 'orders'::regclass,
                        object_name => v.index::text, title => 'Drop it', detail => 'It is not used.',
                        evidence => '{}', apply_sql => 'DROP INDEX ' || v.index) a;
SELECT dbadvisor.register_rule('index.explain_test', 'A test', 'To run', 'low');
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT r.object_name, e.section, e.line LIKE 'Its plan gets dearer, from cost%' AS dearer,
       CASE WHEN e.section = 'hidden' THEN e.line END AS line
  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) WITH ORDINALITY e
 WHERE r.rule = 'index.explain_test' AND e.section IN ('hidden', 'slower', 'statement', 'plan_after')
 ORDER BY r.object_name, e.ordinality;

-- The parts: what is an alternative, what is a constant.
SELECT a.* FROM dbadvisor.index_alternatives('orders'::regclass, dbadvisor.index_shape('btree', '{a,b DESC,c}', '{d}', NULL)) a;
SELECT a.* FROM dbadvisor.index_alternatives('orders'::regclass, dbadvisor.index_shape('btree', '{a}', '{}', NULL)) a;
SELECT a.* FROM dbadvisor.index_alternatives('orders'::regclass, dbadvisor.index_shape('gin', '{a,b}', '{}', NULL)) a;
SELECT n.index_name, n.leading_keys FROM dbadvisor.index_nearest('orders'::regclass, dbadvisor.index_shape('btree', '{total,id}', '{}', NULL)) n;
SELECT n.index_name, n.leading_keys FROM dbadvisor.index_nearest('orders'::regclass, dbadvisor.index_shape('btree', '{status}', '{}', NULL)) n;
SELECT n.index_name IS NULL AS none FROM dbadvisor.index_nearest('orders'::regclass, dbadvisor.index_shape('btree', '{customer_id}', '{}', NULL)) n;
CREATE TABLE "odd 7" ("a 5" text, "it's" text, b float8);
INSERT INTO "odd 7" VALUES ('x');
SELECT e.plan_before ~ '''' AS quote, regexp_replace(e.plan_before, '\(cost.*\)', '', 'n')
  FROM (SELECT dbadvisor.workload_clear(),
               dbadvisor.workload_add(E'SELECT 1 FROM index_explain."odd 7" "t''1" WHERE "a 5" = E''\\\\x''''y\nSeq Scan  (cost=secret'' AND "it''s" LIKE ''4%'' AND b > 1.5e-7 AND b < -3')) w,
       dbadvisor.explain_index('{}') e;

-- Bad input.
\set VERBOSITY terse
SELECT dbadvisor.explain_finding(-1);
SELECT dbadvisor.explain_finding(NULL);
SELECT * FROM dbadvisor.explain_index('{nonsense}');
\set VERBOSITY default

DROP VIEW dbadvisor.rule_index_explain_test;
DELETE FROM dbadvisor.rule WHERE rule = 'index.explain_test';
DELETE FROM dbadvisor.rule_setting;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_explain CASCADE;
DROP ROLE index_explain_reader, index_explain_nobody;
