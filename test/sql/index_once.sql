-- One index, one finding: index.foreign_key_missing and index.missing.
CREATE SCHEMA index_once;
SET search_path = index_once;
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE "Order" (
	id int PRIMARY KEY,
	"customer Id" int NOT NULL REFERENCES customer,
	made_at timestamptz NOT NULL,
	note text NOT NULL);
-- nothing reads it by its foreign key
CREATE TABLE visit (
	id int PRIMARY KEY,
	customer_id int NOT NULL REFERENCES customer,
	note text NOT NULL);
INSERT INTO customer SELECT i, 'name ' || i FROM generate_series(1, 5000) i;
INSERT INTO "Order"
SELECT i, i % 5000 + 1, timestamptz '2020-01-01 00:00+00' + i * interval '1 minute', repeat('n', 60)
  FROM generate_series(1, 20000) i;
INSERT INTO visit SELECT i, i % 5000 + 1, repeat('n', 60) FROM generate_series(1, 20000) i;
ANALYZE customer, "Order", visit;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;

CREATE VIEW state AS
SELECT rule, object_name, variant, status, suppressed_reason
  FROM dbadvisor.finding
 WHERE rule IN ('index.foreign_key_missing', 'index.missing')
   AND object_name LIKE 'index_once.%'
 ORDER BY rule, object_name, variant COLLATE "C";
-- each order in which the two can run; the store is empty before
CREATE FUNCTION run_rules(VARIADIC rules text[]) RETURNS SETOF state
LANGUAGE plpgsql AS $$
DECLARE
	this_run bigint := dbadvisor.begin_run('{index}');
BEGIN
	PERFORM dbadvisor.record_rule(this_run, r) FROM unnest(rules) WITH ORDINALITY u (r, i) ORDER BY i;
	PERFORM dbadvisor.end_run(this_run);
	RETURN QUERY SELECT * FROM state;
END
$$;

-- without a workload both keys lack an index
SELECT * FROM run_rules('index.missing', 'index.foreign_key_missing');

-- the workload asks for an index with the key in front
SELECT dbadvisor.workload_add('SELECT * FROM index_once."Order" WHERE "customer Id" = $1 ORDER BY made_at DESC LIMIT 10', 1000, 5) > 0 AS added;
-- only the one is run, then only the other, and both in either order
SELECT * FROM run_rules('index.missing');
SELECT * FROM run_rules('index.foreign_key_missing');
DELETE FROM dbadvisor.finding WHERE rule LIKE 'index.%';
SELECT * FROM run_rules('index.foreign_key_missing', 'index.missing');
DELETE FROM dbadvisor.finding WHERE rule LIKE 'index.%';
SELECT * FROM run_rules('index.missing', 'index.foreign_key_missing');
SELECT rule, object_name FROM dbadvisor.index_recommendations r JOIN dbadvisor.finding f USING (finding_id, rule)
 WHERE object_name LIKE 'index_once.%' ORDER BY rule, object_name;
-- what is not stored says it once, too
SELECT rule, object_name FROM dbadvisor.lint('index_once', '{index}') ORDER BY rule, object_name;

-- whoever does not want the larger index hears of the smaller one again
SELECT dbadvisor.suppress('index.missing', 'index_once.*', 'not this month') AS hidden;
SELECT * FROM state;
SELECT dbadvisor.unsuppress('index.missing', 'index_once.*');
SELECT * FROM state;

-- made, it is what both asked for
CREATE INDEX ON "Order" ("customer Id", made_at DESC);
SELECT rule, object_name, status FROM run_rules('index.foreign_key_missing', 'index.missing');
DROP INDEX "Order_customer Id_made_at_idx";

-- an index with the key behind another column does not do it
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM index_once."Order" WHERE note = $1 AND "customer Id" > $2', 1000, 5) > 0 AS added;
UPDATE "Order" SET note = 'note ' || id % 2000;
ANALYZE "Order";
SELECT * FROM run_rules('index.foreign_key_missing', 'index.missing');

-- a rule that prints an index with something else leaves it out
CREATE TABLE node (id int PRIMARY KEY, parent_id int, note text NOT NULL);
INSERT INTO node SELECT i, NULLIF(i / 4, 0), repeat('n', 60) FROM generate_series(1, 20000) i;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE node;
SELECT apply_sql, revert_sql FROM dbadvisor.rule_normalization_hierarchy_undeclared WHERE object_name LIKE 'index_once.%';
SELECT dbadvisor.workload_add('SELECT * FROM index_once.node WHERE parent_id = $1', 1000, 5) > 0 AS added;
SELECT object_name, variant FROM run_rules('index.missing') WHERE object_name LIKE '%node';
SELECT apply_sql, revert_sql FROM dbadvisor.rule_normalization_hierarchy_undeclared WHERE object_name LIKE 'index_once.%';

-- two that want the same one
CREATE TABLE part (id int PRIMARY KEY, whole_id int REFERENCES part, note text NOT NULL);
INSERT INTO part SELECT i, NULLIF(i / 4, 0), repeat('n', 60) FROM generate_series(1, 20000) i;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE part;
SELECT dbadvisor.workload_add('WITH RECURSIVE t AS (SELECT id FROM index_once.part WHERE id = $1 UNION ALL SELECT c.id FROM t JOIN index_once.part c ON c.whole_id = t.id) SELECT count(*) FROM t', 1000, 50) > 0 AS added;
SELECT count(*) FROM run_rules('normalization.hierarchy_walked', 'index.foreign_key_missing');
SELECT rule, apply_sql, suppressed_reason FROM dbadvisor.finding WHERE object_name LIKE 'index_once.part%' ORDER BY rule;
SELECT count(*) FROM run_rules('index.missing');
SELECT rule, status, suppressed_reason FROM dbadvisor.finding WHERE object_name LIKE 'index_once.part%' ORDER BY rule;

-- the shapes
SELECT w.keys, w.predicate, dbadvisor.index_serves(dbadvisor.index_shape(w.am, w.keys, NULL, w.predicate),
												   dbadvisor.index_shape('btree', '{a,b}', NULL, NULL)) AS serves
  FROM (VALUES (1, 'btree', '{a,b}'::text[], NULL),
			   (2, 'btree', '{b DESC,a,c}', NULL),
			   (3, 'btree', '{a NULLS FIRST,b DESC NULLS LAST}', NULL),
			   (4, 'btree', '{a,b}', '(b IS NOT NULL)'),
			   (5, 'btree', '{a}', NULL),
			   (6, 'btree', '{a,c,b}', NULL),
			   (7, 'btree', '{a,b}', '(c IS NOT NULL)'),
			   (8, 'btree', '{a,b pg_catalog.text_pattern_ops}', NULL),
			   (9, 'gin', '{a,b}', NULL)) w (place, am, keys, predicate)
 ORDER BY w.place;

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA index_once CASCADE;
