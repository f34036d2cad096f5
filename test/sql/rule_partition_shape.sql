-- Rules on the shape of partitioned tables: each with a case that fires and near
-- misses that stay silent.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA rule_shape;
SET search_path = rule_shape;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip

-- a healthy table, of which no rule speaks: nothing before 2001 is retention
CREATE TABLE healthy (id int, at date NOT NULL, v text CONSTRAINT "table's" CHECK (v <> '')) PARTITION BY RANGE (at);
CREATE TABLE healthy_1 PARTITION OF healthy FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE healthy_2 PARTITION OF healthy FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE healthy_3 PARTITION OF healthy FOR VALUES FROM ('2003-01-01') TO ('2004-01-01');
CREATE UNIQUE INDEX ON healthy (id, at);
INSERT INTO healthy SELECT i, '2001-01-01'::date + i % 1000, 'x' FROM generate_series(1, 1000) i;
ANALYZE healthy;

-- partition.range_gap: in the past, ahead, and with rows in the default partition
CREATE TABLE past (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE past_1 PARTITION OF past FOR VALUES FROM (MINVALUE) TO ('2001-01-01 00:00:00+00');
CREATE TABLE past_2 PARTITION OF past FOR VALUES FROM ('2001-02-01 00:00:00+00') TO ('2001-03-01 00:00:00+00');
CREATE TABLE past_3 PARTITION OF past FOR VALUES FROM ('2001-03-01 00:00:00+00') TO ('2001-04-01 00:00:00+00');
CREATE TABLE ahead (at timestamp) PARTITION BY RANGE (at);
CREATE TABLE ahead_1 PARTITION OF ahead FOR VALUES FROM ('2001-01-01') TO ('2101-01-01');
CREATE TABLE ahead_2 PARTITION OF ahead FOR VALUES FROM ('2101-01-02') TO (MAXVALUE);
CREATE TABLE waits (at date) PARTITION BY RANGE (at);
CREATE TABLE waits_1 PARTITION OF waits FOR VALUES FROM ('2001-01-01') TO ('2001-02-01');
CREATE TABLE waits_3 PARTITION OF waits FOR VALUES FROM ('2001-03-01') TO ('2001-04-01');
CREATE TABLE waits_rest PARTITION OF waits DEFAULT;
INSERT INTO waits VALUES ('2001-02-05');
-- numbers: one that rows have passed, one that they have not
CREATE TABLE passed (id bigint) PARTITION BY RANGE (id);
CREATE TABLE passed_1 PARTITION OF passed FOR VALUES FROM (-10) TO (10);
CREATE TABLE passed_3 PARTITION OF passed FOR VALUES FROM (20) TO (30);
INSERT INTO passed VALUES (1), (25);
CREATE TABLE coming (id int) PARTITION BY RANGE (id);
CREATE TABLE coming_3 PARTITION OF coming FOR VALUES FROM (20) TO (30);
CREATE TABLE coming_1 PARTITION OF coming FOR VALUES FROM (-10) TO (9);
CREATE TABLE coming_5 PARTITION OF coming FOR VALUES FROM (100) TO (MAXVALUE);
INSERT INTO coming VALUES (1);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE waits, passed, coming;
SELECT object_name, severity, affected_count AS gaps, detail FROM advice_of('partition.range_gap') WHERE object_name LIKE 'rule_shape.%';
-- whatever dates look like
SET datestyle = 'SQL, DMY';
SET timezone = 'Europe/Berlin';
SELECT object_name, severity, detail FROM advice_of('partition.range_gap') WHERE object_name IN ('rule_shape.past', 'rule_shape.ahead');
RESET datestyle;
RESET timezone;

-- partition.skewed: a hash, a list and a range; of ranges neither the newest, nor one
-- without a lower end
CREATE TABLE hashed (id int, v text) PARTITION BY HASH (id);
CREATE TABLE listed (id int, v text) PARTITION BY LIST (id);
CREATE TABLE ranged (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE grows (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE begins (id int, v text) PARTITION BY RANGE (id);
SELECT format('CREATE TABLE hashed_%s PARTITION OF hashed FOR VALUES WITH (MODULUS 4, REMAINDER %1$s)', i),
	   format('CREATE TABLE listed_%s PARTITION OF listed FOR VALUES IN (%1$s)', i),
	   format('CREATE TABLE ranged_%s PARTITION OF ranged FOR VALUES FROM (%1$s) TO (%s)', i, i + 1),
	   format('CREATE TABLE grows_%s PARTITION OF grows FOR VALUES FROM (%1$s) TO (%s)', i, i + 1),
	   format('CREATE TABLE begins_%s PARTITION OF begins FOR VALUES FROM (%s) TO (%s)', i, coalesce(nullif(i, 0)::text, 'MINVALUE'), i + 1)
  FROM generate_series(0, 3) i \gexec
CREATE TABLE listed_rest PARTITION OF listed DEFAULT;
INSERT INTO hashed SELECT CASE WHEN i > 300 THEN 7 ELSE i END, repeat('x', 500) FROM generate_series(1, 5000) i;
INSERT INTO listed SELECT i % 4, repeat('x', 500) FROM generate_series(1, 300) i;
INSERT INTO listed SELECT 9, repeat('x', 500) FROM generate_series(1, 5000) i;
INSERT INTO ranged SELECT i % 4, repeat('x', 500) FROM generate_series(1, 300) i;
INSERT INTO ranged SELECT 1, repeat('x', 500) FROM generate_series(1, 5000) i;
INSERT INTO grows SELECT i % 3, repeat('x', 500) FROM generate_series(1, 300) i;
INSERT INTO grows SELECT 2, repeat('x', 500) FROM generate_series(1, 5000) i;
INSERT INTO begins SELECT i % 4, repeat('x', 500) FROM generate_series(1, 300) i;
INSERT INTO begins SELECT 0, repeat('x', 500) FROM generate_series(1, 5000) i;
VACUUM ANALYZE hashed, listed, ranged, grows, begins;
SELECT count(*) FROM advice_of('partition.skewed') WHERE object_name LIKE 'rule_shape.%';
SELECT dbadvisor.set_rule('partition.skewed', object_pattern => 'rule_shape.*', thresholds => '{"min_bytes": 1000000}');
SELECT object_name, affected_count AS count, (evidence ->> 'ratio')::numeric > 5 AS is_much, regexp_replace(detail, '\d+ [kM]B|\d+ bytes', 'SIZE', 'g') AS detail FROM advice_of('partition.skewed') WHERE object_name LIKE 'rule_shape.%';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'partition.skewed';

-- partition.nested_needlessly: three levels, and one that divides into a single one;
-- two levels that divide are none
CREATE TABLE deep (a int, b int, c int) PARTITION BY LIST (a);
CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE deep_1_1 PARTITION OF deep_1 FOR VALUES IN (1) PARTITION BY LIST (c);
CREATE TABLE deep_1_2 PARTITION OF deep_1 FOR VALUES IN (2);
CREATE TABLE deep_1_1_1 PARTITION OF deep_1_1 FOR VALUES IN (1);
CREATE TABLE deep_1_1_2 PARTITION OF deep_1_1 FOR VALUES IN (2);
CREATE TABLE single (a int, b int) PARTITION BY LIST (a);
CREATE TABLE single_1 PARTITION OF single FOR VALUES IN (1) PARTITION BY HASH (b);
CREATE TABLE single_1_0 PARTITION OF single_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE divided (a int, b int) PARTITION BY LIST (a);
CREATE TABLE divided_1 PARTITION OF divided FOR VALUES IN (1) PARTITION BY HASH (b);
CREATE TABLE divided_1_0 PARTITION OF divided_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE divided_1_1 PARTITION OF divided_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT object_name, severity, detail, evidence FROM advice_of('partition.nested_needlessly') WHERE object_name LIKE 'rule_shape.%';

-- partition.uniqueness_per_partition: not where the key is in it, where one partition
-- has it, where it is of a part of the rows, or where a sequence makes the values
CREATE TABLE keyless (id int, "No" int, code text, made int GENERATED BY DEFAULT AS IDENTITY, at date) PARTITION BY RANGE (at);
CREATE TABLE keyless_1 PARTITION OF keyless FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE keyless_2 PARTITION OF keyless FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE keyless_3 PARTITION OF keyless FOR VALUES FROM ('2003-01-01') TO ('2004-01-01');
CREATE UNIQUE INDEX ON keyless_1 ("No", id);
CREATE UNIQUE INDEX ON keyless_2 (id, "No") INCLUDE (at);
CREATE UNIQUE INDEX ON keyless_1 (id, at);
CREATE UNIQUE INDEX ON keyless_2 (id, at);
CREATE UNIQUE INDEX ON keyless_1 (id);
CREATE UNIQUE INDEX ON keyless_1 (code) WHERE id > 0;
CREATE UNIQUE INDEX ON keyless_2 (code) WHERE id > 0;
CREATE UNIQUE INDEX ON keyless_1 (made);
CREATE UNIQUE INDEX ON keyless_2 (made);
INSERT INTO keyless VALUES (1, 1, NULL, 1, '2001-05-05'), (1, 1, NULL, 2, '2002-05-05'), (2, 1, NULL, 3, '2002-05-05');
SELECT object_name, variant, title, detail FROM advice_of('partition.uniqueness_per_partition') WHERE object_name LIKE 'rule_shape.%';
SELECT precheck_sql FROM advice_of('partition.uniqueness_per_partition') WHERE object_name LIKE 'rule_shape.%' \gexec

-- partition.check_redundant: bounds that are the same, and wider ones; not stricter
-- ones, other columns, the table's own, or what only users' functions could tell
CREATE FUNCTION since() RETURNS date LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN '2001-01-01'; END $$;
CREATE TABLE checked (id int, at date, CONSTRAINT own CHECK (at >= '1900-01-01')) PARTITION BY RANGE (at);
CREATE TABLE checked_1 (id int, at date,
	CONSTRAINT own CHECK (at >= '1900-01-01'),
	CONSTRAINT "Same" CHECK (at IS NOT NULL AND at >= '2001-01-01' AND at < '2002-01-01'),
	CONSTRAINT wider CHECK (at BETWEEN '2000-01-01' AND '2009-12-31'),
	CONSTRAINT stricter CHECK (at >= '2001-02-01'),
	CONSTRAINT later CHECK (at >= since()),
	CONSTRAINT more CHECK (at >= '2001-01-01' AND id > 0));
ALTER TABLE checked ATTACH PARTITION checked_1 FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE checked_2 PARTITION OF checked FOR VALUES FROM ('2002-01-01') TO ('2003-01-01') PARTITION BY LIST (id);
CREATE TABLE "checked 2_1" PARTITION OF checked_2 FOR VALUES IN (1, 2);
-- by the bound of the table above, and by its own
ALTER TABLE "checked 2_1" ADD CONSTRAINT above CHECK (at >= '2002-01-01') NOT VALID, ADD CONSTRAINT listed CHECK (id IN (1, 2, 3)), ADD CONSTRAINT unlisted CHECK (id IN (1, 3));
CREATE TABLE checked_3 PARTITION OF checked DEFAULT;
ALTER TABLE checked_3 ADD CONSTRAINT rest CHECK (at IS NOT NULL);
SELECT object_name, severity, affected_count AS checks, detail FROM advice_of('partition.check_redundant') WHERE object_name LIKE 'rule_shape.%';
SELECT apply_sql FROM advice_of('partition.check_redundant') WHERE object_name LIKE 'rule_shape.%';
SELECT revert_sql FROM advice_of('partition.check_redundant') WHERE object_name LIKE 'rule_shape.%';
SELECT * FROM round_trip('partition.check_redundant', 'rule_shape.%');
-- no answer of what is no check of a partition
SELECT dbadvisor.bound_implies_check(0) IS NULL AS nothing,
	   dbadvisor.bound_implies_check((SELECT oid FROM pg_constraint WHERE conname = 'own' AND conrelid = 'checked'::regclass)) IS NULL AS root;

-- partition.detached_leftover: what DETACH ... CONCURRENTLY leaves, what it left of a
-- hash until it was mended there, and what was made to be attached
CREATE TABLE whole (id int, at date NOT NULL, v text) PARTITION BY RANGE (at);
CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE whole_2 PARTITION OF whole FOR VALUES FROM ('2002-01-01') TO ('2003-01-01');
CREATE TABLE whole_first PARTITION OF whole FOR VALUES FROM (MINVALUE) TO ('2000-01-01');
CREATE TABLE pair (a int, b int) PARTITION BY RANGE (a, b);
CREATE TABLE pair_1 PARTITION OF pair FOR VALUES FROM (1, 1) TO (5, 5);
CREATE TABLE kinds (kind text, w int) PARTITION BY LIST (kind);
CREATE TABLE kinds_1 PARTITION OF kinds FOR VALUES IN ('it''s < one', 'two');
CREATE TABLE hash (id int, u uuid) PARTITION BY HASH (id);
ALTER TABLE whole DETACH PARTITION whole_1 CONCURRENTLY;
ALTER TABLE whole DETACH PARTITION whole_first CONCURRENTLY;
ALTER TABLE pair DETACH PARTITION pair_1 CONCURRENTLY;
ALTER TABLE kinds DETACH PARTITION kinds_1 CONCURRENTLY;
SELECT format('CREATE TABLE hash_0 (id int, u uuid, CHECK (satisfies_hash_partition(%L::oid, 2, 0, id)))', 'hash'::regclass::oid) AS create_hash_0 \gset
:create_hash_0;
CREATE TABLE whole_3 (v text, at date NOT NULL, id int, CHECK (at >= '2003-01-01' AND at < '2004-01-01'));
-- not: other columns, other types, other checks, a partition, and a plain copy
CREATE TABLE other_columns (id int, at date NOT NULL, w text, CHECK (at >= '2003-01-01' AND at < '2004-01-01'));
CREATE TABLE other_types (id int, at timestamp NOT NULL, v text, CHECK (at >= '2003-01-01' AND at < '2004-01-01'));
CREATE TABLE other_check (id int, at date NOT NULL, v text, CHECK (at > '2003-01-01'), CHECK (at BETWEEN '2003-01-01' AND '2004-01-01'), CHECK (id >= 1 AND id < 5));
CREATE TABLE copy (LIKE whole INCLUDING ALL);
CREATE TABLE other_hash (id int, u uuid, CHECK (satisfies_hash_partition('whole'::regclass, 2, 0, id)));
INSERT INTO whole_1 VALUES (1, '2001-05-05', 'x');
ANALYZE whole_1;
SELECT object_name, severity, apply_sql IS NULL AS says_only, title, detail FROM advice_of('partition.detached_leftover') WHERE object_name LIKE 'rule_shape.%';

-- nothing was said of the healthy one
SELECT a.rule, a.title
  FROM unnest(ARRAY['range_gap', 'skewed', 'nested_needlessly', 'uniqueness_per_partition', 'check_redundant', 'detached_leftover']) r (name)
 CROSS JOIN LATERAL advice_of('partition.' || r.name) a
 WHERE a.object_name LIKE 'rule_shape.healthy%';
DROP SCHEMA rule_shape CASCADE;
