-- Sets of values: chosen by frequency, mixed, or given by hand
CREATE SCHEMA workload_params_sets;
SET search_path = workload_params_sets, public;
SELECT setseed(0.5);
-- one status in a hundred is rare, one tenant has more than half, kinds are even
CREATE TABLE job (id int PRIMARY KEY, status varchar, tenant int, kind int, path text,
                  tags text[], placed timestamptz, active boolean);
INSERT INTO job
SELECT i, CASE WHEN i % 200 = 0 THEN 'secret_rare' WHEN i % 40 = 1 THEN 'failed' ELSE 'secret_done' END,
       CASE WHEN i % 10 < 6 THEN 1 ELSE 1000 + i END, i % 10,
       format('/%s/%s/%s', md5((i / 2000)::text), md5((i / 100)::text), i),
       ARRAY['all', 't' || i % 500], now() - i * interval '1 minute', i % 100 <> 0
  FROM generate_series(1, 20000) i;
VACUUM ANALYZE job;
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;

CREATE FUNCTION run(query text, times int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. times LOOP
		EXECUTE query;
	END LOOP;
END
$$;
-- what is planned with, and whether the given index would be used
CREATE VIEW planned AS
SELECT substring(w.query FROM '/\* (\w[^*]*) \*/') AS statement,
       w.parameters, w.parameter_sets AS sets, w.parameter_sensitive AS sensitive
  FROM dbadvisor.workload w
 WHERE w.query ~ '/\* \w[^*]* \*/';
CREATE FUNCTION used(VARIADIC indexes text[]) RETURNS TABLE (statement text, used boolean)
LANGUAGE sql AS $$
	SELECT substring(w.query FROM '/\* (\w[^*]*) \*/') COLLATE "C",
	       EXISTS (SELECT
	                 FROM unnest(w.indexes_used) u
	                WHERE u !~ '_pkey$')
	  FROM dbadvisor.what_if_workload(indexes) w
	 WHERE w.query ~ '/\* \w[^*]* \*/'
	 ORDER BY 1;
$$;

-- equality: the value that is as frequent as the rows say
SET pg_stat_statements.track = 'all';
\o /dev/null
SELECT run('SELECT /* 1 rare */ id FROM job WHERE status = ''secret_rare''');
SELECT run('SELECT /* 2 common */ path FROM job WHERE status = ''secret_done''');
SELECT run('SELECT /* 3 rare */ id, path FROM job WHERE tenant = 1006');
SELECT run('SELECT /* 4 common */ path, id FROM job WHERE tenant = 1');
-- evenly spread: an average value is as good as any, and none matters
SELECT run('SELECT /* 5 even */ id, kind FROM job WHERE kind = 3');
-- a rare and a common value by turns
SELECT run('SELECT /* 6 mixed */ tags, kind FROM job WHERE tenant = 1006', 9);
SELECT run('SELECT /* 6 mixed */ tags, kind FROM job WHERE tenant = 1');
-- rows that say nothing of the condition
SELECT run('SELECT /* no rows known */ count(*) FROM job WHERE status = ''secret_rare''');
SELECT run('SELECT /* limit */ id FROM job WHERE status <> ''secret_done'' LIMIT 5');
\o
RESET pg_stat_statements.track;
SELECT * FROM planned ORDER BY statement COLLATE "C";
SELECT * FROM used('CREATE INDEX ON job (status)', 'CREATE INDEX ON job (tenant)');

-- patterns: a prefix, as long as the rows say
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SET pg_stat_statements.track = 'all';
\o /dev/null
SELECT run(format('SELECT /* 1 few */ tags, id FROM job WHERE path LIKE %L', '/' || md5('3') || '/' || md5('70') || '/%'));
SELECT run('SELECT /* 2 many */ id, tags FROM job WHERE path LIKE ''/%''');
SELECT run('SELECT /* no rows known */ count(*) FROM job WHERE path LIKE ''/c4ca%''');
-- not a pattern with a beginning
SELECT run('SELECT /* not like */ count(*) FROM job WHERE path NOT LIKE ''/c4ca%''');
\o
RESET pg_stat_statements.track;
SELECT * FROM planned ORDER BY statement COLLATE "C";
SELECT * FROM used('CREATE INDEX ON job (path text_pattern_ops)');

-- lists, ranges on several columns, what is subtracted from now, optional
-- filters, elements, views, joins
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
CREATE VIEW job_view AS SELECT id AS number, status AS state, path FROM job;
CREATE TABLE tenant (id int PRIMARY KEY, name text);
INSERT INTO tenant SELECT DISTINCT tenant, 'tenant ' || tenant FROM job;
ANALYZE tenant;
SET pg_stat_statements.track = 'all';
\o /dev/null
SELECT run('SELECT /* 1 few */ kind FROM job WHERE tenant IN (1006, 1007, 1008)');
SELECT run('SELECT /* 2 many */ kind, path FROM job WHERE tenant IN (1, 1007, 1008)');
SELECT run('SELECT /* 3 few */ path, kind FROM job WHERE placed > now() - interval ''1 hour''');
SELECT run('SELECT /* 4 many */ path, tags FROM job WHERE placed > now() - interval ''10 days''');
SELECT run('SELECT /* 5 few */ tags, path FROM job WHERE placed BETWEEN now() - interval ''20 hours'' AND now() - interval ''19 hours'' AND id < 5000');
SELECT run('SELECT /* 6 few */ path, number FROM job_view AS v WHERE state = ''secret_rare''');
SELECT run('SELECT /* 7 few */ j.path FROM job j JOIN tenant t ON t.id = j.tenant WHERE j.status = ''secret_rare''');
SELECT run('UPDATE /* 12 few */ job SET path = path FROM tenant t WHERE t.id = job.tenant AND status = ''secret_rare''');
PREPARE filter AS SELECT /* 8 few */ active FROM job WHERE (status = $1 OR $1 IS NULL);
PREPARE nofilter AS SELECT /* 9 many */ active, id FROM job WHERE (status = $1 OR $1 IS NULL);
PREPARE list AS SELECT /* 10 few */ id, active FROM job WHERE tenant = ANY ($1::int[]);
PREPARE element AS SELECT /* 11 few */ path, active FROM job WHERE tags @> $1;
EXECUTE filter('secret_rare');
EXECUTE nofilter(NULL);
EXECUTE list('{1006,1007,1008,1009}');
EXECUTE element('{t7}');
\o
RESET pg_stat_statements.track;
SELECT * FROM planned ORDER BY statement COLLATE "C";
SELECT * FROM used('CREATE INDEX ON job (status)', 'CREATE INDEX ON job (tenant)', 'CREATE INDEX ON job (placed)');

-- values given with a statement
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT dbadvisor.workload_add('SELECT /* 1 rare */ active, path FROM job WHERE status = $1', 10, 5,
                              parameters => '[["secret_rare"]]') IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT /* 2 common */ id FROM job WHERE status = $1', 10, 5,
                              parameters => '[{"values": ["secret_done"]}]') IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT /* 3 most_rare */ path FROM job WHERE status = $1', 10, 5,
                              parameters => '[{"values": ["secret_done"], "weight": 1},
                                              {"values": ["secret_rare"], "weight": 9}]') IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT /* 4 most_common */ id, path FROM job WHERE status = $1', 10, 5,
                              parameters => '[{"values": ["secret_done"], "weight": 9},
                                              {"values": ["secret_rare"], "weight": 1}]') IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT /* 5 nothing */ path, id FROM job WHERE status = $1', 10, 5,
                              parameters => '[[null]]') IS NOT NULL AS added;
