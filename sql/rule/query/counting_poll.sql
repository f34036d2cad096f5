-- query.counting_poll: a count that is taken over and over
--
-- Fires for a statement that returns one count and no more, takes a while, runs
-- often and makes up a good part of the workload's time.  Where history has some
-- windows it must have run in most of them.  Wrong when each count is asked for
-- by a user who needs the exact figure.
SELECT dbadvisor.register_rule(
	rule => 'query.counting_poll',
	title => 'Rows are counted again and again',
	why => 'A count reads every row that it counts, each time.',
	severity => 'medium',
	thresholds => '{"window_hours": 24, "min_calls": 100, "min_mean_ms": 5, "min_share": 0.02, "min_windows": 6, "min_window_share": 0.5}',
	doc => 'min_share is the part of the time of all recorded statements that it takes; with at least min_windows windows in the last window_hours it must have run in min_window_share of them. What to do instead: an estimate (pg_class.reltuples, EXPLAIN), a counter that is kept, EXISTS where only "any" is asked, LISTEN where it waits for something new.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_counting_poll WITH (security_invoker = true) AS
WITH statement AS MATERIALIZED (
	SELECT f.*,
		   f.total_ms / NULLIF(f.calls, 0) AS mean_ms,
		   f.total_ms / NULLIF(pg_catalog.sum(f.total_ms) OVER (), 0) AS share
	  FROM dbadvisor.workload_features() f
), counting AS MATERIALIZED (
	SELECT DISTINCT ON (pg_catalog.md5(s.query)) s.*,
		   COALESCE((SELECT (c ->> 'relid')::oid
					   FROM pg_catalog.jsonb_array_elements(s.features -> 'comparisons') c
					  WHERE c ? 'relid'
					  LIMIT 1), s.relations[1]) AS relid
	  FROM statement s
	 WHERE (s.features ->> 'count_only')::boolean
	   AND s.relations <> '{}'
	   AND s.calls >= dbadvisor.threshold('query.counting_poll', 'min_calls')
	   AND s.mean_ms >= dbadvisor.threshold('query.counting_poll', 'min_mean_ms')
	   AND s.share >= dbadvisor.threshold('query.counting_poll', 'min_share')
	 ORDER BY pg_catalog.md5(s.query), s.total_ms DESC
), found AS (
	SELECT c.*, w.windows, w.ran_in
	  FROM counting c
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.count(*) AS windows,
			   pg_catalog.count(*) FILTER (
				   WHERE EXISTS (SELECT
								   FROM dbadvisor.history_statement h
								  WHERE h.queryid = c.queryid
									AND h.taken_at = q.taken_at)) AS ran_in
		  FROM dbadvisor.query_windows('query.counting_poll') q) w
	 WHERE c.queryid IS NULL
		OR w.windows < dbadvisor.threshold('query.counting_poll', 'min_windows')
		OR w.ran_in >= w.windows * dbadvisor.threshold('query.counting_poll', 'min_window_share')
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.counting_poll',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   title => pg_catalog.format('Do not count rows of %s over and over', t.name),
		   detail => pg_catalog.format(
						 '%s returns nothing but a count: %s calls of %s ms each, %s %% of the time of all recorded statements.%s',
						 CASE WHEN f.queryid IS NULL THEN 'A statement given by hand' ELSE pg_catalog.format('Statement %s', f.queryid) END,
						 f.calls,
						 pg_catalog.round(f.mean_ms::numeric, 1),
						 pg_catalog.round((f.share * 100)::numeric, 1),
						 CASE WHEN f.queryid IS NOT NULL AND f.windows > 0
							  THEN pg_catalog.format(' It ran in %s of %s windows of history.', f.ran_in, f.windows)
							  ELSE '' END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'calls', f.calls,
						   'mean_ms', f.mean_ms,
						   'time_share', f.share,
						   'ms_per_day', f.ms_per_day,
						   'window_days', f.window_days,
						   'windows', f.windows,
						   'windows_run_in', f.ran_in,
						   'has_where', (f.features ->> 'has_where')::boolean,
						   'confidence_reason', 'counters tell how often it runs, not why')),
		   queryids => pg_catalog.array_remove(ARRAY[f.queryid], NULL),
		   confidence => 0.6,
		   proof => 'counters',
		   evidence_since => f.since,
		   impact => 'The application changes; nothing in the database does.') a;
COMMENT ON VIEW dbadvisor.rule_query_counting_poll IS
'Counts that are taken over and over';

GRANT SELECT ON dbadvisor.rule_query_counting_poll TO dbadvisor_reader;
