-- The statistics target of a column: advised where a value that a statement
-- asks for is not told from rare ones, and the plan depends on it.
CREATE SCHEMA statistics_target;
SET search_path = statistics_target;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- 130 tags of many articles each, the last of which are too many for the
-- statistics; and 6000 tags of one article.
CREATE TABLE article AS
SELECT row_number() OVER (ORDER BY k, i) AS id, k AS tag, repeat('x', 40) AS note
  FROM generate_series(1, 130) k, generate_series(1, 250 - k) i
UNION ALL
SELECT 50000 + i, 1000 + i, repeat('x', 40) FROM generate_series(1, 6000) i;
CREATE TABLE reader AS
SELECT i AS id, i * 37 % 30000 + 1 AS article_id, repeat('y', 20) AS note
  FROM generate_series(1, 30000) i;
CREATE INDEX ON article (tag);
CREATE INDEX ON reader (article_id);
ANALYZE article, reader;

CREATE FUNCTION advice_on(query text)
RETURNS TABLE (object_type text, object_name text, title text, apply_sql text, revert_sql text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 10);
	RETURN QUERY
	SELECT a.object_type, a.object_name, a.title, a.apply_sql, a.revert_sql
	  FROM dbadvisor.recommend_statistics(time_limit => NULL) a;
END
$$;
\x on

SELECT * FROM advice_on('SELECT a.note, r.note FROM statistics_target.article a
                           JOIN statistics_target.reader r ON r.article_id = a.id
                          WHERE a.tag = 121');
SELECT (s ->> 'rows_sampled')::float8 = 129 AS sampled, (s ->> 'rows_estimated')::float8 < 5 AS estimated,
       s ->> 'plan_before' <> s ->> 'plan_after' AS changed,
       (s ->> 'cost_after')::float8 < (s ->> 'cost_before')::float8 AS cheaper,
       evidence -> 'target_before' AS target_before, to_jsonb(a)::text ~ '\m121\M' AS tells
  FROM dbadvisor.recommend_statistics(time_limit => NULL) a,
       jsonb_array_elements(a.evidence -> 'statements') s;
-- silent: the statistics have this one
SELECT * FROM advice_on('SELECT a.note, r.note FROM statistics_target.article a
                           JOIN statistics_target.reader r ON r.article_id = a.id
                          WHERE a.tag = 5');
-- silent: the same error, but no other plan
SELECT * FROM advice_on('SELECT note FROM statistics_target.article WHERE tag = 121');
-- silent: the value is not known
SELECT * FROM advice_on('SELECT a.note, r.note FROM statistics_target.article a
                           JOIN statistics_target.reader r ON r.article_id = a.id
                          WHERE a.tag = $1');
-- silent: the statistics are old, the target is not to blame; nor is it shown to be
-- by the values that were chosen by these statistics for the first UPDATE
PREPARE merge AS UPDATE article SET tag = 4 WHERE tag = ANY ($1);
EXECUTE merge('{5,6,7,8}');
UPDATE article SET tag = 9 WHERE tag > 5000;
SELECT pg_stat_force_next_flush() IS NOT NULL AS flushed;
SELECT * FROM advice_on('SELECT a.note, r.note FROM statistics_target.article a
                           JOIN statistics_target.reader r ON r.article_id = a.id
                          WHERE a.tag = 9');
\x off

-- The advice as printed, and as a finding.
SELECT count(*) FROM advice_on('SELECT a.note, r.note FROM statistics_target.article a
                           JOIN statistics_target.reader r ON r.article_id = a.id
                          WHERE a.tag = 121');
SELECT dbadvisor.analyze('{statistics}') > 0 AS ran;
SELECT rule, object_name, status, severity FROM dbadvisor.finding WHERE rule = 'statistics.target_too_low';
SELECT apply_sql FROM dbadvisor.finding WHERE rule = 'statistics.target_too_low' \gset
:apply_sql;
SELECT dbadvisor.analyze('{statistics}') > 0 AS ran;
SELECT rule, object_name, status FROM dbadvisor.finding WHERE rule = 'statistics.target_too_low';

SELECT dbadvisor.workload_clear();
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA statistics_target CASCADE;
