-- recommend_distribution(): the key, the tables that go with it and the statements that
-- would not, on a schema with tenants; then what is amiss, one thing at a time
\set SHOW_CONTEXT never
CREATE SCHEMA distribution;
SET search_path = distribution;
SET client_min_messages = warning;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{"min_bytes": 100000, "min_write_share": 0}');

CREATE TABLE tenant (id int PRIMARY KEY, name text);
CREATE TABLE country (code text PRIMARY KEY, name text);
CREATE TABLE orders (tenant_id int NOT NULL REFERENCES tenant, id bigint, country text REFERENCES country, state int, at timestamptz, filler text, PRIMARY KEY (tenant_id, id));
CREATE TABLE line (tenant_id int NOT NULL, order_id bigint, no int, filler text, PRIMARY KEY (tenant_id, order_id, no));
CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int, text text);
INSERT INTO tenant SELECT g, 'tenant ' || g FROM generate_series(1, 1000) g;
INSERT INTO country SELECT 'c' || g, 'country ' || g FROM generate_series(1, 20) g;
INSERT INTO orders SELECT 1 + g % 1000, g, 'c' || 1 + g % 20, g % 3, now(), repeat('x', 50) FROM generate_series(1, 20000) g;
INSERT INTO line SELECT 1 + g % 1000, g, 1, repeat('x', 50) FROM generate_series(1, 20000) g;
INSERT INTO note (tenant_id, text) SELECT 1 + g % 1000, repeat('x', 50) FROM generate_series(1, 1000) g;
VACUUM ANALYZE tenant, country, orders, line, note;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
CREATE FUNCTION load(VARIADIC statements text[]) RETURNS bigint LANGUAGE sql AS
$$ SELECT count(dbadvisor.workload_add(split_part(s, ' | ', 3), split_part(s, ' | ', 1)::float8, split_part(s, ' | ', 2)::float8)) FROM unnest(statements) s $$;
CREATE VIEW told AS
SELECT verdict, key, tables, reference_tables, other_tables, round(carried_share::numeric, 2) AS carried, round(routed_share::numeric, 2) AS routed,
	   round(colocated_share::numeric, 2) AS colocated, round(spread_share::numeric, 2) AS spread_share, skew < 1.5 AS is_even,
	   (SELECT array_agg((s ->> 'time_share') || ' ' || (s ->> 'problem')) FROM jsonb_array_elements(spread) s) AS spread, reasons, changes
  FROM dbadvisor.recommend_distribution();

-- calls, ms per call, statement
SELECT load(
	'1000 | 1 | SELECT * FROM orders WHERE tenant_id = $1 AND id = $2',
	'500 | 2 | SELECT o.id, l.no FROM orders o JOIN line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id WHERE o.tenant_id = $1',
	'400 | 1 | SELECT t.name, c.name FROM tenant t JOIN orders o ON o.tenant_id = t.id JOIN country c ON c.code = o.country WHERE t.id = $1',
	'500 | 1 | INSERT INTO orders (tenant_id, id) VALUES ($1, $2)',
	'300 | 1 | UPDATE note SET text = $1 WHERE tenant_id = $2',
	'2 | 100 | SELECT state, count(*) FROM orders GROUP BY state',
	'1 | 300 | SELECT count(*) FROM orders o JOIN line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id',
	'1 | 100 | UPDATE country SET name = $1 WHERE code = $2');
\x on
SELECT * FROM told WHERE verdict <> 'leave';
\x off
-- other columns that tables have in common will not do, and that of the tenant not for any number of shards
SELECT key, tables, reasons[1] FROM dbadvisor.recommend_distribution() WHERE verdict = 'leave';
SELECT verdict, reasons FROM dbadvisor.recommend_distribution(128) WHERE key = 'tenant_id';

-- the same works where nothing can be written
BEGIN READ ONLY;
SELECT verdict, key FROM dbadvisor.recommend_distribution() WHERE verdict <> 'leave';
ROLLBACK;

-- a small database is not distributed yet, one that mostly reads gets standbys, and what is
-- deleted again is partitioned
SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{"min_bytes": 1099511627776, "min_write_share": 0}');
SELECT verdict, key, regexp_replace(unnest(reasons), '[0-9]+ kB', 'N kB') AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{"min_bytes": 100000, "min_write_share": 1.1}');
SELECT verdict, key, regexp_replace(unnest(reasons), '[0-9]+ %', 'N %') AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{"min_bytes": 100000, "min_write_share": 0}');
BEGIN;
ALTER TABLE line ADD at date;
SELECT load('1 | 10 | DELETE FROM orders WHERE at < $1', '1 | 10 | DELETE FROM line WHERE at < $1');
SELECT verdict, key, regexp_replace(unnest(reasons), '[0-9]+ %', 'N %') AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
ROLLBACK;

-- a schema that is never joined is a database of its own; one that is joined is none
BEGIN;
CREATE SCHEMA distribution_other;
CREATE TABLE distribution_other.orders AS SELECT * FROM orders;
ANALYZE distribution_other.orders;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT load('10 | 1 | SELECT * FROM distribution_other.orders WHERE tenant_id = 1');
SELECT verdict, unnest(reasons) AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
SELECT load('10 | 1 | SELECT 1 FROM orders o JOIN distribution_other.orders p USING (tenant_id, id) WHERE o.tenant_id = 1');
SELECT dbadvisor.independent_schemas();
ROLLBACK;

