-- Run one case: its tables, its statements, the advice, the verdict.
DROP SCHEMA IF EXISTS the_case CASCADE;
CREATE SCHEMA the_case;
CREATE TABLE the_case.alternative (indexes text[]);
SELECT setseed(0.5);
SET plan_cache_mode = force_custom_plan;
\i :file
SELECT pg_stat_statements_reset();
SET pg_stat_statements.track = top;
SET pg_stat_statements.track_utility = off;
SELECT statement FROM draw \gexec
SET pg_stat_statements.track = none;
SELECT bench.judge(:'name');
DROP SCHEMA the_case CASCADE;
