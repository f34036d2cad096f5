-- Applied advice: promised against measured.

CREATE OR REPLACE VIEW dbadvisor.outcomes WITH (security_invoker = true) AS
SELECT f.finding_id,
	   f.rule,
	   f.object_name,
	   f.title,
	   f.status,
	   f.applied_at,
	   COALESCE(o.verdict, 'undecided') AS verdict,
	   COALESCE(o.reason, 'no snapshot since') AS reason,
	   o.promised_share,
	   o.measured_share,
	   f.benefit_ms_per_day AS promised_ms_per_day,
	   o.measured_ms_per_day,
	   o.before_since,
	   o.before_until,
	   o.after_since,
	   o.after_until,
	   o.other_changes,
	   o.statements,
	   CASE WHEN o.verdict = 'regressed' THEN f.revert_sql END AS revert_sql,
	   o.measured_at
  FROM dbadvisor.finding f
  LEFT JOIN dbadvisor.outcome o ON o.finding_id = f.finding_id AND o.applied_at = f.applied_at
 WHERE f.stage IN ('applied', 'verified', 'regressed')
 ORDER BY f.applied_at DESC, f.finding_id;
COMMENT ON VIEW dbadvisor.outcomes IS
'Advice that was applied: what it promised and what history measures, with the statement that undoes it where things got worse';

GRANT SELECT ON dbadvisor.outcomes TO dbadvisor_reader;
