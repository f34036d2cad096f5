-- Indexes that no counter speaks for, and that must stay: somebody needs them
-- without scanning them, or has not come by yet.  What the planner says of
-- indexes that look needless.
CREATE SCHEMA drop_usage;
SET search_path = drop_usage;
SET client_min_messages = warning;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten, dbadvisor.workload_clear() >= 0 AS cleared;
SELECT count(dbadvisor.set_rule(r, thresholds => '{"min_window_days": 0, "min_workload_days": 0}'))
  FROM unnest('{index.duplicate,index.redundant,index.unused}'::text[]) r;
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_size_bytes": 0, "min_table_activity": 0}');

-- What is proposed for the tables that begin with a name, and what is not and why.
CREATE FUNCTION verdicts(tables text, rule text DEFAULT 'index.unused',
    OUT index_name text, OUT proposed boolean, OUT against text)
RETURNS SETOF record
LANGUAGE sql AS $$
    SELECT c.relname, d.passed,
           (SELECT string_agg(g.key || CASE WHEN g.value -> 'passed' = 'null' THEN ' unknown' ELSE '' END, ', ' ORDER BY g.key)
              FROM jsonb_each(d.gates) g WHERE g.value ->> 'passed' IS DISTINCT FROM 'true')
      FROM dbadvisor.index_drops(rule) d
      JOIN pg_class c ON c.oid = d.indexrelid
     WHERE c.relnamespace = 'drop_usage'::regnamespace AND c.relname LIKE tables || '%'
     ORDER BY 1;
$$;

-- A recorded statement is planned with the index, even if nobody has run it.
CREATE TABLE s01 AS SELECT i AS a, i % 100 AS b, i % 50 AS c, i % 3 AS d FROM generate_series(1, 20000) i;
CREATE INDEX s01_a ON s01 (a);
CREATE INDEX s01_nobody ON s01 (d, c);
ANALYZE s01;
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s01 WHERE a = 7') > 0 AS added;
SELECT * FROM verdicts('s01');

-- Of two that could stand in for each other one has to stay.
CREATE TABLE s02 AS SELECT i AS a, i % 100 AS b, i % 50 AS c FROM generate_series(1, 20000) i;
CREATE INDEX s02_a_b ON s02 (a, b);
CREATE INDEX s02_a_c ON s02 (a, c);
ANALYZE s02;
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s02 WHERE a = 7') > 0 AS added;
SELECT count(*), count(*) FILTER (WHERE proposed) AS proposed FROM verdicts('s02');

-- A view, a function that is inlined, a parent.
CREATE TABLE s03 AS SELECT i AS a, i % 100 AS b FROM generate_series(1, 20000) i;
CREATE INDEX s03_a ON s03 (a);
CREATE VIEW s03_view AS SELECT * FROM s03;
CREATE TABLE s03_inlined AS SELECT i AS a, i % 100 AS b FROM generate_series(1, 20000) i;
CREATE INDEX s03_inlined_a ON s03_inlined (a);
CREATE FUNCTION inlined(x int) RETURNS SETOF s03_inlined LANGUAGE sql STABLE AS 'SELECT * FROM drop_usage.s03_inlined WHERE a = x';
CREATE TABLE s03_child (LIKE s03) INHERITS (s03);
INSERT INTO s03_child SELECT i, i % 100 FROM generate_series(1, 20000) i;
CREATE INDEX s03_child_a ON s03_child (a);
ANALYZE;
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s03_view WHERE a = 7') > 0 AS added,
       dbadvisor.workload_add('SELECT * FROM drop_usage.inlined(7)') > 0 AS added;
SELECT * FROM verdicts('s03');

