-- What rules about single statements share: which statements are worth a look,
-- how much they matter, and advice on one of them.

-- A statement that several roles run counts once, by the role with most time.
CREATE OR REPLACE FUNCTION dbadvisor.weighed_statements(
	rule text,
	OUT queryid bigint,
	OUT query text,
	OUT relid oid,
	OUT calls double precision,
	OUT total_ms double precision,
	OUT mean_ms double precision,
	OUT rows_per_call double precision,
	OUT blocks_per_call double precision,
	OUT time_share double precision,
	OUT since timestamptz,
	OUT ms_per_day double precision,
	OUT counters jsonb,
	OUT relations oid[],
	OUT features jsonb,
	OUT weight jsonb)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT DISTINCT ON (pg_catalog.md5(f.query))
		   f.queryid,
		   f.query,
		   COALESCE((f.features ->> 'target')::oid, f.relations[1]),
		   f.calls,
		   f.total_ms,
		   f.total_ms / NULLIF(f.calls, 0),
		   f.rows / NULLIF(f.calls, 0),
		   ((f.counters ->> 'shared_blks_hit')::double precision
			+ (f.counters ->> 'shared_blks_read')::double precision) / NULLIF(f.calls, 0),
		   f.time_share,
		   f.since,
		   f.ms_per_day,
		   f.counters,
		   f.relations,
		   f.features,
		   pg_catalog.jsonb_build_object(
			   'calls', f.calls,
			   'mean_ms', f.total_ms / NULLIF(f.calls, 0),
			   'time_share', f.time_share,
			   'ms_per_day', f.ms_per_day,
			   'window_days', f.window_days)
	  FROM dbadvisor.workload_features(
			   min_share => dbadvisor.threshold(weighed_statements.rule, 'min_share')::double precision) f
	 WHERE f.features IS NOT NULL
	   AND f.relations <> '{}'
	   AND COALESCE(f.total_ms / NULLIF(f.calls, 0) >= dbadvisor.threshold(weighed_statements.rule, 'min_mean_ms'), true)
	 ORDER BY pg_catalog.md5(f.query), f.total_ms DESC NULLS LAST;
$$;
COMMENT ON FUNCTION dbadvisor.weighed_statements(text) IS
'Statements of the workload that reach the thresholds min_share and min_mean_ms of a rule, each text once, with what is seen in their trees; weight is what evidence says of their times';

