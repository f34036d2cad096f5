-- statistics.extended_missing: columns that the planner must not multiply
--
-- Fires for a set of columns or an expression of which a recorded statement asks
-- together, where the planner's estimate differs from a sample of the table by
-- min_factor, and where the planner chooses another, cheaper plan once it is
-- told the sampled figure.  Wrong when the recorded statements are not what the
-- database usually does, or when the values that they are run with differ much
-- from those that they were planned with.
SELECT dbadvisor.register_rule(
	rule => 'statistics.extended_missing',
	title => 'Extended statistics would give recorded statements a better plan',
	why => 'The planner takes columns for independent and multiplies their shares; where they are not, it expects far too few or too many rows and chooses a plan for them.',
	severity => 'medium',
	thresholds => '{"min_factor": 5, "min_gain": 0.01, "high_factor": 100}',
	doc => 'min_factor is the error of an estimate that counts, min_gain the share of the old plan''s cost that the new plan must save, both under the sampled figures. Severity is high where an estimate is off by high_factor and the new plan costs at most half, else medium; low where the old plan could not be priced.',
	source => 'dbadvisor.rule_statistics_extended_missing(interval,double precision,double precision)',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.extended_missing_severity(relid oid, statements jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN pg_catalog.bool_or(s.factor >= dbadvisor.threshold('statistics.extended_missing', 'high_factor', o.identity)
								   AND s.cost_after <= s.cost_before / 2)
		   THEN 'high'
		   WHEN pg_catalog.bool_or(s.cost_before IS NOT NULL) THEN 'medium'
		   ELSE 'low'
		   END
	  FROM pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, relid, 0) o
	 CROSS JOIN pg_catalog.jsonb_to_recordset(statements)
			   AS s (factor double precision, cost_before double precision,
					 cost_after double precision);
$$;
COMMENT ON FUNCTION dbadvisor.extended_missing_severity(oid, jsonb) IS
'Severity of missing extended statistics by the error of the estimates and what the new plans save';

CREATE OR REPLACE FUNCTION dbadvisor.statistics_detail(evidence jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   'For %s the planner expects %s %s where a sample says %s, wrong by a factor of %s. ',
			   COALESCE('queryid ' || NULLIF(s.queryid, 0), 'a statement added by hand'),
			   pg_catalog.to_char(COALESCE(s.rows_estimated, s.groups_estimated)::numeric, 'FM999,999,999,999,990'),
			   CASE WHEN s.groups_estimated IS NULL THEN 'rows of the table' ELSE 'groups in the table' END,
			   pg_catalog.to_char(COALESCE(s.rows_sampled, s.groups_sampled)::numeric, 'FM999,999,999,999,990'),
			   pg_catalog.to_char(s.factor::numeric, 'FM999,999,999,990.0'))
		|| CASE
		   WHEN s.cost_before IS NULL
		   THEN 'Told the sampled figure, it chooses another plan, '
		   ELSE pg_catalog.format(
					'Told the sampled figure, it puts its plan at cost %s and chooses one of cost %s, ',
					pg_catalog.to_char(s.cost_before::numeric, 'FM999,999,999,999,990.0'),
					pg_catalog.to_char(s.cost_after::numeric, 'FM999,999,999,999,990.0'))
		   END
		|| pg_catalog.format('%s instead of %s.', s.plan_after, s.plan_before)
	  FROM pg_catalog.jsonb_to_recordset(evidence -> 'statements')
		   AS s (queryid bigint, calls double precision, rows_estimated double precision,
				 rows_sampled double precision, groups_estimated double precision,
				 groups_sampled double precision, factor double precision,
				 plan_before text, plan_after text,
				 cost_before double precision, cost_after double precision)
	 ORDER BY (s.cost_before - s.cost_after) * COALESCE(s.calls, 1) DESC NULLS LAST
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.statistics_detail(jsonb) IS
'Why statistics are missing, in words, from the evidence of the advice';

-- A part of the workload left out, or none at all: then the absence of advice
-- says little.
CREATE OR REPLACE FUNCTION dbadvisor.statistics_note(rule text, summary jsonb)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM pg_catalog.jsonb_to_record(summary)
		   AS s (planned bigint, left_out bigint, relations_not_sampled bigint,
				 not_measured bigint, pg_stat_statements text)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.concat_ws(
				   '; ',
				   s.pg_stat_statements,
				   CASE WHEN s.planned = 0 THEN 'no recorded statement could be planned' END,
				   CASE
				   WHEN s.left_out > 0
				   THEN pg_catalog.format('the search was cut short, %s statements were left out', s.left_out)
				   END,
				   CASE
				   WHEN s.relations_not_sampled > 0
				   THEN pg_catalog.format('%s samples of tables could not be taken', s.relations_not_sampled)
				   END,
				   CASE
				   WHEN s.not_measured > 0
				   THEN pg_catalog.format('%s times the clauses of a statement failed on a row of the sample', s.not_measured)
				   END)) r (reason)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   statistics_note.rule,
			   CASE
			   WHEN s.planned = 0 THEN 'skipped'
			   WHEN r.reason <> '' THEN 'degraded'
			   ELSE 'ok'
			   END,
			   NULLIF(r.reason, ''),
			   summary) n;
