-- What-if plans against plans with the index really built.  The tables are small
-- enough for ANALYZE to read every row, so that its figures do not vary.
CREATE SCHEMA whatif_plans;
SET search_path = whatif_plans, public;
SET max_parallel_workers_per_gather = 0;
SET jit = off;

CREATE TABLE dim AS
SELECT i AS id,
       'name ' || i AS name
  FROM generate_series(1, 500) i;
ALTER TABLE dim ADD PRIMARY KEY (id);
CREATE TABLE fact AS
SELECT i AS id,
       (i::bigint * 7919 % 500)::int + 1 AS k1,
       (i::bigint * 104729 % 5000)::int AS k2,
       (i::bigint * 1299709 % 29989)::int AS k3,
       (i::bigint * 31 % 211)::int AS val,
       timestamp '2024-01-01' + i * interval '1 minute' AS ts,
       CASE WHEN i % 1000 = 7 THEN 'open' ELSE 'done' END AS status,
       'User ' || i % 10000 AS email,
       CASE WHEN i % 3 = 0 THEN i END AS sparse,
       repeat('x', 100) AS filler
  FROM generate_series(1, 30000) i;
CREATE TABLE other AS
SELECT k2, k3, id
  FROM fact
 WHERE id % 5 = 0;
CREATE TABLE part (a int, b int, c text) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10000);
CREATE TABLE part_2 (c text, gone int, b int, a int);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (10000) TO (20000);
INSERT INTO part SELECT i, i % 1000, 'Text ' || i FROM generate_series(0, 19999) i;
CREATE TABLE parent (a int, b int);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent SELECT i, i % 1000 FROM generate_series(1, 10000) i;
INSERT INTO child SELECT i, i % 1000 FROM generate_series(1, 10000) i;
VACUUM ANALYZE dim, fact, other, part, parent, child;

-- Ask first, then build the index and compare; the index goes again.
CREATE FUNCTION compare(query text, definition text, OUT used boolean,
	OUT same_plan boolean, OUT cost_close boolean, OUT size_close boolean)
LANGUAGE plpgsql AS $$
DECLARE
	answer record;
	line text;
	built text := '';
	plan json;
	built_cost float8;
	index_name text;
	bytes bigint;
BEGIN
	SELECT * INTO answer FROM dbadvisor.what_if(query, ARRAY[definition]);
	index_name := substring(answer.index_definitions[1] FROM 'INDEX (\S+) ON');
	EXECUTE definition;
	EXECUTE 'ANALYZE ' || substring(definition FROM ' ON (\S+)');
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		built := built || line || E'\n';
	END LOOP;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	built_cost := plan->0->'Plan'->>'Total Cost';
	SELECT sum(pg_relation_size(relid)) INTO bytes
	  FROM pg_partition_tree(index_name);
	IF bytes = 0 OR bytes IS NULL THEN
		bytes := pg_relation_size(index_name);
	END IF;
	EXECUTE 'DROP INDEX ' || index_name;

	used := index_name = ANY (SELECT split_part(u, '.', 2)
	                            FROM unnest(answer.indexes_used) u);
	-- leaves of a partitioned index have names of their own
	same_plan := regexp_replace(regexp_replace(answer.plan_after, '  \(cost=[^)]*\)', '', 'g'),
	                            'part_b_idx|part_lower_idx', 'leaf', 'g')
	           = regexp_replace(rtrim(built, E'\n'),
	                            'part_[12]_(b|lower)_idx', 'leaf', 'g');
	cost_close := abs(answer.cost_after - built_cost) <= 0.02 * built_cost;
	size_close := answer.index_bytes[1] BETWEEN 0.85 * bytes AND 1.15 * bytes;
END
$$;

-- an expression, its table second in the join: Vars must be renumbered
SELECT * FROM compare('SELECT * FROM dim d JOIN fact f ON f.k1 = d.id WHERE lower(f.email) = ''user 77''',
	'CREATE INDEX ON fact (lower(email))');
-- a predicate, its table second in the join
SELECT * FROM compare('SELECT * FROM dim d JOIN fact f ON f.k1 = d.id WHERE f.status = ''open'' AND f.k3 < 900',
	'CREATE INDEX ON fact (k3) WHERE status = ''open''');
-- an expression needs statistics of its own
SELECT * FROM compare('SELECT * FROM fact WHERE lower(email) = ''user 77''',
	'CREATE INDEX ON fact (lower(email))');
SELECT * FROM compare('SELECT * FROM fact WHERE val * 2.5 > 500',
	'CREATE INDEX ON fact ((val * 2.5))');
-- index-only scans inside a nested loop pay for the descent
SELECT * FROM compare('SELECT o.id, f.k2 FROM (SELECT * FROM other WHERE id < 2000) o JOIN fact f ON f.k2 = o.k2 AND f.k3 = o.k3',
	'CREATE INDEX ON fact (k2, k3)');
-- BRIN with a range size that is not the default
SELECT * FROM compare('SELECT count(filler) FROM fact WHERE ts BETWEEN ''2024-01-05'' AND ''2024-01-05 06:00''',
	'CREATE INDEX ON fact USING brin (ts) WITH (pages_per_range = 8)');
