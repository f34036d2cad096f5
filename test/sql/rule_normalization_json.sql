-- Documents that hold what could be columns: what fires and what is near.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_json;
SET search_path = rule_json;
SET client_min_messages = warning;
SET jit = off;

-- A key that is always there and asked for by an index, a view and a constraint; not:
-- one that nothing asks for, in few documents, of two types, a list, in few rows.
CREATE TABLE doc (id int PRIMARY KEY, "Body" jsonb, spare jsonb) WITH (autovacuum_enabled = off);
INSERT INTO doc SELECT g, jsonb_build_object('email', 'e' || g, 'age', g % 90, 'secret', g, 'it''s', true, 'tags', '[]'::jsonb,
                                             'mixed', CASE WHEN g % 2 = 0 THEN to_jsonb(g) ELSE to_jsonb('a' || g) END)
                          || CASE WHEN g % 3 = 0 THEN '{"seldom": 1}' ELSE '{}' END::jsonb,
                       jsonb_build_object('email', g)
  FROM generate_series(1, 3000) g;
CREATE INDEX doc_email ON doc (("Body" ->> 'email'));
CREATE INDEX doc_seldom ON doc (("Body" ->> 'seldom'), ("Body" -> 'mixed'), ("Body" -> 'tags'));
CREATE VIEW ages AS SELECT d.id, (d."Body" ->> 'age')::int AS age FROM doc d;
ALTER TABLE doc ADD CHECK ("Body" ->> 'it''s' <> 'false');
CREATE TABLE small AS SELECT * FROM doc WHERE id <= 500;
CREATE INDEX ON small (("Body" ->> 'email'));

-- Keys that are numbers of things; not: as many that are in all documents.
CREATE TABLE map (id int PRIMARY KEY, scores jsonb, wide jsonb) WITH (autovacuum_enabled = off);
INSERT INTO map
SELECT g, (SELECT jsonb_object_agg('user' || (g * h * 7919) % 1009, h) FROM generate_series(1, 4) h),
       (SELECT jsonb_object_agg('field' || h, g) FROM generate_series(1, 210) h WHERE h <= 210 - g % 2)
  FROM generate_series(1, 1500) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE doc, small, map;

SELECT object_name, variant, severity, title, detail, evidence - 'keys' AS evidence
  FROM dbadvisor.rule_normalization_json_holds_column WHERE object_name LIKE 'rule\_json.%' ORDER BY 1, 2;
SELECT evidence -> 'keys' AS keys FROM dbadvisor.rule_normalization_json_holds_column WHERE object_name LIKE 'rule\_json.doc%';
-- what the schema does not name stays unsaid
SELECT count(*) FROM dbadvisor.rule_normalization_json_holds_column r WHERE r::text ~ 'secret|user\d|field\d';
-- but is counted where a statement asks for keys; where constants may be shown, it is named
SELECT dbadvisor.workload_add('SELECT spare ->> ''email'' FROM rule_json.doc WHERE id = 1', 10, 1) > 0 AS added;
SELECT object_name, title, detail FROM dbadvisor.rule_normalization_json_holds_column WHERE object_name = 'rule_json.doc.spare';
SELECT r::text ~ 'email' AS named FROM dbadvisor.rule_normalization_json_holds_column r WHERE object_name = 'rule_json.doc.spare';
SET dbadvisor.include_values = on;
SELECT title, evidence -> 'keys' AS keys FROM dbadvisor.rule_normalization_json_holds_column WHERE object_name = 'rule_json.doc.spare';
RESET dbadvisor.include_values;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
-- nor is a table read that may not be
CREATE ROLE rule_json_reader IN ROLE dbadvisor_reader;
GRANT USAGE ON SCHEMA rule_json TO rule_json_reader;
GRANT SELECT (id) ON doc TO rule_json_reader;
SET ROLE rule_json_reader;
SELECT count(*) FROM dbadvisor.rule_normalization_json_holds_column WHERE object_name LIKE 'rule\_json.%';
SELECT count(*) FROM dbadvisor.json_keys('doc'::regclass, 'Body');
RESET ROLE;

DROP SCHEMA rule_json CASCADE;
DROP ROLE rule_json_reader;