-- The share of all time decides, since that is what a remedy can save at most.
CREATE OR REPLACE FUNCTION dbadvisor.severity_at_share(severity text, share double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (ARRAY['info', 'low', 'medium', 'high'])[
			   LEAST(GREATEST(dbadvisor.severity_rank(severity)
							  + CASE
								WHEN share >= 0.1 THEN 1
								WHEN share < 0.01 THEN -1
								ELSE 0
								END, 1), 4)];
$$;
COMMENT ON FUNCTION dbadvisor.severity_at_share(text, double precision) IS
'Severity one step higher for a statement that takes a tenth of the time of all, one lower below a hundredth, high at most; as it is where that is not known';

CREATE OR REPLACE FUNCTION dbadvisor.statement_advice(
	rule text,
	queryid bigint,
	query text,
	relid oid,
	weight jsonb,
	since timestamptz,
	title text,
	detail text,
	evidence jsonb,
	severity text DEFAULT NULL,
	proof text DEFAULT 'catalog',
	confidence double precision DEFAULT 0.7,
	benefit_ms_per_day double precision DEFAULT NULL,
	impact text DEFAULT 'The application changes; nothing in the database does.')
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.*
	  FROM dbadvisor.advice(
			   rule => statement_advice.rule,
			   relid => statement_advice.relid,
			   variant => dbadvisor.text_hash(statement_advice.query),
			   severity => COALESCE(statement_advice.severity,
									dbadvisor.severity_at_share(
										(SELECT r.severity FROM dbadvisor.rule r WHERE r.rule = statement_advice.rule),
										(statement_advice.weight ->> 'time_share')::double precision)),
			   title => statement_advice.title,
			   detail => pg_catalog.concat_ws(
							 ' ',
							 CASE
							 WHEN statement_advice.queryid IS NULL THEN 'A statement given by hand'
							 ELSE pg_catalog.format('Statement %s', statement_advice.queryid)
							 END,
							 statement_advice.detail,
							 pg_catalog.format('It takes %s ms per call, %s %% of the time of all recorded statements.',
											   pg_catalog.round((statement_advice.weight ->> 'mean_ms')::numeric, 2),
											   pg_catalog.round((statement_advice.weight ->> 'time_share')::numeric * 100, 1))),
			   evidence => pg_catalog.jsonb_strip_nulls(statement_advice.weight || statement_advice.evidence),
			   queryids => pg_catalog.array_remove(ARRAY[statement_advice.queryid], NULL),
			   benefit_ms_per_day => statement_advice.benefit_ms_per_day,
			   confidence => statement_advice.confidence,
			   proof => statement_advice.proof,
			   evidence_since => statement_advice.since,
			   impact => statement_advice.impact) a;
$$;
COMMENT ON FUNCTION dbadvisor.statement_advice(text, bigint, text, oid, jsonb, timestamptz, text, text, jsonb, text, text, double precision, double precision, text) IS
'Advice on one statement: its severity by its share of the time, its weight in the evidence, and nothing of its text';

-- One plan of the workload with all of the indexes prices them; where no index
-- can have the expression, one that the bare column leads is lost to it.
CREATE OR REPLACE FUNCTION dbadvisor.wrapped_columns(
	rule text,
	wrapped_in text[],
	OUT queryid bigint,
	OUT query text,
	OUT relid oid,
	OUT column_name text,
	OUT column_type text,
	OUT wrapper text,
	OUT proof_text text,
	OUT evidence jsonb,
	OUT proof text,
	OUT confidence double precision,
	OUT benefit_ms_per_day double precision,
	OUT since timestamptz,
	OUT weight jsonb)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH wrapped AS MATERIALIZED (
		SELECT DISTINCT ON (s.query) s.*,
			   c.value AS comparison,
			   a.attname,
			   a.attrelid,
			   pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
			   CASE
			   WHEN c.value ? 'expression'
			   THEN pg_catalog.format('CREATE INDEX ON %I.%I ((%s))', n.nspname, r.relname, c.value ->> 'expression')
			   END AS definition,
			   lost.name AS lost_index
		  FROM dbadvisor.weighed_statements(wrapped_columns.rule) s
		 CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(s.features -> 'comparisons') c
		  JOIN pg_catalog.pg_attribute a
			ON a.attrelid = (c.value ->> 'relid')::oid
		   AND a.attnum = (c.value ->> 'attnum')::smallint
		  JOIN pg_catalog.pg_class r ON r.oid = a.attrelid
		  JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
		 CROSS JOIN LATERAL dbadvisor.table_estimate(a.attrelid) e
		  LEFT JOIN LATERAL (
			SELECT x.relname::text AS name
			  FROM pg_catalog.pg_index i
			  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
			 WHERE i.indrelid = a.attrelid
			   AND i.indkey[0] = a.attnum
			   AND i.indisvalid
			 ORDER BY x.relname
			 LIMIT 1) lost ON true
		 WHERE c.value ->> 'wrapped_in' = ANY (wrapped_columns.wrapped_in)
		   AND c.value ->> 'compared_with' IN ('parameter', 'constant', 'expression')
		   AND NOT COALESCE((c.value ->> 'is_pattern')::boolean, false)
		   AND e.bytes >= dbadvisor.threshold(wrapped_columns.rule, 'min_table_bytes')
		   AND (c.value ? 'expression' OR lost.name IS NOT NULL)
		 ORDER BY s.query, lost.name IS NULL, a.attrelid, a.attnum
	), definitions AS (
		SELECT pg_catalog.array_agg(DISTINCT w.definition) AS all
		  FROM wrapped w
		 WHERE w.definition IS NOT NULL
		HAVING pg_catalog.count(*) > 0
	), priced AS MATERIALIZED (
		SELECT p.*
		  FROM definitions d
		 CROSS JOIN LATERAL dbadvisor.what_if_workload(d.all) p
	)
	SELECT w.queryid, w.query, w.attrelid, w.attname, w.type,
		   w.comparison ->> 'wrapper',
		   CASE
		   WHEN p.cost_after IS NOT NULL
		   THEN pg_catalog.format('With an index on (%s) the planner''s cost falls from %s to %s.',
								  w.comparison ->> 'expression', pg_catalog.round(p.cost_before::numeric), pg_catalog.round(p.cost_after::numeric, 1))
		   ELSE pg_catalog.format('Index %I, which the column leads, is not used for it.', w.lost_index)
		   END,
		   pg_catalog.jsonb_build_object(
			   'column', w.attname,
			   'column_type', w.type,
			   'wrapper', w.comparison ->> 'wrapper',
			   'expression', w.comparison ->> 'expression',
			   'cost_before', p.cost_before,
			   'cost_after', p.cost_after,
			   'index_not_used', w.lost_index,
			   'confidence_reason', CASE
									WHEN p.cost_after IS NOT NULL THEN 'the planner priced an index on the expression'
									ELSE 'no index can have the expression, so none was priced'
									END),
		   CASE WHEN p.cost_after IS NOT NULL THEN 'planner' ELSE 'catalog' END,
		   CASE WHEN p.cost_after IS NOT NULL THEN 0.8 ELSE 0.6 END,
		   w.ms_per_day * (1 - p.cost_after / NULLIF(p.cost_before, 0)),
		   w.since,
		   w.weight
	  FROM wrapped w
	  LEFT JOIN LATERAL (
		SELECT p.cost_before, p.cost_after
		  FROM priced p
		 WHERE p.query = w.query
		   AND p.queryid IS NOT DISTINCT FROM w.queryid
		   AND p.cost_before IS NOT NULL
		   AND w.definition IS NOT NULL
		 ORDER BY p.calls DESC
		 LIMIT 1) p ON true
	 WHERE w.definition IS NULL
		OR p.cost_after <= p.cost_before * (1 - dbadvisor.threshold(wrapped_columns.rule, 'min_gain')::double precision);
$$;
COMMENT ON FUNCTION dbadvisor.wrapped_columns(text, text[]) IS
'Statements that compare a column wrapped in something (function, operator, cast, implicit cast) where an index on the wrapped column saves the threshold min_gain of the cost, or where none can be and an index on the bare column is lost; with what advice on them says alike';

REVOKE ALL ON FUNCTION dbadvisor.weighed_statements(text),
	dbadvisor.severity_at_share(text, double precision),
	dbadvisor.statement_advice(text, bigint, text, oid, jsonb, timestamptz, text, text, jsonb, text, text, double precision, double precision, text),
	dbadvisor.wrapped_columns(text, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.weighed_statements(text),
	dbadvisor.severity_at_share(text, double precision),
	dbadvisor.statement_advice(text, bigint, text, oid, jsonb, timestamptz, text, text, jsonb, text, text, double precision, double precision, text),
	dbadvisor.wrapped_columns(text, text[])
	TO dbadvisor_reader;
