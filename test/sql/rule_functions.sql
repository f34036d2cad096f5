-- Rules on functions, materialized views, and what policies call.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE rule_functions_app;
CREATE SCHEMA rule_functions;
SET search_path = rule_functions;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
CREATE TABLE item (id int PRIMARY KEY, tenant text, name text);
CREATE TABLE gone (id int);

-- schema.function_broken: a table, a column and a function that are gone
CREATE FUNCTION reads_gone() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM gone';
CREATE FUNCTION reads_column() RETURNS SETOF text LANGUAGE sql AS 'SELECT name FROM rule_functions.item';
CREATE FUNCTION helper(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE PROCEDURE calls_helper(n int) LANGUAGE sql AS 'SELECT rule_functions.helper(n)';
-- near misses: found in its own schema, under a path of its own, in standard
-- form, of any type, in another language, wrong in a constant
CREATE FUNCTION fine() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM item';
CREATE FUNCTION own_path() RETURNS bigint LANGUAGE sql SET search_path = rule_functions AS 'SELECT count(*) FROM item';
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM rule_functions.item; END;
CREATE FUNCTION anything(a anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION in_plpgsql() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM never_there); END';
SET check_function_bodies = off;
CREATE FUNCTION wrong_constant() RETURNS int LANGUAGE sql AS 'SELECT ''secret value''::int + $1';
RESET check_function_bodies;
SELECT count(*) FROM advice_of('schema.function_broken') WHERE object_name LIKE 'rule_functions.%';
DROP TABLE gone;
DROP FUNCTION helper(int);
ALTER TABLE item RENAME name TO title;
SET search_path = public, rule_functions;
SELECT object_type, object_name, severity, detail FROM advice_of('schema.function_broken') WHERE object_name LIKE 'rule_functions.%';
SELECT p.proname, c.* FROM pg_proc p, dbadvisor.function_check(p.oid, 'pg_catalog') c
 WHERE p.pronamespace = 'rule_functions'::regnamespace AND p.proname IN ('fine', 'own_path', 'atomic', 'anything', 'in_plpgsql') ORDER BY 1;
ALTER TABLE item RENAME title TO name;

-- schema.function_volatility: a set, or rights of its own, and a body that is calmer than its label
SET search_path = rule_functions;
CREATE FUNCTION set_reads() RETURNS SETOF int LANGUAGE sql AS 'SELECT id FROM rule_functions.item';
CREATE FUNCTION set_counts(n int) RETURNS SETOF int LANGUAGE sql AS 'SELECT generate_series(1, n)';
CREATE FUNCTION definer_reads() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = rule_functions AS 'SELECT count(*) FROM item';
-- near misses: folded anyway, declared already, really volatile
CREATE FUNCTION scalar_reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM rule_functions.item';
CREATE FUNCTION set_stable() RETURNS SETOF int STABLE LANGUAGE sql AS 'SELECT id FROM rule_functions.item';
CREATE FUNCTION set_random() RETURNS SETOF float8 LANGUAGE sql AS 'SELECT random() FROM rule_functions.item';
CREATE FUNCTION set_writes() RETURNS SETOF int LANGUAGE sql AS 'DELETE FROM rule_functions.item RETURNING id';
CREATE FUNCTION set_locks() RETURNS SETOF int LANGUAGE sql AS 'SELECT id FROM rule_functions.item FOR UPDATE';
CREATE FUNCTION set_two() RETURNS SETOF int LANGUAGE sql AS 'DELETE FROM rule_functions.item; SELECT 1';
SELECT object_name, title, apply_sql, revert_sql FROM advice_of('schema.function_volatility') WHERE object_name LIKE 'rule_functions.%';
SELECT * FROM round_trip('schema.function_volatility', 'rule_functions.%');

-- schema.function_slow: nothing is counted, then one function takes the time
SELECT object_type, variant, detail FROM dbadvisor.rule_schema_function_slow;
SET track_functions = 'all';
CREATE FUNCTION sleepy() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); END';
CREATE FUNCTION quick() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
SELECT count(sleepy()), count(quick()) FROM generate_series(1, 12);
SELECT pg_stat_force_next_flush();
SELECT count(*) FROM advice_of('schema.function_slow');
SELECT dbadvisor.set_rule('schema.function_slow', thresholds => '{"min_ms": 1}');
SELECT object_name, severity, evidence ->> 'calls' AS calls FROM advice_of('schema.function_slow') WHERE object_name LIKE 'rule_functions.%';
RESET track_functions;