-- The partition that other values would lead to.
CREATE TABLE s04 (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE s04_1 PARTITION OF s04 FOR VALUES FROM (0) TO (100);
CREATE TABLE s04_2 PARTITION OF s04 FOR VALUES FROM (100) TO (200);
CREATE INDEX s04_2_b ON s04_2 (b);
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s04 WHERE a = 7 AND b = 7') > 0 AS added;
SELECT * FROM verdicts('s04');

-- The planner needs what ANALYZE finds in an expression.
CREATE TABLE s05 AS SELECT i AS a, i % 10 AS b, 'x' || i % 20 AS c FROM generate_series(1, 20000) i;
CREATE INDEX s05_expression ON s05 ((a % 4));
CREATE TABLE s05_other AS SELECT i AS a FROM generate_series(1, 20000) i;
ANALYZE s05, s05_other;
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s05 WHERE a % 4 = 1') > 0 AS added;
SELECT * FROM verdicts('s05');

-- Children of a row that is deleted are found by it; also where there are none yet.
CREATE TABLE s06 (id int PRIMARY KEY, two int, UNIQUE (id, two));
CREATE TABLE s06_child (parent int REFERENCES s06, parent2 int, two int,
    CONSTRAINT s06_pair FOREIGN KEY (parent2, two) REFERENCES s06 (id, two));
CREATE INDEX s06_child_parent ON s06_child (parent);
CREATE INDEX s06_child_pair ON s06_child (two, parent2);
CREATE INDEX s06_child_neither ON s06_child (parent2) WHERE parent IS NULL;
SELECT * FROM verdicts('s06');
-- A wider index finds them as well.
CREATE INDEX s06_child_parent_two ON s06_child (parent, two);
SELECT * FROM verdicts('s06', 'index.redundant');
DROP INDEX s06_child_parent_two;
CREATE INDEX s06_child_parent_part ON s06_child (parent, two) WHERE two > 0;
SELECT * FROM verdicts('s06_child_parent', 'index.redundant');

-- A statement that cannot be planned reads the table; or a view on it.
CREATE TABLE s07 AS SELECT i AS a FROM generate_series(1, 20000) i;
CREATE INDEX s07_a ON s07 (a);
CREATE TABLE s07_gone (a int);
CREATE VIEW s07_hidden AS SELECT a AS x FROM s07;
CREATE TABLE s07_untouched AS SELECT i AS a FROM generate_series(1, 20000) i;
CREATE INDEX s07_untouched_a ON s07_untouched (a);
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage."s07_hidden" JOIN drop_usage.s07_gone ON a = x') AS id \gset
DROP TABLE s07_gone;
SELECT * FROM verdicts('s07');
SELECT dbadvisor.workload_remove(:id);

-- Somebody may no longer read the table: what he did is not known.
CREATE ROLE drop_usage_clerk;
GRANT dbadvisor_admin TO drop_usage_clerk;
GRANT USAGE ON SCHEMA drop_usage TO drop_usage_clerk;
CREATE TABLE s08 AS SELECT i AS a FROM generate_series(1, 20000) i;
CREATE INDEX s08_a ON s08 (a);
GRANT SELECT ON s08 TO drop_usage_clerk;
SET ROLE drop_usage_clerk;
SELECT dbadvisor.workload_add('SELECT * FROM drop_usage.s08') AS id \gset
RESET ROLE;
SELECT * FROM verdicts('s08');
REVOKE SELECT ON s08 FROM drop_usage_clerk;
SELECT * FROM verdicts('s08');
SELECT dbadvisor.workload_remove(:id);

-- Index-only scans of a narrow index cost more in a wide one.
CREATE TABLE s09 AS SELECT i % 1000 AS a, 'wide ' || repeat('x', 80) || i AS b FROM generate_series(1, 20000) i;
CREATE INDEX s09_narrow ON s09 (a);
CREATE INDEX s09_wide ON s09 (a, b);
VACUUM ANALYZE s09;
SELECT * FROM verdicts('s09', 'index.redundant');
SELECT dbadvisor.workload_add('SELECT a FROM drop_usage.s09 WHERE a < 900') > 0 AS added;
SELECT * FROM verdicts('s09', 'index.redundant');

-- What makes an index unique: ON CONFLICT relies upon it, and so do joins.  No
-- rule suspects these; the proof says no to whoever asks.
CREATE TABLE s10 (a int, b int);
CREATE UNIQUE INDEX s10_a ON s10 (a);
CREATE TABLE s10_join AS SELECT i AS a, i AS b FROM generate_series(1, 20000) i;
INSERT INTO s10 SELECT i, i FROM generate_series(1, 20000) i;
ANALYZE s10, s10_join;
SELECT dbadvisor.workload_add('INSERT INTO drop_usage.s10 VALUES (1, 2) ON CONFLICT (a) DO NOTHING') AS id \gset
SELECT passed, gates -> 'conflict_arbiter' -> 'passed' AS arbiter, gates -> 'planner' -> 'passed' AS planner
  FROM dbadvisor.prove_drops(ARRAY['s10_a'::regclass], '{NULL}', '{0.01}', '{f}', '10 s');
SELECT dbadvisor.workload_remove(:id);
SELECT dbadvisor.workload_add('SELECT j.b FROM drop_usage.s10_join j LEFT JOIN drop_usage.s10 USING (a)') > 0 AS added;
SELECT passed, gates -> 'conflict_arbiter' -> 'passed' AS arbiter, gates -> 'planner' -> 'passed' AS planner
  FROM dbadvisor.prove_drops(ARRAY['s10_a'::regclass], '{NULL}', '{0.01}', '{f}', '10 s');
-- With a twin the weaker one may go.
CREATE UNIQUE INDEX s10_twin ON s10 (a);
ANALYZE s10;
SELECT dbadvisor.workload_add('INSERT INTO drop_usage.s10 VALUES (1, 2) ON CONFLICT (a) DO NOTHING') > 0 AS added;
SELECT * FROM verdicts('s10', 'index.duplicate');

-- Time is up before the first plan.
SELECT passed, gates -> 'planner' ->> 'detail' AS detail
  FROM dbadvisor.prove_drops(ARRAY['s01_nobody'::regclass], '{NULL}', '{0.01}', '{f}', '0 s');
SELECT dbadvisor.prove_drops(ARRAY['s01_nobody'::regclass], '{}', '{0.01}', '{f}', '0 s');

-- Another server may use them: nothing is proposed, and the run says so.
INSERT INTO dbadvisor.node (node) VALUES ('reports');
SELECT * FROM verdicts('s01');
SELECT * FROM verdicts('s10', 'index.duplicate');
SELECT variant, detail ~ 'standby evidence is missing: 1 replica' AS why FROM dbadvisor.rule_index_unused WHERE object_type = 'rule';
DELETE FROM dbadvisor.node;
SELECT * FROM verdicts('s01_nobody');

-- The window.  Counters that are young, an index that may be: a report that
-- runs once a month has not come by.
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 30}');
SELECT * FROM verdicts('s01_nobody');
SELECT variant, count(*) FILTER (WHERE object_type <> 'rule') AS proposed, bool_or(detail LIKE '%30 days are asked for%') AS why
  FROM dbadvisor.rule_index_unused GROUP BY 1;
