-- index.missing: an index that the workload's plans would use
--
-- Fires for each index of the set that search_indexes() finds for the recorded
-- statements: the planner itself has priced every statement with and without
-- it.  Wrong when the recorded statements are not what the database usually
-- does, or when the planner's costs are far from the truth.
SELECT dbadvisor.register_rule(
	rule => 'index.missing',
	title => 'An index would make recorded statements cheaper',
	why => 'Without it their plans read or sort much more than they return.',
	severity => 'medium',
	thresholds => '{"high_share": 0.20, "medium_share": 0.05, "min_window_hours": 1, "min_benefit_minutes": 1, "min_count_factor": 10}',
	doc => 'Severity is high, medium or low by the share of the workload''s cost that the index saves (high_share, medium_share). While the counters of the workload are younger than min_window_hours, findings open but are not taken for resolved; before min_benefit_minutes no saving per day is computed from them. Where executions that the sampler looked at had min_count_factor times as many rows as the planner expects, or as few, the gain is priced with these as well, and a statement whose gain is gone then is at risk.',
	source => 'dbadvisor.rule_index_missing(bigint,integer,interval,integer,double precision,integer)',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.missing_index_severity(relid oid, share double precision)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN share >= dbadvisor.threshold('index.missing', 'high_share', o.identity) THEN 'high'
		   WHEN share >= dbadvisor.threshold('index.missing', 'medium_share', o.identity) THEN 'medium'
		   ELSE 'low'
		   END
	  FROM pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, relid, 0) o;
$$;
COMMENT ON FUNCTION dbadvisor.missing_index_severity(oid, double precision) IS
'Severity of a missing index by the share of the workload that it saves';

