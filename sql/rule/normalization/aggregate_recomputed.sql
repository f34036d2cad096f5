-- normalization.aggregate_recomputed: an aggregate over rows that seldom change
--
-- Fires for a SELECT with aggregates whose result nothing but the tables decides, where
-- keeping it would save more than making it anew each time that its tables are written:
-- a refresh costs one execution, and every row written counts as one, unless history
-- shows that writes come in few windows (as a nightly load), when each of these counts as
-- one.  Reading the kept rows is priced with the planner's own units, against its cost of
-- the statement as it is.
-- Silent for functions that may return something else next time, for statements whose
-- parameters choose rows, where tables have policies, and where the view is there.
SELECT dbadvisor.register_rule(
	rule => 'normalization.aggregate_recomputed',
	title => 'An aggregate over rows that seldom change is computed again and again',
	why => 'Each call reads all rows to come to the same result as the one before.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_share": 0.02, "min_mean_ms": 5, "min_calls_per_day": 100, "max_refresh_share": 0.1, "max_read_share": 0.2, "min_saved_ms_per_day": 60000, "min_windows": 24, "max_written_share": 0.1}',
	doc => 'max_refresh_share is what refreshes may be of the calls, max_read_share what reading the kept rows may be of the cost; with at least min_windows windows in window_hours, of which at most max_written_share have writes, a window counts as one refresh. The result is as old as its last refresh: the application must bear that, or refresh after it has written. Wrong where the result must be that of this moment. A counter kept by triggers is always right, but whoever writes waits for the row of the counter.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_aggregate_recomputed
WITH (security_invoker = true) AS
WITH threshold AS MATERIALIZED (
	SELECT dbadvisor.threshold(r.name, 'min_calls_per_day')::double precision AS min_calls,
		   dbadvisor.threshold(r.name, 'max_refresh_share')::double precision AS max_refresh_share,
		   dbadvisor.threshold(r.name, 'max_read_share')::double precision AS max_read_share,
		   dbadvisor.threshold(r.name, 'min_saved_ms_per_day')::double precision AS min_saved,
		   dbadvisor.threshold(r.name, 'min_windows') AS min_windows,
		   dbadvisor.threshold(r.name, 'max_written_share')::double precision AS max_written_share,
		   pg_catalog.make_interval(hours => dbadvisor.threshold(r.name, 'window_hours')::integer) AS within
	  FROM (VALUES ('normalization.aggregate_recomputed')) r (name)
), aggregated AS MATERIALIZED (
	SELECT s.*,
		   s.features -> 'result' AS result,
		   dbadvisor.calls_per_day(s.weight) AS calls_per_day,
		   COALESCE(s.rows_per_call, CASE WHEN NOT (s.features ->> 'grouped')::boolean THEN 1 END) AS result_rows
	  FROM dbadvisor.weighed_statements('normalization.aggregate_recomputed') s
	 WHERE NOT (s.features -> 'result' ->> 'mutable')::boolean
	   AND NOT (s.features -> 'result' ->> 'varies')::boolean
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_class c
						WHERE c.oid = ANY (s.relations)
						  AND c.relrowsecurity)
), kept AS MATERIALIZED (
	SELECT a.*,
		   w.rows_per_day,
		   w.windows,
		   w.written_windows,
		   w.source,
		   f.refreshes_per_day
	  FROM aggregated a
	 CROSS JOIN threshold t
	 CROSS JOIN LATERAL dbadvisor.tables_written(a.relations, t.within) w
	 CROSS JOIN LATERAL (
			SELECT CASE
				   WHEN w.windows >= t.min_windows AND w.written_windows <= t.max_written_share * w.windows
				   THEN LEAST(w.rows_per_day, w.windows_per_day)
				   ELSE w.rows_per_day
				   END) f (refreshes_per_day)
	 WHERE a.calls_per_day >= t.min_calls
	   AND f.refreshes_per_day <= t.max_refresh_share * a.calls_per_day
	   AND NOT COALESCE(dbadvisor.has_materialized_view(a.result ->> 'query', a.relations), false)
), priced AS MATERIALIZED (
	SELECT p.query,
		   p.queryid,
		   pg_catalog.min(p.cost_before) AS cost
	  FROM (SELECT FROM kept HAVING pg_catalog.count(*) > 0) k
	 CROSS JOIN LATERAL dbadvisor.what_if_workload() p
	 GROUP BY p.query, p.queryid
), saving AS (
	SELECT k.*,
		   p.cost,
		   r.cost AS cost_kept,
		   k.calls_per_day * k.mean_ms * (1 - r.cost / p.cost) - k.refreshes_per_day * k.mean_ms AS saved_ms_per_day
	  FROM kept k
	 CROSS JOIN threshold t
	  JOIN priced p
		ON p.query = k.query
	   AND p.queryid IS NOT DISTINCT FROM k.queryid
	 CROSS JOIN LATERAL dbadvisor.rows_read_cost(k.result_rows, (k.result ->> 'width')::double precision) r (cost)
	 WHERE r.cost <= t.max_read_share * p.cost
)
SELECT a.*
  FROM saving s
 CROSS JOIN threshold t
  JOIN pg_catalog.pg_class c ON c.oid = s.relid
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) n (name)
 CROSS JOIN LATERAL (
		SELECT pg_catalog.format('%I.%I', c.relnamespace::pg_catalog.regnamespace,
								 pg_catalog.left(c.relname, 40) || '_kept_' || pg_catalog.left(dbadvisor.text_hash(s.query), 8)),
			   pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ' ORDER BY k.place)
		  FROM pg_catalog.jsonb_array_elements_text(s.result -> 'key') WITH ORDINALITY k (name, place)) v (name, key)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.aggregate_recomputed',
		   relid => s.relid,
		   variant => dbadvisor.text_hash(s.query),
		   severity => dbadvisor.severity_at_share((SELECT r.severity FROM dbadvisor.rule r WHERE r.rule = 'normalization.aggregate_recomputed'), s.time_share),
		   title => pg_catalog.format('Keep the result of an aggregate over %s instead of computing it in each call', n.name),
		   detail => pg_catalog.format(
						 '%s runs %s times a day, %s ms each, while %s rows a day are written to what it reads (%s). %s refreshes a day and reading %s kept rows in each call would take %s %% of its time.%s',
						 CASE WHEN s.queryid IS NULL THEN 'A statement given by hand' ELSE pg_catalog.format('Statement %s', s.queryid) END,
						 pg_catalog.round(s.calls_per_day),
						 pg_catalog.round(s.mean_ms::numeric, 1),
						 pg_catalog.round(s.rows_per_day::numeric, 1),
						 s.source,
						 pg_catalog.round(s.refreshes_per_day::numeric, 1),
						 pg_catalog.round(s.result_rows),
						 pg_catalog.round((100 - 100 * s.saved_ms_per_day / (s.calls_per_day * s.mean_ms))::numeric, 1),
						 CASE
						 WHEN s.result ? 'query'
						 THEN pg_catalog.format(' The statement then reads %s, which REFRESH MATERIALIZED VIEW CONCURRENTLY brings up to date after each load.', v.name)
						 WHEN (s.result ->> 'values')::boolean
						 THEN ' It has values, taken to be the same in each call, so the materialized view is yours to write.'
						 ELSE ' No columns of the result identify a row, so only a refresh that readers wait for is possible.'
						 END),
		   evidence => pg_catalog.jsonb_strip_nulls(s.weight || pg_catalog.jsonb_build_object(
						   'calls_per_day', s.calls_per_day,
						   'rows_written_per_day', s.rows_per_day,
						   'written_from', s.source,
						   'windows', s.windows,
						   'written_windows', s.written_windows,
						   'refreshes_per_day', s.refreshes_per_day,
						   'result_rows', s.result_rows,
						   'cost_before', s.cost,
						   'cost_after', s.cost_kept,
						   'saved_ms_per_day', s.saved_ms_per_day,
						   'staleness', 'as old as the last refresh',
						   'confidence_reason', CASE
												WHEN s.ms_per_day IS NULL THEN 'the calls of a statement given by hand are taken for those of a day'
												WHEN (s.features ->> 'parameters')::integer > 0 THEN 'the values of its parameters may differ from call to call'
												ELSE 'calls and writes are counted, and the planner priced both'
												END)),
		   queryids => pg_catalog.array_remove(ARRAY[s.queryid], NULL),
		   evidence_since => s.since,
		   proof => 'planner',
		   confidence => CASE
						 WHEN s.ms_per_day IS NULL OR (s.features ->> 'parameters')::integer > 0 THEN 0.4
						 WHEN s.source = 'history' THEN 0.8
						 ELSE 0.6
						 END,
		   benefit_ms_per_day => CASE WHEN s.ms_per_day IS NOT NULL THEN s.saved_ms_per_day END,
		   apply_sql => CASE
						WHEN s.result ? 'query'
						THEN pg_catalog.format(E'CREATE MATERIALIZED VIEW %s AS\n%s;\nCREATE UNIQUE INDEX CONCURRENTLY ON %1$s (%3$s)', v.name, s.result ->> 'query', v.key)
						END,
		   revert_sql => CASE
						 WHEN s.result ? 'query'
						 THEN pg_catalog.format('DROP MATERIALIZED VIEW %s', v.name)
						 END,
		   impact => 'Nothing changes until the application reads the view; its readers need SELECT on it. A refresh runs the statement once; what is read is as old as that.') a
 WHERE s.saved_ms_per_day >= t.min_saved
 UNION ALL
SELECT n.*
  FROM dbadvisor.tables_written_note('normalization.aggregate_recomputed') n;
COMMENT ON VIEW dbadvisor.rule_normalization_aggregate_recomputed IS
'Rule normalization.aggregate_recomputed: aggregates that cost more than keeping their result would';

GRANT SELECT ON dbadvisor.rule_normalization_aggregate_recomputed TO dbadvisor_reader;
