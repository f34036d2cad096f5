-- What tpch.sh has noted, as the Markdown section of RESULTS.md.

SELECT pg_catalog.format('### Scale factor %s, %s primary keys%s', :'scale',
						 CASE :'keys' WHEN 'yes' THEN 'with' ELSE 'without' END,
						 CASE WHEN :'budget' <> 'NULL'
							  THEN ', storage budget ' || bench.show_mb(:budget) || ' MB'
							  ELSE '' END);
SELECT '';
SELECT pg_catalog.format('PostgreSQL %s, %s processors, %s GB of memory; shared_buffers %s, work_mem %s, '
						 'effective_cache_size %s, random_page_cost %s, jit %s, no parallel query. '
						 'Tables %s MB, loaded, keyed, vacuumed and analyzed in %s s. '
						 'Smallest saving asked of an index %s of the workload. '
						 'A query that ran longer than %s s is not in the workload; '
						 'run times are medians of %s (of one over 20 s).',
						 pg_catalog.current_setting('server_version'), :'processors', :'memory',
						 pg_catalog.current_setting('shared_buffers'),
						 pg_catalog.current_setting('work_mem'),
						 pg_catalog.current_setting('effective_cache_size'),
						 pg_catalog.current_setting('random_page_cost'),
						 pg_catalog.current_setting('jit'),
						 (SELECT bench.show_mb(pg_catalog.sum(pg_catalog.pg_table_size(oid))::float8)
							FROM pg_catalog.pg_class
						   WHERE relnamespace = 'public'::pg_catalog.regnamespace
							 AND relkind = 'r'),
						 :'seconds', :'saving', :'limit', :'runs');
SELECT '';

-- The advice as a whole.
SELECT '| figure | value |';
SELECT '|---|---|';
SELECT pg_catalog.format('| %s | %s |', f.what, f.value)
  FROM bench.advice a,
	   (SELECT pg_catalog.sum(cost_before) AS cost_before,
			   pg_catalog.sum(cost_what_if) AS cost_what_if,
			   pg_catalog.sum(cost_after) AS cost_after,
			   pg_catalog.sum(ms_before) AS ms_before,
			   pg_catalog.sum(ms_after) AS ms_after
		  FROM bench.by_query
		 WHERE in_workload) t,
	   (SELECT pg_catalog.count(*) AS indexes,
			   pg_catalog.sum(b.size_bytes)::float8 AS bytes,
			   pg_catalog.sum(b.seconds) AS seconds
		  FROM bench.built b) b,
	   LATERAL (VALUES
		('statements in the workload, planned', (a.summary ->> 'statements') || ', ' || (a.summary ->> 'planned')),
		('planner calls', a.summary ->> 'planner_calls'),
		('planner calls per planned statement',
		 pg_catalog.round((a.summary ->> 'planner_calls')::numeric
						  / NULLIF((a.summary ->> 'planned')::numeric, 0), 1)::text),
		('time of the advice, ms', pg_catalog.round((a.summary ->> 'elapsed_ms')::numeric)::text),
		('candidates', a.summary ->> 'candidates'),
		('indexes', b.indexes::text),
		('size predicted, MB', bench.show_mb((SELECT pg_catalog.sum(size_bytes)::float8 FROM bench.advice WHERE step > 0))),
		('size built, MB', bench.show_mb(b.bytes)),
		('time to build, s', pg_catalog.round(b.seconds::numeric, 1)::text),
		('planner cost before', bench.show_cost(t.cost_before)),
		('planner cost what-if', bench.show_cost(t.cost_what_if)
		 || pg_catalog.format(' (%s %%)', pg_catalog.round((100 * t.cost_what_if / t.cost_before)::numeric, 1))),
		('planner cost after', bench.show_cost(t.cost_after)
		 || pg_catalog.format(' (%s %%)', pg_catalog.round((100 * t.cost_after / t.cost_before)::numeric, 1))),
		('measured run time before, s', pg_catalog.round((t.ms_before / 1000)::numeric, 2)::text),
		('measured run time after, s', pg_catalog.round((t.ms_after / 1000)::numeric, 2)
		 || pg_catalog.format(' (%s %%)', pg_catalog.round((100 * t.ms_after / t.ms_before)::numeric, 1))))
		AS f (what, value)
 WHERE a.step = 0;
SELECT '';

SELECT pg_catalog.format('| step | index | predicted MB | built MB | ratio | workload after, %s |',
						 summary ->> 'unit')
  FROM bench.advice
 WHERE step = 0;
