-- Rules of category partition: each with a case that fires and near misses that stay
-- silent.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA rule_partition;
SET search_path = rule_partition;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip

-- a healthy table, of which no rule speaks
CREATE TABLE healthy (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE healthy_1 PARTITION OF healthy FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE healthy_rest PARTITION OF healthy DEFAULT;
CREATE TABLE refers (id int, at date, FOREIGN KEY (id, at) REFERENCES healthy);
INSERT INTO healthy VALUES (1, '2001-05-05');

-- partition.default_holds_rows: a list has its default for what is not on it
CREATE TABLE fills (at date) PARTITION BY RANGE (at);
CREATE TABLE fills_rest PARTITION OF fills DEFAULT;
CREATE TABLE listed (state text) PARTITION BY LIST (state);
CREATE TABLE listed_rest PARTITION OF listed DEFAULT;
INSERT INTO fills SELECT '2001-01-01' FROM generate_series(1, 10);
INSERT INTO listed SELECT 'other' FROM generate_series(1, 10);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE healthy, fills, listed;
SELECT object_name, severity, title, evidence -> 'rows' AS rows FROM advice_of('partition.default_holds_rows') WHERE object_name LIKE 'rule_partition.%';

-- partition.detach_pending
CREATE TABLE leaves (at date) PARTITION BY RANGE (at);
CREATE TABLE leaves_1 PARTITION OF leaves FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE leaves_2 PARTITION OF leaves FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
SELECT count(*) FROM advice_of('partition.detach_pending') WHERE object_name LIKE 'rule_partition.%';
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'leaves_2'::regclass;
SELECT object_name, variant, title, apply_sql FROM advice_of('partition.detach_pending') WHERE object_name LIKE 'rule_partition.%';
SELECT * FROM round_trip('partition.detach_pending', 'rule_partition.%');
-- who is just doing it is left alone
BEGIN;
LOCK TABLE ONLY leaves_2 IN ACCESS EXCLUSIVE MODE;
SELECT count(*) FROM advice_of('partition.detach_pending') WHERE object_name LIKE 'rule_partition.%';
ROLLBACK;

-- partition.index_incomplete: one that is complete, one that lacks partitions, and a
-- constraint, for which no statements are printed
CREATE TABLE looks (id int, "At" date, v text) PARTITION BY RANGE ("At");
CREATE TABLE looks_1 PARTITION OF looks FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE "Looks 2" PARTITION OF looks FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE INDEX looks_complete ON looks (id);
CREATE INDEX looks_part ON ONLY looks (lower(v) DESC) INCLUDE (id) WHERE "At" IS NOT NULL;
ALTER TABLE ONLY looks ADD CONSTRAINT looks_key UNIQUE (id, "At");
CREATE INDEX looks_1_part ON looks_1 (lower(v) DESC) INCLUDE (id) WHERE "At" IS NOT NULL;
ALTER INDEX looks_part ATTACH PARTITION looks_1_part;
SELECT object_name, detail, apply_sql FROM advice_of('partition.index_incomplete') WHERE object_name LIKE 'rule_partition.%';
SELECT string_to_table(apply_sql, E';\n') FROM advice_of('partition.index_incomplete') WHERE object_name = 'rule_partition.looks_part' \gexec
SELECT object_name FROM advice_of('partition.index_incomplete') WHERE object_name LIKE 'rule_partition.%';

-- partition.foreign_key_to_partition: healthy has one to the table itself
CREATE TABLE narrow (id int, at date, CONSTRAINT "to One" FOREIGN KEY (id, at) REFERENCES healthy_1);
SELECT object_name, variant, severity, title FROM advice_of('partition.foreign_key_to_partition') WHERE object_name LIKE 'rule_partition.%';

-- partition.unlogged_among_logged: where all are unlogged that is a decision
CREATE TABLE mixed (id int) PARTITION BY HASH (id);
CREATE TABLE mixed_0 PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE UNLOGGED TABLE mixed_1 PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE fleeting (id int) PARTITION BY HASH (id);
CREATE UNLOGGED TABLE fleeting_0 PARTITION OF fleeting FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT object_name, detail, affected_count, apply_sql FROM advice_of('partition.unlogged_among_logged') WHERE object_name LIKE 'rule_partition.%';
SELECT * FROM round_trip('partition.unlogged_among_logged', 'rule_partition.%');

-- partition.too_many_relations: two partitions with two indexes are four files, and the
-- server allows more
SELECT count(*) FROM advice_of('partition.too_many_relations') WHERE object_name LIKE 'rule_partition.%';
SELECT dbadvisor.set_rule('partition.too_many_relations', object_pattern => 'rule_partition.healthy', thresholds => jsonb_build_object('max_share', 3.5 / current_setting('max_files_per_process')::int));
SELECT object_name, evidence -> 'partitions_count' AS partitions, evidence -> 'indexes_count' AS indexes FROM advice_of('partition.too_many_relations') WHERE object_name LIKE 'rule_partition.%';
SELECT dbadvisor.set_rule('partition.too_many_relations', object_pattern => 'rule_partition.healthy', thresholds => jsonb_build_object('max_share', 4.0 / current_setting('max_files_per_process')::int));
SELECT count(*) FROM advice_of('partition.too_many_relations') WHERE object_name LIKE 'rule_partition.%';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'partition.too_many_relations';
DROP SCHEMA rule_partition CASCADE;
