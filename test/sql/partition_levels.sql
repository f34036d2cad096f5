-- Two levels of partitions: predicted costs against those of a table that really has them,
-- skewed values of a hash, and when a second level is advised.
CREATE SCHEMA partition_levels;
SET search_path = partition_levels;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
\set SHOW_CONTEXT never
SET default_statistics_target = 1000;

-- arrange: a third of the rows belongs to one tenant
CREATE TABLE event (id bigint NOT NULL, tenant int NOT NULL, at timestamp NOT NULL, amount int NOT NULL, note text);
INSERT INTO event
SELECT i, CASE WHEN i % 3 = 0 THEN 7 ELSE i * 7919::bigint % 200 END, timestamp '2023-01-01' + i * interval '18 minutes', i % 1013, repeat('x', 50)
  FROM generate_series(1, 58000) i;
ALTER TABLE event ADD PRIMARY KEY (id, tenant, at);
CREATE INDEX ON event (tenant, at);
CREATE INDEX ON event (at);
VACUUM ANALYZE event;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
CREATE TABLE statement (text text);
INSERT INTO statement VALUES
	('SELECT sum(amount) FROM %s WHERE at >= ''2024-01-01'' AND at < ''2024-04-01'''),
	('SELECT sum(amount) FROM %s WHERE tenant = 7 AND at >= ''2024-01-01'' AND at < ''2024-04-01'''),
	('SELECT sum(amount) FROM %s WHERE tenant = 8 AND at >= ''2024-01-01'' AND at < ''2024-07-01'''),
	('SELECT sum(amount) FROM %s WHERE tenant = 7'),
	('SELECT sum(amount) FROM %s WHERE tenant = 8'),
	('SELECT sum(amount) FROM %s WHERE tenant IN (8, 9, 10)'),
	('SELECT tenant, count(*) FROM %s GROUP BY tenant'),
	('SELECT count(*) FROM %s a JOIN %1$s b ON a.tenant = b.tenant AND a.id = b.id WHERE a.at < ''2023-02-01'''),
	('DELETE FROM %s WHERE at < ''2023-04-01'' AND tenant = 8'),
	('UPDATE %s SET amount = 0 WHERE id = 5 AND tenant = 195 AND at = ''2023-01-01 01:30''');
SELECT count(dbadvisor.workload_add(format(text, 'event'), 100, 10)) FROM statement;

-- act: the same table, really partitioned
CREATE PROCEDURE build(name text, level_1 text, level_2 text, parts int) LANGUAGE plpgsql AS $$
DECLARE
	bound record;
BEGIN
	EXECUTE format('CREATE TABLE %s (LIKE event) PARTITION BY %s', name, level_1);
	FOR bound IN
		SELECT n, CASE WHEN level_1 ~ '^HASH' THEN format('WITH (MODULUS %s, REMAINDER %s)', parts, n) ELSE format('FROM (%s) TO (%s)', COALESCE(quote_literal(lag(b) OVER (ORDER BY n)), 'MINVALUE'), COALESCE(quote_literal(b), 'MAXVALUE')) END AS text
		  FROM (SELECT u.n - 1 AS n, u.b FROM unnest(dbadvisor.partition_bounds('event', 'at', 'range', '3 months', NULL) || NULL::text) WITH ORDINALITY u (b, n) WHERE level_1 !~ '^HASH'
				 UNION ALL
				SELECT n, NULL FROM generate_series(0, parts - 1) n WHERE level_1 ~ '^HASH') b
	LOOP
		EXECUTE format('CREATE TABLE %1$s_%2$s PARTITION OF %1$s FOR VALUES %3$s %4$s', name, bound.n, bound.text, 'PARTITION BY ' || level_2);
		FOR part IN 0 .. parts - 1 LOOP
			EXIT WHEN level_2 IS NULL;
			EXECUTE format('CREATE TABLE %1$s_%2$s_%3$s PARTITION OF %1$s_%2$s FOR VALUES WITH (MODULUS %4$s, REMAINDER %3$s)', name, bound.n, part, parts);
		END LOOP;
	END LOOP;
	EXECUTE format('INSERT INTO %s SELECT * FROM event', name);
	EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (id, tenant, at)', name);
	EXECUTE format('CREATE INDEX ON %s (tenant, at)', name);
	EXECUTE format('CREATE INDEX ON %s (at)', name);
END
$$;
CALL build('two', 'RANGE (at)', 'HASH (tenant)', 4);
CALL build('hashed', 'HASH (tenant)', NULL, 8);
VACUUM ANALYZE two, hashed;

