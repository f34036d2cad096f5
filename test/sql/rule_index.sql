-- Rules of index hygiene: for each a case that fires and near misses that do not.
-- Drops that need a workload are in drop_fires and drop_safety_*.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_index;
SET search_path = rule_index;
SET client_min_messages = warning;
CREATE VIEW fresh AS SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten, dbadvisor.workload_clear() >= 0 AS cleared;
SELECT * FROM fresh;
CREATE FUNCTION found(rule text) RETURNS TABLE (object text, variant text, severity text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT object_name, r.variant, r.severity FROM dbadvisor.%I r
                                  WHERE object_type <> ''rule'' AND (object_name LIKE ''rule\_index.%%'' OR object_type = ''collation'')
                                  ORDER BY 1, 2', 'rule_' || replace(rule, '.', '_'));
END $$;

-- Foreign keys: one without an index, one whose index is on another column, in
-- second place, included, of some rows, of an expression, of another order of
-- characters, not valid.
CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE, a int, b int, n numeric UNIQUE, big bigint UNIQUE, UNIQUE (a, b));
CREATE TABLE wide_parent (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE fk01_none (p int REFERENCES parent);
CREATE TABLE fk02_second (p int REFERENCES parent, q int);
CREATE INDEX ON fk02_second (q, p);
CREATE TABLE fk03_included (p int REFERENCES parent, q int);
CREATE INDEX ON fk03_included (q) INCLUDE (p);
CREATE TABLE fk04_some (p int REFERENCES parent, q int);
CREATE INDEX ON fk04_some (p) WHERE q > 3;
CREATE TABLE fk05_expression (p int REFERENCES parent);
CREATE INDEX ON fk05_expression ((p + 0));
CREATE TABLE fk06_collation (p text REFERENCES parent (code));
CREATE INDEX ON fk06_collation (p COLLATE "POSIX");
CREATE TABLE fk07_invalid (p int REFERENCES parent);
CREATE INDEX fk07_index ON fk07_invalid (p);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'fk07_index'::regclass;
CREATE TABLE fk08_brin (p int REFERENCES parent);
CREATE INDEX ON fk08_brin USING brin (p);
CREATE TABLE fk09_self (id int PRIMARY KEY, up int REFERENCES fk09_self);
CREATE TABLE fk10_two (p int REFERENCES parent, q int REFERENCES parent);
CREATE INDEX ON fk10_two (q);
CREATE TABLE fk11_parts (p int REFERENCES parent, d int) PARTITION BY RANGE (d);
CREATE TABLE fk11_parts_1 PARTITION OF fk11_parts FOR VALUES FROM (0) TO (10);
CREATE INDEX fk11_own ON fk11_parts_1 (p);
CREATE TABLE fk11_parts_2 PARTITION OF fk11_parts FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (d);
CREATE TABLE fk11_parts_2_1 PARTITION OF fk11_parts_2 FOR VALUES FROM (10) TO (15);
-- half of two columns, as long as nothing tells how selective that half is
CREATE TABLE fk12_half (x int, y int, FOREIGN KEY (x, y) REFERENCES parent (a, b));
CREATE INDEX ON fk12_half (x);
-- Near misses: the planner finds the rows in each of these.
CREATE TABLE fk20_plain (p int REFERENCES parent);
CREATE INDEX ON fk20_plain (p);
CREATE TABLE fk21_order (x int, y int, FOREIGN KEY (x, y) REFERENCES parent (a, b));
CREATE INDEX ON fk21_order (y, x);
CREATE TABLE fk22_hash (p int REFERENCES parent);
CREATE INDEX ON fk22_hash USING hash (p);
CREATE TABLE fk23_not_null (p int REFERENCES parent);
CREATE INDEX ON fk23_not_null (p) WHERE p IS NOT NULL;
CREATE TABLE fk24_key (p int REFERENCES parent, q int, PRIMARY KEY (p, q));
CREATE TABLE fk25_descending (p int REFERENCES parent);
CREATE INDEX ON fk25_descending (p DESC NULLS LAST);
CREATE TABLE fk26_wider (p int REFERENCES parent (big));
CREATE INDEX ON fk26_wider (p, p);
CREATE TABLE fk27_parts (p int REFERENCES parent, d int) PARTITION BY RANGE (d);
CREATE TABLE fk27_parts_1 PARTITION OF fk27_parts FOR VALUES FROM (0) TO (10);
CREATE INDEX ON fk27_parts (p);
-- each value is a third of the table: an index would not be used
CREATE TABLE fk28_few (p int REFERENCES parent);
INSERT INTO parent (id) SELECT generate_series(1, 100);
INSERT INTO fk28_few SELECT 1 + g % 3 FROM generate_series(1, 30000) g;
ANALYZE fk28_few;
-- no index on an integer finds numeric values: see schema.foreign_key_type_mismatch
CREATE TABLE fk29_numeric (p int REFERENCES parent (n));
CREATE TABLE fk30_owned (p int REFERENCES parent);
ALTER EXTENSION pg_stat_statements ADD TABLE fk30_owned;
-- half of two columns that is selective by the statistics
CREATE TABLE fk31_half (x int, y int, FOREIGN KEY (x, y) REFERENCES wide_parent (a, b));
INSERT INTO wide_parent SELECT g, 1 FROM generate_series(10, 20009) g;
INSERT INTO fk31_half SELECT g, 1 FROM generate_series(10, 20009) g;
CREATE INDEX ON fk31_half (x);
ANALYZE fk31_half;
SELECT * FROM found('index.foreign_key_missing');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_foreign_key_missing WHERE object_name = 'rule_index.fk11_parts';
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_foreign_key_missing WHERE object_name = 'rule_index.fk01_none';
SELECT variant AS status FROM dbadvisor.rule_index_foreign_key_missing WHERE object_type = 'rule';
-- Severity: small tables, parents that are never deleted.
INSERT INTO fk01_none SELECT generate_series(1, 100);
ANALYZE fk01_none;
SELECT severity FROM dbadvisor.rule_index_foreign_key_missing WHERE object_name = 'rule_index.fk01_none';
SELECT dbadvisor.foreign_key_severity(NULL, 0, 0, 0, false, 'x') AS empty,
       dbadvisor.foreign_key_severity(100000, 1e8::bigint, 5000, 0, false, 'x') AS parents_stay,
       dbadvisor.foreign_key_severity(100000, 1e8::bigint, 5000, 3, false, 'x') AS parents_go,
       dbadvisor.foreign_key_severity(100000, 1e10::bigint, 5000, 3, false, 'x') AS large;

-- Two constraints that say the same; not: one that a foreign key refers to, one
-- that is checked later, one with NULLs that are equal.
CREATE TABLE dc1 (a int, b int, CONSTRAINT dc1_key PRIMARY KEY (a, b));
ALTER TABLE dc1 ADD CONSTRAINT dc1_again UNIQUE (a, b);
ALTER TABLE dc1 ADD CONSTRAINT dc1_turned UNIQUE (b, a);
CREATE TABLE dc2 (a int NOT NULL CONSTRAINT dc2_target UNIQUE);
CREATE TABLE dc2_child (a int PRIMARY KEY REFERENCES dc2 (a));
ALTER TABLE dc2 ADD PRIMARY KEY (a);
CREATE TABLE dc3 (a int, CONSTRAINT dc3_now UNIQUE (a), CONSTRAINT dc3_later UNIQUE (a) DEFERRABLE);
CREATE TABLE dc4 (a int, CONSTRAINT dc4_distinct UNIQUE (a), CONSTRAINT dc4_equal UNIQUE NULLS NOT DISTINCT (a));
CREATE TABLE dc5 (a int, b int, c int, UNIQUE (a, b), UNIQUE (a, c));
CREATE TABLE dc6 (a int NOT NULL, CONSTRAINT dc6_one UNIQUE (a)) PARTITION BY RANGE (a);
ALTER TABLE dc6 ADD CONSTRAINT dc6_two UNIQUE (a);
CREATE TABLE dc6_1 PARTITION OF dc6 FOR VALUES FROM (0) TO (10);
SELECT * FROM found('index.duplicate_constraint');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_duplicate_constraint WHERE variant = 'dc1_again';

-- Unique on more columns than are unique already; not: for a composite foreign key,
-- on some rows, on expressions, with NULLs that are equal.
CREATE TABLE us1 (a int PRIMARY KEY, b int, CONSTRAINT us1_more UNIQUE (a, b));
CREATE UNIQUE INDEX us1_index ON us1 (b, a);
CREATE TABLE us2 (a int PRIMARY KEY, b int, UNIQUE (a, b));
CREATE TABLE us2_child (a int, b int, FOREIGN KEY (a, b) REFERENCES us2 (a, b), PRIMARY KEY (a, b));
CREATE TABLE us3 (a int, b int);
CREATE UNIQUE INDEX us3_some ON us3 (a) WHERE b > 0;
CREATE UNIQUE INDEX us3_all ON us3 (a, b);
CREATE UNIQUE INDEX us3_expression ON us3 (b, abs(a));
CREATE TABLE us4 (a int, b int);
CREATE UNIQUE INDEX us4_a ON us4 (a);
CREATE UNIQUE INDEX us4_equal ON us4 (a, b) NULLS NOT DISTINCT;
SELECT * FROM found('index.unique_superset');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_unique_superset WHERE object_name = 'rule_index.us1_more';

-- Written often, read seldom; not: within the first days, read often, small.
CREATE TABLE ru (a int, b int, c int) WITH (autovacuum_enabled = off);
CREATE INDEX ru_a ON ru (a);
CREATE INDEX ru_b ON ru (b);
INSERT INTO ru SELECT g, g, g FROM generate_series(1, 20000) g;
VACUUM ANALYZE ru;
SET enable_seqscan = off;
SELECT count(*) FROM ru WHERE a = 5;
DO $$ BEGIN FOR i IN 1..100 LOOP PERFORM c FROM ru WHERE b = i; END LOOP; END $$;
RESET enable_seqscan;
SELECT pg_stat_force_next_flush();
SELECT * FROM found('index.rarely_used');
SELECT dbadvisor.set_rule('index.rarely_used', thresholds => '{"min_size_bytes": 1000, "min_days": 0}');
SELECT * FROM found('index.rarely_used');

-- Mostly NULL; not: some NULLs only, unique, on the rest already, sorted by.
CREATE TABLE mn (a int, b int, c int, d int, e int);
INSERT INTO mn SELECT CASE WHEN g % 10 = 0 THEN g END, CASE WHEN g % 10 <> 0 THEN g END, CASE WHEN g % 10 = 0 THEN g END,
                      CASE WHEN g % 10 = 0 THEN g END, CASE WHEN g % 1000 <> 0 THEN g END FROM generate_series(1, 40000) g;
CREATE INDEX mn_a ON mn (a);
CREATE INDEX mn_b ON mn (b);
CREATE UNIQUE INDEX mn_c ON mn (c);
CREATE INDEX mn_d ON mn (d) WHERE d IS NOT NULL;
CREATE INDEX "mn ON e" ON mn (e);
UPDATE mn SET e = NULL WHERE e % 10 <> 0;
VACUUM ANALYZE mn;
SELECT * FROM fresh;
SELECT dbadvisor.set_rule('index.mostly_null', thresholds => '{"min_size_bytes": 100000}');
SELECT * FROM found('index.mostly_null');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_mostly_null WHERE object_name LIKE '%mn ON e%';
SELECT dbadvisor.workload_add('SELECT * FROM rule_index.mn ORDER BY a LIMIT 5', 1000, 5) > 0 AS added;
SELECT * FROM found('index.mostly_null');

-- Few and common values; not: with a rare value, needed by a foreign key, with a
-- statement that reads the index alone.
CREATE TABLE un (flag boolean, status int, rare int, p int REFERENCES parent, filler text);
INSERT INTO un SELECT g % 2 = 0, g % 5, CASE WHEN g % 1000 = 0 THEN 1 ELSE 0 END, 1 + g % 3, repeat('x', 100) FROM generate_series(1, 40000) g;
CREATE INDEX un_flag ON un (flag);
CREATE INDEX un_status ON un (status);
CREATE INDEX un_rare ON un (rare);
CREATE INDEX un_p ON un (p);
VACUUM ANALYZE un;
SELECT * FROM fresh;
SELECT dbadvisor.set_rule('index.unselective', thresholds => '{"min_size_bytes": 100000}');
SELECT dbadvisor.workload_add('SELECT count(*) FROM rule_index.un WHERE status = 3', 1000, 5) > 0 AS added;
SELECT * FROM found('index.unselective');
SELECT w ->> 'index' AS withheld FROM dbadvisor.rule_index_unselective r, jsonb_array_elements(r.evidence -> 'withheld') w
 WHERE object_type = 'rule' ORDER BY 1;
SELECT * FROM fresh;

-- A B-tree on arrays; not: unique, GIN, scanned, on more columns.
CREATE TABLE ar (a int[], b int[], c int[], d int[], e int2vector);
CREATE INDEX ar_a ON ar (a);
CREATE UNIQUE INDEX ar_b ON ar (b);
CREATE INDEX ar_c ON ar USING gin (c);
CREATE INDEX ar_d ON ar (d, b);
SELECT count(*) FROM ar;
SELECT pg_stat_force_next_flush();
SELECT * FROM found('index.btree_on_array');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_btree_on_array WHERE object_name LIKE 'rule\_index%';

-- A predicate that excludes nothing; not: on a column that can be NULL, with more.
CREATE TABLE np (a int NOT NULL, b int, "c ON x" int NOT NULL);
CREATE INDEX np_a ON np (b) WHERE a IS NOT NULL;
CREATE INDEX np_b ON np (a) WHERE b IS NOT NULL;
CREATE INDEX np_more ON np (a) WHERE a IS NOT NULL AND b > 1;
CREATE UNIQUE INDEX "np ON c" ON np ("c ON x") WITH (fillfactor = 70) WHERE "c ON x" IS NOT NULL;
SELECT * FROM found('index.needless_predicate');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_index_needless_predicate WHERE object_name LIKE '%np ON c%';

-- Many and large; not: many that are small.
CREATE TABLE tm (a int, b int);
INSERT INTO tm SELECT g, g FROM generate_series(1, 1000) g;
CREATE INDEX tm_1 ON tm (a);
CREATE INDEX tm_2 ON tm (b);
CREATE INDEX tm_3 ON tm (a, b);
CREATE INDEX tm_4 ON tm (b, a);
VACUUM ANALYZE tm;
SELECT * FROM found('index.too_many');
SELECT dbadvisor.set_rule('index.too_many', thresholds => '{"min_indexes": 4, "min_size_bytes": 1000}', object_pattern => 'rule_index.tm');
SELECT * FROM found('index.too_many') WHERE object = 'rule_index.tm';

-- A collation of another version; not: one that nothing is sorted by.
CREATE COLLATION changed (provider = icu, locale = 'de');
CREATE COLLATION unused (provider = icu, locale = 'fr');
CREATE TABLE co (a text COLLATE changed, b text COLLATE "C");
CREATE UNIQUE INDEX co_a ON co (a);
CREATE INDEX co_b ON co (b);
SELECT * FROM found('index.collation_changed');
UPDATE pg_collation SET collversion = '1.0' WHERE collname IN ('changed', 'unused') AND collnamespace = 'rule_index'::regnamespace;
SELECT * FROM found('index.collation_changed');
SELECT apply_sql FROM dbadvisor.rule_index_collation_changed;

-- Nothing speaks of what is not the user's.
SELECT r.rule, r.object_name
  FROM (SELECT * FROM dbadvisor.rule_index_foreign_key_missing UNION ALL SELECT * FROM dbadvisor.rule_index_duplicate_constraint
         UNION ALL SELECT * FROM dbadvisor.rule_index_unique_superset UNION ALL SELECT * FROM dbadvisor.rule_index_needless_predicate) r
 WHERE r.object_type <> 'rule' AND (r.object_name LIKE 'dbadvisor.%' OR r.object_name LIKE 'pg\_%' OR r.object_name LIKE '%fk30%');

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'index.%';
ALTER EXTENSION pg_stat_statements DROP TABLE fk30_owned;
DROP SCHEMA rule_index CASCADE;
