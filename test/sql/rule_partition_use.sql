-- Rules on how partitioned tables are used and kept: each with a case that fires and
-- near misses that stay silent.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA rule_partition_use;
SET search_path = rule_partition_use;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip

-- partition.published_apart: a partition in the same publication as its table, one in
-- another, and one with a filter; near misses are a partition whose table is published
-- nowhere, a table that is sent as a table, and a hash that is sent as its partitions
CREATE TABLE listed (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE listed_1 PARTITION OF listed FOR VALUES FROM (0) TO (10);
CREATE TABLE "Listed 2" PARTITION OF listed FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
CREATE TABLE listed_2_1 PARTITION OF "Listed 2" FOR VALUES FROM (10) TO (20);
CREATE TABLE alone (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE alone_1 PARTITION OF alone FOR VALUES FROM (0) TO (10);
CREATE TABLE spread (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE ranged (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE ranged_1 PARTITION OF ranged FOR VALUES FROM (0) TO (10);
-- one cannot do without the warning that wal_level is too low
SET client_min_messages = error;
CREATE PUBLICATION rule_partition_use_same FOR TABLE listed, listed_1, listed_2_1 WHERE (id > 12) WITH (publish_via_partition_root = true);
CREATE PUBLICATION rule_partition_use_other FOR TABLE listed_1, alone_1;
CREATE PUBLICATION rule_partition_use_parts FOR TABLE ranged, spread;
SET client_min_messages = warning;
SELECT object_name, variant, severity, title, detail, apply_sql FROM advice_of('partition.published_apart') WHERE object_name LIKE 'rule_partition_use.%';
SELECT * FROM round_trip('partition.published_apart', 'rule_partition_use.%');
DROP PUBLICATION rule_partition_use_same, rule_partition_use_other, rule_partition_use_parts;

-- partition.constraint_exclusion_on: for a role in this database, and in another one
CREATE ROLE rule_partition_use_planner;
ALTER ROLE rule_partition_use_planner IN DATABASE template1 SET constraint_exclusion = on;
ALTER ROLE rule_partition_use_planner SET constraint_exclusion = partition;
SELECT count(*) FROM advice_of('partition.constraint_exclusion_on');
ALTER ROLE rule_partition_use_planner IN DATABASE regress SET constraint_exclusion = on;
SELECT object_name, variant, severity, title, apply_sql, revert_sql FROM advice_of('partition.constraint_exclusion_on');
DO $$ BEGIN PERFORM run_statements((SELECT apply_sql FROM advice_of('partition.constraint_exclusion_on'))); END $$;
SELECT count(*) FROM advice_of('partition.constraint_exclusion_on');
DROP ROLE rule_partition_use_planner;

-- partition.old_not_frozen: the same rows in a partition that is open, in one that was
-- written since it was analysed, and in one of a table that is small
SELECT dbadvisor.set_rule('partition.old_not_frozen', thresholds => '{"min_days": 0, "min_age": 30, "min_bytes": 0}', object_pattern => 'rule_partition_use.*');
SELECT dbadvisor.set_rule('partition.old_not_frozen', thresholds => '{"min_bytes": 1000000}', object_pattern => 'rule_partition_use.little');
CREATE TABLE closed (at timestamptz, v int) PARTITION BY RANGE (at);
CREATE TABLE closed_1 PARTITION OF closed FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE "Closed 2" PARTITION OF closed FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE closed_3 PARTITION OF closed FOR VALUES FROM ('2003-01-01') TO ('2004-01-01');
CREATE TABLE closed_open PARTITION OF closed FOR VALUES FROM ('2004-01-01') TO ('3000-01-01');
CREATE TABLE closed_none PARTITION OF closed FOR VALUES FROM ('2000-01-01') TO ('2001-01-01');
CREATE TABLE little (LIKE closed) PARTITION BY RANGE (at);
CREATE TABLE little_1 PARTITION OF little FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
INSERT INTO closed SELECT ('2001-01-01'::timestamptz + y * interval '1 year'), g FROM generate_series(0, 3) y, generate_series(1, 1000) g;
INSERT INTO little SELECT '2001-05-05', g FROM generate_series(1, 1000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE closed, little;
UPDATE closed SET v = 0 WHERE at = '2003-01-01' AND v < 5;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
DO $$ BEGIN FOR i IN 1 .. 40 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$;
SELECT object_name, severity, title, affected_count, evidence -> 'size_bytes' AS bytes, apply_sql, revert_sql FROM advice_of('partition.old_not_frozen') WHERE object_name LIKE 'rule_partition_use.%';
SELECT dbadvisor.set_rule('partition.old_not_frozen', thresholds => '{"partitions": 1}', object_pattern => 'rule_partition_use.closed');
SELECT substring(detail, '[^.]*[.]$') AS detail, apply_sql FROM advice_of('partition.old_not_frozen') WHERE object_name LIKE 'rule_partition_use.%';
VACUUM (FREEZE) closed_1, "Closed 2";
SELECT count(*) FROM advice_of('partition.old_not_frozen') WHERE object_name LIKE 'rule_partition_use.%';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'partition.old_not_frozen';

DROP SCHEMA rule_partition_use CASCADE;
