-- settings.file_not_applied: a line of the configuration has no effect
--
-- Fires for lines in the files of the server that it cannot take, and for settings
-- whose line loses to the command line or the environment of the server.  What only
-- waits for a restart is settings.pending_restart.
SELECT dbadvisor.register_rule(
	rule => 'settings.file_not_applied',
	title => 'A line of the configuration has no effect',
	why => 'Everybody believes that it is in force; and one that the server cannot read keeps it from starting.',
	severity => 'high',
	doc => 'Medium where the command line wins. Only superusers may read the files; others are told by the run of the rule.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.file_problems(
	OUT sourcefile text,
	OUT sourceline integer,
	OUT name text,
	OUT error text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') THEN
		RETURN QUERY
		SELECT f.sourcefile, f.sourceline, f.name, f.error
		  FROM pg_catalog.pg_show_all_file_settings() f
		 WHERE f.error IS NOT NULL;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.file_problems() IS
'Lines in the files of the configuration that the server cannot apply; none where the caller may not know';

CREATE OR REPLACE VIEW dbadvisor.rule_settings_file_not_applied WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.file_problems() f
  LEFT JOIN pg_catalog.pg_settings g ON g.name = pg_catalog.lower(f.name)
 CROSS JOIN LATERAL (SELECT COALESCE(g.source IN ('command line', 'environment variable'), false)) w (is_beaten)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.file_not_applied',
		   object_type => 'configuration',
		   object_name => COALESCE(f.name, f.sourcefile),
		   variant => pg_catalog.regexp_replace(f.sourcefile, '^.*/', ''),
		   severity => CASE WHEN w.is_beaten THEN 'medium' END,
		   title => CASE
					WHEN w.is_beaten THEN pg_catalog.format('Take %s out of the files, or off the command line', f.name)
					ELSE pg_catalog.format('Mend line %s of %s', f.sourceline, f.sourcefile)
					END,
		   detail => pg_catalog.format('The server says of %s: %s.%s', COALESCE(f.name, 'it'), f.error,
									   CASE WHEN w.is_beaten THEN pg_catalog.format(' Its value comes from the %s.', g.source) ELSE '' END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'file', f.sourcefile,
						   'line', f.sourceline,
						   'error', f.error,
						   'source', g.source,
						   'failure_prevented', 'a server that does not start, or runs otherwise than its files say'))) a
 WHERE NOT COALESCE(g.pending_restart, false)
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')) r (may_read)
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'settings.file_not_applied',
		   CASE WHEN r.may_read THEN 'ok' ELSE 'degraded' END,
		   CASE WHEN NOT r.may_read THEN 'the files of the configuration are not seen: needs a superuser, or EXECUTE on pg_show_all_file_settings()' END) n;
COMMENT ON VIEW dbadvisor.rule_settings_file_not_applied IS
'Lines of the configuration that have no effect, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.file_problems() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.file_problems() TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_settings_file_not_applied TO dbadvisor_reader;
