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
DROP TABLE closed, little;

-- partition.manager_silent: as version 5 of pg_partman has its table, and without the
-- column as version 4; test/t/089_partman.pl asks about the extension itself
SELECT count(*) FROM advice_of('partition.manager_silent');
CREATE SCHEMA "Part Man";
CREATE TABLE "Part Man".part_config (parent_table text, partition_interval text, premake int, automatic_maintenance text, infinite_time_partitions boolean, undo_in_progress boolean, maintenance_last_run timestamptz);
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 16383, 'pg_partman', 10, oid, false, '5.2.4' FROM pg_namespace WHERE nspname = 'Part Man';
DO $$
BEGIN
	FOR i IN 0 .. 5 LOOP
		EXECUTE format('CREATE TABLE managed_%s (at timestamptz, id int) PARTITION BY RANGE (at)', i);
		EXECUTE format('CREATE TABLE managed_%s_now PARTITION OF managed_%1$s FOR VALUES FROM (%L) TO (%L)', i, current_date, current_date + 1);
		EXECUTE format('CREATE TABLE managed_%s_next PARTITION OF managed_%1$s FOR VALUES FROM (%L) TO (%L)', i, current_date + 1, current_date + 2);
		EXECUTE format('INSERT INTO managed_%s VALUES (current_date)', i);
	END LOOP;
	PERFORM pg_stat_force_next_flush();
END
$$;
CREATE TABLE numbered (id int) PARTITION BY RANGE (id);
-- ran two and a half days ago with four days ahead, yesterday, never; off and never, off
-- and an hour ago; being undone; by number, nine days ago
INSERT INTO "Part Man".part_config
SELECT 'rule_partition_use.' || t, i, 4, a, false, u, now() - r
  FROM (VALUES ('managed_0', '1 day', 'on', false, interval '60 hours'), ('managed_1', '1 day', 'on', false, '1 day'), ('managed_2', '1 day', 'on', false, NULL),
			   ('managed_3', '1 hour', 'off', false, NULL), ('managed_4', '1 day', 'off', false, '1 hour'), ('managed_5', '1 day', 'off', true, NULL),
			   ('numbered', '10000', 'on', false, '9 days'), ('nowhere', '1 day', 'off', false, NULL)) t (t, i, a, u, r);
SELECT object_name, severity, title, proof, confidence FROM advice_of('partition.manager_silent');
ALTER TABLE "Part Man".part_config DROP COLUMN maintenance_last_run;
SELECT object_name, severity FROM advice_of('partition.manager_silent');
-- where no rows come pg_partman has no reason to make partitions
DO $$ BEGIN PERFORM pg_stat_reset_single_table_counters('managed_1_now'::regclass); END $$;
SELECT object_name, severity FROM advice_of('partition.manager_silent') WHERE object_name LIKE '%managed_1';
-- who may not read the table is told so
CREATE ROLE rule_partition_use_reader IN ROLE dbadvisor_reader;
SET ROLE rule_partition_use_reader;
SELECT a.object_type, a.variant, a.detail FROM dbadvisor.rule_partition_manager_silent a;
RESET ROLE;
DROP ROLE rule_partition_use_reader;
DELETE FROM pg_extension WHERE oid = 16383;
DROP SCHEMA "Part Man" CASCADE;