CREATE OR REPLACE FUNCTION dbadvisor.index_write_detail(writes jsonb, cost_unit text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN w.entries IS NULL OR w.entries < 1 THEN ''
		   ELSE pg_catalog.format(
					' Keeping it up costs %s %s%s%s; this is taken off the saving.',
					pg_catalog.to_char(COALESCE(w.write_ms_per_day, w.write_cost)::numeric, 'FM999,999,999,999,990.0'),
					CASE cost_unit WHEN 'ms' THEN 'ms' ELSE 'cost units' END,
					CASE
					WHEN w.write_ms_per_day IS NOT NULL
					THEN pg_catalog.format(' a day for %s new entries and %s of WAL',
										   pg_catalog.to_char(w.entries_per_day::numeric, 'FM999,999,999,999,990'),
										   pg_catalog.pg_size_pretty(w.wal_bytes_per_day::bigint))
					ELSE ' in all calls'
					END,
					CASE
					WHEN w.hot_updates_lost >= 1
					THEN pg_catalog.format(', and %s updates are no longer HOT',
										   pg_catalog.to_char(w.hot_updates_lost::numeric, 'FM999,999,999,999,990'))
					ELSE ''
					END)
		   END
	  FROM pg_catalog.jsonb_to_record(writes)
		   AS w (write_cost double precision, write_ms_per_day double precision,
				 entries double precision, entries_per_day double precision,
				 hot_updates_lost double precision, wal_bytes_per_day double precision);
$$;
COMMENT ON FUNCTION dbadvisor.index_write_detail(jsonb, text) IS
'What an index costs to keep, in words, from the writes in the evidence of the advice';

-- What executions counted where the planner expected something else, and what is
-- left of the gain with that.
CREATE OR REPLACE FUNCTION dbadvisor.counted_rows_detail(counted jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   '%s executions had %s rows of %s in the mean where the planner expects %s; with these its cost is %s before and %s after%s',
			   c.executions,
			   pg_catalog.to_char(c.rows_counted::numeric, 'FM999,999,999,999,990'),
			   COALESCE(dbadvisor.relation_identity(c.relid), 'a table'),
			   pg_catalog.to_char(c.rows_estimated::numeric, 'FM999,999,999,999,990'),
			   pg_catalog.to_char(c.cost_before::numeric, 'FM999,999,999,999,990.0'),
			   pg_catalog.to_char(c.cost_after::numeric, 'FM999,999,999,999,990.0'),
			   CASE c.level
			   WHEN 'at_risk' THEN ', so that nothing of the gain is left'
			   WHEN 'sensitive' THEN ', so that most of the gain is gone'
			   ELSE ''
			   END)
	  FROM pg_catalog.jsonb_to_record(counted)
		   AS c (level text, relid oid, executions bigint, rows_estimated double precision,
				 rows_counted double precision, cost_before double precision, cost_after double precision)
	 WHERE (counted ->> 'factor')::double precision >= dbadvisor.threshold('index.missing', 'min_count_factor');
$$;
COMMENT ON FUNCTION dbadvisor.counted_rows_detail(jsonb) IS
'What sampled executions say of a gain, in words, from "counted" in the evidence of a statement; null where the planner expected rows like these';

-- Statements at risk, and the share of the gain that they make up.
CREATE OR REPLACE FUNCTION dbadvisor.index_risk(
	statements jsonb,
	OUT at_risk bigint,
	OUT share double precision,
	OUT queryid bigint,
	OUT reason text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH gain AS (
		SELECT s.queryid,
			   COALESCE(s.risk ->> 'level' = 'at_risk', false)
			   OR COALESCE(s.counted ->> 'level' = 'at_risk' AND c.detail IS NOT NULL, false) AS at_risk,
			   CASE
			   WHEN s.risk ->> 'level' = 'at_risk' THEN s.risk ->> 'reason'
			   ELSE c.detail
			   END AS reason,
			   GREATEST(s.cost_before - s.cost_after, 0) * COALESCE(s.calls, 1)
			   * COALESCE(s.total_ms / NULLIF(s.calls * s.cost_before, 0), 1) AS gain
		  FROM pg_catalog.jsonb_to_recordset(statements)
			   AS s (queryid bigint, calls double precision, total_ms double precision,
					 cost_before double precision, cost_after double precision, risk jsonb, counted jsonb)
		 CROSS JOIN LATERAL dbadvisor.counted_rows_detail(s.counted) c (detail)
	), worst AS (
		SELECT g.queryid, g.reason
		  FROM gain g
		 WHERE g.at_risk
		 ORDER BY g.gain DESC
		 LIMIT 1
	)
	SELECT pg_catalog.count(*) FILTER (WHERE g.at_risk),
		   COALESCE(pg_catalog.sum(g.gain) FILTER (WHERE g.at_risk), 0)
		   / NULLIF(pg_catalog.sum(g.gain), 0),
		   (SELECT w.queryid FROM worst w),
		   (SELECT w.reason FROM worst w)
	  FROM gain g;
$$;
COMMENT ON FUNCTION dbadvisor.index_risk(jsonb) IS
'How many statements of an index''s evidence may not gain what the planner promises, their share of the gain, and the largest one with its reason';

CREATE OR REPLACE FUNCTION dbadvisor.index_risk_detail(statements jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN r.at_risk > 0
		   THEN pg_catalog.format(
					' At risk: %s of these statements may get slower; of %s, %s.',
					r.at_risk,
					COALESCE('queryid ' || NULLIF(r.queryid, 0), 'one added by hand'),
					r.reason)
		   ELSE ''
		   END
		|| COALESCE((SELECT pg_catalog.format(' Counted: of queryid %s, %s.', s.queryid, c.detail)
					   FROM pg_catalog.jsonb_to_recordset(statements) AS s (queryid bigint, total_ms double precision, counted jsonb)
					  CROSS JOIN LATERAL dbadvisor.counted_rows_detail(s.counted) c (detail)
					  WHERE c.detail IS NOT NULL
						AND s.counted ->> 'level' <> 'at_risk'
					  ORDER BY s.total_ms DESC NULLS LAST
					  LIMIT 1), '')
	  FROM dbadvisor.index_risk(statements) r;
$$;
COMMENT ON FUNCTION dbadvisor.index_risk_detail(jsonb) IS
'Which statements of an index''s evidence are at risk, and where executions counted other rows than the planner expects, in words';

-- Only HNSW and IVFFlat say "approximate" of a statement.
CREATE OR REPLACE FUNCTION dbadvisor.approximate_index_detail(am text, statements jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN pg_catalog.count(*) > 0
		   THEN pg_catalog.format(
					' The index is approximate: it finds most of the nearest rows, not always all, so the answers of %s may differ from those without it. '
					'It looks at %s rows per search before other conditions are tested, which is enough for these; a statement that filters more gets fewer rows than it asks for unless it sets %s.',
					CASE pg_catalog.count(*)
					WHEN 1 THEN 'this statement'
					ELSE pg_catalog.format('these %s statements', pg_catalog.count(*))
					END,
					pg_catalog.min((s.approximate ->> 'rows_searched')::numeric),
					CASE am
					WHEN 'hnsw' THEN 'hnsw.iterative_scan or a higher hnsw.ef_search'
					ELSE 'ivfflat.iterative_scan or a higher ivfflat.probes'
					END)
		   ELSE ''
		   END
	  FROM pg_catalog.jsonb_to_recordset(statements) AS s (approximate jsonb)
	 WHERE s.approximate IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.approximate_index_detail(text, jsonb) IS
'What an approximate index does to the answers of the statements in its evidence, in words; empty for an exact one';

CREATE OR REPLACE FUNCTION dbadvisor.missing_index_detail(evidence jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   '%sthe recorded workload falls by %s %%, from %s to %s %s by the planner''s figures. ',
			   CASE WHEN e.step > 1 THEN 'After the indexes before it, ' ELSE 'With it ' END,
			   pg_catalog.to_char((e.saved_share * 100)::numeric, 'FM990.0'),
			   pg_catalog.to_char(e.cost_before::numeric, 'FM999,999,999,999,999,990'),
			   pg_catalog.to_char(e.cost_after::numeric, 'FM999,999,999,999,999,990'),
			   CASE e.cost_unit WHEN 'ms' THEN 'ms' ELSE 'cost units' END)
		|| COALESCE((SELECT pg_catalog.format(
								'%s %s; most of all %s, whose plan falls from cost %s to %s. ',
								pg_catalog.jsonb_array_length(e.statements),
								CASE pg_catalog.jsonb_array_length(e.statements)
								WHEN 1 THEN 'statement gains'
								ELSE 'statements gain'
								END,
								COALESCE('queryid ' || NULLIF(s.queryid, 0),
										 'the check of foreign key ' || pg_catalog.quote_ident(s.foreign_key),
										 'one added by hand')
								|| COALESCE(pg_catalog.to_char(s.calls::numeric, '" with "FM999,999,999,999,990" calls"'), ''),
								pg_catalog.to_char(s.cost_before::numeric, 'FM999,999,999,999,990.0'),
								pg_catalog.to_char(s.cost_after::numeric, 'FM999,999,999,999,990.0'))
					   FROM pg_catalog.jsonb_to_recordset(e.statements)
							AS s (queryid bigint, foreign_key text, calls double precision,
								  cost_before double precision,
								  cost_after double precision)
					  ORDER BY (s.cost_before - s.cost_after) * COALESCE(s.calls, 1) DESC NULLS LAST
					  LIMIT 1), '')
		|| pg_catalog.format('It takes about %s; the table has %s.',
							 pg_catalog.pg_size_pretty(e.size_bytes),
							 pg_catalog.pg_size_pretty(e.table_bytes))
		|| dbadvisor.index_write_detail(e.writes, e.cost_unit)
		|| dbadvisor.index_risk_detail(e.statements)
		|| dbadvisor.approximate_index_detail(e.index ->> 'am', e.statements)
	  FROM pg_catalog.jsonb_to_record(evidence)
		   AS e (step integer, index jsonb, cost_unit text, saved_share double precision, cost_before double precision,
				 cost_after double precision, size_bytes bigint,
				 table_bytes bigint, statements jsonb, writes jsonb);
$$;
COMMENT ON FUNCTION dbadvisor.missing_index_detail(jsonb) IS
'Why the index is missing, in words, from the evidence of the advice';

CREATE OR REPLACE FUNCTION dbadvisor.window_is_shorter(
	since timestamptz,
	threshold_name text,
	unit interval)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(
			   since > pg_catalog.clock_timestamp()
					   - unit * dbadvisor.threshold('index.missing', threshold_name)::double precision,
			   false);
$$;
COMMENT ON FUNCTION dbadvisor.window_is_shorter(timestamptz, text, interval) IS
'Whether counters that start at a time cover less than a threshold of index.missing asks for';

-- Counters that are young, a part of the workload, or none at all: then the
-- absence of advice says little.
CREATE OR REPLACE FUNCTION dbadvisor.missing_index_note(summary jsonb)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM pg_catalog.jsonb_to_record(summary)
		   AS s (planned bigint, left_out bigint, complete boolean,
				 since timestamptz, pg_stat_statements text)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.concat_ws(
				   '; ',
				   s.pg_stat_statements,
				   CASE WHEN s.planned = 0 THEN 'no recorded statement could be planned' END,
				   CASE
				   WHEN NOT s.complete OR s.left_out > 0
				   THEN pg_catalog.format('the search was cut short, %s statements were left out', s.left_out)
				   END,
				   CASE
				   WHEN dbadvisor.window_is_shorter(s.since, 'min_window_hours', interval '1 hour')
				   THEN pg_catalog.format('the counters start at %s', s.since)
				   END,
				   (SELECT pg_catalog.string_agg(
							   pg_catalog.format('the workload of standby %s is not known: %s', n.node,
												 COALESCE(n.problem, n.statements_problem)), '; ' ORDER BY n.node)
					  FROM dbadvisor.node n
					 WHERE n.role = 'standby'
					   AND n.server_name IS NOT NULL
					   AND (n.problem IS NOT NULL OR n.statements_problem IS NOT NULL)))) r (reason)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   'index.missing',
			   CASE
			   WHEN s.planned = 0 THEN 'skipped'
			   WHEN r.reason <> '' THEN 'degraded'
			   ELSE 'ok'
			   END,
			   NULLIF(r.reason, ''),
			   summary) n;
$$;
COMMENT ON FUNCTION dbadvisor.missing_index_note(jsonb) IS
'What search_indexes() says of its own run, as a row of advice';

CREATE OR REPLACE FUNCTION dbadvisor.rule_index_missing(
	storage_budget bigint DEFAULT NULL,
	max_columns integer DEFAULT 3,
	time_limit interval DEFAULT '30 s',
	max_indexes integer DEFAULT NULL,
	min_saving double precision DEFAULT 0.01,
	max_per_table integer DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH search AS MATERIALIZED (
		SELECT s.*
		  FROM dbadvisor.search_indexes(storage_budget, max_columns, time_limit,
										max_indexes, min_saving, max_per_table) s
	), step AS (
		SELECT s.*,
			   t.partitions,
			   t.bytes AS table_bytes,
			   pg_catalog.substring(s.definition, '\) WHERE (.*)$') AS predicate,
			   (s.cost_before - s.cost_after) / NULLIF(total.cost_before, 0) AS saved_share,
			   total.cost_before AS workload_cost,
			   total.summary AS total
		  FROM search s
		  JOIN search total ON total.step = 0
		 CROSS JOIN dbadvisor.table_estimate(s.relid) t
		 WHERE s.step > 0
	), shaped AS (
		SELECT s.*,
			   dbadvisor.index_shape(s.am, s.key_columns, s.include_columns, s.predicate) AS shape,
			   dbadvisor.holds_constants(pg_catalog.concat_ws(' ', pg_catalog.array_to_string(s.key_columns, ' '), s.predicate)) AS holds_constants,
			   (SELECT pg_catalog.count(*)
				  FROM pg_catalog.jsonb_array_elements(s.statements) e
				 WHERE e ->> 'parameters' = 'generic') AS generic_count,
			   COALESCE((dbadvisor.index_risk(s.statements)).share, 0) AS risk_share
		  FROM step s
	), proven AS (
		SELECT s.*,
			   dbadvisor.index_shape_text(s.shape) AS shape_text,
			   s.holds_constants AND NOT dbadvisor.include_values() AS hidden,
			   (s.total ->> 'since')::timestamptz AS since,
			   pg_catalog.jsonb_build_object(
				   'step', s.step,
				   'index', s.shape,
				   'size_bytes', s.size_bytes,
				   'table_bytes', s.table_bytes,
				   'workload_cost', s.workload_cost,
				   'cost_unit', s.total -> 'unit',
				   'cost_before', s.cost_before,
				   'cost_after', s.cost_after,
				   'saved_share', s.saved_share,
				   'statements', s.statements,
				   'approximate', s.statements @? '$[*].approximate',
				   'writes', s.writes,
				   'statements_planned', s.total -> 'planned',
				   'statements_total', s.total -> 'statements',
				   'confidence_reason',
				   CASE s.generic_count
				   WHEN 0 THEN 'planned with parameter values taken from statistics'
				   ELSE pg_catalog.format('%s of the statements planned without parameter values', s.generic_count)
				   END
				   || CASE
					  WHEN s.risk_share > 0
					  THEN pg_catalog.format('; statements with %s %% of the gain are at risk',
											 pg_catalog.to_char((s.risk_share * 100)::numeric, 'FM990'))
					  ELSE ''
					  END) AS evidence
		  FROM shaped s
	), answer AS (
		SELECT s.step,
			   a.*
		  FROM proven s
		  JOIN pg_catalog.pg_class c ON c.oid = s.relid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 CROSS JOIN dbadvisor.advice(
				   rule => 'index.missing',
				   relid => s.relid,
				   variant => s.shape_text,
				   severity => dbadvisor.missing_index_severity(s.relid, s.saved_share),
				   title => pg_catalog.regexp_replace(
								pg_catalog.format(
									'Create an index on %I.%I %s',
									n.nspname,
									c.relname,
									CASE
									WHEN s.hidden THEN s.shape_text
									ELSE pg_catalog.regexp_replace(s.definition, '^.*? USING ', 'USING ')
									END),
								' USING btree ', ' '),
				   detail => dbadvisor.missing_index_detail(s.evidence),
				   evidence => s.evidence,
				   queryids => ARRAY(SELECT DISTINCT (e ->> 'queryid')::bigint
									   FROM pg_catalog.jsonb_array_elements(s.statements) e
									  WHERE e ->> 'queryid' <> '0'
									  ORDER BY 1),
				   benefit_ms_per_day => CASE
										 WHEN dbadvisor.window_is_shorter(s.since, 'min_benefit_minutes', interval '1 minute') THEN NULL
										 ELSE s.saved_ms_per_day
										 END,
				   cost_bytes => s.size_bytes,
				   confidence => CASE s.generic_count WHEN 0 THEN 0.9 ELSE 0.7 END * (1 - s.risk_share / 2),
				   proof => 'planner',
				   evidence_since => s.since,
				   evidence_nodes => NULLIF(ARRAY(SELECT DISTINCT pg_catalog.unnest(w.nodes)
													FROM dbadvisor.node_workload() w
													JOIN pg_catalog.jsonb_array_elements(s.statements) e
													  ON (e ->> 'queryid')::bigint = w.queryid
												   ORDER BY 1), '{}'),
				   affected_count => s.partitions,
				   contains_values => s.holds_constants,
				   apply_sql => CASE WHEN NOT s.hidden THEN s.definition END,
				   revert_sql => pg_catalog.format('DROP INDEX %sIF EXISTS %s',
												   CASE WHEN c.relkind <> 'p' THEN 'CONCURRENTLY ' END,
												   s.index_name),
				   impact => dbadvisor.create_index_impact(s.definition, s.size_bytes, s.table_bytes, s.partitions)) a
		 UNION ALL
		SELECT 0,
			   n.*
		  FROM search s
		 CROSS JOIN dbadvisor.missing_index_note(s.summary) n
		 WHERE s.step = 0
	)
	SELECT a.rule, a.object_type, a.object_name, a.relid, a.variant,
		   a.severity, a.title, a.detail, a.evidence, a.queryids,
		   a.benefit_ms_per_day, a.benefit_bytes, a.cost_bytes, a.confidence,
		   a.proof, a.evidence_since, a.evidence_nodes, a.precheck_sql,
		   a.safety, a.affected_count, a.depends_on, a.conflicts_with,
		   a.contains_values, a.apply_sql, a.revert_sql, a.impact
	  FROM answer a
	 ORDER BY a.step;
$$;
COMMENT ON FUNCTION dbadvisor.rule_index_missing(bigint, integer, interval, integer, double precision, integer) IS
'The rows of recommend_indexes(), and one in which the rule speaks of its own run';

REVOKE ALL ON FUNCTION dbadvisor.missing_index_severity(oid, double precision),
	dbadvisor.index_write_detail(jsonb, text),
	dbadvisor.counted_rows_detail(jsonb),
	dbadvisor.index_risk(jsonb),
	dbadvisor.index_risk_detail(jsonb),
	dbadvisor.approximate_index_detail(text, jsonb),
	dbadvisor.missing_index_detail(jsonb),
	dbadvisor.missing_index_note(jsonb),
	dbadvisor.window_is_shorter(timestamptz, text, interval),
	dbadvisor.rule_index_missing(bigint, integer, interval, integer, double precision, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.missing_index_severity(oid, double precision),
	dbadvisor.index_write_detail(jsonb, text),
	dbadvisor.counted_rows_detail(jsonb),
	dbadvisor.index_risk(jsonb),
	dbadvisor.index_risk_detail(jsonb),
	dbadvisor.approximate_index_detail(text, jsonb),
	dbadvisor.missing_index_detail(jsonb),
	dbadvisor.missing_index_note(jsonb),
	dbadvisor.window_is_shorter(timestamptz, text, interval),
	dbadvisor.rule_index_missing(bigint, integer, interval, integer, double precision, integer)
	TO dbadvisor_reader;
