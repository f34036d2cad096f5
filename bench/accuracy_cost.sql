-- Cost of a plan under a hypothetical index against the cost with the index
-- really built, on the cases that are easy to get wrong.
--
-- Left out, since it is known to differ: a range that reaches beyond the bounds
-- that ANALYZE saw.  The planner asks a real index for the true minimum and
-- maximum, which a hypothetical one cannot know; see src/whatif/inject.c.
--
-- Run in a database with the extension; makes and drops schema accuracy.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS accuracy CASCADE;
CREATE SCHEMA accuracy;
SET search_path = accuracy, public;
SELECT pg_catalog.setseed(0.42) \g /dev/null

CREATE TABLE dim AS
SELECT i AS id, 'name ' || i AS name, i % 50 AS region
  FROM generate_series(1, 1000) i;
ALTER TABLE dim ADD PRIMARY KEY (id);
CREATE TABLE fact AS
SELECT i AS id,
       (random() * 999)::int + 1 AS k1,
       (random() * 49999)::int AS k2,
       (random() * 100000)::int AS k3,
       (random() * 1000)::int AS val,
       timestamp '2024-01-01' + i * interval '30 seconds' AS ts,
       CASE WHEN random() < 0.001 THEN 'open' ELSE 'done' END AS status,
       'User ' || (random() * 50000)::int AS email
  FROM generate_series(1, 500000) i;
CREATE TABLE other AS
SELECT k2 AS k2, k3 AS k3, id FROM fact ORDER BY random() LIMIT 100000;
CREATE TABLE part (a int, b int, c text) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100000);
CREATE TABLE part_2 (c text, gone int, b int, a int);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (100000) TO (200000);
INSERT INTO part SELECT i, i % 1000, 'c' || i FROM generate_series(0, 199999) i;
VACUUM ANALYZE dim;
VACUUM ANALYZE fact;
VACUUM ANALYZE other;
VACUUM ANALYZE part;

CREATE TABLE trial (trial text, query text, definition text);
INSERT INTO trial VALUES
('1 expression, 2nd in join',
 'SELECT * FROM dim d JOIN fact f ON f.k1 = d.id WHERE lower(f.email) = ''user 77''',
 'CREATE INDEX ON fact (lower(email))'),
('2 partial, 2nd in join',
 'SELECT * FROM dim d JOIN fact f ON f.k1 = d.id WHERE f.status = ''open'' AND f.k1 = 7',
 'CREATE INDEX ON fact (k1) WHERE status = ''open'''),
('3 expression, one table',
 'SELECT * FROM fact WHERE lower(email) = ''user 77''',
 'CREATE INDEX ON fact (lower(email))'),
('4 nested loop, index-only inner',
 'SELECT o.id, f.k2 FROM (SELECT * FROM other WHERE id < 60000) o JOIN fact f ON f.k2 = o.k2 AND f.k3 = o.k3',
 'CREATE INDEX ON fact (k2, k3)'),
('5 brin, 8 pages per range',
 'SELECT count(*) FROM fact WHERE ts BETWEEN ''2024-02-01'' AND ''2024-02-01 06:00''',
 'CREATE INDEX ON fact USING brin (ts) WITH (pages_per_range = 8)'),
('6 unproven UNIQUE, left join',
 'SELECT d.* FROM dim d LEFT JOIN fact f ON f.k1 = d.id',
 'CREATE INDEX ON fact (k1)'),
('7 partitioned, other column order',
 'SELECT * FROM part WHERE b = 5',
 'CREATE INDEX ON part (b)'),
('8 merge join, mark and restore',
 'SELECT * FROM other o JOIN fact f USING (k3) ORDER BY k3 LIMIT 100',
 'CREATE INDEX ON fact (k3)'),
('9 deduplicated index-only count',
 'SELECT val, count(*) FROM fact GROUP BY val',
 'CREATE INDEX ON fact (val)'),
('a order by, limit',
 'SELECT * FROM fact WHERE k1 = 5 ORDER BY ts DESC LIMIT 10',
 'CREATE INDEX ON fact (k1, ts DESC)'),
('b range',
 'SELECT * FROM fact WHERE k2 BETWEEN 100 AND 120',
 'CREATE INDEX ON fact (k2)'),
('c hash',
 'SELECT * FROM fact WHERE k3 = 77',
 'CREATE INDEX ON fact USING hash (k3)'),
('d INCLUDE, index-only',
 'SELECT k1, val FROM fact WHERE k1 BETWEEN 3 AND 9',
 'CREATE INDEX ON fact (k1) INCLUDE (val)'),
('e bitmap or, IN list',
 'SELECT * FROM fact WHERE k2 IN (1, 2, 3, 4, 5) AND val > 500',
 'CREATE INDEX ON fact (k2, val)'),
('f second column only',
 'SELECT * FROM fact WHERE k3 = 5',
 'CREATE INDEX ON fact (status, k3)');
-- the unique index that is asked for cannot be built; it must count as plain
CREATE TABLE asked (trial text, definition text);
INSERT INTO asked VALUES
('6 unproven UNIQUE, left join', 'CREATE UNIQUE INDEX ON fact (k1)');

CREATE FUNCTION explained(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Total Cost';
END
$$;

CREATE TABLE measured (trial text, before float8, what_if float8, built float8,
	uses_index boolean);
-- The index is built first and dropped again, so that both costs rest on the
-- same statistics: ANALYZE takes another sample each time.
SELECT format($$
%4$s;
VACUUM ANALYZE %5$s;
INSERT INTO measured (trial, built) VALUES (%1$L, accuracy.explained(%2$L));
SELECT format('DROP INDEX %%s', indexrelid::regclass)
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid
 WHERE indrelid::regclass::text IN ('fact', 'part') AND NOT relispartition \gexec
UPDATE measured
   SET (before, what_if, uses_index) =
       (SELECT cost_before, cost_after, cardinality(indexes_used) > 0
          FROM dbadvisor.what_if(%2$L, ARRAY[%3$L]))
 WHERE trial = %1$L;
$$, trial, query, coalesce(asked.definition, trial.definition), trial.definition,
	CASE WHEN query LIKE '%FROM part%' THEN 'part' ELSE 'fact' END) AS script
  FROM trial LEFT JOIN asked USING (trial)
 ORDER BY trial
 \g (tuples_only=on format=unaligned) :script
\i :script

SELECT trial,
       round(before::numeric, 2) AS before,
       round(what_if::numeric, 2) AS what_if,
       round(built::numeric, 2) AS built,
       round(100 * abs(what_if - built)::numeric / built::numeric, 2) AS error_percent,
       uses_index
  FROM measured
 ORDER BY trial;
SELECT round(max(error)::numeric, 2) AS largest_percent,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY error)::numeric, 2) AS p90_percent
  FROM (SELECT 100 * abs(what_if - built) / built AS error FROM measured) e;
DROP SCHEMA accuracy CASCADE;
