-- Rules about single statements: each fires on its case and is silent on one that
-- is nearly it.
SET search_path = told, public, pg_catalog;
SET client_min_messages = warning;
SET dbadvisor.include_values = off;
CREATE SCHEMA told;
CREATE TABLE small (id int PRIMARY KEY, name text NOT NULL, parent int, state text);
CREATE TABLE big (id bigint PRIMARY KEY, name text, code text, placed timestamptz, seen timestamptz, day timestamp, filler text);
INSERT INTO small SELECT g, 'n' || g, g, 'x' FROM generate_series(1, 100) g;
INSERT INTO big
SELECT g, 'Name ' || g, 'Code ' || g, t, t, t, repeat('x', 200)
  FROM generate_series(1, 60000) g, LATERAL (SELECT '2026-01-01'::timestamptz + g * interval '1 minute') t (t);
CREATE INDEX big_placed ON big (placed);
CREATE INDEX big_code ON big (lower(code));
CREATE INDEX big_name ON big (name);
VACUUM ANALYZE small, big;

-- what a rule says of objects here
CREATE FUNCTION said(rule text) RETURNS TABLE (object text, severity text, proof text, title text)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE pg_catalog.format(
		'SELECT a.object_name, a.severity, a.proof, a.title FROM dbadvisor.rule_%s a WHERE a.object_name ~ ''^told\.'' ORDER BY 1, 4',
		pg_catalog.replace(rule, '.', '_'));
END;
$$;
CREATE FUNCTION given(query text, mean_ms float8 DEFAULT 20) RETURNS void
LANGUAGE sql AS $$ SELECT FROM dbadvisor.workload_add(query, 100, mean_ms) $$;
-- times of the server differ: shares of them are not asked for, and severities not scaled
CREATE FUNCTION dbadvisor_share() RETURNS void LANGUAGE sql AS $$
	SELECT dbadvisor.set_rule(r.rule, severity => r.severity, thresholds => '{"min_share": 0}')
	  FROM dbadvisor.rule r WHERE r.rule LIKE 'query.%' AND r.thresholds ? 'min_share' AND NOT r.thresholds ? 'window_hours' AND r.rule <> 'query.counting_poll';
$$;
SELECT dbadvisor_share();

-- NULL in a list, and nothing but NULL
\o /dev/null
SELECT given('SELECT name FROM told.small WHERE id NOT IN (SELECT parent FROM told.small)');
SELECT given('SELECT name FROM told.small WHERE id NOT IN (SELECT parent FROM told.small WHERE parent IS NOT NULL)');
SELECT given('SELECT name FROM told.small WHERE id NOT IN (SELECT id FROM told.small)');
\o
SELECT * FROM said('query.not_in_nullable');
\o /dev/null
SELECT given('SELECT name FROM told.small WHERE parent = NULL');
SELECT given('SELECT name FROM told.small WHERE parent IS NULL');
\o
SELECT * FROM said('query.null_comparison');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- patterns: from the left or not, in a small table
\o /dev/null
SELECT given('SELECT id FROM told.big WHERE name LIKE ''%secret%''');
SELECT given('SELECT id FROM told.big WHERE code LIKE ''C%''');
SELECT given('SELECT id FROM told.big WHERE code NOT LIKE ''%C''');
SELECT given('SELECT id FROM told.small WHERE name LIKE ''%x''');
\o
SELECT * FROM said('query.leading_wildcard');
SELECT a.evidence ->> 'column' AS "column", a.evidence::text || a.detail || a.title ~ 'secret' AS shows_value
  FROM dbadvisor.rule_query_leading_wildcard a WHERE a.object_name = 'told.big';
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- functions of columns: an index would help, one is there, one is lost, none could be
\o /dev/null
SELECT given('SELECT id FROM told.big WHERE upper(name) = ''NAME 7''');
SELECT given('SELECT id FROM told.big WHERE lower(code) = ''code 7''');
SELECT given('SELECT id FROM told.big WHERE date_trunc(''day'', placed) = ''2026-01-05''');
SELECT given('SELECT id FROM told.big WHERE date_trunc(''day'', seen) = ''2026-01-05''');
SELECT given('SELECT id FROM told.small WHERE upper(name) = ''X''');
\o
SELECT object, severity, proof, title FROM said('query.function_on_column');
SELECT a.evidence ->> 'expression' AS expression, (a.evidence ->> 'cost_after')::numeric < (a.evidence ->> 'cost_before')::numeric / 10 AS cheaper,
       a.evidence ->> 'index_not_used' AS lost, a.confidence
  FROM dbadvisor.rule_query_function_on_column a WHERE a.object_name = 'told.big' ORDER BY 1;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
