-- Spellings, paths, trees that are walked, names with two types: for each a case that
-- fires and near misses.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_shape;
SET search_path = rule_shape;
SET client_min_messages = warning;
SET jit = off;

-- Spellings; not: short codes, digits, values that differ otherwise, keys of another
-- table, types that compare without regard to case, columns of many values.
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE kind (name text PRIMARY KEY);
INSERT INTO kind VALUES ('secretplace'), ('Secretplace');
CREATE TABLE sv1 (id int PRIMARY KEY, city text, blank varchar(40), either text, unit text, code text, other text, kind text REFERENCES kind,
                  free text COLLATE any_case, "all" text) WITH (autovacuum_enabled = off);
INSERT INTO sv1 SELECT g, (ARRAY['Secretplace', 'secretplace', 'Elsewhere'])[1 + g % 10 / 5 + g % 10 / 9],
       (ARRAY['Secret place', 'Secret  place', ' Secret place', 'Else'])[1 + g % 4],
       (ARRAY['Secret place', ' secret place', 'SECRET PLACE'])[1 + g % 3],
       (ARRAY['mW', 'MW', 'kW'])[1 + g % 3], (ARRAY['1234', ' 1234', '5678'])[1 + g % 3], (ARRAY['Secret-place', 'Secretplace', 'Secretplaces'])[1 + g % 3],
       (ARRAY['secretplace', 'Secretplace'])[1 + g % 2], (ARRAY['secretplace', 'Secretplace'])[1 + g % 2],
       CASE WHEN g % 2 = 0 THEN 'name ' ELSE 'Name ' END || g / 2
  FROM generate_series(1, 3000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE sv1, kind;
SELECT object_name, severity, title, detail, evidence FROM dbadvisor.rule_normalization_spelling_varies
 WHERE object_name LIKE 'rule\_shape%' ORDER BY 1;
SELECT precheck_sql FROM dbadvisor.rule_normalization_spelling_varies WHERE object_name = 'rule_shape.sv1.city' \gset
:precheck_sql;
SELECT count(*) AS with_values FROM dbadvisor.rule_normalization_spelling_varies r WHERE r::text ~* 'secret';

-- What only grows and is named as a trail is left alone; what is changed is not.
CREATE TABLE "cityLog" (id int PRIMARY KEY, city text) WITH (autovacuum_enabled = off);
CREATE TABLE city_audit (id int PRIMARY KEY, city text) WITH (autovacuum_enabled = off);
CREATE TABLE city_catalog (id int PRIMARY KEY, city text) WITH (autovacuum_enabled = off);
INSERT INTO "cityLog" SELECT id, city FROM sv1;
INSERT INTO city_audit SELECT id, city FROM sv1;
INSERT INTO city_catalog SELECT id, city FROM sv1;
UPDATE city_audit SET city = 'else' WHERE id <= 10;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE "cityLog", city_audit, city_catalog;
SELECT object_name FROM dbadvisor.rule_normalization_spelling_varies WHERE object_name ~ 'rule_shape."?city' ORDER BY 1;

-- Paths; not: versions, addresses, dates, one depth, words without a name that says so,
-- files, roots that never come again.
CREATE TABLE pt1 (id int PRIMARY KEY, route text, dotted text, tree_path text, version text, ip_address text, made text, flat text, words text, file_path text, alone text) WITH (autovacuum_enabled = off);
INSERT INTO pt1
SELECT g, '/1' || CASE WHEN g > 10 THEN '/' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '/' || g ELSE '' END,
       '1' || CASE WHEN g > 10 THEN '.' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '.' || g ELSE '' END,
       'Top' || CASE WHEN g > 10 THEN '.a' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '.b' || g ELSE '' END,
       '1' || CASE WHEN g > 10 THEN '.' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '.' || g ELSE '' END,
       '10.0.' || g / 256 || '.' || g % 256, '2020/01/' || g % 28, '1/' || g % 50 || '/' || g,
       'Top' || CASE WHEN g > 10 THEN '.a' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '.b' || g ELSE '' END,
       '/var/log' || CASE WHEN g > 10 THEN '/a-' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '/b' || g || '.txt' ELSE '' END,
       g || CASE WHEN g > 10 THEN '/' || g % 50 ELSE '' END || CASE WHEN g > 100 THEN '/' || g ELSE '' END
  FROM generate_series(1, 2000) g;
CREATE INDEX ON pt1 (dotted text_pattern_ops);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE pt1;
SELECT object_name, severity, title, detail, evidence FROM dbadvisor.rule_normalization_path_in_text
 WHERE object_name LIKE 'rule\_shape%' ORDER BY 1;
-- with the extension there is a statement, and after it no finding
SELECT count(apply_sql) FROM dbadvisor.rule_normalization_path_in_text WHERE object_name LIKE 'rule\_shape%';
CREATE SCHEMA rule_shape_extension;
CREATE EXTENSION ltree SCHEMA rule_shape_extension;
SELECT apply_sql, revert_sql, precheck_sql FROM dbadvisor.rule_normalization_path_in_text WHERE object_name = 'rule_shape.pt1.route' \gset
\echo :apply_sql
:precheck_sql;
:apply_sql;
SELECT object_name FROM dbadvisor.rule_normalization_path_in_text WHERE object_name LIKE 'rule\_shape%' ORDER BY 1;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM pt1 WHERE rule_shape_extension.text2ltree(translate(btrim(route, '/'), '/', '.')) OPERATOR(rule_shape_extension.<@) '1.7';
SELECT count(*) FROM pt1 WHERE rule_shape_extension.text2ltree(translate(btrim(route, '/'), '/', '.')) OPERATOR(rule_shape_extension.<@) '1.7';
RESET enable_seqscan;
SELECT count(*) FROM pt1 WHERE route || '/' LIKE '/1/7/%';
:revert_sql;

-- Levels as columns; not: what stands under several, two levels, levels that do not
-- repeat, of several types, with gaps, other names.
CREATE TABLE lv1 (id int PRIMARY KEY, level1 text, level2 text, level3 text, "catLevel_1" int, "catLevel_2" int, "catLevel_3" int,
                  tier1 int, tier2 int, node1 int, node2 int, node3 int, layer1 int, layer2 text, layer3 int, l1 int, l2 int, l4 int, part1 int, part2 int, part3 int) WITH (autovacuum_enabled = off);
INSERT INTO lv1
SELECT g, 'a' || g % 4, 'b' || g % 16, CASE WHEN g % 10 > 0 THEN 'c' || g % 64 END, g % 4, g % 7, g % 64,
       g % 4, g % 16, g % 4, g % 16, g, g % 4, g % 16, g % 64, g % 4, g % 16, g % 64, g % 4, g % 16, g % 64
  FROM generate_series(1, 3200) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE lv1;
SELECT object_name, variant, severity, title, detail, evidence FROM dbadvisor.rule_normalization_hierarchy_in_columns
 WHERE object_name LIKE 'rule\_shape%';
SELECT variant FROM dbadvisor.rule_normalization_repeating_group WHERE object_name LIKE 'rule\_shape%';
SELECT precheck_sql FROM dbadvisor.rule_normalization_hierarchy_in_columns WHERE object_name LIKE 'rule\_shape%' \gset
:precheck_sql;
UPDATE lv1 SET level1 = 'else' WHERE id = 3;
:precheck_sql;
SELECT count(*) FROM dbadvisor.rule_normalization_hierarchy_in_columns WHERE object_name LIKE 'rule\_shape%';

-- Trees that statements walk; not: short walks, few of them, trees that are written as
-- often, what is recursive over something else.
CREATE TABLE hw1 (id int PRIMARY KEY, parent_id int, name text NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE hw2 (code int PRIMARY KEY, above int REFERENCES hw2, name text NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE hw3 (id int PRIMARY KEY, parent_id int, name text NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO hw1 SELECT g, NULLIF(g / 4, 0), 'n' || g FROM generate_series(1, 20000) g;
INSERT INTO hw2 SELECT * FROM hw1;
INSERT INTO hw3 SELECT * FROM hw1;
CREATE INDEX ON hw2 (above);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE hw1, hw2, hw3;
-- the load that has filled them is no habit
DO $$ BEGIN PERFORM pg_stat_reset_single_table_counters(c) FROM unnest('{hw1,hw2,hw3}'::regclass[]) c; END $$;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
CREATE VIEW walked AS
SELECT object_name, title, apply_sql, evidence - ARRAY['index_wanted', 'written_from', 'confidence_reason', 'time_share'] AS evidence
  FROM dbadvisor.rule_normalization_hierarchy_walked WHERE object_name LIKE 'rule\_shape%' ORDER BY object_name;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT id FROM rule_shape.hw1 WHERE id = $1 UNION ALL SELECT c.id FROM t JOIN rule_shape.hw1 c ON c.parent_id = t.id) SELECT count(*) FROM t', 5000, 20) > 0 AS added;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT code FROM rule_shape.hw2 WHERE code = $1 UNION ALL SELECT c.code FROM t JOIN rule_shape.hw2 c ON c.above = t.code) SELECT count(*) FROM t', 5000, 20) > 0 AS added;
-- recursive, but not over the tree
SELECT dbadvisor.workload_add('WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT h.name FROM t JOIN rule_shape.hw3 h ON h.name = t.n::text', 5000, 20) > 0 AS added;
SELECT * FROM walked \gx
-- up the tree the key finds each row
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT id, parent_id FROM rule_shape.hw1 WHERE id = $1 UNION ALL SELECT p.id, p.parent_id FROM t JOIN rule_shape.hw1 p ON p.id = t.parent_id) SELECT count(*) FROM t', 5000, 20) > 0 AS added;
SELECT object_name, title, evidence ->> 'direction' AS direction FROM walked;
-- too short, too few
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT code FROM rule_shape.hw2 WHERE code = $1 UNION ALL SELECT c.code FROM t JOIN rule_shape.hw2 c ON c.above = t.code) SELECT count(*) FROM t', 5000, 2) > 0 AS added;
SELECT object_name FROM walked;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT code FROM rule_shape.hw2 WHERE code = $1 UNION ALL SELECT c.code FROM t JOIN rule_shape.hw2 c ON c.above = t.code) SELECT count(*) FROM t', 50, 20) > 0 AS added;
SELECT object_name FROM walked;
-- written as often
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT code FROM rule_shape.hw2 WHERE code = $1 UNION ALL SELECT c.code FROM t JOIN rule_shape.hw2 c ON c.above = t.code) SELECT count(*) FROM t', 5000, 20) > 0 AS added;
UPDATE hw2 SET name = 'm' || code WHERE code <= 4000;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT object_name FROM walked;
-- the statement printed makes the index
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT id FROM rule_shape.hw1 WHERE id = $1 UNION ALL SELECT c.id FROM t JOIN rule_shape.hw1 c ON c.parent_id = t.id) SELECT count(*) FROM t', 5000, 2) > 0 AS added;
SELECT apply_sql, revert_sql FROM dbadvisor.rule_normalization_hierarchy_walked WHERE object_name LIKE 'rule\_shape%' \gset
:apply_sql;
SELECT object_name FROM walked;
:revert_sql;
SELECT object_name FROM walked;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;

