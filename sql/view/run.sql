-- What was looked at, and figures for monitoring.

CREATE OR REPLACE VIEW dbadvisor.run_history WITH (security_invoker = true) AS
SELECT r.run_id,
	   r.started_at,
	   r.finished_at,
	   r.finished_at - r.started_at AS elapsed,
	   r.run_by,
	   r.categories,
	   u.rules_ok,
	   u.rules_degraded,
	   u.rules_skipped,
	   u.rules_failed,
	   u.advice_count,
	   u.problems,
	   u.notes
  FROM dbadvisor.run r
 CROSS JOIN LATERAL (
	SELECT pg_catalog.count(*) FILTER (WHERE x.status = 'ok') AS rules_ok,
		   pg_catalog.count(*) FILTER (WHERE x.status = 'degraded') AS rules_degraded,
		   pg_catalog.count(*) FILTER (WHERE x.status = 'skipped') AS rules_skipped,
		   pg_catalog.count(*) FILTER (WHERE x.status = 'failed') AS rules_failed,
		   COALESCE(pg_catalog.sum(x.advice_count), 0) AS advice_count,
		   pg_catalog.array_agg(pg_catalog.format('%s %s: %s', x.rule, x.status, x.reason)
								ORDER BY x.rule) FILTER (WHERE x.reason IS NOT NULL) AS problems,
		   (SELECT pg_catalog.array_agg(DISTINCT n)
			  FROM dbadvisor.rule_run y,
				   pg_catalog.unnest(y.notes) n
			 WHERE y.run_id = r.run_id) AS notes
	  FROM dbadvisor.rule_run x
	 WHERE x.run_id = r.run_id) u
 ORDER BY r.run_id DESC;
COMMENT ON VIEW dbadvisor.run_history IS
'Analyses, the latest first: scope, time, what became of the rules, and why some did not run or not everywhere';

-- Metrics of findings, of the latest run of each rule, and of the latest
-- analysis; named as Prometheus names them.
CREATE OR REPLACE VIEW dbadvisor.metrics (name, labels, value) WITH (security_invoker = true) AS
SELECT 'dbadvisor_findings',
	   pg_catalog.jsonb_build_object('rule', f.rule, 'severity', f.severity, 'status', f.status),
	   pg_catalog.count(*)::double precision
  FROM dbadvisor.finding f
 GROUP BY f.rule, f.severity, f.status
 UNION ALL
SELECT 'dbadvisor_open_benefit_ms_per_day',
	   pg_catalog.jsonb_build_object('rule', f.rule),
	   pg_catalog.sum(f.benefit_ms_per_day)
  FROM dbadvisor.finding f
 WHERE f.status = 'open'
   AND f.benefit_ms_per_day IS NOT NULL
 GROUP BY f.rule
 UNION ALL
(SELECT m.name,
		'{}'::jsonb,
		m.value
   FROM (SELECT r.started_at, r.finished_at
		   FROM dbadvisor.run r
		  ORDER BY r.run_id DESC
		  LIMIT 1) r
  CROSS JOIN LATERAL (
	VALUES ('dbadvisor_run_timestamp_seconds', EXTRACT(epoch FROM r.finished_at)::double precision),
		   ('dbadvisor_run_duration_seconds', EXTRACT(epoch FROM r.finished_at - r.started_at)::double precision)
	) m (name, value))
 UNION ALL
SELECT m.name,
	   pg_catalog.jsonb_build_object('rule', l.rule) || m.labels,
	   m.value
  FROM (SELECT DISTINCT ON (x.rule) x.rule, x.status, x.started_at, x.elapsed_ms, x.evidence
		  FROM dbadvisor.rule_run x
		 ORDER BY x.rule, x.run_id DESC) l
 CROSS JOIN LATERAL (
	VALUES ('dbadvisor_rule_run_timestamp_seconds',
			pg_catalog.jsonb_build_object('status', l.status),
			EXTRACT(epoch FROM l.started_at)::double precision),
		   ('dbadvisor_rule_run_duration_seconds',
			pg_catalog.jsonb_build_object('status', l.status),
			l.elapsed_ms / 1000),
		   ('dbadvisor_workload_statements',
			'{"state": "all"}',
			(l.evidence ->> 'statements')::double precision),
		   ('dbadvisor_workload_statements',
			'{"state": "planned"}',
			(l.evidence ->> 'planned')::double precision),
		   ('dbadvisor_planner_calls',
			'{}',
			(l.evidence ->> 'planner_calls')::double precision)
	) m (name, labels, value)
 WHERE m.value IS NOT NULL;
COMMENT ON VIEW dbadvisor.metrics IS
'Figures for monitoring: name, labels, value';

GRANT SELECT ON dbadvisor.run_history, dbadvisor.metrics
	TO dbadvisor_reader;