-- statements that do not have the key, that tie tables by something else or that change it
BEGIN;
SELECT load('3000 | 1 | SELECT * FROM orders WHERE id = $1', '3000 | 3 | SELECT * FROM orders o JOIN line l ON l.order_id = o.id WHERE o.tenant_id = $1', '10 | 1 | UPDATE note SET tenant_id = $1 WHERE id = $2');
SELECT verdict, unnest(reasons) AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
ROLLBACK;
-- an OR beside the key, and a list of its values, need other shards, too
BEGIN;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT load('10 | 1 | SELECT * FROM orders WHERE tenant_id = $1 OR state = $2', '10 | 1 | SELECT * FROM orders WHERE tenant_id IN (1, 2, 3)', '1 | 1 | SELECT * FROM orders WHERE tenant_id = 1');
SELECT routed, spread_share, spread FROM told WHERE key = 'tenant_id';
ROLLBACK;

-- one tenant with a third of the rows
BEGIN;
UPDATE orders SET tenant_id = 7 WHERE id % 3 = 0;
ANALYZE orders;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT verdict, regexp_replace(unnest(reasons), '[0-9.]+ (times|%)', 'N \1', 'g') AS reason FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
SELECT skew BETWEEN 10 AND 12 AS as_full, largest_share BETWEEN 0.3 AND 0.37 AS as_common, (hot_partition ->> 'rows')::int BETWEEN 6000 AND 7400 AS rows, hot_partition -> 'too_large_for_cassandra' AS cassandra
  FROM dbadvisor.recommend_distribution() WHERE key = 'tenant_id';
ROLLBACK;
SELECT dbadvisor.hot_partition('orders'::regclass, 50) -> 'too_large_for_cassandra' AS cassandra, dbadvisor.hot_partition('orders'::regclass, 1e5) -> 'too_large_for_dynamodb' AS dynamodb, dbadvisor.hot_partition('orders'::regclass, NULL);

-- a large table without the key is left on one machine, unless it gets it by its foreign key
BEGIN;
CREATE TABLE big (id int PRIMARY KEY, tenant int REFERENCES tenant, filler text);
INSERT INTO big SELECT g, 1 + g % 1000, repeat('x', 100) FROM generate_series(1, 50000) g;
ANALYZE big;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT load('1000 | 1 | UPDATE big SET filler = $1 WHERE id = $2');
SELECT other_tables, carried, reasons, changes[3:] FROM told WHERE key = 'tenant_id';
ROLLBACK;

-- the fullest shard is that of real hash partitions
CREATE FUNCTION real_skew(type text, shards int) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE hashed (v %s) PARTITION BY HASH (v)', type);
	FOR i IN 0 .. shards - 1 LOOP
		EXECUTE format('CREATE TABLE hashed_%s PARTITION OF hashed FOR VALUES WITH (MODULUS %s, REMAINDER %1$s)', i, shards);
	END LOOP;
	EXECUTE format('INSERT INTO hashed SELECT %s FROM generate_series(1, 20000) g', CASE type WHEN 'uuid' THEN 'md5(floor(sqrt(g))::text)::uuid' ELSE format('(10 + floor(sqrt(g)))::int::%s', type) END);
	ANALYZE hashed;
	RETURN (SELECT max(n) * shards / 20000.0 FROM (SELECT count(*) AS n FROM hashed GROUP BY tableoid) c);
END
$$;
SET default_statistics_target = 200;
DO $$
DECLARE
	t text;
	told float8;
	seen float8;
BEGIN
	FOREACH t IN ARRAY '{smallint,int,bigint,text,varchar,uuid}'::text[] LOOP
		seen := distribution.real_skew(t, 8);
		told := (SELECT s.skew FROM dbadvisor.distribution_skew('distribution.hashed'::regclass, 1::smallint, 8) s);
		IF abs(told / seen - 1) <= 0.1 THEN
			RAISE INFO '%: as foretold', t;
		ELSE
			RAISE INFO '%: % times the mean, told %', t, seen, told;
		END IF;
		DROP TABLE distribution.hashed;
	END LOOP;
END
$$;

-- with Citus, what is distributed is left out; a view of that name alone is not believed
BEGIN;
CREATE VIEW public.citus_tables AS SELECT 'distribution.line'::regclass AS table_name, 'distributed' AS citus_table_type
 UNION ALL SELECT 'distribution.note'::regclass, 'local';
SELECT dbadvisor.distributed_tables();
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_extension SELECT 1, 'citus', extowner, extnamespace, false, '12.1', NULL, NULL FROM pg_extension WHERE extname = 'plpgsql';
INSERT INTO pg_depend VALUES ('pg_class'::regclass, 'public.citus_tables'::regclass, 0, 'pg_extension'::regclass, 1, 0, 'e');
SELECT dbadvisor.distributed_tables()::regclass;
SELECT tables FROM told WHERE key = 'tenant_id';
ROLLBACK;

-- one that is never joined is held by all machines where foreign keys refer to it, and only
-- while it is hardly written
BEGIN;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT load('10 | 1 | SELECT * FROM country WHERE code = $1', '90 | 1 | SELECT * FROM orders WHERE tenant_id = 1');
SELECT reference_tables, other_tables, routed FROM told WHERE key = 'tenant_id';
SELECT load('10 | 1 | UPDATE country SET name = $1 WHERE code = $2');
SELECT reference_tables, other_tables, routed FROM told WHERE key = 'tenant_id';
ROLLBACK;

-- nothing in common, and no statements
DROP TABLE tenant, orders, line, note CASCADE;
CREATE TABLE alone (id int PRIMARY KEY, at date);
SELECT verdict, key, reasons[1] FROM dbadvisor.recommend_distribution();
CREATE TABLE a (owner bigint, x int);
CREATE TABLE b (owner bigint, y int);
INSERT INTO a SELECT g, g FROM generate_series(1, 9000) g;
ANALYZE a, b;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT verdict, key, reasons[1] FROM dbadvisor.recommend_distribution();
SELECT * FROM dbadvisor.recommend_distribution(1);

SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{}');
DROP SCHEMA distribution CASCADE;
