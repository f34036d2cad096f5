-- Indexes that look alike and are not, and those that are and must not go: what
-- index.duplicate and index.redundant say of each.  The rest of what they
-- propose is in drop_fires.
CREATE SCHEMA drop_twins;
SET search_path = drop_twins;
SET client_min_messages = warning;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten, dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.set_rule(r, thresholds => '{"min_window_days": 0, "min_workload_days": 0, "max_cost_increase": 1000000}'))
  FROM unnest('{index.duplicate,index.redundant}'::text[]) r;
-- The planner speaks against nothing here: the catalog has to.

-- 1. primary key beside a unique index of the same keys: the key stays
CREATE TABLE t01 (id int PRIMARY KEY);
CREATE UNIQUE INDEX t01_twin ON t01 (id);
-- 2. unique constraint beside an older, smaller index
CREATE TABLE t02 (a int);
CREATE INDEX t02_old ON t02 (a);
ALTER TABLE t02 ADD CONSTRAINT t02_unique UNIQUE (a);
-- 3. two constraints of the same keys: neither
CREATE TABLE t03 (a int PRIMARY KEY, CONSTRAINT t03_unique UNIQUE (a));
-- 4. unique index that begins another index
CREATE TABLE t04 (a int, b int);
CREATE UNIQUE INDEX t04_unique ON t04 (a);
CREATE INDEX t04_wide ON t04 (a, b);
-- 5. unique index with more keys than another unique one
CREATE TABLE t05 (a int, b int);
CREATE UNIQUE INDEX t05_a ON t05 (a);
CREATE UNIQUE INDEX t05_a_b ON t05 (a, b);
-- 6. exclusion constraint
CREATE TABLE t06 (a int, CONSTRAINT t06_exclusion EXCLUDE USING btree (a WITH =));
CREATE INDEX t06_twin ON t06 (a);
-- 7. deferrable: neither the constraint nor the index that is checked at once
CREATE TABLE t07 (a int, CONSTRAINT t07_deferrable UNIQUE (a) DEFERRABLE);
CREATE UNIQUE INDEX t07_at_once ON t07 (a);
-- 8. the younger of two is the replica identity
CREATE TABLE t08 (a int NOT NULL);
CREATE UNIQUE INDEX t08_twin ON t08 (a);
CREATE UNIQUE INDEX t08_identity ON t08 (a);
ALTER TABLE t08 REPLICA IDENTITY USING INDEX t08_identity;
-- 9. the younger of two is what a foreign key refers to
CREATE TABLE t09 (a int, b int);
CREATE UNIQUE INDEX t09_target ON t09 (a);
CREATE TABLE t09_child (a int REFERENCES t09 (a));
CREATE UNIQUE INDEX t09_twin ON t09 (a);
-- 10. the younger of two is what the table is clustered by
CREATE TABLE t10 (a int);
CREATE INDEX t10_twin ON t10 (a);
CREATE INDEX t10_cluster ON t10 (a);
ALTER TABLE t10 CLUSTER ON t10_cluster;
-- 11. rows: all of them, some, others
CREATE TABLE t11 (a int, b int);
CREATE INDEX t11_some ON t11 (a) WHERE b > 5;
CREATE INDEX t11_others ON t11 (a) WHERE b < 5;
CREATE INDEX t11_wide_some ON t11 (a, b) WHERE b > 7;
CREATE TABLE t11_full (a int, b int);
CREATE INDEX t11_full_all ON t11_full (a);
CREATE INDEX t11_full_some ON t11_full (a, b) WHERE b > 5;
-- 12. rows: the predicate of one implies that of the other
CREATE TABLE t12 (a int, b int);
CREATE INDEX t12_less ON t12 (a) WHERE b > 7;
CREATE INDEX t12_more ON t12 (a) WHERE b > 5;
-- 13. expressions
CREATE TABLE t13 (a text);
CREATE INDEX t13_plain ON t13 (a);
CREATE INDEX t13_lower ON t13 (lower(a));
CREATE INDEX t13_upper ON t13 (upper(a));
-- 14. included columns: each has one that the other has not
CREATE TABLE t14 (a int, b int, c int);
CREATE INDEX t14_b ON t14 (a) INCLUDE (b);
CREATE INDEX t14_c ON t14 (a) INCLUDE (c);
CREATE UNIQUE INDEX t14_unique ON t14 (b);
CREATE UNIQUE INDEX t14_unique_more ON t14 (b) INCLUDE (c);
-- 15. operator classes
CREATE TABLE t15 (a text);
CREATE INDEX t15_default ON t15 (a);
CREATE INDEX t15_pattern ON t15 (a text_pattern_ops);
-- 16. collations
CREATE TABLE t16 (a text);
CREATE INDEX t16_default ON t16 (a);
CREATE INDEX t16_collated ON t16 (a COLLATE "POSIX");
-- 17. directions
CREATE TABLE t17 (a int, b int);
CREATE INDEX t17_up ON t17 (a, b);
CREATE INDEX t17_mixed ON t17 (a, b DESC);
CREATE INDEX t17_mixed_too ON t17 (a DESC, b DESC NULLS LAST);
-- 18. NULLs
CREATE TABLE t18 (a int);
CREATE INDEX t18_last ON t18 (a);
CREATE INDEX t18_first ON t18 (a NULLS FIRST);
-- 19. GIN and B-tree
CREATE TABLE t19 (a int[]);
CREATE INDEX t19_btree ON t19 (a);
CREATE INDEX t19_gin ON t19 USING gin (a);
-- 20. hash, BRIN and B-tree
CREATE TABLE t20 (a int);
CREATE INDEX t20_btree ON t20 (a);
CREATE INDEX t20_hash ON t20 USING hash (a);
CREATE INDEX t20_brin ON t20 USING brin (a);
-- 21. the keys of a GiST index are not served by one with more of them
CREATE TABLE t21 (a tsvector, b int4range);
CREATE INDEX t21_a ON t21 USING gist (a);
CREATE INDEX t21_a_b ON t21 USING gist (a, b);
CREATE INDEX t21_short ON t21 USING gist (a tsvector_ops (siglen = 50));
-- 22. order of columns, and numbers of columns that begin with the same digit
CREATE TABLE t22 (c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int, c11 int);
CREATE INDEX t22_1_2 ON t22 (c1, c2);
CREATE INDEX t22_2_1 ON t22 (c2, c1);
CREATE INDEX t22_10 ON t22 (c10);
CREATE INDEX t22_11 ON t22 (c11);
-- 23. NULLs that are distinct in one and not in the other
CREATE TABLE t23 (a int);
CREATE UNIQUE INDEX t23_distinct ON t23 (a);
CREATE UNIQUE INDEX t23_not_distinct ON t23 (a) NULLS NOT DISTINCT;
-- 24. partitions: the parent's index goes as a whole, a partition's own one alone
CREATE TABLE t24 (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE t24_1 PARTITION OF t24 FOR VALUES FROM (0) TO (100);
CREATE TABLE t24_2 PARTITION OF t24 FOR VALUES FROM (100) TO (200);
CREATE INDEX t24_b ON t24 (b);
CREATE INDEX t24_b_twin ON t24 (b);
CREATE INDEX t24_1_own ON t24_1 (b);
-- 25. owned by an extension
CREATE TABLE t25 (a int);
CREATE INDEX t25_twin ON t25 (a);
CREATE INDEX t25_other ON t25 (a);
ALTER EXTENSION pg_stat_statements ADD TABLE t25;
-- 26. temporary, unlogged
CREATE TEMP TABLE t26 (a int);
CREATE INDEX t26_twin ON t26 (a);
CREATE INDEX t26_other ON t26 (a);
CREATE UNLOGGED TABLE t26_unlogged (a int);
CREATE INDEX t26_unlogged_old ON t26_unlogged (a);
CREATE INDEX t26_unlogged_new ON t26_unlogged (a);
-- 27. the one that is left is not valid
CREATE TABLE t27 (a int);
INSERT INTO t27 VALUES (1), (1);
CREATE INDEX t27_valid ON t27 (a);
\set VERBOSITY terse
CREATE UNIQUE INDEX CONCURRENTLY t27_invalid ON t27 (a);
-- 28. a matview, a table that inherits
CREATE MATERIALIZED VIEW t28 AS SELECT 1 AS a;
CREATE INDEX t28_old ON t28 (a);
CREATE UNIQUE INDEX t28_unique ON t28 (a);
CREATE TABLE t28_child () INHERITS (t11);
CREATE INDEX t28_child_a ON t28_child (a);

SELECT rule, object_name, evidence ->> 'covered_by' AS covered_by, evidence ->> 'cover' AS cover, apply_sql
  FROM (SELECT * FROM dbadvisor.rule_index_duplicate UNION ALL SELECT * FROM dbadvisor.rule_index_redundant) r
 WHERE object_name LIKE 'drop\_twins.%' OR object_name LIKE 'pg\_temp%'
 ORDER BY object_name;
SELECT w ->> 'index' AS withheld, g.key AS gate, g.value ->> 'detail' AS detail
  FROM (SELECT * FROM dbadvisor.rule_index_duplicate UNION ALL SELECT * FROM dbadvisor.rule_index_redundant) r,
       jsonb_array_elements(r.evidence -> 'withheld') w, jsonb_each(w -> 'gates') g
 WHERE r.object_type = 'rule' AND w ->> 'index' LIKE 'drop\_twins.%' AND g.value ->> 'passed' IS DISTINCT FROM 'true'
 ORDER BY 1, 2;
-- Never both of a pair.
SELECT a.object_name
  FROM dbadvisor.rule_index_duplicate a
  JOIN dbadvisor.rule_index_duplicate b ON b.object_name = a.evidence ->> 'covered_by';

-- Gates hold for themselves, whatever makes an index suspect.
SELECT u.index_name, string_agg(g.key, ', ' ORDER BY g.key) AS failed
  FROM dbadvisor.user_index u, jsonb_each(dbadvisor.catalog_gates(u.indexrelid, NULL, 'index.unused')) g
 WHERE u.schema_name = 'drop_twins' AND g.value ->> 'passed' = 'false'
 GROUP BY u.index_name ORDER BY u.index_name;
-- A table without a key that is published keeps its last index.
CREATE TABLE t29 (a int);
CREATE INDEX t29_only ON t29 (a);
SET client_min_messages = error;
CREATE PUBLICATION drop_twins FOR TABLE t29;
SELECT dbadvisor.catalog_gates('t29_only'::regclass, NULL, 'index.unused') -> 'logical_replication' AS gate;
DROP PUBLICATION drop_twins;
SELECT dbadvisor.catalog_gates('t29_only'::regclass, NULL, 'index.unused') -> 'logical_replication' AS gate;

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'index.%';
ALTER EXTENSION pg_stat_statements DROP TABLE t25;
DROP SCHEMA drop_twins CASCADE;
