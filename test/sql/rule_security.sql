-- Rules of category security: each with a case that fires and near misses that
-- stay silent.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE rule_security_owner;
CREATE ROLE rule_security_app LOGIN;
CREATE ROLE rule_security_report LOGIN;
CREATE SCHEMA rule_security;
SET search_path = rule_security;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
GRANT USAGE ON SCHEMA rule_security TO PUBLIC;

-- security.search_path_mutable and definer_executable
CREATE FUNCTION def_open() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION def_writable() RETURNS int SECURITY DEFINER LANGUAGE sql SET search_path = pg_catalog, rule_security_open AS 'SELECT 1';
CREATE FUNCTION def_owned() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION def_owned() OWNER TO rule_security_owner;
CREATE PROCEDURE def_proc(a int, "B c" text) SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN END';
-- near misses: a fixed path, a body that is resolved, no definer, nobody else
-- may call it, an aggregate
CREATE FUNCTION def_fixed() RETURNS int SECURITY DEFINER LANGUAGE sql SET search_path = pg_catalog, rule_security, pg_temp AS 'SELECT 1';
CREATE FUNCTION def_atomic() RETURNS int SECURITY DEFINER LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE FUNCTION invoker() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION def_private() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION def_private() FROM PUBLIC;
CREATE FUNCTION def_trigger() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN new; END';
CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int);
CREATE SCHEMA rule_security_open;
GRANT CREATE ON SCHEMA rule_security_open TO PUBLIC;
CREATE FUNCTION rule_security_open.def_home() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
SELECT object_type, object_name, severity, detail, apply_sql FROM advice_of('security.search_path_mutable')
 WHERE object_name LIKE 'rule_security%';
SELECT * FROM round_trip('security.search_path_mutable', 'rule_security%');
SELECT object_name, severity, evidence ->> 'grants_are_default' AS default_grants FROM advice_of('security.definer_executable')
 WHERE object_name LIKE 'rule_security.%';
SELECT * FROM round_trip('security.definer_executable', 'rule_security.def_o%');
-- in a schema that PUBLIC may not use, PUBLIC cannot call it
REVOKE USAGE ON SCHEMA rule_security FROM PUBLIC;
SELECT count(*) FROM advice_of('security.definer_executable') WHERE object_name LIKE 'rule_security.%';
GRANT USAGE ON SCHEMA rule_security TO PUBLIC;
-- what a body in standard form reaches
CREATE TABLE secret (id int PRIMARY KEY, tenant int);
CREATE FUNCTION def_reads() RETURNS bigint SECURITY DEFINER LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM rule_security.secret; END;
SELECT detail FROM advice_of('security.definer_executable') WHERE object_name LIKE '%def_reads%';

-- security.public_create
SELECT object_name, severity, apply_sql FROM advice_of('security.public_create') WHERE object_name LIKE 'rule_security%';
SELECT * FROM round_trip('security.public_create', 'rule_security%');

-- security.definer_view: the owner of the view owns the table; through a view
-- over a view; a materialized view
GRANT CREATE, USAGE ON SCHEMA rule_security TO rule_security_owner;
SET ROLE rule_security_owner;
CREATE TABLE doc (id int PRIMARY KEY, tenant text NOT NULL, body text);
CREATE TABLE forced (id int PRIMARY KEY, tenant text NOT NULL);
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
ALTER TABLE forced ENABLE ROW LEVEL SECURITY;
ALTER TABLE forced FORCE ROW LEVEL SECURITY;
CREATE POLICY doc_tenant ON doc USING (tenant = current_user);
CREATE POLICY forced_tenant ON forced USING (tenant = current_user);
CREATE VIEW doc_all AS SELECT * FROM doc;
CREATE VIEW doc_invoker WITH (security_invoker = true) AS SELECT * FROM doc;
CREATE VIEW doc_over AS SELECT id FROM doc_invoker;
CREATE MATERIALIZED VIEW doc_kept AS SELECT id FROM doc;
-- near misses: reader's rights, policies that bind the owner, nobody may read
CREATE VIEW forced_all AS SELECT * FROM forced;
CREATE VIEW doc_own AS SELECT * FROM doc;
GRANT SELECT ON doc, forced, doc_all, doc_invoker, doc_over, doc_kept, forced_all TO rule_security_app;
RESET ROLE;
SELECT object_type, object_name, evidence ->> 'path' AS path FROM advice_of('security.definer_view') WHERE object_name LIKE 'rule_security.%';
SELECT * FROM round_trip('security.definer_view', 'rule_security.%');

