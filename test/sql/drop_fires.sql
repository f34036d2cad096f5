-- What the rules on indexes to drop or to rebuild fire on, and how a finding
-- lives.  The windows are set to nothing: drop_safety_usage is about them.
CREATE SCHEMA drop_fires;
SET search_path = drop_fires;
SET client_min_messages = warning;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten, dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.set_rule(r, thresholds => '{"min_window_days": 0, "min_workload_days": 0}'))
  FROM unnest('{index.duplicate,index.redundant,index.unused,index.superseded}'::text[]) r;
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_size_bytes": 0, "min_table_activity": 0}');

CREATE TABLE item (id int PRIMARY KEY, a int, b int, c text, d int, e int, f int, g int);
INSERT INTO item SELECT i, i % 500, i % 70, 'text ' || i, i % 9, i % 300, i % 200, i FROM generate_series(1, 20000) i;
-- two of one kind, with the expression spelled differently
CREATE INDEX item_c1 ON item (lower(c));
CREATE INDEX item_c2 ON item ((lower((c))));
-- three of one kind, one of them unique, one the other way round
CREATE INDEX item_id_a ON item (id, a);
CREATE UNIQUE INDEX item_id_unique ON item (id, a);
CREATE INDEX item_id_a_backwards ON item (id DESC, a DESC);
-- a copy of the primary key
CREATE INDEX item_id ON item (id);
-- included columns in another order
CREATE INDEX item_d1 ON item (d) INCLUDE (a, b);
CREATE INDEX item_d2 ON item (d) INCLUDE (b, a);
-- predicates that say the same
CREATE INDEX item_part1 ON item (e) WHERE d > 5 AND a IS NOT NULL;
CREATE INDEX item_part2 ON item (e) WHERE a IS NOT NULL AND d > 5;
-- key columns, included columns and rows that another one has as well
CREATE INDEX item_a ON item (a);
CREATE INDEX item_a_b ON item (a, b);
CREATE INDEX item_a_b_d ON item (a, b, d);
CREATE INDEX item_g ON item (g);
CREATE INDEX item_g_more ON item (g) INCLUDE (f);
CREATE INDEX item_f_part ON item (f) WHERE d < 100;
CREATE INDEX item_f ON item (f);
-- nobody asks for this one
CREATE INDEX item_lonely ON item (c);
VACUUM ANALYZE item;
SELECT count(dbadvisor.workload_add(q, 1000, 5))
  FROM unnest(ARRAY['SELECT * FROM drop_fires.item WHERE a = 7',
                    'SELECT * FROM drop_fires.item WHERE a = 7 AND b = 7 ORDER BY d',
                    'SELECT * FROM drop_fires.item WHERE lower(c) = ''text 7''',
                    'SELECT * FROM drop_fires.item WHERE f = 7 AND d < 100',
                    'SELECT * FROM drop_fires.item WHERE e = 7 AND d > 5 AND a IS NOT NULL',
                    'SELECT * FROM drop_fires.item WHERE g = 7',
                    'SELECT * FROM drop_fires.item WHERE id = 7']) q;

SELECT object_name, evidence ->> 'covered_by' AS covered_by, evidence ->> 'cover' AS cover
  FROM dbadvisor.rule_index_duplicate WHERE object_type <> 'rule' ORDER BY 1;
SELECT object_name, evidence ->> 'covered_by' AS covered_by, evidence ->> 'cover' AS cover
  FROM dbadvisor.rule_index_redundant WHERE object_type <> 'rule' ORDER BY 1;
SELECT object_name, title FROM dbadvisor.rule_index_unused WHERE object_type <> 'rule' ORDER BY 1;

-- Every gate is in the evidence, and has passed.
SELECT g.key, bool_and((g.value ->> 'passed')::boolean) AS passed
  FROM dbadvisor.rule_index_duplicate d, jsonb_each(d.evidence -> 'gates') g
 WHERE d.object_type <> 'rule' GROUP BY 1 ORDER BY 1;

-- What to run, and how to undo it.
SELECT apply_sql, revert_sql, safety, proof, contains_values, benefit_bytes > 0 AS frees,
       cardinality(conflicts_with) AS conflicts
  FROM dbadvisor.rule_index_duplicate WHERE object_name IN ('drop_fires.item_id_a_backwards', 'drop_fires.item_c2') ORDER BY 1;
-- Constants of a predicate are data.
SELECT apply_sql, revert_sql, contains_values, evidence -> 'index' ->> 'predicate' LIKE '%?%' AS hidden
  FROM dbadvisor.rule_index_redundant WHERE object_name = 'drop_fires.item_f_part';
