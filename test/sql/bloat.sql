-- measure_bloat(): predicted and measured figures against what a table and its
-- indexes take when they are written anew; and the rule that uses them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE bloat_reader;
CREATE SCHEMA bloat;
SET search_path = bloat;
GRANT USAGE ON SCHEMA bloat TO bloat_reader;
GRANT dbadvisor_reader TO bloat_reader;

CREATE TABLE item (id int PRIMARY KEY, name text, price numeric, at timestamptz, note text)
  WITH (autovacuum_enabled = off);
INSERT INTO item SELECT i, md5(i::text), i, now(), CASE WHEN i % 3 = 0 THEN 'note ' || i END FROM generate_series(1, 60000) i;
CREATE INDEX item_name ON item (name);
VACUUM ANALYZE item;

-- "close": within 10 % of the truth, which is the size after it is written anew
CREATE TABLE truth AS
SELECT relation_name, kind, size_bytes, estimated_fresh_bytes, measured_fresh_bytes
  FROM dbadvisor.measure_bloat('item', 300) WHERE size_bytes > 0;
SELECT relation_name, kind, estimated_fresh_bytes BETWEEN 0.9 * size_bytes AND 1.1 * size_bytes AS estimate_close,
       measured_fresh_bytes BETWEEN 0.9 * size_bytes AND 1.1 * size_bytes AS measure_close
  FROM truth ORDER BY 1;

-- Dead rows, first as they are, then their space.
-- Pages differ in how much is left, or a sample of them would have no error.
DELETE FROM item WHERE id % 4 <> 0 OR id / 50 % 7 = 0;
SELECT relation_name, dead_bytes > live_bytes AS mostly_dead, kept_bytes, pages_sampled
  FROM dbadvisor.measure_bloat('item', 200) WHERE kind = 'table';
VACUUM ANALYZE item;
DROP TABLE truth;
CREATE TABLE truth AS
SELECT relation_name, estimated_fresh_bytes, measured_fresh_bytes, measured_wasted_bytes_low, measured_wasted_bytes,
       measured_wasted_bytes_high, dead_bytes, size_bytes - live_bytes > 2 * live_bytes AS mostly_empty, pages_sampled
  FROM dbadvisor.measure_bloat('item', 200);
SELECT relation_name, dead_bytes < 1000000 AS vacuumed, mostly_empty, pages_sampled,
       measured_wasted_bytes_low <= measured_wasted_bytes AND measured_wasted_bytes <= measured_wasted_bytes_high AS ordered,
       measured_wasted_bytes_low < measured_wasted_bytes_high AS has_error
  FROM truth WHERE pages_sampled > 0 ORDER BY 1;
VACUUM (FULL, ANALYZE) item;
SELECT t.relation_name,
       t.estimated_fresh_bytes BETWEEN 0.9 * s.size AND 1.1 * s.size AS estimate_close,
       t.measured_fresh_bytes BETWEEN 0.9 * s.size AND 1.1 * s.size AS measure_close
  FROM truth t, pg_relation_size(t.relation_name::regclass) s (size) WHERE pages_sampled > 0 ORDER BY 1;

-- What is read in full has no error; a fill factor is no waste.
CREATE TABLE loose (id int, name text) WITH (fillfactor = 50, autovacuum_enabled = off);
INSERT INTO loose SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
VACUUM ANALYZE loose;
SELECT measured_wasted_bytes_low = measured_wasted_bytes_high AS exact,
       abs(measured_wasted_bytes) < 0.05 * size_bytes AS no_waste, free_bytes > 0.4 * size_bytes AS half_free
  FROM dbadvisor.measure_bloat('loose', 10000) WHERE kind = 'table';

