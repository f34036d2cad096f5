-- Findings of the server that is asked: those of the store, or, on a standby whose
-- worker has analysed, those that it keeps in memory.

CREATE OR REPLACE VIEW dbadvisor.standby_finding WITH (security_invoker = true) AS
SELECT s.*
  FROM dbadvisor.standby_findings() s;
COMMENT ON VIEW dbadvisor.standby_finding IS
'What the background worker of this standby has found in this database and keeps until its next analysis, a restart or the promotion, with the columns of dbadvisor.finding: last_seen is when it was found, finding_id the number of the primary''s finding that says the same; empty on a primary';

CREATE OR REPLACE VIEW dbadvisor.standby_rule_run WITH (security_invoker = true) AS
SELECT r.rule,
	   r.status,
	   r.reason,
	   r.notes,
	   r.advice_count,
	   k.left_out,
	   r.started_at,
	   r.elapsed_ms
  FROM dbadvisor.standby_items() k
 CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::dbadvisor.rule_run, k.item) r
 WHERE k.severity_rank IS NULL;
COMMENT ON VIEW dbadvisor.standby_rule_run IS
'What became of each rule when the background worker of this standby ran it last, as dbadvisor.rule_run tells on a primary';
COMMENT ON COLUMN dbadvisor.standby_rule_run.rule IS
'Rule';
COMMENT ON COLUMN dbadvisor.standby_rule_run.status IS
'ok: looked everywhere; degraded: looked, but not everywhere; skipped: did not look; failed: with an error, so that its advice of before is kept';
COMMENT ON COLUMN dbadvisor.standby_rule_run.reason IS
'Why the status is not ok';
COMMENT ON COLUMN dbadvisor.standby_rule_run.notes IS
'What else to know of this run';
COMMENT ON COLUMN dbadvisor.standby_rule_run.advice_count IS
'Rows of advice';
COMMENT ON COLUMN dbadvisor.standby_rule_run.left_out IS
'Rows of advice of the rule that had no room in dbadvisor.standby_advice_size';
COMMENT ON COLUMN dbadvisor.standby_rule_run.started_at IS
'Start of the rule';
COMMENT ON COLUMN dbadvisor.standby_rule_run.elapsed_ms IS
'Time that the rule took, ms';

CREATE OR REPLACE VIEW dbadvisor.current_finding WITH (security_invoker = true) AS
SELECT f.*
  FROM dbadvisor.finding f
 WHERE NOT dbadvisor.has_standby_advice()
 UNION ALL
SELECT s.*
  FROM dbadvisor.standby_finding s
 WHERE dbadvisor.has_standby_advice();
COMMENT ON VIEW dbadvisor.current_finding IS
'dbadvisor.finding, or on a standby whose worker has analysed dbadvisor.standby_finding in its place';

GRANT SELECT ON dbadvisor.standby_finding, dbadvisor.standby_rule_run,
	dbadvisor.current_finding
	TO dbadvisor_reader;
