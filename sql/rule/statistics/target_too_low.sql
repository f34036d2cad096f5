-- statistics.target_too_low: a column whose statistics are too coarse
--
-- Fires for a column of which a recorded statement asks for a value that the
-- statistics do not tell from others: the planner's estimate differs from a
-- sample by min_factor, statistics that ANALYZE's own functions make of the same
-- sample at a larger target put it right, those at the present target do not,
-- and with them the planner chooses another, cheaper plan.  Wrong when the
-- recorded values are not those that the application usually asks for.
SELECT dbadvisor.register_rule(
	rule => 'statistics.target_too_low',
	title => 'A larger statistics target would give recorded statements a better plan',
	why => 'ANALYZE keeps as many common values of a column as its statistics target says; the planner takes all others for equally rare.',
	severity => 'medium',
	thresholds => '{"min_factor": 5, "min_gain": 0.01}',
	doc => 'min_factor is the error of an estimate that counts, min_gain the share of the old plan''s cost that the new plan must save, both under the finer statistics. A larger target makes ANALYZE read more of the table, and planning a little slower.',
	source => 'dbadvisor.rule_statistics_target_too_low(interval,double precision,double precision)',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.rule_statistics_target_too_low(
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
				   COALESCE(min_factor, dbadvisor.threshold('statistics.target_too_low', 'min_factor')::double precision),
				   COALESCE(min_gain, dbadvisor.threshold('statistics.target_too_low', 'min_gain')::double precision),
				   extended => false) s
	), proven AS (
		SELECT s.*,
			   t.attnum,
			   (total.summary ->> 'since')::timestamptz AS since,
			   pg_catalog.jsonb_build_object(
				   'statistics', pg_catalog.jsonb_build_object('column', s.columns[1], 'target', s.target),
				   'target_before', COALESCE(NULLIF(t.attstattarget, -1),
											 pg_catalog.current_setting('default_statistics_target')::integer),
				   'sample', s.sample,
				   'statements', s.statements,
				   'statements_planned', total.summary -> 'planned',
				   'statements_total', total.summary -> 'statements',
				   'confidence_reason', 'planned and measured with the values of the statements') AS evidence
		  FROM search s
		  JOIN search total ON total.step = 0
		  JOIN pg_catalog.pg_attribute t
			ON t.attrelid = s.relid
		   AND pg_catalog.quote_ident(t.attname) = s.columns[1]
		 WHERE s.step > 0
	), answer AS (
		SELECT s.step,
			   a.*
		  FROM proven s
		  JOIN pg_catalog.pg_class c ON c.oid = s.relid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 CROSS JOIN dbadvisor.advice(
				   rule => 'statistics.target_too_low',
				   relid => s.relid,
				   attnum => s.attnum,
				   title => pg_catalog.format('Set the statistics target of %I.%I, column %s, to %s',
											  n.nspname, c.relname, s.columns[1], s.target),
				   detail => dbadvisor.statistics_detail(s.evidence),
				   evidence => s.evidence,
				   queryids => ARRAY(SELECT DISTINCT (e ->> 'queryid')::bigint
									   FROM pg_catalog.jsonb_array_elements(s.statements) e
									  WHERE e ->> 'queryid' <> '0'
									  ORDER BY 1),
				   benefit_ms_per_day => s.saved_ms_per_day,
				   confidence => 0.8,
				   proof => 'planner',
				   evidence_since => s.since,
				   apply_sql => s.definition,
				   revert_sql => s.revert,
				   impact => 'ALTER TABLE ... SET STATISTICS and ANALYZE take a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. ANALYZE reads a sample of the table, which grows with the target.') a
		 UNION ALL
		SELECT 0,
			   n.*
		  FROM search s
		 CROSS JOIN dbadvisor.statistics_note('statistics.target_too_low', s.summary) n
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
COMMENT ON FUNCTION dbadvisor.rule_statistics_target_too_low(interval, double precision, double precision) IS
'Columns whose statistics target is too low, and one row in which the rule speaks of its own run';

REVOKE ALL ON FUNCTION dbadvisor.rule_statistics_target_too_low(interval, double precision, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.rule_statistics_target_too_low(interval, double precision, double precision)
	TO dbadvisor_reader;