\o /dev/null
SELECT given('SELECT id FROM told.big WHERE placed::date = ''2026-01-05''');
SELECT given('SELECT id FROM told.big WHERE seen::date = ''2026-01-05''');
SELECT given('SELECT id FROM told.big WHERE day::date = ''2026-01-05''');
SELECT given('SELECT id FROM told.big WHERE placed >= ''2026-01-05'' AND placed < ''2026-01-06''');
\o
SELECT * FROM said('query.cast_on_column');
SELECT regexp_replace(a.detail, '[0-9]+([.][0-9]+)?', 'N', 'g') AS detail
  FROM dbadvisor.rule_query_cast_on_column a WHERE a.object_name = 'told.big' ORDER BY 1;
SELECT dbadvisor.workload_clear() > 0 AS cleared;
\o /dev/null
SELECT given('SELECT name FROM told.big WHERE id = 5.0');
SELECT given('SELECT name FROM told.big WHERE id = 5');
SELECT given('SELECT name FROM told.small WHERE id = 5.0');
\o
SELECT * FROM said('query.implicit_cast');
SELECT * FROM said('query.cast_on_column');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- lists, stars, chance
\o /dev/null
SELECT given(format('SELECT name FROM told.small WHERE id IN (%s)', (SELECT string_agg(g::text, ', ') FROM generate_series(1, 100) g)));
SELECT given(format('SELECT name FROM told.small WHERE id IN (%s)', (SELECT string_agg(g::text, ', ') FROM generate_series(1, 99) g)));
\o
SELECT * FROM said('query.long_in_list');
\o /dev/null
SELECT given('SELECT * FROM told.small WHERE id = 1');
\o
SELECT * FROM said('query.select_star');
SELECT r.enabled FROM dbadvisor.rule r WHERE r.rule = 'query.select_star';
\o /dev/null
SELECT given('SELECT id FROM told.big ORDER BY random() LIMIT 1');
SELECT given('SELECT id FROM told.small ORDER BY random() LIMIT 1', 0.1);
\o
SELECT * FROM said('query.order_by_random');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- joins
\o /dev/null
SELECT given('SELECT b.id FROM told.big b, told.small s WHERE b.name IS NOT NULL');
SELECT given('SELECT b.id FROM told.small s JOIN told.big b ON b.id = s.parent');
SELECT given('SELECT b.id FROM told.big b, told.small s WHERE s.id = $1');
\o
SELECT * FROM said('query.cross_join');
\o /dev/null
SELECT given('SELECT DISTINCT s.name FROM told.small s JOIN told.big b ON b.id = s.parent');
SELECT given('SELECT DISTINCT s.name FROM told.small s');
\o
SELECT * FROM said('query.distinct_after_join');
\o /dev/null
SELECT given('SELECT s.id FROM told.small s ' || (SELECT string_agg(format('JOIN told.small s%s USING (id)', g), ' ') FROM generate_series(1, 8) g));
SELECT given('SELECT s.id FROM told.small s ' || (SELECT string_agg(format('JOIN told.small s%s USING (id)', g), ' ') FROM generate_series(1, 7) g));
\o
SELECT * FROM said('query.too_many_joins');
\o /dev/null
SELECT given('SELECT id FROM told.small UNION SELECT id FROM told.big');
SELECT given('SELECT id FROM told.small UNION ALL SELECT id FROM told.big');
\o
SELECT * FROM said('query.union_distinct');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- conditions that may be none, and counts that are compared
\o /dev/null
SELECT given('SELECT id FROM told.small WHERE ($1::text IS NULL OR name = $1)');
SELECT given('SELECT id FROM told.small WHERE (parent IS NULL OR name = $1)');
\o
SELECT * FROM said('query.optional_filter');
\o /dev/null
SELECT given('SELECT count(*) > 0 FROM told.big WHERE name = $1');
SELECT given('SELECT count(*) FROM told.big WHERE name = $1');
\o
SELECT * FROM said('query.count_for_existence');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- writes
\o /dev/null
SELECT given('UPDATE told.big SET filler = ''y''');
SELECT given('UPDATE told.big SET filler = ''y'' WHERE id = 3');
SELECT given('UPDATE told.small SET name = ''y''');
SELECT given('DELETE FROM told.big');
SELECT given('DELETE FROM told.big b USING told.small s WHERE s.id = b.id');
\o
SELECT * FROM said('query.write_without_where');
\o /dev/null
SELECT given('UPDATE told.small SET id = $1, name = $2 WHERE id = $3');
SELECT given('UPDATE told.small SET state = state, name = $1 WHERE id = $2');
\o
SELECT * FROM said('query.key_updated');
SELECT * FROM said('query.column_set_to_itself');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- what only counters tell: many rows, OR that reads all, temporary files
SELECT count(dbadvisor.set_rule(r, thresholds => t::jsonb))
  FROM (VALUES ('query.missing_limit', '{"min_share": 0, "min_calls": 2, "min_mean_ms": 0}'),
			   ('query.or_across_columns', '{"min_share": 0, "min_mean_ms": 0}'),
			   ('query.temp_spill', '{"min_share": 0}'),
			   ('query.jit_cost', '{"min_share": 0, "min_mean_ms": 0, "min_jit_share": 0.001, "min_calls": 2}'),
			   ('query.plan_time', '{"min_share": 0, "min_plan_share": 0.00001, "min_plan_ms": 0, "min_calls": 2}'),
			   ('query.low_cache_hit', '{"min_share": 0, "min_mean_ms": 0, "min_read_share": 0.000001, "min_calls": 2}')) s (r, t);