-- Deleted pages of a B-tree can be used again.
CREATE TABLE queue (id int PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO queue SELECT generate_series(1, 50000);
DELETE FROM queue WHERE id < 45000;
VACUUM queue;
SELECT recyclable_pages > 100 AS recyclable, measured_wasted_bytes > 0.8 * size_bytes AS wasted
  FROM dbadvisor.measure_bloat('queue_pkey');

-- Partitions one by one; without statistics there is no estimate.
CREATE TABLE part (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
INSERT INTO part SELECT i % 20, 'x' FROM generate_series(1, 500) i;
SELECT relation_name, kind, estimated_fresh_bytes, pages_sampled FROM dbadvisor.measure_bloat('part') WHERE kind = 'table';

-- What cannot be measured says why.
CREATE VIEW seen AS SELECT 1 AS one;
CREATE SEQUENCE counter;
CREATE INDEX item_brin ON item USING brin (id);
SELECT relation_name, problem FROM dbadvisor.measure_bloat('seen');
SELECT relation_name, problem FROM dbadvisor.measure_bloat('counter');
SELECT relation_name, kind, problem FROM dbadvisor.measure_bloat('item_brin');
SELECT problem FROM dbadvisor.page_sample(0, 10);
SELECT * FROM dbadvisor.measure_bloat('item', 0);
SET ROLE bloat_reader;
SELECT relation_name, problem FROM dbadvisor.measure_bloat('loose') WHERE kind = 'table';
RESET ROLE;
GRANT SELECT ON loose TO bloat_reader;
SET ROLE bloat_reader;
SELECT relation_name, pages_sampled > 0 AS measured FROM dbadvisor.measure_bloat('loose') WHERE kind = 'table';
RESET ROLE;
BEGIN READ ONLY;
SELECT relation_name, pages_sampled > 0 AS measured FROM dbadvisor.measure_bloat('loose') WHERE kind = 'table';
SELECT count(*) FROM pg_locks WHERE relation = 'loose'::regclass;
COMMIT;

-- The rule: a table that is bloated, one that is full, one that the fill factor
-- keeps half empty, and one whose statistics are wrong.
CREATE TABLE bloated (id int, name text) WITH (autovacuum_enabled = off);
INSERT INTO bloated SELECT i, md5(i::text) FROM generate_series(1, 30000) i;
CREATE TABLE full_up (id int, name text) WITH (autovacuum_enabled = off);
INSERT INTO full_up SELECT i, md5(i::text) FROM generate_series(1, 30000) i;
CREATE TABLE misjudged (id int, name text) WITH (autovacuum_enabled = off);
INSERT INTO misjudged SELECT i, 'x' FROM generate_series(1, 10) i;
ANALYZE misjudged;
INSERT INTO misjudged SELECT i, repeat('long', 50) FROM generate_series(1, 9000) i;
CREATE TABLE parts (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000000) WITH (autovacuum_enabled = off);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000000) TO (2000000) WITH (autovacuum_enabled = off);
INSERT INTO parts SELECT i * 50, md5(i::text) FROM generate_series(1, 39999) i;
DELETE FROM bloated WHERE id % 3 <> 0;
DELETE FROM parts WHERE id % 3 <> 0;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
VACUUM ANALYZE bloated, full_up, loose, parts;
VACUUM misjudged;
SELECT dbadvisor.set_rule('maintenance.table_bloat', thresholds => '{"min_wasted_bytes": 500000}');
SELECT object_name, affected_count, severity, proof, benefit_bytes > 500000 AS frees, apply_sql,
       evidence ->> 'pages_sampled' AS pages_sampled, evidence ? 'estimated_fresh_bytes' AS both_figures
  FROM dbadvisor.rule_maintenance_table_bloat WHERE object_name LIKE 'bloat.%' ORDER BY 1;
VACUUM (FULL, ANALYZE) bloated;
SELECT object_name FROM dbadvisor.rule_maintenance_table_bloat WHERE object_name LIKE 'bloat.%' ORDER BY 1;
-- what is left out is told
SELECT dbadvisor.set_rule('maintenance.table_bloat', thresholds => '{"max_tables": 0}');
SELECT variant, detail FROM dbadvisor.rule_maintenance_table_bloat;
-- by default such small tables do not matter
DELETE FROM dbadvisor.rule_setting WHERE rule = 'maintenance.table_bloat';
SELECT object_type, variant, detail FROM dbadvisor.rule_maintenance_table_bloat;

-- An index: predicted from statistics, confirmed on its pages.
CREATE TABLE sparse (id int, name text) WITH (autovacuum_enabled = off);
INSERT INTO sparse SELECT i, md5(i::text) FROM generate_series(1, 30000) i;
CREATE INDEX sparse_name ON sparse (name);
CREATE INDEX sparse_id ON sparse (id);
DELETE FROM sparse WHERE id % 4 <> 0;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
VACUUM (ANALYZE, INDEX_CLEANUP ON) sparse;
REINDEX INDEX sparse_id;
SELECT dbadvisor.set_rule('index.bloated', thresholds => '{"min_wasted_bytes": 500000}');
SELECT object_name, confidence, evidence -> 'pages_sampled' AS pages_sampled,
       (evidence ->> 'measured_fresh_bytes')::bigint BETWEEN 0.85 * (evidence ->> 'fresh_bytes')::bigint
                                                         AND 1.15 * (evidence ->> 'fresh_bytes')::bigint AS figures_agree
  FROM dbadvisor.rule_index_bloated WHERE object_name LIKE 'bloat.sparse%';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'index.bloated';

DROP SCHEMA bloat CASCADE;
REVOKE dbadvisor_reader FROM bloat_reader;
DROP ROLE bloat_reader;
