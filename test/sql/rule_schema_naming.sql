-- Rules of names, shipped switched off: one row per schema.
CREATE SCHEMA "Rule Naming";
CREATE SCHEMA rule_naming;
CREATE TABLE "Rule Naming"."Order Lines" ("Id" int, fine int, a$1 int);
CREATE TABLE rule_naming."user" ("select" int, "name" int, position int);
CREATE TABLE rule_naming.a23456789012345678901234567890123456789012345678901234567890123 (a23456789012345678901234567890123456789012345678901234567890123 int, a2345 int);
CREATE TABLE rule_naming.pg_class (id int, "n" int);
CREATE TABLE rule_naming."pаge" (id int, "страница" int);
CREATE TABLE rule_naming.parts ("Part" int) PARTITION BY RANGE ("Part");
CREATE TABLE rule_naming.parts_1 PARTITION OF rule_naming.parts FOR VALUES FROM (0) TO (10);

SELECT rule, enabled FROM dbadvisor.rule WHERE rule LIKE 'schema.name\_%' ORDER BY rule;
SELECT r.rule, r.object_name, r.affected_count, r.severity, r.detail
  FROM (SELECT * FROM dbadvisor.rule_schema_name_needs_quotes UNION ALL SELECT * FROM dbadvisor.rule_schema_name_reserved
         UNION ALL SELECT * FROM dbadvisor.rule_schema_name_truncated UNION ALL SELECT * FROM dbadvisor.rule_schema_name_confusing
         UNION ALL SELECT * FROM dbadvisor.rule_schema_name_shadows_catalog) r
 WHERE r.object_name IN ('rule_naming', '"Rule Naming"')
 ORDER BY 1, 2;

-- lint() leaves them out until they are switched on.
SELECT count(*) AS off FROM dbadvisor.lint('rule_naming', '{schema}') WHERE rule LIKE 'schema.name\_%';
SELECT dbadvisor.set_rule('schema.name_reserved', enabled => true);
SELECT rule, object_name FROM dbadvisor.lint('rule_naming', '{schema}') WHERE rule LIKE 'schema.name\_%';

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'schema.%';
SET client_min_messages = warning;
DROP SCHEMA rule_naming, "Rule Naming" CASCADE;
