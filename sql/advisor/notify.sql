-- NOTIFY dbadvisor: what all its messages have in common.

-- Titles hold no data values; a payload has at most 8000 bytes, so they are cut.
CREATE OR REPLACE FUNCTION dbadvisor.notify_finding(
	f dbadvisor.finding,
	event text,
	run_id bigint DEFAULT NULL,
	verdict text DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.pg_notify(
			   'dbadvisor',
			   pg_catalog.json_strip_nulls(pg_catalog.json_build_object(
				   'event', notify_finding.event,
				   'database', pg_catalog.current_database(),
				   'run_id', notify_finding.run_id,
				   'finding_id', f.finding_id,
				   'fingerprint', f.fingerprint,
				   'rule', f.rule,
				   'severity', f.severity,
				   'verdict', notify_finding.verdict,
				   'object_type', f.object_type,
				   'object_name', pg_catalog.left(f.object_name, 400),
				   'title', pg_catalog.left(f.title, 400)))::text)
	 WHERE dbadvisor.severity_rank(f.severity)
		   >= dbadvisor.severity_rank(NULLIF(dbadvisor.setting('notify_severity'), 'none'));
$$;
COMMENT ON FUNCTION dbadvisor.notify_finding(dbadvisor.finding, text, bigint, text) IS
'NOTIFY dbadvisor of what has happened to a finding, as JSON, where it is at least as severe as dbadvisor.notify_severity';

REVOKE ALL ON FUNCTION dbadvisor.notify_finding(dbadvisor.finding, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.notify_finding(dbadvisor.finding, text, bigint, text) TO dbadvisor_admin;