-- schema.matview_no_unique_index
INSERT INTO item SELECT i, 't' || i % 3, 'n' || i FROM generate_series(1, 3000) i;
CREATE MATERIALIZED VIEW report AS SELECT id, tenant, name FROM item;
CREATE MATERIALIZED VIEW "Odd Report" AS SELECT tenant, id % 100 AS part, name || tenant AS "a b" FROM item;
CREATE MATERIALIZED VIEW indexed AS SELECT id FROM item;
CREATE UNIQUE INDEX ON indexed (id);
CREATE MATERIALIZED VIEW partly AS SELECT id FROM item;
CREATE UNIQUE INDEX ON partly (id) WHERE id > 5;
CREATE MATERIALIZED VIEW small AS SELECT 1 AS id;
ANALYZE report, "Odd Report", indexed, partly, small;
SELECT object_name, title, precheck_sql, apply_sql, revert_sql FROM advice_of('schema.matview_no_unique_index') WHERE object_name LIKE 'rule_functions.%';
SELECT apply_sql FROM advice_of('schema.matview_no_unique_index') WHERE object_name = 'rule_functions.report' \gexec
REFRESH MATERIALIZED VIEW CONCURRENTLY report;
SELECT object_name FROM advice_of('schema.matview_no_unique_index') WHERE object_name LIKE 'rule_functions.%';

-- security.policy_initplan: a call per row, and as a subquery
CREATE FUNCTION tenant() RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN RETURN ''t1''; END';
CREATE FUNCTION of_row(t text) RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN RETURN t; END';
ALTER TABLE item ENABLE ROW LEVEL SECURITY;
ANALYZE item;
CREATE POLICY per_row ON item USING (tenant = rule_functions.tenant()) WITH CHECK (upper(tenant) = upper(rule_functions.tenant()));
CREATE POLICY once ON item USING (tenant = (SELECT rule_functions.tenant()));
CREATE POLICY by_column ON item USING (rule_functions.of_row(tenant) = 'x');
CREATE POLICY by_user ON item USING (tenant = current_user);
CREATE POLICY built_in ON item USING (tenant = pg_catalog.current_setting('app.tenant'));
SELECT count(*) FROM advice_of('security.policy_initplan') WHERE object_name LIKE '%rule_functions.%';
SELECT dbadvisor.set_rule('security.policy_initplan', thresholds => '{"min_rows": 1000}');
SELECT object_name, severity, title, apply_sql, contains_values FROM advice_of('security.policy_initplan') WHERE object_name LIKE '%rule_functions.%';
SET dbadvisor.include_values = on;
SELECT object_name, apply_sql, revert_sql FROM advice_of('security.policy_initplan') WHERE object_name LIKE 'built_in%';
SELECT * FROM round_trip('security.policy_initplan', '%rule_functions.%');
RESET dbadvisor.include_values;

-- security.policy_user_metadata
CREATE POLICY believes ON item FOR SELECT USING (tenant = current_setting('jwt')::json -> 'user_metadata' ->> 'tenant');
CREATE POLICY knows ON item FOR SELECT USING (tenant = current_setting('jwt')::json -> 'app_metadata' ->> 'tenant');
CREATE POLICY believes_inside ON item FOR INSERT WITH CHECK (EXISTS (SELECT 1 WHERE current_setting('jwt')::json -> 'raw_user_meta_data' IS NOT NULL));
SELECT object_name, severity FROM advice_of('security.policy_user_metadata') WHERE object_name LIKE '%rule_functions.%';

-- In an analysis, as a reader who owns nothing.
SELECT dbadvisor.analyze('{schema,security}') > 0 AS ran;
SELECT rule, status, reason FROM dbadvisor.rule_run WHERE status = 'failed' ORDER BY 1;
GRANT dbadvisor_reader TO rule_functions_app;
SET ROLE rule_functions_app;
SELECT count(*) FROM dbadvisor.rule_schema_function_broken WHERE object_name LIKE 'rule_functions.%';
SELECT count(*) > 0 AS some FROM dbadvisor.rule_security_policy_initplan WHERE object_name LIKE '%rule_functions.%';
RESET ROLE;

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule ~ '^(schema|security)\.';
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
DROP SCHEMA rule_functions CASCADE;
REVOKE dbadvisor_reader FROM rule_functions_app;
DROP ROLE rule_functions_app;
