-- query.deep_offset: pages far from the start are counted off from it
--
-- Fires for a statement with OFFSET whose value is known to be deep (a constant,
-- or values given or sampled), or, where none is known, whose calls take much
-- longer in the mean than the quickest did: the first page is cheap, the later
-- ones are not.  Wrong in the second case when the times differ for another
-- reason, such as a cold cache.
SELECT dbadvisor.register_rule(
	rule => 'query.deep_offset',
	title => 'OFFSET skips many rows',
	why => 'All rows before the offset are read and thrown away, so each page takes longer than the one before.',
	severity => 'medium',
	thresholds => '{"min_offset": 1000, "min_slowdown": 5, "min_calls": 20, "min_mean_ms": 1}',
	doc => 'min_slowdown is the ratio of the mean and the shortest time of a call from which on a statement whose offsets are not known is taken to skip many rows. A key that says where the last page ended needs an index on the columns of ORDER BY.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_deep_offset WITH (security_invoker = true) AS
WITH paged AS MATERIALIZED (
	SELECT DISTINCT ON (pg_catalog.md5(f.query)) f.*,
		   f.relations[1] AS relid,
		   (f.features ->> 'offset_at_least')::bigint AS at_least,
		   f.total_ms / NULLIF(f.calls, 0) AS mean_ms,
		   f.total_ms / NULLIF(f.calls, 0) / NULLIF((f.counters ->> 'min_exec_time')::double precision, 0) AS slowdown
	  FROM dbadvisor.workload_features() f
	 WHERE f.features ->> 'command' = 'select'
	   AND f.features ->> 'offset' IS NOT NULL
	   AND f.relations <> '{}'
	 ORDER BY pg_catalog.md5(f.query), f.total_ms DESC NULLS LAST
), found AS (
	SELECT p.*
	  FROM paged p
	 WHERE p.at_least >= dbadvisor.threshold('query.deep_offset', 'min_offset')
		OR (p.at_least IS NULL
			AND p.features ->> 'offset' <> 'constant'
			AND p.calls >= dbadvisor.threshold('query.deep_offset', 'min_calls')
			AND p.mean_ms >= dbadvisor.threshold('query.deep_offset', 'min_mean_ms')
			AND p.slowdown >= dbadvisor.threshold('query.deep_offset', 'min_slowdown'))
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.deep_offset',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   title => pg_catalog.format('Turn the pages of %s by key instead of OFFSET', t.name),
		   detail => pg_catalog.concat_ws(' ',
						 CASE
						 WHEN f.queryid IS NULL THEN 'A statement given by hand'
						 ELSE pg_catalog.format('Statement %s', f.queryid)
						 END,
						 CASE
						 WHEN f.at_least IS NOT NULL
						 THEN pg_catalog.format('skips %s rows or more in some calls.', f.at_least)
						 ELSE pg_catalog.format('takes %s ms in the mean and %s times less for its quickest call: later pages cost more than the first.',
												pg_catalog.round(f.mean_ms::numeric, 1), pg_catalog.round(f.slowdown::numeric, 1))
						 END,
						 'Ask for the rows after the last key of the page before: WHERE (key) > ($1) ORDER BY key LIMIT n.'),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'offset_at_least_rows', f.at_least,
						   'offset_written_as', f.features ->> 'offset',
						   'calls', f.calls,
						   'mean_ms', f.mean_ms,
						   'mean_to_shortest_ratio', f.slowdown,
						   'ms_per_day', f.ms_per_day,
						   'window_days', f.window_days,
						   'confidence_reason', CASE WHEN f.at_least IS NOT NULL
													 THEN 'the offset is known'
													 ELSE 'the offset is not known, the spread of times stands in for it' END)),
		   queryids => pg_catalog.array_remove(ARRAY[f.queryid], NULL),
		   confidence => CASE WHEN f.at_least IS NOT NULL THEN 0.9 ELSE 0.5 END,
		   proof => CASE WHEN f.at_least IS NOT NULL THEN 'counters' ELSE 'heuristic' END,
		   evidence_since => f.since,
		   impact => 'The application changes; nothing in the database does.') a;
COMMENT ON VIEW dbadvisor.rule_query_deep_offset IS
'Statements whose OFFSET skips many rows';

GRANT SELECT ON dbadvisor.rule_query_deep_offset TO dbadvisor_reader;
