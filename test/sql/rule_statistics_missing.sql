-- Rules on statistics that are missing, old or wrong; each with near misses.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE rule_statistics_reader;
CREATE SCHEMA rule_statistics;
SET search_path = rule_statistics;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
CREATE FUNCTION counted() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_stat_force_next_flush();
	RETURN 'yes';
END
$$;

-- statistics.never_analyzed
CREATE TABLE unknown (id int PRIMARY KEY, v text);
CREATE TABLE unknown_parts (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE unknown_parts_1 PARTITION OF unknown_parts FOR VALUES FROM (0) TO (5000);
CREATE TABLE unknown_parts_2 PARTITION OF unknown_parts FOR VALUES FROM (5000) TO (10000);
CREATE TABLE unknown_small (id int PRIMARY KEY);
CREATE TABLE known (id int PRIMARY KEY, v text);
CREATE TABLE empty (id int PRIMARY KEY);
INSERT INTO unknown SELECT i, 'x' FROM generate_series(1, 2000) i;
INSERT INTO unknown_parts SELECT i, 'x' FROM generate_series(1, 9999) i;
INSERT INTO unknown_small SELECT generate_series(1, 10);
INSERT INTO known SELECT i, 'x' FROM generate_series(1, 2000) i;
SELECT counted();
ANALYZE known, empty;
SELECT object_name, severity, affected_count, apply_sql FROM advice_of('statistics.never_analyzed') WHERE object_name LIKE 'rule_statistics.%';
SELECT * FROM round_trip('statistics.never_analyzed', 'rule_statistics.%');

-- statistics.stale
CREATE TABLE changed (id int PRIMARY KEY, v int);
CREATE TABLE changed_little (id int PRIMARY KEY, v int);
INSERT INTO changed SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO changed_little SELECT i, i FROM generate_series(1, 20000) i;
SELECT counted();
ANALYZE changed, changed_little;
UPDATE changed SET v = v + 1 WHERE id <= 15000;
UPDATE changed_little SET v = v + 1 WHERE id <= 2000;
SELECT counted();
SELECT object_name, severity, title, apply_sql FROM advice_of('statistics.stale') WHERE object_name LIKE 'rule_statistics.%';
UPDATE changed SET v = v + 1 WHERE id <= 15000;
SELECT counted();
SELECT object_name, severity FROM advice_of('statistics.stale') WHERE object_name LIKE 'rule_statistics.%';
ANALYZE changed;
SELECT counted();
SELECT count(*) FROM advice_of('statistics.stale') WHERE object_name LIKE 'rule_statistics.%';

-- statistics.partitioned_missing: only the partitions were analyzed; one that has
-- grown since the whole was; one that is known
CREATE TABLE part (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100000);
CREATE TABLE grown (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE grown_1 PARTITION OF grown FOR VALUES FROM (0) TO (100000);
CREATE TABLE whole (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (100000);
INSERT INTO part SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO grown SELECT i, i FROM generate_series(1, 5000) i;
INSERT INTO whole SELECT i, i FROM generate_series(1, 20000) i;
ANALYZE grown, whole;
INSERT INTO grown SELECT i, i FROM generate_series(5001, 20000) i;
ANALYZE part_1, grown_1;
SELECT object_name, severity, detail, apply_sql FROM advice_of('statistics.partitioned_missing') WHERE object_name LIKE 'rule_statistics.%';
SELECT * FROM round_trip('statistics.partitioned_missing', 'rule_statistics.%');

-- statistics.column_missing: left out by the target, younger than the statistics;
-- what was gathered stays when the target is 0 again
CREATE TABLE col (id int PRIMARY KEY, off int, plain_off int, doc json, place point);
ALTER TABLE col ALTER COLUMN off SET STATISTICS 0, ALTER COLUMN plain_off SET STATISTICS 0, ALTER COLUMN place SET STATISTICS 0;
CREATE INDEX ON col (off);
CREATE INDEX ON col USING gist (place);
INSERT INTO col SELECT i, i, i, '{}', point(i, i) FROM generate_series(1, 2000) i;
ANALYZE col;
ALTER TABLE col ADD COLUMN "Late one" int REFERENCES known;
SELECT object_name, severity, title, apply_sql, revert_sql FROM advice_of('statistics.column_missing') WHERE object_name LIKE 'rule_statistics.%';
SELECT * FROM round_trip('statistics.column_missing', 'rule_statistics.%');

-- statistics.ndistinct_wrong: 20000 rows that all differ in two columns cannot
-- have 10 times 20 combinations
CREATE TABLE pair (a int, b int, c int, PRIMARY KEY (a, b));
INSERT INTO pair SELECT i % 20, i / 20, i FROM generate_series(1, 20000) i;
CREATE TABLE pair_right (a int, b int, PRIMARY KEY (a, b));
INSERT INTO pair_right SELECT a, b FROM pair;
CREATE TABLE pair_partly (a int, b int);
INSERT INTO pair_partly SELECT a, b FROM pair;
CREATE UNIQUE INDEX ON pair_partly (a, b) WHERE a > 3;
ALTER TABLE pair ALTER COLUMN b SET (n_distinct = 50);
ALTER TABLE pair_partly ALTER COLUMN b SET (n_distinct = 50);
ANALYZE pair, pair_right, pair_partly;
SELECT object_name, severity, detail, apply_sql, revert_sql FROM advice_of('statistics.ndistinct_wrong') WHERE object_name LIKE 'rule_statistics.%';
SELECT * FROM round_trip('statistics.ndistinct_wrong', 'rule_statistics.%');
SELECT apply_sql FROM advice_of('statistics.ndistinct_wrong') WHERE object_name LIKE 'rule_statistics.%' \gexec
SELECT n_distinct FROM pg_stats WHERE schemaname = 'rule_statistics' AND tablename = 'pair' AND attname = 'b';

-- A reader who may read none of the tables sees the same.
GRANT dbadvisor_reader TO rule_statistics_reader;
SET ROLE rule_statistics_reader;
SELECT object_name FROM dbadvisor.rule_statistics_column_missing WHERE object_name LIKE 'rule_statistics.%' ORDER BY 1;
RESET ROLE;
SELECT dbadvisor.analyze('{statistics}') > 0 AS ran;
SELECT rule, status, reason FROM dbadvisor.rule_run WHERE status = 'failed' ORDER BY 1;

-- Clean up.
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
DROP SCHEMA rule_statistics CASCADE;
REVOKE dbadvisor_reader FROM rule_statistics_reader;
DROP ROLE rule_statistics_reader;