-- security.policy_rls_off, rls_no_policy
CREATE TABLE idle (id int PRIMARY KEY, tenant text);
CREATE POLICY idle_p ON idle USING (tenant = current_user);
CREATE TABLE idle_unused (id int PRIMARY KEY, tenant text);
CREATE POLICY idle_p ON idle_unused USING (tenant = current_user);
GRANT SELECT ON idle TO rule_security_app;
SELECT object_name, severity FROM advice_of('security.policy_rls_off') WHERE object_name LIKE 'rule_security.%';
SELECT * FROM round_trip('security.policy_rls_off', 'rule_security.%');
CREATE TABLE locked (id int PRIMARY KEY);
CREATE TABLE locked_grant (id int PRIMARY KEY);
ALTER TABLE locked ENABLE ROW LEVEL SECURITY;
ALTER TABLE locked_grant ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON locked_grant TO rule_security_app;
SELECT object_name, severity, detail FROM advice_of('security.rls_no_policy') WHERE object_name LIKE 'rule_security.%';

-- security.policy_always_true: for writes, or beside a narrower one
CREATE TABLE free (id int PRIMARY KEY, tenant text);
CREATE TABLE void (id int PRIMARY KEY, tenant text);
CREATE TABLE read_free (id int PRIMARY KEY, tenant text);
ALTER TABLE free ENABLE ROW LEVEL SECURITY;
ALTER TABLE void ENABLE ROW LEVEL SECURITY;
ALTER TABLE read_free ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_free ON free FOR UPDATE USING (true);
CREATE POLICY v_all ON void FOR SELECT USING (true);
CREATE POLICY v_tenant ON void FOR SELECT TO rule_security_app USING (tenant = current_user);
CREATE POLICY r_all ON read_free FOR SELECT USING (true);
CREATE POLICY r_ins ON read_free FOR INSERT WITH CHECK (tenant = current_user);
CREATE POLICY r_restrict ON read_free AS RESTRICTIVE FOR UPDATE USING (true);
GRANT ALL ON free, void, read_free TO rule_security_app;
SELECT object_type, object_name, severity, title, revert_sql FROM advice_of('security.policy_always_true') WHERE object_name LIKE '%rule_security.%';
SELECT * FROM round_trip('security.policy_always_true', '%rule_security.%');
-- nobody may update: nothing to let through
REVOKE UPDATE ON free FROM rule_security_app;
SELECT count(*) FROM advice_of('security.policy_always_true') WHERE object_name = 'all_free on rule_security.free';

-- security.policy_many_permissive
CREATE TABLE crowd (id int PRIMARY KEY, tenant text);
ALTER TABLE crowd ENABLE ROW LEVEL SECURITY;
CREATE POLICY c1 ON crowd FOR SELECT USING (id = 1);
CREATE POLICY c2 ON crowd USING (id = 2);
SELECT count(*) FROM advice_of('security.policy_many_permissive') WHERE object_name LIKE 'rule_security.%';
CREATE POLICY c3 ON crowd FOR SELECT USING (id = 3);
CREATE POLICY c4 ON crowd AS RESTRICTIVE FOR SELECT USING (id < 9);
SELECT object_name, evidence FROM advice_of('security.policy_many_permissive') WHERE object_name LIKE 'rule_security.%';

-- security.rls_off_beside: siblings are kept apart by the same column
CREATE SCHEMA rule_tenants;
CREATE TABLE rule_tenants.a (id int PRIMARY KEY, tenant text);
CREATE TABLE rule_tenants.b (id int PRIMARY KEY, tenant text);
CREATE TABLE rule_tenants.drifted (id int PRIMARY KEY, tenant text);
CREATE TABLE rule_tenants.no_grant (id int PRIMARY KEY, tenant text);
CREATE TABLE rule_tenants.other_type (id int PRIMARY KEY, tenant int);
CREATE TABLE rule_tenants.no_column (id int PRIMARY KEY);
ALTER TABLE rule_tenants.a ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_tenants.b ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON rule_tenants.a TO rule_security_app USING (tenant = current_user);
GRANT SELECT ON rule_tenants.a, rule_tenants.b, rule_tenants.drifted, rule_tenants.other_type, rule_tenants.no_column TO rule_security_app;
SELECT count(*) FROM advice_of('security.rls_off_beside') WHERE object_name LIKE 'rule_tenants.%';
CREATE POLICY by_tenant ON rule_tenants.b TO rule_security_app USING (tenant = current_user);
SELECT object_name, variant, detail, apply_sql, revert_sql FROM advice_of('security.rls_off_beside') WHERE object_name LIKE 'rule_tenants.%';
SELECT * FROM round_trip('security.rls_off_beside', 'rule_tenants.%');
-- constants of a policy are data
ALTER POLICY by_tenant ON rule_tenants.a USING (tenant = 'Alice');
SELECT apply_sql, contains_values FROM advice_of('security.rls_off_beside') WHERE object_name LIKE 'rule_tenants.%';

