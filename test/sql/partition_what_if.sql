-- what_if_partitioning(): each statement's cost as if a table were partitioned
CREATE SCHEMA partition_what_if;
SET search_path = partition_what_if;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
\set SHOW_CONTEXT never

-- Two years of events, with a column that is gone.
CREATE TABLE event (id bigint NOT NULL, gone text, tenant int NOT NULL,
                    at timestamp NOT NULL, kind text NOT NULL, amount int NOT NULL, note text);
ALTER TABLE event DROP COLUMN gone;
INSERT INTO event
SELECT i, i % 97, timestamp '2023-01-01' + i * interval '35 minutes', 'kind ' || i % 4, i % 1013, repeat('x', 50)
  FROM generate_series(1, 30000) i;
ALTER TABLE event ADD PRIMARY KEY (id, at);
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX ON event (at);
CREATE INDEX ON event (tenant, at);
CREATE VIEW recent AS SELECT * FROM event WHERE at >= '2024-06-01';
CREATE TABLE tenant AS SELECT i AS tenant, 'tenant ' || i AS name FROM generate_series(0, 96) i;
VACUUM ANALYZE event, tenant;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- arrange: statements with the key, without it, and such that fail
SELECT count(dbadvisor.workload_add(query, 1000, ms))
  FROM (VALUES
        ('SELECT sum(amount) FROM event WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 20),
        ('SELECT tenant, sum(amount) FROM event WHERE at >= ''2024-01-01'' AND at < ''2024-04-01'' GROUP BY tenant', 40),
        ('SELECT sum(amount) FROM recent', 50),
        ('SELECT t.name, sum(e.amount) FROM event e JOIN tenant t USING (tenant) WHERE e.at < ''2023-02-01'' GROUP BY t.name', 20),
        ('WITH w AS MATERIALIZED (SELECT * FROM event WHERE at < ''2023-02-01'') SELECT count(*) FROM w', 20),
        ('SELECT e FROM event e WHERE at < ''2023-02-01''', 20),
        ('DELETE FROM event WHERE at < ''2023-02-01''', 100),
        ('UPDATE event SET amount = 0 WHERE id = 7 AND at = ''2023-01-01 04:05''', 0.1),
        ('SELECT * FROM event WHERE id = 7', 0.05),
        ('SELECT count(*) FROM event WHERE tenant = 5', 1),
        ('SELECT max(at) FROM event', 0.05),
        ('SELECT * FROM event WHERE tenant = 5 ORDER BY at DESC LIMIT 5', 0.1),
        ('INSERT INTO event VALUES (1, 1, now(), ''a'', 1)', 0.1),
        ('INSERT INTO event VALUES (1, 1, now(), ''a'', 1) ON CONFLICT (id, at) DO NOTHING', 0.1),
        ('INSERT INTO event VALUES (1, 1, now(), ''a'', 1) ON CONFLICT (id) DO UPDATE SET amount = 2', 0.1),
        ('INSERT INTO event VALUES (1, 1, now(), ''a'', 1) ON CONFLICT DO NOTHING', 0.1),
        ('SELECT * FROM tenant', 0.1)) v (query, ms);

-- act: by month
CREATE VIEW by_month AS
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '1 month');
\x on
SELECT query, CASE WHEN ratio IS NULL THEN 'none' WHEN ratio < 0.9 THEN 'cheaper' WHEN ratio < 1.1 THEN 'same' WHEN ratio < 3 THEN 'dearer' ELSE 'much dearer' END AS cost,
       partitions_left, partitions_total, overhead_ms > 0 AS overhead, loses, reason
  FROM by_month
 WHERE query ~ 'event|recent|tenant'
 ORDER BY query COLLATE "C";
\x off

-- Time does not follow cost where the plan becomes another one: rows that an index finds
-- take longer where each is in another page than the one before, though close by, and
-- deleting them has no price.
CREATE TABLE mixed (LIKE event);
INSERT INTO mixed SELECT * FROM event ORDER BY id / 500, id * 7919 % 500;
CREATE INDEX ON mixed (at);
VACUUM ANALYZE mixed;
SELECT dbadvisor.workload_add('SELECT sum(amount) FROM mixed WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 1000, 20) > 0 AS added;
SELECT query, CASE WHEN pace < 0.9 THEN 'faster' WHEN pace > 1.1 THEN 'slower' ELSE 'as' END AS than_cost_says
  FROM (SELECT query, (ms_after - overhead_ms) / ms_before / ratio AS pace FROM by_month
         UNION ALL
        SELECT query, (ms_after - overhead_ms) / ms_before / ratio FROM dbadvisor.what_if_partitioning('mixed', 'at', 'range', '1 month')) p
 WHERE query ~ '^(SELECT sum.*(event|mixed)|DELETE|UPDATE)'
 ORDER BY query COLLATE "C";
DROP TABLE mixed;

-- Who refers to an event without the key of the partitions has it looked up in all of them.
CREATE TABLE refers (event bigint REFERENCES event (id), changes int);
SELECT count(dbadvisor.workload_add(query, calls, 1))
  FROM (VALUES ('INSERT INTO refers VALUES (1)', 50), ('UPDATE refers SET event = 2', 20), ('UPDATE refers SET changes = 2', 1000)) v (query, calls);
SELECT foreign_key, referring, columns, copy_column, obstacle, calls FROM dbadvisor.partition_lookups('event', 'at');
SELECT query, calls, cost_after > 3 * cost_before AS dearer, partitions_left, loses, reason FROM by_month WHERE query ~ 'FOR KEY SHARE';
ALTER TABLE refers ADD at timestamp, DROP CONSTRAINT refers_event_fkey, ADD FOREIGN KEY (event, at) REFERENCES event;
SELECT count(*) AS lookups FROM dbadvisor.partition_lookups('event', 'at');
DROP TABLE refers;

-- What is left of it: no table and no lock; event triggers do not see it.
CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE 'event trigger saw %', tg_tag;
END
$$;
CREATE EVENT TRIGGER partition_what_if_tell ON ddl_command_end EXECUTE FUNCTION tell();
BEGIN;
SELECT count(*) > 10 AS priced FROM by_month;
SELECT relname, mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'partition_what_if'::regnamespace AND mode <> 'AccessShareLock';
ROLLBACK;
DROP EVENT TRIGGER partition_what_if_tell;
SELECT count(*) AS shadows FROM pg_class WHERE relname LIKE 'shadow%';

-- What is pruned when execution starts counts as pruned, but it was planned.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM event WHERE at > now() - interval ''1 day''', 1000, 1) IS NOT NULL AS added;
SELECT partitions_left, partitions_started, overhead_ms > 0 AS overhead FROM by_month;

-- Other schemes.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT count(dbadvisor.workload_add(query, 1000, 1))
  FROM (VALUES ('SELECT sum(amount) FROM event WHERE id BETWEEN 20000 AND 21000'),
               ('SELECT sum(amount) FROM event WHERE tenant = 5'),
               ('SELECT sum(amount) FROM event WHERE kind = ''kind 2'''),
               ('SELECT sum(amount) FROM event WHERE kind = ''kind 9''')) v (query);