-- partition.retention_due: 60 days of history, which begins before the counters do.  Of
-- "keeps" the two oldest partitions are not used, the fourth neither, but the third is;
-- of "holds" the oldest one is read through an index, of "all_old" nothing is used
CREATE TABLE keeps (at date) PARTITION BY RANGE (at);
CREATE TABLE "Keeps 2001" PARTITION OF keeps FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE keeps_2002 PARTITION OF keeps FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE keeps_2003 PARTITION OF keeps FOR VALUES FROM ('2003-01-01') TO ('2004-01-01');
CREATE TABLE keeps_2004 PARTITION OF keeps FOR VALUES FROM ('2004-01-01') TO ('2005-01-01');
CREATE TABLE holds (at date) PARTITION BY RANGE (at);
CREATE TABLE holds_2001 PARTITION OF holds FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE holds_2002 PARTITION OF holds FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE all_old (at date) PARTITION BY RANGE (at);
CREATE TABLE all_old_2001 PARTITION OF all_old FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
DELETE FROM dbadvisor.history_snapshot;
INSERT INTO dbadvisor.history_snapshot
SELECT 0, t, t - interval '1 day', 86400, 0, 0, 1, '{}' FROM generate_series(now() - interval '59 days', now(), interval '1 day') t;
INSERT INTO dbadvisor.history_relation
SELECT 0, s.taken_at, s.since, r.relid, false, false, r.scans, 0, r.index_scans, 0, 0, 0, 0, 0, 0, 0, 0, 100
  FROM dbadvisor.history_snapshot s, (VALUES ('keeps_2003'::regclass, 1, 0), ('holds_2001', 0, 1), ('"Keeps 2001"', 1, 0)) r (relid, scans, index_scans)
 WHERE s.taken_at > now() - interval '10 days' OR (r.relid = '"Keeps 2001"'::regclass AND s.taken_at BETWEEN now() - interval '50 days' AND now() - interval '40 days');
DELETE FROM dbadvisor.history_relation WHERE relid = '"Keeps 2001"'::regclass AND taken_at > now() - interval '40 days';
SELECT dbadvisor.set_rule('partition.retention_due', thresholds => '{"min_bytes": 0}');
SELECT object_name, severity, title, detail ~ 'CONCURRENTLY.$' AS concurrently, evidence_since::date = current_date - 40 AS since, affected_count, apply_sql FROM advice_of('partition.retention_due');
SELECT substring(detail, 'ALTER.*') AS detail FROM advice_of('partition.retention_due');
-- a default partition is in the way of detaching concurrently
CREATE TABLE keeps_rest PARTITION OF keeps DEFAULT;
SELECT substring(detail, 'ALTER.*') AS detail FROM advice_of('partition.retention_due');
DROP TABLE keeps_rest;
-- a standby of which nothing is known, one that uses nothing, one that counts since
-- yesterday, and one that uses an index of the second partition
CREATE INDEX ON keeps (at);
INSERT INTO dbadvisor.node (node, server_name) VALUES ('rule_partition_use', 'nowhere');
SELECT a.object_type, a.variant, a.detail FROM dbadvisor.rule_partition_retention_due a;
UPDATE dbadvisor.node SET last_seen = now(), usage_since = now() - interval '90 days', downstream = 0;
SELECT title, confidence, substring(detail, 'Scans[^.]*[.]') AS told FROM advice_of('partition.retention_due');
UPDATE dbadvisor.node SET usage_since = now() - interval '1 day';
SELECT title FROM advice_of('partition.retention_due');
UPDATE dbadvisor.node SET usage_since = now() - interval '90 days';
INSERT INTO dbadvisor.node_index VALUES ('rule_partition_use', 'keeps_2002_at_idx'::regclass, 1);
SELECT title FROM advice_of('partition.retention_due');
DELETE FROM dbadvisor.node;
-- that is not long enough, or it was not gone on with
SELECT dbadvisor.set_rule('partition.retention_due', thresholds => '{"min_days": 50}');
SELECT title FROM advice_of('partition.retention_due');
SELECT dbadvisor.set_rule('partition.retention_due', thresholds => '{"min_days": 25}');
DELETE FROM dbadvisor.history_snapshot WHERE taken_at > now() - interval '2 days';
SELECT title FROM advice_of('partition.retention_due');
DELETE FROM dbadvisor.history_snapshot;
DELETE FROM dbadvisor.history_relation;
DELETE FROM dbadvisor.rule_setting;

DROP SCHEMA rule_partition_use CASCADE;
