-- Rules of keys and constraints: for each a case that fires and near misses.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_keys;
SET search_path = rule_keys;
SET client_min_messages = warning;
CREATE FUNCTION found(name text) RETURNS TABLE (object text, variant text, severity text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT object_name, r.variant, r.severity FROM dbadvisor.rule_%s r
                                  WHERE object_name LIKE ''rule\_keys.%%'' ORDER BY 1, 2', replace(name, '.', '_'));
END $$;

-- No primary key: with a unique index or constraint that can be one, without any;
-- not: partitions, children, a key of another kind.
CREATE TABLE pk1_index (a int NOT NULL, b int);
CREATE UNIQUE INDEX pk1_key ON pk1_index (a);
CREATE TABLE pk2_constraint (a int NOT NULL CONSTRAINT pk2_key UNIQUE, b int);
CREATE TABLE pk3_none (a int, b int);
CREATE TABLE pk4_partial (a int NOT NULL, b int);
CREATE UNIQUE INDEX pk4_key ON pk4_partial (a) WHERE b > 0;
CREATE TABLE pk5_parts (a int NOT NULL) PARTITION BY RANGE (a);
CREATE TABLE pk5_parts_1 PARTITION OF pk5_parts FOR VALUES FROM (0) TO (10);
CREATE UNLOGGED TABLE pk6_staging (id text);
CREATE TABLE pk7_fine (a int PRIMARY KEY);
CREATE TABLE pk8_child (b int) INHERITS (pk7_fine);
CREATE TABLE pk9_fine (a int, PRIMARY KEY (a)) PARTITION BY RANGE (a);
CREATE TABLE pk9_fine_1 PARTITION OF pk9_fine FOR VALUES FROM (0) TO (10);
SELECT * FROM found('schema.primary_key_missing');
SELECT object_name, apply_sql, revert_sql FROM dbadvisor.rule_schema_primary_key_missing
 WHERE object_name LIKE 'rule\_keys.%' ORDER BY object_name;
SELECT pg_stat_force_next_flush();

-- Published without an identity; not: with a key, with FULL, inserts only.
CREATE TABLE ri1_none (a int);
CREATE TABLE ri2_index (a int NOT NULL);
CREATE UNIQUE INDEX ri2_key ON ri2_index (a);
CREATE TABLE ri3_full (a int);
ALTER TABLE ri3_full REPLICA IDENTITY FULL;
CREATE TABLE ri4_key (a int PRIMARY KEY);
CREATE TABLE ri5_parts (a int) PARTITION BY RANGE (a);
CREATE TABLE ri5_parts_1 PARTITION OF ri5_parts FOR VALUES FROM (0) TO (10);
CREATE TABLE ri5_parts_2 PARTITION OF ri5_parts FOR VALUES FROM (10) TO (20);
CREATE TABLE ri6_inserts (a int);
CREATE TABLE ri7_nothing (a int PRIMARY KEY);
ALTER TABLE ri7_nothing REPLICA IDENTITY NOTHING;
SET client_min_messages = error;
CREATE PUBLICATION rule_keys FOR TABLE ri1_none, ri2_index, ri3_full, ri4_key, ri5_parts, ri7_nothing;
CREATE PUBLICATION rule_keys_inserts FOR TABLE ri6_inserts WITH (publish = 'insert');
SET client_min_messages = warning;
SELECT * FROM found('schema.replica_identity_missing');
SELECT object_name, affected_count, apply_sql, revert_sql FROM dbadvisor.rule_schema_replica_identity_missing
 WHERE object_name LIKE 'rule\_keys.%' ORDER BY object_name;
DROP PUBLICATION rule_keys, rule_keys_inserts;

-- Not valid; not: valid ones, those of partitions.
CREATE TABLE nv1_check (a int, b int, c text);
ALTER TABLE nv1_check ADD CONSTRAINT nv1_order CHECK (a < b) NOT VALID, ADD CONSTRAINT nv1_secret CHECK (c <> 'secret') NOT VALID,
    ADD CONSTRAINT nv1_fine CHECK (a > 0);
CREATE TABLE nv2_key (a int);
ALTER TABLE nv2_key ADD CONSTRAINT nv2_parent FOREIGN KEY (a) REFERENCES pk7_fine NOT VALID;
SELECT * FROM found('schema.constraint_not_valid');
SELECT variant, precheck_sql, apply_sql, contains_values FROM dbadvisor.rule_schema_constraint_not_valid
 WHERE object_name LIKE 'rule\_keys.%' ORDER BY variant;

-- Not enforced, which a foreign key can be from 18 on; not: those that are.
SELECT current_setting('server_version_num')::int >= 180000 AS has_not_enforced \gset
CREATE TABLE ne1 (a int, b int REFERENCES pk7_fine);
\if :has_not_enforced
ALTER TABLE ne1 ADD CONSTRAINT ne1_free FOREIGN KEY (a) REFERENCES pk7_fine NOT ENFORCED;
\endif
SELECT count(*) = :'has_not_enforced'::bool::int AS as_expected FROM found('schema.constraint_not_enforced') WHERE variant = 'ne1_free';
SELECT count(*) AS others FROM found('schema.constraint_not_enforced') WHERE variant <> 'ne1_free';
\if :has_not_enforced
SELECT apply_sql FROM dbadvisor.rule_schema_constraint_not_enforced WHERE object_name = 'rule_keys.ne1' \gset
:apply_sql;
\endif
SELECT count(*) AS left_over FROM found('schema.constraint_not_enforced');
DROP TABLE ne1;

-- A foreign key twice; not: other columns, another action, another table.
CREATE TABLE fd_parent (a int PRIMARY KEY, b int UNIQUE);
CREATE TABLE fd1 (a int, b int);
ALTER TABLE fd1 ADD CONSTRAINT fd1_one FOREIGN KEY (a) REFERENCES fd_parent;
ALTER TABLE fd1 ADD CONSTRAINT fd1_again FOREIGN KEY (a) REFERENCES fd_parent;
ALTER TABLE fd1 ADD CONSTRAINT fd1_not_valid FOREIGN KEY (b) REFERENCES fd_parent NOT VALID;
ALTER TABLE fd1 ADD CONSTRAINT fd1_valid FOREIGN KEY (b) REFERENCES fd_parent;
CREATE TABLE fd2 (a int);
ALTER TABLE fd2 ADD CONSTRAINT fd2_one FOREIGN KEY (a) REFERENCES fd_parent ON DELETE CASCADE;
ALTER TABLE fd2 ADD CONSTRAINT fd2_other FOREIGN KEY (a) REFERENCES fd_parent;
ALTER TABLE fd2 ADD CONSTRAINT fd2_column FOREIGN KEY (a) REFERENCES fd_parent (b);
SELECT * FROM found('schema.foreign_key_duplicate');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_schema_foreign_key_duplicate WHERE object_name LIKE 'rule\_keys.%' ORDER BY 1;

-- Of two types: no index of use, narrower; not: text and varchar, lengths, domains.
CREATE DOMAIN tm_number AS int;
CREATE TABLE tm_parent (n numeric PRIMARY KEY, i8 bigint UNIQUE, i4 int UNIQUE, t text UNIQUE, v varchar(10) UNIQUE, c char(5) UNIQUE);
CREATE TABLE tm1 (n int REFERENCES tm_parent, i8 int REFERENCES tm_parent (i8), i4 bigint REFERENCES tm_parent (i4));
CREATE TABLE tm2 (t varchar REFERENCES tm_parent (t), v varchar(20) REFERENCES tm_parent (v), i tm_number REFERENCES tm_parent (i4));
CREATE TABLE tm3 (t text REFERENCES tm_parent (c));
CREATE TABLE tm4 (n int REFERENCES tm_parent);
CREATE VIEW tm4_view AS SELECT n FROM tm4;
SELECT * FROM found('schema.foreign_key_type_mismatch');
SELECT object_name, evidence -> 'index_works' AS index_works, apply_sql FROM dbadvisor.rule_schema_foreign_key_type_mismatch
 WHERE object_name LIKE 'rule\_keys.%' ORDER BY 1;

-- Half NULL; not: one column only, MATCH FULL, a check.
CREATE TABLE hn_parent (tenant int, a int, b int, PRIMARY KEY (tenant, a), UNIQUE (tenant, a, b));
CREATE TABLE hn1 (x int, y int, CONSTRAINT hn1_key FOREIGN KEY (x, y) REFERENCES hn_parent (tenant, a));
CREATE TABLE hn2 (tenant int NOT NULL, y int, FOREIGN KEY (tenant, y) REFERENCES hn_parent (tenant, a));
CREATE TABLE hn3 (x int, y int, FOREIGN KEY (x, y) REFERENCES hn_parent (tenant, a) MATCH FULL);
CREATE TABLE hn4 (x int, y int, FOREIGN KEY (x, y) REFERENCES hn_parent (tenant, a), CHECK (num_nulls(x, y) IN (0, 2)));
SELECT * FROM found('schema.foreign_key_half_null');
SELECT precheck_sql, apply_sql FROM dbadvisor.rule_schema_foreign_key_half_null WHERE object_name LIKE 'rule\_keys.%';

-- A ring; not: one that can be NULL, one that is checked later, a table and itself.
CREATE TABLE ring_a (id int PRIMARY KEY, b int NOT NULL);
CREATE TABLE ring_b (id int PRIMARY KEY, a int NOT NULL CONSTRAINT ring_b_a REFERENCES ring_a);
ALTER TABLE ring_a ADD CONSTRAINT ring_a_b FOREIGN KEY (b) REFERENCES ring_b;
CREATE TABLE ring_c (id int PRIMARY KEY, d int);
CREATE TABLE ring_d (id int PRIMARY KEY, c int NOT NULL REFERENCES ring_c, self int NOT NULL REFERENCES ring_d);
ALTER TABLE ring_c ADD FOREIGN KEY (d) REFERENCES ring_d;
SELECT * FROM found('schema.foreign_key_ring');

-- NULL lets rows in twice; not: a single column, NULLs that are equal, all NOT NULL.
CREATE TABLE nu1 (tenant int NOT NULL, code text, CONSTRAINT nu1_key UNIQUE (tenant, code));
CREATE TABLE nu2 (tenant int NOT NULL, code text);
CREATE UNIQUE INDEX nu2_key ON nu2 (tenant, code) INCLUDE (code) WITH (fillfactor = 80);
CREATE TABLE nu3 (a int UNIQUE, b int NOT NULL, c int, UNIQUE NULLS NOT DISTINCT (b, c), UNIQUE (a, b));
SELECT * FROM found('schema.unique_nullable');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_schema_unique_nullable WHERE object_name LIKE 'rule\_keys.nu%' ORDER BY 1;

-- No NULL seen; not: small tables, columns with one, old statistics.
CREATE TABLE nn1 (id int PRIMARY KEY, a int, b int) WITH (autovacuum_enabled = off);
INSERT INTO nn1 SELECT g, g, nullif(g, 50) FROM generate_series(1, 10000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE nn1;
CREATE TABLE nn2 (a int);
INSERT INTO nn2 VALUES (1);
ANALYZE nn2;
SELECT * FROM found('schema.not_null_candidate');
SELECT precheck_sql, apply_sql, revert_sql FROM dbadvisor.rule_schema_not_null_candidate WHERE object_name LIKE 'rule\_keys.%';

-- Triggers that are off; not: those that are on.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TABLE td1 (a int REFERENCES fd_parent);
CREATE TRIGGER td1_note BEFORE INSERT ON td1 FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER td1_on BEFORE INSERT ON td1 FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT * FROM found('schema.trigger_disabled');
ALTER TABLE td1 DISABLE TRIGGER td1_note;
SELECT object_name, severity, apply_sql, revert_sql FROM dbadvisor.rule_schema_trigger_disabled;
ALTER TABLE td1 DISABLE TRIGGER ALL;
SELECT object_name, severity, affected_count, precheck_sql FROM dbadvisor.rule_schema_trigger_disabled;
ALTER TABLE td1 ENABLE TRIGGER ALL;
SELECT * FROM found('schema.trigger_disabled');

-- Rewrite rules and inheritance; not: views, partitions.
CREATE TABLE ru1 (a int);
CREATE RULE ru1_also AS ON INSERT TO ru1 DO ALSO SELECT 1;
CREATE VIEW ru2 AS SELECT 1 AS a;
SELECT * FROM found('schema.rule_on_table');
SELECT * FROM found('schema.table_inheritance');

-- A name that says what no constraint does; not: text, several tables, a
-- foreign key, its own key.
CREATE TABLE category (id bigint PRIMARY KEY);
CREATE TABLE boxes (id uuid PRIMARY KEY);
CREATE TABLE fm1 (category_id bigint, box_id uuid, category_fine_id bigint);
CREATE TABLE fm2 (category_id int, box_id uuid REFERENCES boxes);
CREATE TABLE fm3 (category_id bigint, category_type text);
CREATE TABLE fm4 (category_id text);
SELECT * FROM found('schema.foreign_key_missing');
SELECT precheck_sql, apply_sql, revert_sql FROM dbadvisor.rule_schema_foreign_key_missing WHERE object_name = 'rule_keys.fm1.category_id';

-- Clean up.
DROP SCHEMA rule_keys CASCADE;
