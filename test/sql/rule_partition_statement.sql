-- Rules on how statements read partitioned tables, and what they rest on.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA reads;
SET search_path = reads;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
SELECT dbadvisor.set_rule(rule, thresholds => '{"min_share": 0}') FROM unnest('{partition.not_pruned,partition.join_not_partitionwise}'::text[]) rule;

-- twelve months, three regions, and a table that is not partitioned
CREATE TABLE "Event" (id bigint NOT NULL, at date NOT NULL, tenant int NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE event_%s PARTITION OF "Event" FOR VALUES FROM (%L) TO (%L)', n, '2001-01-01'::date + interval '1 month' * (n - 1), '2001-01-01'::date + interval '1 month' * n)
  FROM generate_series(1, 12) n \gexec
CREATE TABLE region (id int, name text, at date) PARTITION BY LIST (name);
SELECT format('CREATE TABLE region_%s PARTITION OF region FOR VALUES IN (%L)', n, n) FROM generate_series(1, 3) n \gexec
CREATE TABLE chosen (day date NOT NULL);
INSERT INTO "Event" SELECT i, '2001-01-01'::date + i % 365, i % 100, 'x' FROM generate_series(1, 36500) i;
INSERT INTO region SELECT i, 1 + i % 3, '2001-01-01' FROM generate_series(1, 3000) i;
INSERT INTO chosen VALUES ('2001-02-03');
VACUUM ANALYZE;

-- what statements read: of one place, of the place that reads most, of the set of
-- values that reads least; nothing where partitions are left out when it runs
CREATE TEMP TABLE statement (number serial, text text, calls float8 DEFAULT 1000, ms float8 DEFAULT 0.6, parameters jsonb);
INSERT INTO statement (text) VALUES
	('SELECT note FROM reads."Event" WHERE id = 17'),
	('SELECT note FROM reads."Event" WHERE date_trunc(''month'', at) = ''2001-02-01'''),
	('SELECT note FROM reads."Event" WHERE at <> ''2001-02-01'' AND id = 18'),
	('SELECT a.note FROM reads."Event" a JOIN reads."Event" b ON b.id = a.tenant WHERE a.at = ''2001-05-06'' AND a.id = 125');
INSERT INTO statement (text, parameters) VALUES
	('SELECT note FROM reads."Event" WHERE tenant = $1 AND at >= $2', '[["3", "2001-01-01"], ["4", "2001-12-01"]]'),
	('SELECT note FROM reads."Event" WHERE tenant = $1 AND at >= $2 AND id > 0', '[["3", "2001-01-01"], ["4", "2001-01-01"]]');
-- near misses
INSERT INTO statement (text, calls, ms) VALUES
	('SELECT note FROM reads."Event" WHERE id = 17 AND at = ''2001-01-18''', 1000, 0.6),
	('SELECT e.note FROM reads."Event" e WHERE at = (SELECT max(day) FROM reads.chosen)', 1000, 0.6),
	('SELECT count(*) FROM reads."Event"', 1000, 300),
	('SELECT note FROM reads."Event" WHERE id = 19', 10, 0.6),
	('SELECT * FROM reads.region WHERE id = 17', 1000, 0.2),
	('SELECT * FROM reads.chosen', 1000, 0.2),
	('SELECT note FROM reads."Event" WHERE id = 20 AND at >= ''2001-03-01''', 1000, 0.6);
SELECT count(dbadvisor.workload_add(text, calls, ms, parameters)) FROM statement;
SELECT s.number, r.relid::regclass, r.partitions_read, round(r.overhead_ms::numeric, 2) AS overhead_ms, r.cost > 0 AS costs, r.cost_partitionwise IS NOT NULL AS priced_partitionwise, r.reason
  FROM dbadvisor.partition_reads() r
  JOIN statement s ON s.text = r.query
 ORDER BY s.number, r.relid::regclass::text;
SELECT s.number, a.object_name, a.severity, a.title, regexp_replace(a.detail, '[0-9.]+ % of', 'N % of') AS detail
  FROM advice_of('partition.not_pruned') a
  JOIN statement s ON a.variant = dbadvisor.text_hash(s.text)
 ORDER BY s.number;
SELECT jsonb_pretty(evidence - '{cost,time_share}'::text[]) FROM advice_of('partition.not_pruned') a WHERE a.variant = dbadvisor.text_hash((SELECT text FROM statement WHERE number = 2));
SELECT dbadvisor.set_rule('partition.not_pruned', thresholds => '{"min_partitions": 13}');
SELECT count(*) FROM advice_of('partition.not_pruned');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- a statement whose user may not run it is a row that says so
CREATE ROLE reads_stranger IN ROLE dbadvisor_admin;
GRANT USAGE ON SCHEMA reads TO reads_stranger;
SET ROLE reads_stranger;
SELECT dbadvisor.workload_add('SELECT note FROM reads."Event" WHERE id = 17') > 0 AS added;
RESET ROLE;
SELECT userid::regrole, relid, partitions_read, cost, reason FROM dbadvisor.partition_reads();
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- partition by partition: both by month, one with other bounds, and none
SET work_mem = '256kB';
CREATE TABLE detail (id bigint NOT NULL, at date NOT NULL, what text) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE detail_%s PARTITION OF detail FOR VALUES FROM (%L) TO (%L)', n, '2001-01-01'::date + interval '1 month' * (n - 1), '2001-01-01'::date + interval '1 month' * n)
  FROM generate_series(1, 12) n \gexec
CREATE TABLE other (id bigint NOT NULL, at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE other_1 PARTITION OF other FOR VALUES FROM (MINVALUE) TO ('2001-03-17');
CREATE TABLE other_2 PARTITION OF other FOR VALUES FROM ('2001-03-17') TO ('2001-08-13');
CREATE TABLE other_3 PARTITION OF other FOR VALUES FROM ('2001-08-13') TO (MAXVALUE);
INSERT INTO detail SELECT i, '2001-01-01'::date + i % 365, repeat('x', 50) FROM generate_series(1, 36500) i;
INSERT INTO other SELECT * FROM detail;
ANALYZE detail, other;
TRUNCATE statement RESTART IDENTITY;
INSERT INTO statement (text, calls, ms) VALUES
	('SELECT count(d.what) FROM reads."Event" e JOIN reads.detail d USING (id, at)', 100, 50),
	('SELECT count(o.what) FROM reads."Event" e JOIN reads.other o USING (id, at)', 100, 50),
	('SELECT count(d.what) FROM reads."Event" e JOIN reads.detail d USING (id)', 100, 50),
	('SELECT count(d.note) FROM reads."Event" d WHERE at < ''2001-06-01''', 100, 50),
	('SELECT max(d.what) FROM reads."Event" e JOIN reads.detail d USING (id, at)', 100, 5);
SELECT count(dbadvisor.workload_add(text, calls, ms)) FROM statement;
SELECT DISTINCT s.number, r.cost_partitionwise IS NOT NULL AS priced, r.cost_partitionwise < r.cost * 0.9 AS cheaper
  FROM dbadvisor.partition_reads() r
  JOIN statement s ON s.text = r.query
 ORDER BY s.number;
SELECT s.number, a.object_name, a.title, regexp_replace(regexp_replace(a.detail, '\d+ to \d+', 'N to N'), '[0-9.]+ % of', 'N % of') AS detail, a.proof
  FROM advice_of('partition.join_not_partitionwise') a
  JOIN statement s ON a.variant = dbadvisor.text_hash(s.text);
SHOW enable_partitionwise_join;
SET enable_partitionwise_join = on;
SELECT count(cost_partitionwise) FROM dbadvisor.partition_reads();
SELECT count(*) FROM advice_of('partition.join_not_partitionwise');
RESET enable_partitionwise_join;
RESET work_mem;

-- a reader of the advice needs no right on the tables: statements are planned as
-- their users
CREATE ROLE reads_reader IN ROLE dbadvisor_reader;
SET ROLE reads_reader;
SELECT count(*) AS rows, count(reason) AS failed FROM dbadvisor.partition_reads();
SELECT count(*) FILTER (WHERE a.object_type = 'rule') AS failed FROM dbadvisor.rule_partition_join_not_partitionwise a;
RESET ROLE;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
DELETE FROM dbadvisor.rule_setting;
DROP SCHEMA reads CASCADE;
DROP ROLE reads_stranger, reads_reader;
