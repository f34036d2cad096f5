-- Indexes to build again: what was left half built, and what is mostly empty.
CREATE SCHEMA drop_rebuild;
SET search_path = drop_rebuild;
SET client_min_messages = warning;
\set VERBOSITY terse

-- A predicted size is that of the index as it is when it has just been built.
CREATE TABLE built (id int PRIMARY KEY, few int, name text, part int);
INSERT INTO built SELECT i, i % 30, 'some name ' || md5(i::text), i % 5 FROM generate_series(1, 50000) i;
CREATE INDEX built_few ON built (few);
CREATE INDEX built_few_plain ON built (few) WITH (deduplicate_items = off);
CREATE INDEX built_few_name ON built (few DESC, name);
CREATE INDEX built_name_half ON built (name) WITH (fillfactor = 50);
CREATE INDEX built_lower ON built (lower(name)) INCLUDE (part);
CREATE INDEX built_part ON built (name) WHERE part = 3;
CREATE UNIQUE INDEX built_unique ON built (part, id);
CREATE INDEX built_hash ON built USING hash (name);
CREATE INDEX built_gin ON built USING gin (to_tsvector('simple', name));
ANALYZE built;
SELECT c.relname,
       dbadvisor.index_size(c.oid) = pg_relation_size(c.oid) AS size_is_right,
       abs(dbadvisor.predicted_index_size(c.oid) / pg_relation_size(c.oid)::numeric - 1) < 0.05 AS prediction_is_near
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = 'built'::regclass AND c.relname NOT LIKE '%gin' ORDER BY 1;
-- What is no index has no size.
SELECT dbadvisor.predicted_index_size('built'), dbadvisor.index_size('built'), dbadvisor.index_size(0::oid);

-- Bloated: nine rows of ten are gone.  Near misses: one that is meant to be
-- half empty, and one that is small.
SELECT dbadvisor.set_rule('index.bloated', thresholds => '{"min_wasted_bytes": 100000}');
CREATE TABLE hollow (id int PRIMARY KEY, a int);
INSERT INTO hollow SELECT i, i FROM generate_series(1, 50000) i;
CREATE TABLE hollow_small AS SELECT i AS id FROM generate_series(1, 500) i;
CREATE INDEX hollow_small_id ON hollow_small (id);
DELETE FROM hollow WHERE id % 10 <> 0;
DELETE FROM hollow_small WHERE id % 10 <> 0;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE hollow, hollow_small, built;
SELECT object_name, (evidence ->> 'wasted_share')::float8 BETWEEN 0.8 AND 0.95 AS share, benefit_bytes > 500000 AS bytes, apply_sql
  FROM dbadvisor.rule_index_bloated WHERE object_name LIKE 'drop\_rebuild.%';
SELECT variant, detail FROM dbadvisor.rule_index_bloated WHERE object_type = 'rule';
-- Old statistics do not count.
INSERT INTO hollow SELECT i, i FROM generate_series(100001, 102000) i;
SELECT pg_stat_force_next_flush();
SELECT object_type, detail FROM dbadvisor.rule_index_bloated WHERE object_name LIKE 'drop\_rebuild.%' OR object_type = 'rule';
ANALYZE hollow;
SELECT pg_stat_force_next_flush();
REINDEX INDEX hollow_pkey;
SELECT object_name FROM dbadvisor.rule_index_bloated WHERE object_name LIKE 'drop\_rebuild.%';

-- Left half built: build again, and see first that nothing is there twice.
CREATE TABLE half (a int, b int);
INSERT INTO half VALUES (1, 0), (1, 1);
CREATE UNIQUE INDEX CONCURRENTLY half_unique ON half (a);
CREATE INDEX CONCURRENTLY half_division ON half ((1 / b));
CREATE INDEX CONCURRENTLY half_division_too ON half ((2 / b));
UPDATE half SET b = 1;
-- What is to be dropped: the rest of a REINDEX, and what a valid one repeats.
CREATE INDEX half_b ON half (b);
CREATE INDEX half_a ON half (a);
CREATE UNIQUE INDEX CONCURRENTLY half_a_ccnew ON half (a);
CREATE INDEX half_division_valid ON half ((1 / b));
-- A name tells of a REINDEX only beside the index that it was about.
CREATE UNIQUE INDEX CONCURRENTLY half_other_ccnew ON half (b);
-- A partitioned table's that waits for its partitions is not half built.
CREATE TABLE half_parts (a int) PARTITION BY RANGE (a);
CREATE TABLE half_part PARTITION OF half_parts FOR VALUES FROM (0) TO (10);
CREATE INDEX half_parts_a ON ONLY half_parts (a);
SELECT object_name, title, precheck_sql, apply_sql, revert_sql, safety, proof
  FROM dbadvisor.rule_index_invalid WHERE object_name LIKE 'drop\_rebuild.%' ORDER BY 1;
SELECT variant, detail FROM dbadvisor.rule_index_invalid WHERE object_type = 'rule';
-- Under way, as far as can be told: silent, and findings stay open.
BEGIN;
LOCK half IN SHARE UPDATE EXCLUSIVE MODE;
SELECT object_type, variant, detail FROM dbadvisor.rule_index_invalid;
ROLLBACK;

-- As advised, once what would make the build fail again is gone.
SELECT precheck_sql FROM dbadvisor.rule_index_invalid WHERE object_name = 'drop_rebuild.half_unique' \gexec
DELETE FROM half WHERE ctid <> (SELECT min(ctid) FROM half);
SELECT apply_sql FROM dbadvisor.rule_index_invalid WHERE object_name LIKE 'drop\_rebuild.%' ORDER BY 1 \gexec
SELECT object_name FROM dbadvisor.rule_index_invalid WHERE object_name LIKE 'drop\_rebuild.%';
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'half'::regclass ORDER BY indexrelid::regclass::text COLLATE "C";

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'index.%';
DROP SCHEMA drop_rebuild CASCADE;