SET dbadvisor.include_values = on;
SELECT revert_sql FROM dbadvisor.rule_index_redundant WHERE object_name = 'drop_fires.item_f_part';
RESET dbadvisor.include_values;

-- analyze() stores them.  Dropped as advised, they are applied.
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT rule, object_name, status FROM dbadvisor.finding
 WHERE object_name LIKE 'drop_fires.%' AND rule <> 'index.missing' ORDER BY rule, object_name;
\o /dev/null
SELECT format('%s', apply_sql) FROM dbadvisor.recommendations WHERE rule IN ('index.duplicate', 'index.redundant') ORDER BY finding_id \gexec
\o
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT rule, status, count(*) FROM dbadvisor.finding
 WHERE object_name LIKE 'drop_fires.%' AND rule <> 'index.missing' GROUP BY 1, 2 ORDER BY 1, 2;
-- and nothing new comes up among those that are left
SELECT object_name FROM dbadvisor.recommendations
 WHERE object_name LIKE 'drop_fires.%' AND rule IN ('index.duplicate', 'index.redundant');

-- What the loss of one costs, within its tolerance, is not held against the next.
DELETE FROM dbadvisor.finding;
CREATE TABLE wide (a int, b text, c int);
INSERT INTO wide SELECT i % 100, repeat('b', 20) || i, i FROM generate_series(1, 20000) i;
CREATE INDEX wide_a ON wide (a);
CREATE INDEX wide_a_b ON wide (a, b);
CREATE INDEX wide_c ON wide (c);
VACUUM ANALYZE wide;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM drop_fires.wide WHERE a = 7', 1000, 5) > 0 AS added;
SELECT object_name, (evidence #>> '{gates,planner,worst,cost_after}')::float8 > 1.001 * (evidence #>> '{gates,planner,worst,cost_before}')::float8 AS costs
  FROM dbadvisor.rule_index_redundant WHERE object_type <> 'rule' AND object_name LIKE '%.wide%';
SELECT object_name FROM dbadvisor.rule_index_unused WHERE object_type <> 'rule' AND object_name LIKE '%.wide%';
DROP TABLE wide;

-- Superseded: the recommended index comes first.
DELETE FROM dbadvisor.finding;
CREATE TABLE visit (id int PRIMARY KEY, person int, at int, place int);
INSERT INTO visit SELECT i, i % 40, i, i % 11 FROM generate_series(1, 20000) i;
CREATE INDEX visit_person ON visit (person);
VACUUM ANALYZE visit;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT count(dbadvisor.workload_add(q, 100000, 50))
  FROM unnest(ARRAY['SELECT * FROM drop_fires.visit WHERE person = 7 AND at BETWEEN 500 AND 600',
                    'SELECT * FROM drop_fires.visit WHERE person = 7 ORDER BY at LIMIT 10']) q;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
SELECT f.object_name, f.apply_sql, m.object_name AS after, m.title
  FROM dbadvisor.finding f
  JOIN dbadvisor.finding m ON m.fingerprint = ANY (f.depends_on)
 WHERE f.rule = 'index.superseded';
-- A near miss: one of the statements reads the narrow index from end to end.
SELECT count(dbadvisor.workload_add('SELECT count(*) FROM drop_fires.visit WHERE person < 20', 100000, 50));
SELECT count(*) AS superseded FROM dbadvisor.rule_index_superseded WHERE object_type <> 'rule';
SELECT w ->> 'index' AS index_name, w #> '{gates,planner,passed}' AS planner
  FROM dbadvisor.rule_index_superseded r, jsonb_array_elements(r.evidence -> 'withheld') w
 WHERE r.object_type = 'rule';

-- A finding that somebody has forged runs nothing.
CREATE FUNCTION forged(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE WARNING 'run'; RETURN $1; END $$;
SELECT count(*) FROM dbadvisor.index_covered_by('CREATE INDEX ON drop_fires.visit (person, drop_fires.forged(1))');
SELECT count(*) FROM dbadvisor.index_covered_by('CREATE INDEX ON drop_fires.visit (person) WHERE at > drop_fires.forged(1)');
SELECT gates -> 'planner' ->> 'detail' AS detail
  FROM dbadvisor.prove_drops(ARRAY['visit_person'::regclass], ARRAY['CREATE INDEX ON drop_fires.visit (person, drop_fires.forged(1))'], '{0.01}', '{f}', '10 s');
SELECT indexrelid::regclass, cover FROM dbadvisor.index_covered_by('CREATE INDEX ON drop_fires.visit (person, at)');

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'index.%';
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA drop_fires CASCADE;