-- assert: close to it, with the partitions that are read
CREATE FUNCTION compared(built text, key text, strategy text, "interval" text, partitions int, sub_key text, sub_partitions int)
RETURNS TABLE (query text, costs text, partitions_left float8, partitions_total float8) AS $$
	SELECT s.text,
		   CASE WHEN p.cost_after / a.cost BETWEEN 0.87 AND 1.15 THEN 'agree' ELSE format('%s for %s', round(p.cost_after), round(a.cost)) END,
		   p.partitions_left, p.partitions_total
	  FROM statement s
	  LEFT JOIN dbadvisor.what_if_partitioning('event', key, strategy, "interval", partitions, sub_key, sub_partitions) p ON p.query = format(s.text, 'event')
	 CROSS JOIN LATERAL (SELECT (dbadvisor.what_if(format(s.text, built))).cost_before) a (cost)
	 ORDER BY s.text COLLATE "C"
$$ LANGUAGE sql;
SELECT * FROM compared('two', 'at', 'range', '3 months', NULL, 'tenant', 4);
SELECT * FROM compared('hashed', 'tenant', 'hash', NULL, 8, NULL, NULL);
-- Fewer tables than there would be partitions: the oldest are planned as one.
SET dbadvisor.shadow_partitions = 20;
SELECT * FROM compared('two', 'at', 'range', '3 months', NULL, 'tenant', 4) WHERE query !~ '2023';
RESET dbadvisor.shadow_partitions;
SELECT count(*) AS shadows FROM pg_class WHERE relname LIKE 'shadow%';

-- A key that is unique now, but would not be over the second level.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
CREATE UNIQUE INDEX event_id ON event (id, at);
SELECT count(dbadvisor.workload_add(format('INSERT INTO event VALUES (1, 1, now(), 1) ON CONFLICT (%s) DO NOTHING', columns), 100, 0.1))
  FROM (VALUES ('id, at'), ('id, tenant, at')) c (columns);
SELECT query, sub_key, loses, reason
  FROM (VALUES (NULL, NULL), ('tenant', 4)) s (sub_key, parts), dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', NULL, sub_key, parts)
 WHERE query ~ 'CONFLICT'
 ORDER BY sub_key NULLS FIRST, query COLLATE "C";
DROP INDEX event_id;

-- Refused: a second level that is none.
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', sub_key => 'tenant');
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', sub_key => 'tenant', sub_partitions => 1);
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', sub_partitions => 4);
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', sub_key => 'at', sub_partitions => 4);
SELECT * FROM dbadvisor.what_if_partitioning('event', 'tenant', 'hash', partitions => 4, sub_key => 'id', sub_partitions => 4);
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', '3 months', sub_key => 'nothing', sub_partitions => 4);

-- Advised where one level leaves partitions that are too large, and the planner says that
-- it does not lose.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
DROP INDEX event_tenant_at_idx;
SELECT count(dbadvisor.workload_add(query, calls, ms))
  FROM (VALUES ('SELECT sum(amount) FROM event WHERE at >= ''2024-01-01'' AND at < ''2024-03-01''', 100, 50),
               ('SELECT sum(amount) FROM event WHERE tenant = 8 AND at >= ''2024-01-01'' AND at < ''2024-04-01''', 1000, 50)) v (query, calls, ms);
CREATE VIEW advised AS
SELECT verdict, strategy, "interval", partitions, sub_key, sub_partitions,
       (SELECT string_agg(regexp_replace(n, '[0-9.]+ [kM]B', '?'), '; ') FROM unnest(notes) n WHERE n ~ 'largest') AS note
  FROM dbadvisor.recommend_partitioning('event') WHERE key = 'at';
SELECT dbadvisor.set_rule('partition.missing', thresholds => '{"min_bytes": 500000, "brin_share": 2}', object_pattern => 'partition_levels.*');
SELECT sub_key, sub_partitions, note FROM advised;
SELECT dbadvisor.set_rule('partition.missing', thresholds => '{"min_bytes": 500000, "brin_share": 2, "max_partition_bytes": 200000}', object_pattern => 'partition_levels.*');
SELECT * FROM advised;
-- Priced and left where an index serves the second key, and others would search all parts.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
CREATE INDEX ON event (tenant, at);
SELECT count(dbadvisor.workload_add(query, calls, ms))
  FROM (VALUES ('SELECT sum(amount) FROM event WHERE at >= ''2024-01-01'' AND at < ''2024-03-01''', 1000, 50),
               ('SELECT * FROM event WHERE tenant = 8 AND at = ''2024-01-05 12:00''', 300000, 0.05),
               ('SELECT * FROM event WHERE at = ''2024-01-05 12:00''', 200000, 0.05)) v (query, calls, ms);
SELECT * FROM advised;
DELETE FROM dbadvisor.rule_setting WHERE rule = 'partition.missing';

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA partition_levels CASCADE;
