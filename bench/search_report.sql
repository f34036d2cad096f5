-- What search.sh has noted, as one row of a Markdown table.
SELECT pg_catalog.format('| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |', :'name',
						 a.summary ->> 'statements',
						 a.summary ->> 'planned',
						 (SELECT pg_catalog.string_agg(s.value || ' ' || s.key, ', ' ORDER BY s.key)
							FROM pg_catalog.jsonb_each_text(a.summary -> 'skipped') s),
						 a.summary ->> 'planner_calls',
						 pg_catalog.round((a.summary ->> 'planner_calls')::numeric / n.planned, 1),
						 pg_catalog.round((a.summary ->> 'elapsed_ms')::numeric),
						 pg_catalog.round((a.summary ->> 'elapsed_ms')::numeric / n.planned, 2),
						 a.summary ->> 'candidates',
						 (SELECT pg_catalog.count(*) FROM bench.advice WHERE step > 0),
						 a.summary ->> 'complete',
						 pg_catalog.round((100 * a.cost_after / NULLIF(a.cost_before, 0))::numeric, 1))
  FROM bench.advice a,
	   LATERAL (SELECT NULLIF((a.summary ->> 'planned')::numeric, 0) AS planned) n
 WHERE a.step = 0;