-- security.granted_to_public, sensitive_column_public
CREATE TABLE pub1 (id int PRIMARY KEY, api_key text, pinned boolean);
CREATE TABLE pub2 (id int PRIMARY KEY);
CREATE TABLE pub_read (id int PRIMARY KEY, "Password" text, spin int);
CREATE TABLE pub_column (id int PRIMARY KEY, password_changed_at date, secret text);
CREATE TABLE kept (id int PRIMARY KEY, password text);
GRANT INSERT, UPDATE ON pub1, pub2 TO PUBLIC;
GRANT SELECT ON pub_read TO PUBLIC;
GRANT SELECT (id, secret) ON pub_column TO PUBLIC;
GRANT SELECT ON kept TO rule_security_app;
SELECT object_name, severity, affected_count, title, apply_sql FROM advice_of('security.granted_to_public') WHERE object_name = 'rule_security';
SELECT * FROM round_trip('security.granted_to_public', 'rule_security');
SELECT dbadvisor.set_rule('security.granted_to_public', thresholds => '{"select_counts": 1}');
SELECT severity, apply_sql FROM advice_of('security.granted_to_public') WHERE object_name = 'rule_security' AND variant = 'SELECT';
SELECT object_name, variant, apply_sql FROM advice_of('security.sensitive_column_public') WHERE object_name LIKE 'rule_security.%';
SELECT * FROM round_trip('security.sensitive_column_public', 'rule_security.%');

-- security.superuser_runs_foreign_code
CREATE FUNCTION foreign_code(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
ALTER FUNCTION foreign_code(int) OWNER TO rule_security_owner;
CREATE FUNCTION own_code(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE TABLE runs (id int PRIMARY KEY DEFAULT foreign_code(1), a int CHECK (own_code(a) > 0));
CREATE INDEX ON runs (foreign_code(a));
CREATE TABLE runs_own (a int CHECK (own_code(a) > 0));
SET ROLE rule_security_owner;
CREATE TABLE runs_theirs (a int CHECK (foreign_code(a) > 0));
RESET ROLE;
SELECT object_name, variant, severity, evidence ->> 'by' AS by FROM advice_of('security.superuser_runs_foreign_code') WHERE object_name LIKE 'rule_security.%';
SELECT * FROM round_trip('security.superuser_runs_foreign_code', 'rule_security.%');

-- matters of taste wait to be switched on
SELECT rule FROM dbadvisor.rule WHERE rule LIKE 'security.%' AND NOT enabled ORDER BY 1;
SELECT object_name, variant = current_user AS mine FROM advice_of('security.owner_superuser') WHERE object_name = 'rule_tenants';
GRANT SELECT ON rule_tenants.no_grant TO rule_security_report;
SELECT variant, title, apply_sql FROM advice_of('security.grant_missing_beside') WHERE object_name = 'rule_tenants';
SELECT * FROM round_trip('security.grant_missing_beside', 'rule_tenants');

-- security.extension_outdated: one that was installed in an older version
SELECT object_name FROM advice_of('security.extension_outdated') WHERE object_name IN ('dbadvisor', 'plpgsql', 'pg_trgm');
CREATE EXTENSION pg_trgm VERSION '1.4';
SELECT object_name, severity, evidence ->> 'installed_version' AS installed, apply_sql FROM advice_of('security.extension_outdated') WHERE object_name = 'pg_trgm';
SELECT * FROM round_trip('security.extension_outdated', 'pg_trgm');
DROP EXTENSION pg_trgm;

-- security.password_method
SELECT object_name, variant, severity, title FROM advice_of('security.password_method') WHERE variant LIKE 'trust%';
SET client_min_messages = error;
SET password_encryption = 'md5';
CREATE ROLE rule_security_md5 LOGIN PASSWORD 'old';
CREATE ROLE rule_security_md5_group PASSWORD 'old';
SET password_encryption = 'scram-sha-256';
CREATE ROLE rule_security_scram LOGIN PASSWORD 'new';
SELECT object_name, title, apply_sql FROM advice_of('security.password_method') WHERE object_name = 'password_encryption';
RESET password_encryption;
SET client_min_messages = warning;
GRANT dbadvisor_reader TO rule_security_app;
SET ROLE rule_security_app;
SELECT object_type, variant, detail FROM dbadvisor.rule_security_password_method;
RESET ROLE;

-- security.ssl_off: this server listens to its socket alone
SELECT count(*) FROM advice_of('security.ssl_off');
SELECT a, dbadvisor.listens_beyond(a) FROM unnest(ARRAY['', 'localhost', '127.0.0.1, ::1', '*', '10.0.0.1', 'localhost,db.example']) a;

-- Everything runs in an analysis, and nothing of an extension or the system is
-- reported.
SELECT dbadvisor.analyze('{security}') > 0 AS ran;
SELECT r.rule, r.status, r.reason FROM dbadvisor.rule_run r WHERE r.status NOT IN ('ok') ORDER BY 1;
SELECT count(*) FROM dbadvisor.finding WHERE object_name ~ '^(dbadvisor|pg_catalog|information_schema)\.' OR object_name = 'dbadvisor';

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'security.%';
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
DROP SCHEMA rule_security, rule_security_open, rule_tenants CASCADE;
REVOKE dbadvisor_reader FROM rule_security_app;
DROP ROLE rule_security_owner, rule_security_app, rule_security_report, rule_security_md5, rule_security_md5_group, rule_security_scram;