SELECT * FROM compare('SELECT count(filler) FROM fact WHERE ts BETWEEN ''2024-01-05'' AND ''2024-01-07 06:00''',
	'CREATE INDEX ON fact USING brin (ts)');
-- partitions, one of which has its columns in another order
SELECT * FROM compare('SELECT * FROM part WHERE b = 5', 'CREATE INDEX ON part (b)');
SELECT * FROM compare('SELECT * FROM part WHERE lower(c) = ''text 77''',
	'CREATE INDEX ON part (lower(c))');
-- a merge join may mark and restore a B-tree
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT * FROM compare('SELECT count(*) FROM other o JOIN fact f USING (k3)', 'CREATE INDEX ON fact (k3)');
RESET enable_hashjoin;
RESET enable_nestloop;
-- deduplication makes an index on a repetitive column small
SELECT * FROM compare('SELECT val, count(*) FROM fact GROUP BY val', 'CREATE INDEX ON fact (val)');

-- order, direction and position of NULLs
SELECT * FROM compare('SELECT * FROM fact WHERE k1 = 5 ORDER BY ts DESC LIMIT 10',
	'CREATE INDEX ON fact (k1, ts DESC)');
SELECT * FROM compare('SELECT * FROM fact ORDER BY sparse DESC NULLS LAST LIMIT 10',
	'CREATE INDEX ON fact (sparse DESC NULLS LAST)');
SELECT * FROM compare('SELECT * FROM fact ORDER BY sparse NULLS FIRST LIMIT 10',
	'CREATE INDEX ON fact (sparse DESC NULLS LAST)');
SELECT * FROM compare('SELECT * FROM fact WHERE sparse IS NULL AND k2 = 7',
	'CREATE INDEX ON fact (k2, sparse)');
-- INCLUDE makes an index-only scan possible
SELECT * FROM compare('SELECT k1, val FROM fact WHERE k1 BETWEEN 303 AND 309',
	'CREATE INDEX ON fact (k1) INCLUDE (val)');
-- hash
SELECT * FROM compare('SELECT * FROM fact WHERE k3 = 77', 'CREATE INDEX ON fact USING hash (k3)');
-- lists, bitmaps, ranges
SELECT * FROM compare('SELECT * FROM fact WHERE k2 IN (1, 2, 3) AND val > 100',
	'CREATE INDEX ON fact (k2, val)');
SELECT * FROM compare('SELECT * FROM fact WHERE k2 BETWEEN 1000 AND 1020', 'CREATE INDEX ON fact (k2)');
-- storage parameters
SELECT * FROM compare('SELECT * FROM fact WHERE k2 = 100',
	'CREATE INDEX ON fact (k2) WITH (fillfactor = 50, deduplicate_items = off)');
-- a collation and an operator class of its own
SELECT * FROM compare('SELECT * FROM fact WHERE email LIKE ''User 12%''',
	'CREATE INDEX ON fact (email text_pattern_ops)');
SELECT * FROM compare('SELECT * FROM fact WHERE email < ''User 11'' COLLATE "C"',
	'CREATE INDEX ON fact (email COLLATE "C")');
-- an inheritance parent: the parent's own rows alone
SELECT * FROM compare('SELECT * FROM parent WHERE b = 5', 'CREATE INDEX ON parent (b)');
-- an empty table
CREATE TABLE fresh (a int, b text);
VACUUM ANALYZE fresh;
SELECT * FROM compare('SELECT * FROM fresh WHERE a = 5', 'CREATE INDEX ON fresh (a)');
-- writes
SELECT * FROM compare('UPDATE fact SET val = 0 WHERE k3 = 7', 'CREATE INDEX ON fact (k3)');
SELECT * FROM compare('DELETE FROM part WHERE b = 7', 'CREATE INDEX ON part (b)');

-- UNIQUE is believed where an existing index proves it, not because it is said
SELECT notes, plan_after ~ 'fact' AS join_stays
  FROM dbadvisor.what_if('SELECT d.* FROM dim d LEFT JOIN fact f ON f.k1 = d.id',
		ARRAY['CREATE UNIQUE INDEX ON fact (k1)']);
SELECT notes, plan_after ~ 'dim' AS join_stays
  FROM dbadvisor.what_if('SELECT f.* FROM fact f LEFT JOIN dim d ON f.k1 = d.id',
		ARRAY['CREATE UNIQUE INDEX ON dim (id, name)']);

-- hiding: the plan is the one without the index; hidden constraints are noted
SELECT plan_before ~ 'dim_pkey' AS before, plan_after ~ 'dim_pkey' AS after, notes
  FROM dbadvisor.what_if('SELECT * FROM dim WHERE id = 5', hide_indexes => ARRAY['dim_pkey'::regclass]);
CREATE INDEX part_a_idx ON part (a);
SELECT plan_before ~ 'part_2_a_idx' AS before, plan_after ~ 'part_2_a_idx' AS after, notes
  FROM dbadvisor.what_if('SELECT * FROM part WHERE a = 15000', hide_indexes => ARRAY['part_a_idx'::regclass]);
SELECT indexes_used
  FROM dbadvisor.what_if('SELECT * FROM dim WHERE id = 5', ARRAY['CREATE INDEX ON dim USING hash (id)'],
		ARRAY['dim_pkey'::regclass]);

DROP SCHEMA whatif_plans CASCADE;