SELECT '|---|---|---|---|---|---|';
SELECT pg_catalog.format('| %s | %s (%s)%s | %s | %s | %s | %s |', a.step, a.relid::pg_catalog.regclass,
						 pg_catalog.array_to_string(a.key_columns, ', '),
						 CASE WHEN pg_catalog.cardinality(a.include_columns) > 0
							  THEN ' include (' || pg_catalog.array_to_string(a.include_columns, ', ') || ')'
							  ELSE '' END,
						 bench.show_mb(a.size_bytes), bench.show_mb(b.size_bytes),
						 pg_catalog.round(a.size_bytes::numeric / b.size_bytes, 3),
						 bench.show_cost(a.cost_after))
  FROM bench.advice a
  JOIN bench.built b USING (step)
 ORDER BY a.step;
SELECT '';

SELECT '| query | cost before | what-if | after | ms before | ms after | speedup |';
SELECT '|---|---|---|---|---|---|---|';
SELECT pg_catalog.format('| %s | %s | %s | %s | %s | %s | %s |', name,
						 bench.show_cost(cost_before), bench.show_cost(cost_what_if),
						 bench.show_cost(cost_after),
						 CASE WHEN in_workload THEN pg_catalog.round(ms_before::numeric)::text
							  ELSE 'not finished' END,
						 pg_catalog.round(ms_after::numeric),
						 pg_catalog.round((ms_before / ms_after)::numeric, 2))
  FROM bench.by_query
 ORDER BY number;
SELECT '';

SELECT pg_catalog.format('Queries of another cost whose run time rose by more than a tenth: %s. '
						 'Those whose cost did not change, a control: %s s before, %s s after.',
						 COALESCE(pg_catalog.string_agg(name, ', ' ORDER BY number)
								  FILTER (WHERE changed AND ms_after > 1.1 * ms_before),
								  'none'),
						 pg_catalog.round((pg_catalog.sum(ms_before) FILTER (WHERE NOT changed) / 1000)::numeric, 2),
						 pg_catalog.round((pg_catalog.sum(ms_after) FILTER (WHERE NOT changed) / 1000)::numeric, 2))
  FROM bench.by_query,
	   LATERAL (SELECT pg_catalog.abs(cost_after - cost_before) > 0.001 * cost_before AS changed) c;
SELECT '';

-- What-if against built, one index at a time.
SELECT pg_catalog.format('Each index alone, what-if cost against the cost with it really built: %s pairs of index '
						 'and query, of which %s where the index changes the cost. Error of these: '
						 'median %s %%, p90 %s %%, largest %s %%.',
						 (SELECT pg_catalog.count(*) FROM bench.single), pg_catalog.count(*),
						 pg_catalog.round((100 * pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY error))::numeric, 3),
						 pg_catalog.round((100 * pg_catalog.percentile_cont(0.9) WITHIN GROUP (ORDER BY error))::numeric, 3),
						 pg_catalog.round((100 * pg_catalog.max(error))::numeric, 3))
  FROM bench.error;
SELECT '';

SELECT '| index | query | cost without | what-if | built | error % |';
SELECT '|---|---|---|---|---|---|';
SELECT pg_catalog.format('| %s | %s | %s | %s | %s | %s |', step, query, bench.show_cost(cost_before),
						 bench.show_cost(cost_what_if), bench.show_cost(cost_built),
						 pg_catalog.round((100 * error)::numeric, 3))
  FROM bench.error
 ORDER BY error DESC
 LIMIT 5;
SELECT '';

SELECT pg_catalog.format('Bars: what-if error p90 at most 2 %%, largest at most 8 %%: %s. '
						 'Size ratio within 0.85 to 1.15: %s. Total planner cost lower: %s.',
						 CASE WHEN e.p90 <= 0.02 AND e.largest <= 0.08 THEN 'met' ELSE 'MISSED' END,
						 CASE WHEN s.within THEN 'met' ELSE 'MISSED' END,
						 CASE WHEN t.after < t.before THEN 'met' ELSE 'MISSED' END)
  FROM (SELECT pg_catalog.percentile_cont(0.9) WITHIN GROUP (ORDER BY error) AS p90,
			   pg_catalog.max(error) AS largest
		  FROM bench.error) e,
	   (SELECT pg_catalog.bool_and(a.size_bytes::float8 / b.size_bytes BETWEEN 0.85 AND 1.15) AS within
		  FROM bench.advice a
		  JOIN bench.built b USING (step)) s,
	   (SELECT pg_catalog.sum(cost_before) AS before,
			   pg_catalog.sum(cost_after) AS after
		  FROM bench.by_query
		 WHERE in_workload) t;