CREATE FUNCTION scheme(key text, strategy text, "interval" text, partitions int)
RETURNS TABLE (query text, cheaper boolean, partitions_left float8, partitions_total float8) AS $$
	SELECT query, ratio < 0.9, partitions_left, partitions_total
	  FROM dbadvisor.what_if_partitioning('event', key, strategy, "interval", partitions)
	 ORDER BY query COLLATE "C"
$$ LANGUAGE sql;
SELECT * FROM scheme('id', 'range', '10000', NULL);
SELECT * FROM scheme('id', 'range', NULL, 4);
SELECT * FROM scheme('tenant', 'hash', NULL, 8);
SELECT * FROM scheme('kind', 'list', NULL, NULL);
-- More partitions than are created: the same number left, all the same.
CREATE TABLE kept AS SELECT query, partitions_left, cost_after FROM by_month;
SET dbadvisor.shadow_partitions = 6;
SELECT k.query, k.partitions_left, m.partitions_left AS with_few, m.partitions_total, abs(ln(m.cost_after / k.cost_after)) < 0.1 AS costs_agree
  FROM kept k
  JOIN by_month m USING (query)
 ORDER BY query COLLATE "C";
RESET dbadvisor.shadow_partitions;

-- Cancelled while the tables are created: they are gone, and it works again.
SET dbadvisor.shadow_partitions = 1000;
SET statement_timeout = '20ms';
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '1 day');
RESET statement_timeout;
RESET dbadvisor.shadow_partitions;
SELECT count(*) AS shadows FROM pg_class WHERE relname LIKE 'shadow%';
SELECT count(*) > 0 AS works FROM by_month;

-- Costs are shown of what its user may run, and row security stays in force.
CREATE ROLE partition_what_if_stranger;
CREATE ROLE partition_what_if_clerk;
GRANT USAGE ON SCHEMA partition_what_if TO partition_what_if_stranger, partition_what_if_clerk;
GRANT SELECT ON event TO partition_what_if_clerk;
CREATE POLICY clerk ON event TO partition_what_if_clerk USING (at >= '2024-06-01');
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
GRANT dbadvisor_admin TO partition_what_if_stranger, partition_what_if_clerk;
SET ROLE partition_what_if_stranger;
SELECT dbadvisor.workload_add('SELECT sum(amount) FROM event', 10, 1) IS NOT NULL AS added;
SET ROLE partition_what_if_clerk;
SELECT dbadvisor.workload_add('SELECT sum(amount) FROM event', 10, 1) IS NOT NULL AS added;
RESET ROLE;
SELECT userid::regrole, cost_before IS NULL AS hidden, partitions_left, reason FROM by_month ORDER BY 1;
ALTER TABLE event DISABLE ROW LEVEL SECURITY;

-- Without an interval that which growth and size suggest.
SELECT DISTINCT partitions_total FROM dbadvisor.what_if_partitioning('event', 'at');

-- Refused: where nothing may be created, and schemes that make no sense.
BEGIN READ ONLY;
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '1 month');
ROLLBACK;
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '0 days');
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '1 second');
SELECT * FROM dbadvisor.what_if_partitioning('event', 'note', 'range', '5');
SELECT * FROM dbadvisor.what_if_partitioning('event', 'nothing', 'hash', partitions => 4);
SELECT * FROM dbadvisor.what_if_partitioning('event', 'id', 'hash');
SELECT * FROM dbadvisor.what_if_partitioning('event', 'id', 'round robin');
SELECT * FROM dbadvisor.what_if_partitioning('recent', 'at', 'hash', partitions => 4);
SELECT * FROM dbadvisor.what_if_partitioning('pg_class', 'oid', 'hash', partitions => 4);

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA partition_what_if CASCADE;
DROP ROLE partition_what_if_stranger, partition_what_if_clerk;