SET max_parallel_workers_per_gather = 0;
SET work_mem = '256kB';
SET jit = off;
SET pg_stat_statements.track_planning = off;
\set ECHO none
\o /dev/null
SELECT 'SELECT id, name FROM told.big' FROM generate_series(1, 2) \gexec
SELECT 'SELECT id, code FROM told.big LIMIT 20000' FROM generate_series(1, 2) \gexec
SELECT 'SELECT id FROM told.big WHERE name = ''Name 7'' OR code = ''Code 8''' FROM generate_series(1, 2) \gexec
SELECT 'SELECT id FROM told.big WHERE name = ''Name 7'' OR id = 8' FROM generate_series(1, 2) \gexec
SELECT 'SELECT code, filler FROM told.big ORDER BY code OFFSET 59999' FROM generate_series(1, 2) \gexec
SELECT 'SELECT seen FROM told.big ORDER BY seen LIMIT 1' FROM generate_series(1, 2) \gexec
\o
\set ECHO all
SELECT * FROM said('query.missing_limit');
SELECT * FROM said('query.or_across_columns');
SELECT * FROM said('query.temp_spill');
SELECT (a.evidence ->> 'temp_bytes_per_call')::bigint > 8388608 AS enough, a.queryids <> '{}' AS has_number, a.evidence_since IS NOT NULL AS has_window
  FROM dbadvisor.rule_query_temp_spill a WHERE a.object_name = 'told.big';

-- compiled where that is possible, planned with a clock, read with a clock
SET pg_stat_statements.track_planning = on;
SET track_io_timing = on;
CREATE TABLE cold AS SELECT g AS id, repeat('y', 1000) AS filler FROM generate_series(1, 60000) g;
CREATE TABLE hot AS SELECT g AS id FROM generate_series(1, 10) g;
ANALYZE cold, hot;
\set ECHO none
\o /dev/null
SELECT 'SELECT count(filler) FROM told.cold' FROM generate_series(1, 3) \gexec
SELECT 'SELECT count(id) FROM told.hot' FROM generate_series(1, 3) \gexec
SET jit = on;
SET jit_above_cost = 0;
SELECT 'SELECT sum(id + 1) FROM told.cold' FROM generate_series(1, 3) \gexec
SET jit = off;
SELECT 'SELECT max(id + 1) FROM told.hot' FROM generate_series(1, 3) \gexec
SET pg_stat_statements.track_planning = off;
SELECT 'SELECT min(id) FROM told.small WHERE id > 3' FROM generate_series(1, 3) \gexec
\o
\set ECHO all
SELECT DISTINCT object, severity, proof, title FROM said('query.low_cache_hit');
SELECT DISTINCT object FROM said('query.plan_time');
RESET jit_above_cost;
SET jit = on;
SELECT count(*) = pg_jit_available()::int AS as_possible, bool_and(object = 'told.cold') IS NOT FALSE AS that_one FROM said('query.jit_cost');

-- nothing of it stays
DELETE FROM dbadvisor.rule_setting;
SET client_min_messages = error;
DROP SCHEMA told CASCADE;