-- A tenth of a second is enough for the counters.  The first run of analyze()
-- proves that the index is there, but not that it was before.
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 1e-6}');
DELETE FROM dbadvisor.run;
SELECT * FROM verdicts('s01_nobody');
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
CREATE INDEX s01_young ON s01 (c, d, b);
SELECT pg_sleep(0.2);
SELECT * FROM verdicts('s01_nobody');
SELECT * FROM verdicts('s01_young');
-- A run that was restored from a dump proves nothing.
UPDATE dbadvisor.run SET started_at = started_at - interval '1 year';
SELECT * FROM verdicts('s01_nobody');
-- Recorded statements have a window of their own.
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 0, "min_workload_days": 1}');
SELECT * FROM verdicts('s01_nobody');

-- What is scanned, small, or on a table at rest is no suspect.
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_workload_days": 0, "min_table_activity": 1000000000}');
SELECT count(*) FROM verdicts('s');
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_table_activity": 0, "min_size_bytes": 1000000000}');
SELECT count(*) FROM verdicts('s');
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_size_bytes": 0}');
DROP INDEX s01_young;
SET enable_seqscan = off;
SELECT count(*) FROM drop_usage.s01 WHERE d = 1 AND c = 1;
RESET enable_seqscan;
SELECT pg_stat_force_next_flush();
SELECT count(*) FROM verdicts('s01_nobody');

-- One that has lately taken over from another had no time to be scanned.
CREATE TABLE s11 AS SELECT i AS a FROM generate_series(1, 20000) i;
CREATE INDEX s11_a ON s11 (a);
CREATE INDEX s11_twin ON s11 (a);
ANALYZE s11;
SELECT dbadvisor.analyze('{index}') > 0 AS ran;
DROP INDEX s11_twin;
SELECT * FROM verdicts('s11');
SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 1}');
SELECT * FROM verdicts('s11');

-- Clean up.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'index.%';
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA drop_usage CASCADE;
DROP OWNED BY drop_usage_clerk;
DROP ROLE drop_usage_clerk;