$$;
COMMENT ON FUNCTION dbadvisor.statistics_note(text, jsonb) IS
'What search_statistics() says of its own run, as a row of advice';

CREATE OR REPLACE FUNCTION dbadvisor.rule_statistics_extended_missing(
	time_limit interval DEFAULT '30 s',
	min_factor double precision DEFAULT NULL,
	min_gain double precision DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH search AS MATERIALIZED (
		SELECT s.*
		  FROM dbadvisor.search_statistics(
				   time_limit,
				   COALESCE(min_factor, dbadvisor.threshold('statistics.extended_missing', 'min_factor')::double precision),
				   COALESCE(min_gain, dbadvisor.threshold('statistics.extended_missing', 'min_gain')::double precision),
				   targets => false) s
	), shaped AS (
		SELECT s.*,
			   dbadvisor.without_constants(pg_catalog.array_to_string(s.columns, ', ')) AS shape_text,
			   dbadvisor.holds_constants(pg_catalog.array_to_string(s.columns, ' ')) AS holds_constants,
			   (SELECT pg_catalog.count(*)
				  FROM pg_catalog.jsonb_array_elements(s.statements) e
				 WHERE e ->> 'parameters' = 'generic') AS generic_count
		  FROM search s
		 WHERE s.step > 0
	), proven AS (
		SELECT s.*,
			   s.holds_constants AND NOT dbadvisor.include_values() AS hidden,
			   (total.summary ->> 'since')::timestamptz AS since,
			   pg_catalog.jsonb_build_object(
				   'statistics', pg_catalog.jsonb_build_object(
					   'columns', s.shape_text,
					   'kinds', s.kinds,
					   'target', s.target,
					   'exist', s.statistics_exist),
				   'sample', s.sample,
				   'statements', s.statements,
				   'statements_planned', total.summary -> 'planned',
				   'statements_total', total.summary -> 'statements',
				   'confidence_reason',
				   CASE s.generic_count
				   WHEN 0 THEN 'planned and measured with the values of the statements'
				   ELSE pg_catalog.format('%s of the statements measured over all combinations of values', s.generic_count)
				   END) AS evidence
		  FROM shaped s
		  JOIN search total ON total.step = 0
	), answer AS (
		SELECT s.step,
			   a.*
		  FROM proven s
		  JOIN pg_catalog.pg_class c ON c.oid = s.relid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 CROSS JOIN dbadvisor.advice(
				   rule => 'statistics.extended_missing',
				   relid => s.relid,
				   variant => s.shape_text,
				   severity => dbadvisor.extended_missing_severity(s.relid, s.statements),
				   title => CASE
							WHEN s.statistics_exist
							THEN pg_catalog.format('Run ANALYZE on %I.%I: statistics %s are there but empty',
												   n.nspname, c.relname, s.statistics_name)
							ELSE pg_catalog.format('Create statistics %son %s of %I.%I',
												   COALESCE('(' || NULLIF(pg_catalog.array_to_string(s.kinds, ', '), '') || ') ', ''),
												   CASE
												   WHEN s.hidden THEN s.shape_text
												   ELSE pg_catalog.array_to_string(s.columns, ', ')
												   END,
												   n.nspname, c.relname)
							END,
				   detail => dbadvisor.statistics_detail(s.evidence),
				   evidence => s.evidence,
				   queryids => ARRAY(SELECT DISTINCT (e ->> 'queryid')::bigint
									   FROM pg_catalog.jsonb_array_elements(s.statements) e
									  WHERE e ->> 'queryid' <> '0'
									  ORDER BY 1),
				   benefit_ms_per_day => s.saved_ms_per_day,
				   confidence => CASE s.generic_count WHEN 0 THEN 0.9 ELSE 0.7 END,
				   proof => 'planner',
				   evidence_since => s.since,
				   contains_values => s.holds_constants,
				   apply_sql => CASE WHEN NOT s.hidden THEN s.definition END,
				   revert_sql => s.revert,
				   impact => 'CREATE STATISTICS and ANALYZE take a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. ANALYZE reads a sample of the table; later runs of it take a little longer.') a
		 UNION ALL
		SELECT 0,
			   n.*
		  FROM search s
		 CROSS JOIN dbadvisor.statistics_note('statistics.extended_missing', s.summary) n
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
COMMENT ON FUNCTION dbadvisor.rule_statistics_extended_missing(interval, double precision, double precision) IS
'Extended statistics that are missing, and one row in which the rule speaks of its own run';

REVOKE ALL ON FUNCTION dbadvisor.extended_missing_severity(oid, jsonb),
	dbadvisor.statistics_detail(jsonb),
	dbadvisor.statistics_note(text, jsonb),
	dbadvisor.rule_statistics_extended_missing(interval, double precision, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.extended_missing_severity(oid, jsonb),
	dbadvisor.statistics_detail(jsonb),
	dbadvisor.statistics_note(text, jsonb),
	dbadvisor.rule_statistics_extended_missing(interval, double precision, double precision)
	TO dbadvisor_reader;
