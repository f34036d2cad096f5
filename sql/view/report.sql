-- report_text(): the state of things, to be read.

CREATE OR REPLACE FUNCTION dbadvisor.indent(value text, width integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.regexp_replace(value, '^', pg_catalog.repeat(' ', width), 'ng');
$$;
COMMENT ON FUNCTION dbadvisor.indent(text, integer) IS
'A text with each line moved to the right';

CREATE OR REPLACE FUNCTION dbadvisor.report_headline()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(E'dbadvisor report on database %s\n', pg_catalog.current_database())
		|| COALESCE((SELECT pg_catalog.format(
								E'Analysed on this standby from %s to %s: %s rules, %s of them failed, %s findings left out for want of memory\n',
								pg_catalog.to_char(pg_catalog.min(s.started_at), 'YYYY-MM-DD HH24:MI:SS TZ'),
								pg_catalog.to_char(pg_catalog.max(s.started_at), 'YYYY-MM-DD HH24:MI:SS TZ'),
								pg_catalog.count(*),
								pg_catalog.count(*) FILTER (WHERE s.status = 'failed'),
								pg_catalog.sum(s.left_out))
					   FROM dbadvisor.standby_rule_run s
					 HAVING pg_catalog.count(*) > 0),
					(SELECT pg_catalog.format(
								E'Run %s at %s, categories %s, %s s\n%s',
								h.run_id,
								pg_catalog.to_char(h.finished_at, 'YYYY-MM-DD HH24:MI:SS TZ'),
								pg_catalog.array_to_string(h.categories, ', '),
								pg_catalog.to_char(EXTRACT(epoch FROM h.elapsed), 'FM999990.0'),
								COALESCE(pg_catalog.array_to_string(h.problems || h.notes, E'\n') || E'\n', ''))
					   FROM dbadvisor.run_history h
					  LIMIT 1), E'No analysis yet: SELECT dbadvisor.analyze();\n');
$$;
COMMENT ON FUNCTION dbadvisor.report_headline() IS
'First part of report_text(): database, latest run, what it could not look at';

CREATE OR REPLACE FUNCTION dbadvisor.report_summary()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.string_agg(
						pg_catalog.format('%s: %s open, %s applied, %s resolved, %s suppressed',
										  s.rule, s.open, s.applied + s.verified + s.regressed,
										  s.resolved, s.suppressed)
						|| COALESCE(pg_catalog.to_char(s.benefit_ms_per_day / 1000,
													   '"; saves "FM999,999,999,990.0" s a day"'), '')
						|| COALESCE('; takes ' || pg_catalog.pg_size_pretty(s.cost_bytes), ''),
						E'\n') || E'\n',
					E'No findings.\n')
	  FROM dbadvisor.summary s;
$$;
COMMENT ON FUNCTION dbadvisor.report_summary() IS
'Second part of report_text(): one line per rule';

CREATE OR REPLACE FUNCTION dbadvisor.report_finding(place bigint, r dbadvisor.recommendations)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.concat_ws(
			   E'\n',
			   pg_catalog.format('%s. [%s] %s', place, r.severity, r.title),
			   pg_catalog.format('   %srule %s, proof: %s, confidence %s',
								 'finding ' || r.finding_id || ', ', r.rule, r.proof, r.confidence),
			   dbadvisor.indent(r.detail, 3),
			   pg_catalog.to_char(r.benefit_ms_per_day / 1000, '"   Saves about "FM999,999,999,990.0" s of execution a day."'),
			   dbadvisor.indent('Check first, must return no row: ' || r.precheck_sql, 3),
			   dbadvisor.indent('Apply:  ' || COALESCE(r.apply_sql, CASE
																	WHEN r.contains_values
																	THEN 'hidden, it holds data values (dbadvisor.include_values)'
																	END), 3),
			   dbadvisor.indent('Revert: ' || r.revert_sql, 3),
			   dbadvisor.indent('Impact: ' || r.impact, 3)) || E'\n';
$$;
COMMENT ON FUNCTION dbadvisor.report_finding(bigint, dbadvisor.recommendations) IS
'One recommendation of report_text()';

CREATE OR REPLACE FUNCTION dbadvisor.report_text()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.concat_ws(
			   E'\n',
			   dbadvisor.report_headline(),
			   dbadvisor.report_summary(),
			   (SELECT pg_catalog.string_agg(dbadvisor.report_finding(n.place, n.r), E'\n' ORDER BY n.place)
				  FROM (SELECT pg_catalog.row_number() OVER (),
							   r
						  FROM dbadvisor.recommendations r) n (place, r)));
$$;
COMMENT ON FUNCTION dbadvisor.report_text() IS
'The latest analysis and the open recommendations with reasons, SQL and impact, as text to read';

REVOKE ALL ON FUNCTION dbadvisor.indent(text, integer),
	dbadvisor.report_headline(),
	dbadvisor.report_summary(),
	dbadvisor.report_finding(bigint, dbadvisor.recommendations),
	dbadvisor.report_text()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.indent(text, integer),
	dbadvisor.report_headline(),
	dbadvisor.report_summary(),
	dbadvisor.report_finding(bigint, dbadvisor.recommendations),
	dbadvisor.report_text()
	TO dbadvisor_reader;
