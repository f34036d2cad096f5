-- What to do: the open findings, and how many there are of each kind.

-- The most severe first, and of these what brings most.  A finding whose
-- suppression has run out is open again without waiting for the next analysis.
CREATE OR REPLACE VIEW dbadvisor.recommendations WITH (security_invoker = true) AS
SELECT f.finding_id,
	   f.rule,
	   f.severity,
	   f.object_type,
	   f.object_name,
	   f.title,
	   f.detail,
	   f.benefit_ms_per_day,
	   f.benefit_bytes,
	   f.cost_bytes,
	   f.confidence,
	   f.proof,
	   f.safety,
	   f.precheck_sql,
	   f.apply_sql,
	   f.revert_sql,
	   f.impact,
	   f.evidence,
	   f.evidence_since,
	   f.evidence_nodes,
	   f.queryids,
	   f.affected_count,
	   f.depends_on,
	   f.conflicts_with,
	   f.contains_values,
	   f.variant,
	   f.relid,
	   f.fingerprint,
	   f.first_seen,
	   f.last_seen,
	   f.run_id
  FROM dbadvisor.current_finding f
 WHERE f.stage = 'open'
   AND (f.suppressed_reason IS NULL
		OR f.suppressed_until <= CURRENT_TIMESTAMP)
 ORDER BY dbadvisor.severity_rank(f.severity) DESC,
	   f.benefit_ms_per_day DESC NULLS LAST,
	   (f.evidence ->> 'saved_share')::double precision DESC NULLS LAST,
	   f.benefit_bytes DESC NULLS LAST,
	   f.finding_id;
COMMENT ON VIEW dbadvisor.recommendations IS
'Open findings that are not suppressed, the most severe first and of these what brings most; on a standby whose worker has analysed, those that it keeps';

CREATE OR REPLACE VIEW dbadvisor.summary WITH (security_invoker = true) AS
SELECT r.category,
	   f.rule,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'open') AS open,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'suppressed') AS suppressed,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'applied') AS applied,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'verified') AS verified,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'regressed') AS regressed,
	   pg_catalog.count(*) FILTER (WHERE f.status = 'resolved') AS resolved,
	   (pg_catalog.array_agg(f.severity ORDER BY dbadvisor.severity_rank(f.severity) DESC)
		FILTER (WHERE f.status = 'open'))[1] AS worst_severity,
	   pg_catalog.sum(f.benefit_ms_per_day) FILTER (WHERE f.status = 'open') AS benefit_ms_per_day,
	   pg_catalog.sum(f.benefit_bytes) FILTER (WHERE f.status = 'open') AS benefit_bytes,
	   pg_catalog.sum(f.cost_bytes) FILTER (WHERE f.status = 'open') AS cost_bytes
  FROM dbadvisor.current_finding f
  LEFT JOIN dbadvisor.rule r ON r.rule = f.rule
 GROUP BY r.category,
	   f.rule
 ORDER BY r.category,
	   f.rule;
COMMENT ON VIEW dbadvisor.summary IS
'Findings of each rule by status, and what the open ones would bring and take';

-- In the order in which to create them.
CREATE OR REPLACE VIEW dbadvisor.index_recommendations WITH (security_invoker = true) AS
SELECT r.finding_id,
	   r.rule,
	   r.severity,
	   r.object_name AS table_name,
	   r.evidence #>> '{index,am}' AS access_method,
	   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(r.evidence #> '{index,key_columns}')) AS key_columns,
	   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(r.evidence #> '{index,include_columns}')) AS include_columns,
	   r.evidence #>> '{index,predicate}' AS predicate,
	   r.title,
	   r.detail,
	   (r.evidence ->> 'saved_share')::double precision AS saved_share,
	   r.benefit_ms_per_day,
	   r.cost_bytes AS size_bytes,
	   (r.evidence ->> 'cost_before')::double precision AS cost_before,
	   (r.evidence ->> 'cost_after')::double precision AS cost_after,
	   pg_catalog.jsonb_array_length(r.evidence -> 'statements') AS statement_count,
	   r.queryids,
	   r.confidence,
	   r.apply_sql,
	   r.revert_sql,
	   r.impact
  FROM dbadvisor.recommendations r
 WHERE r.rule LIKE 'index.%'
 ORDER BY r.run_id DESC,
	   (r.evidence ->> 'step')::integer NULLS LAST,
	   r.finding_id;
COMMENT ON VIEW dbadvisor.index_recommendations IS
'Open findings about indexes, in the order to create them; costs are the planner''s for the whole workload, each after the indexes before it';

GRANT SELECT ON dbadvisor.recommendations, dbadvisor.summary,
	dbadvisor.index_recommendations
	TO dbadvisor_reader;
