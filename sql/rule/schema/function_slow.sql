-- schema.function_slow: a function in which much of the time goes
--
-- Fires for a function that took min_share of the time of all functions counted
-- and min_ms in all, without what it called.  Counts only what track_functions
-- lets the server count; where that is off, the rule says so.
SELECT dbadvisor.register_rule(
	rule => 'schema.function_slow',
	title => 'Much time goes in one function',
	why => 'Statements inside of functions are planned where nobody sees them; this is where to look first.',
	severity => 'info',
	thresholds => '{"min_share": 0.2, "min_ms": 60000, "min_calls": 10}',
	doc => 'Low from half of the time. pg_stat_statements.track = all shows the statements inside.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_function_slow WITH (security_invoker = true) AS
WITH timed AS (
	SELECT u.funcid,
		   u.calls,
		   u.self_time,
		   u.total_time,
		   u.self_time / NULLIF(pg_catalog.sum(u.self_time) OVER (), 0) AS share
	  FROM pg_catalog.pg_stat_user_functions u
)
SELECT a.*
  FROM timed t
  JOIN dbadvisor.user_function f ON f.function = t.funcid
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_proc', t.funcid) o (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.function_slow',
		   object_type => CASE f.kind WHEN 'p' THEN 'procedure' ELSE 'function' END,
		   object_name => o.name,
		   severity => CASE WHEN t.share >= 0.5 THEN 'low' END,
		   title => pg_catalog.format('Look into %s: %s %% of the time in functions goes there', o.name, pg_catalog.round(100 * t.share::numeric)),
		   detail => pg_catalog.format('%s calls took %s ms each, without what they called.', t.calls, pg_catalog.round((t.self_time / t.calls)::numeric, 2)),
		   evidence => pg_catalog.jsonb_build_object('calls', t.calls, 'self_ms', t.self_time, 'total_ms', t.total_time, 'share', pg_catalog.round(t.share::numeric, 3), 'language', f.language),
		   proof => 'counters',
		   evidence_since => dbadvisor.usage_since()) a
 WHERE t.calls >= dbadvisor.threshold('schema.function_slow', 'min_calls', o.name)
   AND t.self_time >= dbadvisor.threshold('schema.function_slow', 'min_ms', o.name)::double precision
   AND t.share >= dbadvisor.threshold('schema.function_slow', 'min_share', o.name)::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.advice_note(
		   'schema.function_slow',
		   CASE WHEN pg_catalog.current_setting('track_functions') = 'none' THEN 'skipped' ELSE 'ok' END,
		   CASE WHEN pg_catalog.current_setting('track_functions') = 'none' THEN 'track_functions is none, so nothing is counted' END) n;
COMMENT ON VIEW dbadvisor.rule_schema_function_slow IS
'Functions in which much of the time goes, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_schema_function_slow TO dbadvisor_reader;