-- Types of names; not: text and varchar, foreign keys, names of no key, two of two, "id".
CREATE TABLE ct1 (id int, customer_id bigint, "orderNo" int, sku_code text, amount int, ref_id uuid, pair_id int);
CREATE TABLE ct2 (id bigint, customer_id bigint, "orderNo" int, sku_code varchar(20), amount numeric, ref_id uuid, pair_id text);
CREATE TABLE ct3 (id text, customer_id int, "orderNo" int, sku_code text, amount text, ref_id uuid);
CREATE TABLE ct4 (id int, customer_id bigint, "orderNo" text, sku_code text, amount int, ref_id text);
CREATE TABLE ct5 (id int PRIMARY KEY, customer_id text);
CREATE TABLE ct6 (customer_id int REFERENCES ct5);
SELECT object_name, severity, title, detail, apply_sql, revert_sql FROM dbadvisor.rule_schema_column_type_differs
 WHERE object_name LIKE 'rule\_shape%' ORDER BY 1 \gx

-- Wide tables whose rows are updated; not: as wide and only read, as wide as allowed.
SELECT dbadvisor.set_rule('schema.too_many_columns', thresholds => '{"min_updates": 100}');
SELECT format('CREATE TABLE %s (%s) WITH (autovacuum_enabled = off)', t, string_agg(format('c%s int', g), ', ' ORDER BY g))
  FROM (VALUES ('gt1', 61), ('gt2', 61), ('gt3', 60)) v (t, n), generate_series(1, n) g GROUP BY t ORDER BY t \gexec
INSERT INTO gt1 (c1) SELECT generate_series(1, 150);
INSERT INTO gt2 (c1) SELECT generate_series(1, 150);
INSERT INTO gt3 (c1) SELECT generate_series(1, 150);
UPDATE gt1 SET c2 = c1;
UPDATE gt3 SET c2 = c1;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT object_name, severity, detail, evidence FROM dbadvisor.rule_schema_too_many_columns WHERE object_name LIKE 'rule\_shape%';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'schema.too_many_columns';

DROP SCHEMA rule_shape, rule_shape_extension CASCADE;
