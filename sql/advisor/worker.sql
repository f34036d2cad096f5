-- Background workers: asking for them, watching them, hearing from them.

CREATE OR REPLACE FUNCTION dbadvisor.request_analysis()
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_request_analysis';
COMMENT ON FUNCTION dbadvisor.request_analysis() IS
'Have a background worker analyse this database as soon as the transaction has committed, whatever the schedule says; dbadvisor.progress shows it. An error where no worker can come';

CREATE OR REPLACE FUNCTION dbadvisor.report_progress(
	phase text,
	done bigint DEFAULT NULL,
	total bigint DEFAULT NULL,
	object text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_report_progress';
COMMENT ON FUNCTION dbadvisor.report_progress(text, bigint, bigint, text) IS
'Tell dbadvisor.progress what this session is at; null for nothing. Ends with the transaction';

CREATE OR REPLACE FUNCTION dbadvisor.progress_rows(
	OUT pid integer,
	OUT kind text,
	OUT database text,
	OUT phase text,
	OUT done bigint,
	OUT total bigint,
	OUT object text,
	OUT started_at timestamptz,
	OUT changed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_progress_rows';
COMMENT ON FUNCTION dbadvisor.progress_rows() IS
'What the view dbadvisor.progress shows';

CREATE OR REPLACE FUNCTION dbadvisor.worker_rows(
	OUT database text,
	OUT state text,
	OUT pid integer,
	OUT requested boolean,
	OUT last_snapshot timestamptz,
	OUT last_analysis timestamptz,
	OUT failures integer,
	OUT retry_at timestamptz,
	OUT problem text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_worker_rows';
COMMENT ON FUNCTION dbadvisor.worker_rows() IS
'What the view dbadvisor.worker shows';

-- Unfinished analyses do not count: what broke off is made good.  Nor do those of
-- some categories: the others wait for theirs.
CREATE OR REPLACE FUNCTION dbadvisor.last_times(
	OUT snapshot_at timestamptz,
	OUT analysis_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (SELECT pg_catalog.max(h.taken_at)
			  FROM dbadvisor.history_snapshot h),
		   (SELECT pg_catalog.max(r.started_at)
			  FROM dbadvisor.run r
			 WHERE r.finished_at IS NOT NULL
			   AND r.categories @> ARRAY(SELECT DISTINCT c.category
											  FROM dbadvisor.rule c));
$$;
COMMENT ON FUNCTION dbadvisor.last_times() IS
'When the latest snapshot was taken, and when the latest analysis of everything that ended had begun; the schedule of the worker counts from these';

-- New is what this transaction has seen first.
CREATE OR REPLACE FUNCTION dbadvisor.notify_findings(run_id bigint, rule text)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.notify_finding(f, 'finding', run_id => f.run_id)
	  FROM dbadvisor.finding f
	 WHERE f.run_id = notify_findings.run_id
	   AND f.rule = notify_findings.rule
	   AND f.status = 'open'
	   AND f.first_seen = CURRENT_TIMESTAMP
	 ORDER BY f.finding_id;
$$;
COMMENT ON FUNCTION dbadvisor.notify_findings(bigint, text) IS
'NOTIFY dbadvisor of the findings of a rule that are new in this run and at least as severe as dbadvisor.notify_severity, as JSON';

REVOKE ALL ON FUNCTION dbadvisor.request_analysis(),
	dbadvisor.report_progress(text, bigint, bigint, text),
	dbadvisor.progress_rows(),
	dbadvisor.worker_rows(),
	dbadvisor.last_times(),
	dbadvisor.notify_findings(bigint, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.progress_rows(),
	dbadvisor.worker_rows(),
	dbadvisor.last_times()
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.request_analysis(),
	dbadvisor.report_progress(text, bigint, bigint, text),
	dbadvisor.notify_findings(bigint, text)
	TO dbadvisor_admin;
