-- Tables that mix entities: what is proposed, what is not searched, and what is in the
-- way of the script.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_split;
SET search_path = rule_split;
SET client_min_messages = warning;
SET jit = off;
SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{"min_mb": 0.02, "max_tables": 1000}');

-- A customer's name and town in each sale; not: with rows that contradict, of an
-- audit trail, of few rows.
CREATE TABLE sale (id int PRIMARY KEY, customer_id int, customer_name text, town text, amount int) WITH (autovacuum_enabled = off);
INSERT INTO sale SELECT g, g % 300, 'customer number ' || g % 300, 'town ' || g % 300 % 70, g * 7919 % 997 FROM generate_series(1, 6000) g;
CREATE TABLE torn (LIKE sale INCLUDING ALL);
INSERT INTO torn SELECT * FROM sale;
UPDATE torn SET customer_name = 'customer number ' || id * 7 % 300, town = 'town ' || id * 11 % 70 WHERE id > 5700;
CREATE TABLE audit_log (LIKE sale INCLUDING ALL);
INSERT INTO audit_log SELECT * FROM sale;
CREATE TABLE few (LIKE sale INCLUDING ALL);
INSERT INTO few SELECT * FROM sale WHERE id <= 900;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE sale, torn, audit_log, few;
SELECT full_name, rows, repeated_bytes BETWEEN 100000 AND 300000 AS bounded
  FROM dbadvisor.repetitive_tables(1000, 20000) WHERE full_name LIKE 'rule\_split.%' ORDER BY 1;
CREATE TEMP TABLE told AS SELECT * FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name LIKE 'rule\_split.%';
SELECT object_name, severity, title, detail, benefit_bytes > 50000 AS saves FROM told;
SELECT evidence - '{groups,saved_bytes}'::text[] AS evidence, evidence #> '{groups,0,parts,determinant}' AS score_part, evidence #> '{groups,0,score}' IS NOT NULL AS scored FROM told;

-- What is printed is to be run, and the finding is gone.
SELECT precheck_sql, apply_sql, revert_sql FROM told \gset
:precheck_sql;
:apply_sql;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE sale_data, customer;
SELECT count(*) AS rows, count(DISTINCT customer_name) AS names FROM sale;
SELECT count(*) AS left FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name LIKE 'rule\_split.sale%';
:revert_sql;
SELECT relkind, (SELECT count(*) FROM sale) AS rows FROM pg_class WHERE oid = 'sale'::regclass;

-- What hangs on the columns is in the way.
ALTER TABLE sale ALTER customer_name SET DEFAULT 'nobody';
CREATE VIEW name AS SELECT customer_name FROM sale;
CREATE UNIQUE INDEX sale_name ON sale (customer_name, id);
ALTER TABLE sale ADD CHECK (town <> '');
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER noop BEFORE INSERT ON sale FOR EACH ROW EXECUTE FUNCTION noop();
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE sale;
SELECT apply_sql, detail FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name = 'rule_split.sale';
SELECT part, title FROM dbadvisor.normalize('sale', min_bytes => 20000) WHERE part IN ('obstacle', 'migration', 'way back');

-- Copies of what another table has: no script, as the price may be that of a moment.
CREATE TABLE article (id int PRIMARY KEY, price numeric);
INSERT INTO article SELECT g, g * 7919 % 90 FROM generate_series(0, 299) g;
CREATE TABLE line (id int PRIMARY KEY, article_id int REFERENCES article, price int, note text) WITH (autovacuum_enabled = off);
INSERT INTO line SELECT g, g % 300, g % 300 * 7919 % 90, md5(g::text) FROM generate_series(1, 9000) g;
-- Of attributes each value says which it is one of.
CREATE TABLE attribute (id int PRIMARY KEY, item_id int, kind text, value text) WITH (autovacuum_enabled = off);
INSERT INTO attribute SELECT g, g / 5, 'attribute number ' || g % 5, 'value ' || g % 250 FROM generate_series(1, 9000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE line, attribute;
SELECT object_name, severity, title, detail, apply_sql
  FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name IN ('rule_split.line', 'rule_split.attribute');

-- Rows that contradict what all others say are told apart from what holds.
CREATE TABLE nearly WITH (autovacuum_enabled = off) AS SELECT id, customer_id, customer_name, town, amount FROM sale;
ALTER TABLE nearly ADD PRIMARY KEY (id);
UPDATE nearly SET customer_name = customer_name || '?' WHERE id % 500 = 7;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE nearly;
SELECT variant, severity, title, detail, evidence -> 'exceptions' AS exceptions, apply_sql IS NULL AS without_script
  FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name = 'rule_split.nearly' ORDER BY variant NULLS FIRST;
SELECT precheck_sql FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name = 'rule_split.nearly' AND variant IS NOT NULL \gset
SELECT count(*) AS customers FROM (:precheck_sql) p;
SELECT title FROM dbadvisor.normalize('nearly', min_bytes => 20000) WHERE part = 'dependency' ORDER BY 1;
UPDATE nearly SET customer_name = rtrim(customer_name, '?');
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE nearly;
SELECT variant, evidence #> '{groups,0,dependents}' AS dependents FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name = 'rule_split.nearly';

-- A larger table is read in part, and a search that is cut short says so.
SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{"sample_rows": 2000, "verify_mb": 0}');
SELECT severity, evidence ->> 'search' ~ '^all determinants of up to 3 columns are known, in [12]\d\d\d rows of the table$' AS searched, apply_sql IS NULL AS without_script, detail ~ 'No script is printed before' AS said
  FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE object_name = 'rule_split.sale';
SELECT title ~ '^the search was cut short \(the time limit has passed\): no more than all determinants of up to 0 columns are known, in \d+ rows of the table$' AS said
  FROM dbadvisor.normalize('sale', time_limit => '0 s') WHERE part = 'search';
SELECT title FROM dbadvisor.normalize('sale', max_lhs => 1) WHERE part = 'search';
SELECT variant, detail ~ '^tables not searched, for lack of time or as there are many: \d+$' AS said
  FROM dbadvisor.rule_normalization_table_mixes_entities('0 s') WHERE object_type = 'rule';

SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{"sample_rows": 50000, "verify_mb": 1024}');

-- A table that may not be read is named, and the others are told.
CREATE ROLE rule_split_reader IN ROLE dbadvisor_reader;
GRANT USAGE ON SCHEMA rule_split TO rule_split_reader;
GRANT SELECT (id, customer_id, customer_name) ON sale TO rule_split_reader;
GRANT SELECT ON audit_log, torn TO rule_split_reader;
SET ROLE rule_split_reader;
SELECT variant, detail FROM dbadvisor.rule_normalization_table_mixes_entities();
RESET ROLE;

DELETE FROM dbadvisor.rule_setting WHERE rule = 'normalization.table_mixes_entities';
DROP SCHEMA rule_split CASCADE;
DROP ROLE rule_split_reader;