-- of more sets than are planned the heaviest count
SELECT dbadvisor.workload_add('SELECT /* 6 four */ id, kind FROM job WHERE id = $1 AND active = $2', 10, 5,
                              parameters => '[[1, true], [2, false], {"values": [3, "on"], "weight": 2.5}, [4, "f"]]') IS NOT NULL AS added;
SELECT dbadvisor.workload_add('SELECT /* 7 none */ kind, id FROM job WHERE kind = $1', 10, 5) IS NOT NULL AS added;
SELECT * FROM planned ORDER BY statement COLLATE "C";
SELECT * FROM used('CREATE INDEX ON job (status)');
SELECT substring(a.query FROM '/\* (.*) \*/') AS cheaper, substring(b.query FROM '/\* (.*) \*/') AS dearer, a.cost_after < b.cost_after * 0.95 AS holds
  FROM dbadvisor.what_if_workload(ARRAY['CREATE INDEX ON job (status)']) a,
       dbadvisor.what_if_workload(ARRAY['CREATE INDEX ON job (status)']) b
 WHERE (a.query ~ '1 rare' AND b.query ~ '3 most_rare')
    OR (a.query ~ '3 most_rare' AND b.query ~ '4 most_common')
    OR (a.query ~ '4 most_common' AND b.query ~ '2 common')
 ORDER BY a.query COLLATE "C";

-- what does not fit is refused, and nothing is added
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[["x"]]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[[1, 2]]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '{"values": [1]}');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[1]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[[[1]]]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[{"values": 1}]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = $1', parameters => '[{"values": [1], "weight": 0}]');
SELECT dbadvisor.workload_add('SELECT id FROM job WHERE kind = 1', parameters => '[[1]]');
SELECT count(*) FROM dbadvisor.workload_statement;

-- values that no longer fit are left out; the statement is planned without
ALTER TABLE job ALTER kind TYPE bigint;
SELECT dbadvisor.workload_add('SELECT /* 8 other */ tags FROM job WHERE kind = $1', parameters => '[["7000000000"]]') IS NOT NULL AS added;
ALTER TABLE job ALTER kind TYPE int;
SELECT state, parameters FROM dbadvisor.workload WHERE query ~ '8 other';
SELECT dbadvisor.workload_clear();

-- the evidence tells what values do, and no value
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SET pg_stat_statements.track = 'all';
\o /dev/null
SELECT run('SELECT path FROM job WHERE status = ''secret_rare''', 20);
SELECT run('SELECT tags FROM job WHERE tenant IN (1006, 1007)', 20);
\o
RESET pg_stat_statements.track;
SET client_min_messages = warning;
SELECT a.title, s ->> 'parameters' AS parameters, s ->> 'parameter_sets' AS sets,
       s ->> 'parameter_sensitive' AS sensitive,
       (s ->> 'cost_rare_value')::float8 < (s ->> 'cost_common_value')::float8 / 10 AS proven
  FROM dbadvisor.recommend_indexes() a,
       jsonb_array_elements(a.evidence -> 'statements') s
 WHERE a.object_name ~ 'workload_params_sets'
 ORDER BY a.title;
SELECT count(*) > 0 AS advised, bool_or(a::text ~ 'secret') AS shows_values
  FROM dbadvisor.recommend_indexes() a;
SELECT bool_or(w::text ~ 'secret') AS shows_values FROM dbadvisor.workload w WHERE query ~ 'FROM job' AND query !~ 'run';

\set VERBOSITY terse
DROP SCHEMA workload_params_sets CASCADE;
