-- Who may do what: everybody nothing, readers read, admins analyse and suppress.
\set SHOW_CONTEXT never
CREATE ROLE store_nobody;
CREATE ROLE store_reader;
CREATE ROLE store_admin;
CREATE ROLE store_monitor;
GRANT dbadvisor_reader TO store_reader;
GRANT dbadvisor_admin TO store_admin;
GRANT pg_monitor TO store_monitor;
CREATE SCHEMA store_privilege;
CREATE TABLE store_privilege.orders (id integer);
CREATE VIEW dbadvisor.rule_schema_store_privilege AS
SELECT a.*
  FROM dbadvisor.advice(rule => 'schema.store_privilege', relid => 'store_privilege.orders'::regclass,
                        title => 'A finding') a;
GRANT SELECT ON dbadvisor.rule_schema_store_privilege TO dbadvisor_reader;
SELECT dbadvisor.register_rule('schema.store_privilege', 'A test', 'To run', 'low');

-- What PUBLIC may execute, read, or write.
SELECT p.oid::regprocedure AS executable_by_all
  FROM pg_proc p
 WHERE p.pronamespace = 'dbadvisor'::regnamespace
   AND has_function_privilege('store_nobody', p.oid, 'EXECUTE')
 ORDER BY 1;
SELECT c.oid::regclass AS open_to_all
  FROM pg_class c
 WHERE c.relnamespace = 'dbadvisor'::regnamespace
   AND c.relkind IN ('r', 'v')
   AND has_table_privilege('store_nobody', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
 ORDER BY 1;
SELECT r, has_schema_privilege(r, 'dbadvisor', 'USAGE') AS usage, has_schema_privilege(r, 'dbadvisor', 'CREATE') AS create
  FROM unnest('{store_nobody,store_reader,store_admin,store_monitor}'::name[]) r;
SET ROLE store_nobody;
SELECT * FROM dbadvisor.recommendations;
RESET ROLE;

-- An admin who is no superuser runs everything there is to run.
SET ROLE store_admin;
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT status, reason FROM dbadvisor.rule_run WHERE rule = 'schema.store_privilege' ORDER BY run_id DESC LIMIT 1;
SELECT run_by FROM dbadvisor.run_history LIMIT 1;
SELECT dbadvisor.set_rule('schema.store_privilege', severity => 'info');
SELECT dbadvisor.suppress('schema.store_privilege', '*', 'not now');
SELECT title, status FROM dbadvisor.finding WHERE rule = 'schema.store_privilege';
SELECT dbadvisor.unsuppress('schema.store_privilege', '*');
SELECT dbadvisor.suppress((SELECT finding_id FROM dbadvisor.finding WHERE rule = 'schema.store_privilege'), 'not now');
SELECT dbadvisor.unsuppress((SELECT finding_id FROM dbadvisor.finding WHERE rule = 'schema.store_privilege'));
SELECT dbadvisor.analyze() > 0 AS ran;
SELECT rule, status FROM dbadvisor.rule_run
 WHERE run_id = (SELECT max(run_id) FROM dbadvisor.run) AND status = 'failed';
SET client_min_messages = warning;
SELECT count(*) >= 0 AS ran FROM dbadvisor.recommend_indexes();
RESET client_min_messages;
-- but does not touch what analyze() runs
SELECT dbadvisor.register_rule('schema.mine', 'A test', 'To run', 'low');
INSERT INTO dbadvisor.rule (rule, title, why, severity) VALUES ('schema.mine', 'mine', 'mine', 'low');
UPDATE dbadvisor.rule SET source = 'view';
CREATE VIEW dbadvisor.rule_schema_mine AS SELECT 1;
RESET ROLE;

-- A reader reads all views, and so does whoever monitors the server.
SET ROLE store_reader;
SELECT title FROM dbadvisor.recommendations WHERE rule = 'schema.store_privilege';
SELECT rule, open FROM dbadvisor.summary WHERE rule = 'schema.store_privilege';
SELECT count(*) >= 0 AS readable FROM dbadvisor.index_recommendations;
SELECT count(*) >= 2 AS readable FROM dbadvisor.run_history;
SELECT count(*) > 2 AS readable FROM dbadvisor.metrics;
SELECT dbadvisor.report_text() LIKE '%A finding%' AS readable;
SELECT dbadvisor.threshold('index.missing', 'high_share') > 0 AS readable;
SELECT dbadvisor.analyze();
SELECT dbadvisor.suppress(1, 'not mine to say');
SELECT dbadvisor.set_rule('index.missing', enabled => false);
DELETE FROM dbadvisor.finding;
INSERT INTO dbadvisor.suppression (rule_pattern, object_pattern, reason) VALUES ('*', '*', 'x');
RESET ROLE;
SET ROLE store_monitor;
SELECT title FROM dbadvisor.recommendations WHERE rule = 'schema.store_privilege';
RESET ROLE;

-- Clean up.
DROP VIEW dbadvisor.rule_schema_store_privilege;
DELETE FROM dbadvisor.rule WHERE rule = 'schema.store_privilege';
DELETE FROM dbadvisor.rule_setting;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA store_privilege CASCADE;
DROP ROLE store_nobody, store_reader, store_admin, store_monitor;
