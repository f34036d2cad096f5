-- Rules of types and columns: for each a case that fires and near misses.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_types;
SET search_path = rule_types;
SET client_min_messages = warning;
CREATE FUNCTION found(name text) RETURNS TABLE (object text, variant text, severity text, apply_sql text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT object_name, r.variant, r.severity, r.apply_sql FROM dbadvisor.rule_%s r
                                  WHERE object_name LIKE ''rule\_types%%'' ORDER BY 1, 2', replace(name, '.', '_'));
END $$;

-- Types that mean something else than they seem to; not: those beside them,
-- domains, what a parent has, what is generated.
CREATE DOMAIN local_time AS timestamp;
CREATE TABLE ty1 (id int PRIMARY KEY, made timestamp, "Changed At" timestamp(3), at timestamptz, domain local_time,
                  day date GENERATED ALWAYS AS (date '2000-01-01') STORED);
CREATE TABLE ty1_child (own timestamp) INHERITS (ty1);
CREATE TABLE ty2 (id int PRIMARY KEY, a timetz, b time, c timestamptz(0), d timestamp(0), e timestamptz(6), f money, g numeric);
CREATE TABLE ty3 (id int PRIMARY KEY, price real, total_amount_eur double precision, weight real, price_list text, c1 "char", c2 char(1), c3 char(3),
                  v varchar(20), w varchar, doc json, doc_b jsonb, f regproc, cl regclass, t text DEFAULT 'NULL', u text DEFAULT NULL, n text DEFAULT 'NULLS');
CREATE VIEW ty2_view AS SELECT f FROM ty2;
SELECT * FROM found('schema.timestamp_without_zone');
SELECT * FROM found('schema.time_with_zone');
SELECT * FROM found('schema.timestamp_rounded');
SELECT * FROM found('schema.money');
SELECT detail FROM dbadvisor.rule_schema_money WHERE object_name = 'rule_types.ty2';
SELECT * FROM found('schema.float_money');
SELECT * FROM found('schema.char_n');
SELECT * FROM found('schema.varchar_n');
SELECT * FROM found('schema.json_text');
SELECT * FROM found('schema.upgrade_blocker');
SELECT * FROM found('schema.default_null_text');

-- What an impact says of a rewrite holds.
CREATE TABLE rewritten (rule text, before oid, says_rewrite boolean);
INSERT INTO rewritten
SELECT r.rule, pg_relation_filenode(r.relid), r.impact LIKE '%is rewritten and%'
  FROM (SELECT * FROM dbadvisor.rule_schema_timestamp_rounded UNION ALL SELECT * FROM dbadvisor.rule_schema_varchar_n
         UNION ALL SELECT * FROM dbadvisor.rule_schema_timestamp_without_zone) r
 WHERE r.object_name IN ('rule_types.ty1', 'rule_types.ty3');
INSERT INTO ty1 (id, made) VALUES (1, '2000-01-01 12:00');
INSERT INTO ty3 (id, v) VALUES (1, 'x');
SELECT string_agg(apply_sql, E';\n') AS apply FROM dbadvisor.rule_schema_varchar_n WHERE object_name = 'rule_types.ty3' \gset
:apply;
SELECT apply_sql AS apply FROM dbadvisor.rule_schema_timestamp_without_zone WHERE object_name = 'rule_types.ty1' \gset
:apply;
SELECT rule, says_rewrite, before <> pg_relation_filenode(CASE WHEN rule LIKE '%zone' THEN 'ty1' ELSE 'ty3' END::regclass) AS rewrites FROM rewritten ORDER BY rule;
SELECT made FROM ty1;

-- Sequences: nearly used up, ending before the column, filling a narrow one,
-- descending, not owned, started near the end; not: cycling, fresh, temporary, eight
-- bytes of which it had a part only.
CREATE TABLE sq1 (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('sq1_id_seq', 2000000000);
CREATE TABLE sq2 (id bigserial PRIMARY KEY);
ALTER SEQUENCE sq2_id_seq AS integer;
SELECT setval('sq2_id_seq', 1200000000);
CREATE SEQUENCE sq3_free;
CREATE TABLE sq3 (id smallint DEFAULT nextval('sq3_free') PRIMARY KEY);
SELECT setval('sq3_free', 25000);
CREATE SEQUENCE sq4_down INCREMENT -1;
CREATE TABLE sq4 (id int DEFAULT nextval('sq4_down') PRIMARY KEY);
SELECT setval('sq4_down', -2000000000);
CREATE TABLE sq4_child (id int REFERENCES sq4);
CREATE TABLE sq5 (id int GENERATED ALWAYS AS IDENTITY (CYCLE) PRIMARY KEY, n serial);
SELECT setval('sq5_id_seq', 2000000000);
CREATE TABLE sq7 (id int GENERATED ALWAYS AS IDENTITY (START 2040000001) PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY (START 8000000000000000000));
SELECT setval('sq7_id_seq', 2041000000);
SELECT setval('sq7_n_seq', 8000000000000100000);
CREATE TEMP TABLE sq6 (id serial);
SELECT setval('sq6_id_seq', 2000000000);
SELECT object_name, variant, severity, apply_sql FROM dbadvisor.rule_schema_sequence_exhaustion WHERE object_name LIKE '%sq%' ORDER BY 1;
SELECT * FROM found('schema.sequence_narrower');
SELECT detail FROM dbadvisor.rule_schema_sequence_exhaustion WHERE object_name LIKE '%sq4%';

-- Keys near their end without a sequence; not: no key, far from it.
CREATE TABLE ie1 (id int PRIMARY KEY, n int, s smallint UNIQUE, far int UNIQUE) WITH (autovacuum_enabled = off);
INSERT INTO ie1 SELECT 2147483647 - g, 2147483647, g * 30, g FROM generate_series(1, 1000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE ie1;
SELECT * FROM found('schema.integer_exhaustion');

-- Text of one form; not: codes, by zeros in front or by name, small tables, mixed,
-- numbers with any count of places.
CREATE TABLE th1 (id text PRIMARY KEY, day text, n text, code text, zip text, mixed text, amount text, version text, measure text) WITH (autovacuum_enabled = off);
INSERT INTO th1 SELECT gen_random_uuid(), to_char(date '2020-01-01' + g, 'YYYY-MM-DD'), g * 7, to_char(g, 'FM00000'), 10000 + g * 7, CASE WHEN g % 100 = 0 THEN 'none' ELSE g::text END,
       to_char(g * 0.37, 'FM990.00'), to_char(g * 0.01, 'FM990.00'), (g * 0.25)::float
  FROM generate_series(1, 2000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE th1;
SELECT * FROM found('schema.text_holds_type');
SELECT precheck_sql, revert_sql FROM dbadvisor.rule_schema_text_holds_type WHERE variant = 'day' AND object_name LIKE 'rule\_types%';

-- Columns that say nothing; not: in small tables, with two values.
CREATE TABLE cv1 (id int, always int, never text, two boolean) WITH (autovacuum_enabled = off);
INSERT INTO cv1 SELECT g, 1, NULL, g % 2 = 0 FROM generate_series(1, 10000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE cv1;
CREATE TABLE cv2 (always int);
INSERT INTO cv2 SELECT 1 FROM generate_series(1, 400);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE cv2;
SELECT object_name, severity, title FROM dbadvisor.rule_schema_column_one_value WHERE object_name LIKE 'rule\_types%' ORDER BY 1;

-- Very many columns.
SELECT dbadvisor.set_rule('schema.too_many_columns', thresholds => '{"min_columns": 15}');
SELECT * FROM found('schema.too_many_columns');

-- Large values; not: small tables, columns that are lz4 already.
CREATE TABLE tc1 (id int PRIMARY KEY, a text, b text);
SELECT * FROM found('schema.toast_compression');
SELECT dbadvisor.set_rule('schema.toast_compression', thresholds => '{"min_bytes": 0}');
SELECT * FROM found('schema.toast_compression') WHERE object = 'rule_types.tc1';
ALTER TABLE tc1 ALTER COLUMN a SET COMPRESSION lz4;
SELECT * FROM found('schema.toast_compression') WHERE object = 'rule_types.tc1';

-- Serial columns, to be switched on; not: identity columns, sequences of others.
SELECT object, severity FROM found('schema.serial');
SELECT apply_sql FROM dbadvisor.rule_schema_serial WHERE object_name = 'rule_types.sq2.id';

-- Random keys, with a statement where the server makes better ones; not: what is no key.
CREATE TABLE ur1 (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, other uuid DEFAULT gen_random_uuid());
SELECT dbadvisor.set_rule('schema.uuid_random', thresholds => '{"min_bytes": 0}');
SELECT object, severity FROM found('schema.uuid_random');
SELECT (apply_sql IS NOT NULL) = (current_setting('server_version_num')::int >= 180000) AS as_expected FROM dbadvisor.rule_schema_uuid_random WHERE object_name LIKE '%.ur1.%';

-- Passwords; not: hashes, other names.
CREATE TABLE pw1 (name text, password text, word text);
CREATE TABLE pw2 (password text);
INSERT INTO pw1 SELECT 'u' || g, 'secret' || g, 'w' FROM generate_series(1, 10) g;
INSERT INTO pw2 SELECT encode(sha256(g::text::bytea), 'hex') FROM generate_series(1, 10) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE pw1, pw2;
SELECT * FROM found('schema.plaintext_password');

-- Taste, switched off: comments, wide keys.
SELECT object_name, affected_count > 10 AS many FROM dbadvisor.rule_schema_description_missing WHERE object_name = 'rule_types';
CREATE TABLE pw3 (a int, b int, c int, d int, PRIMARY KEY (a, b, c, d));
SELECT * FROM found('schema.primary_key_wide');
CREATE TABLE pw3_child (a int, b int, c int, d int, FOREIGN KEY (a, b, c, d) REFERENCES pw3);
SELECT object, severity FROM found('schema.primary_key_wide');
SELECT rule FROM dbadvisor.rule WHERE rule LIKE 'schema.%' AND shipped AND NOT enabled ORDER BY rule;

-- Values stay out of what is said.
SELECT count(*) AS with_values
  FROM dbadvisor.lint('rule_types', '{schema}') l
 WHERE l::text ~ 'secret[0-9]|2020-0[1-9]|[0-9a-f]{8}-[0-9a-f]{4}-4';

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'schema.%';
DROP SCHEMA rule_types CASCADE;
