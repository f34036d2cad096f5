-- Settings to change: open findings of rules about replication and settings.

CREATE OR REPLACE VIEW dbadvisor.settings_recommendations WITH (security_invoker = true) AS
SELECT r.finding_id,
	   r.rule,
	   r.severity,
	   r.object_type,
	   r.object_name,
	   r.title,
	   r.detail,
	   r.evidence ->> 'setting' AS setting,
	   r.evidence ->> 'current_value' AS current_value,
	   r.evidence ->> 'recommended_value' AS recommended_value,
	   r.evidence ->> 'takes_effect' AS takes_effect,
	   r.evidence ->> 'formula' AS formula,
	   r.evidence ->> 'failure_prevented' AS failure_prevented,
	   r.evidence ->> 'problem' AS problem,
	   COALESCE(r.apply_sql, r.evidence ->> 'apply_command') AS apply,
	   COALESCE(r.revert_sql, r.evidence ->> 'revert_command') AS revert,
	   r.safety,
	   r.impact,
	   r.confidence
  FROM dbadvisor.recommendations r
 WHERE r.rule LIKE 'settings.%'
	OR r.evidence ? 'setting';
COMMENT ON VIEW dbadvisor.settings_recommendations IS
'Open findings that a setting be changed, the most severe first: its present and its recommended value, why, and how to apply it here';
COMMENT ON COLUMN dbadvisor.settings_recommendations.takes_effect IS
'reload or restart';
COMMENT ON COLUMN dbadvisor.settings_recommendations.problem IS
'Why nothing is printed to apply: the server would refuse the value, or somebody else manages the setting';
COMMENT ON COLUMN dbadvisor.settings_recommendations.apply IS
'Statement, or the command of who manages the cluster';

CREATE OR REPLACE VIEW dbadvisor.replication_recommendations WITH (security_invoker = true) AS
SELECT r.finding_id,
	   r.rule,
	   r.severity,
	   r.object_type,
	   r.object_name,
	   r.title,
	   r.detail,
	   r.evidence ->> 'failure_prevented' AS failure_prevented,
	   COALESCE(r.apply_sql, r.evidence ->> 'apply_command') AS apply,
	   COALESCE(r.revert_sql, r.evidence ->> 'revert_command') AS revert,
	   r.safety,
	   r.impact,
	   r.confidence
  FROM dbadvisor.recommendations r
 WHERE r.rule LIKE 'replication.%';
COMMENT ON VIEW dbadvisor.replication_recommendations IS
'Open findings about replication and archiving, the most severe first, with the failure that each prevents';
COMMENT ON COLUMN dbadvisor.replication_recommendations.apply IS
'Statement, or the command of who manages the cluster';

-- A mean over a window hides what happens within it, hence the margin.
CREATE OR REPLACE FUNCTION dbadvisor.pool_size(
	within interval DEFAULT '7 days',
	OUT sessions integer,
	OUT active_high double precision,
	OUT active_mean double precision,
	OUT cores double precision,
	OUT windows bigint,
	OUT since timestamptz,
	OUT remark text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH active AS (
		SELECT COALESCE((h.figures ->> 'active_time')::double precision, 0) / 1000 / s.seconds AS sessions,
			   s.seconds,
			   s.since
		  FROM dbadvisor.history_snapshot s
		  JOIN dbadvisor.history_server h
			ON h.slot = s.slot
		   AND h.taken_at = s.taken_at
		   AND h.source = 'database'
		 WHERE s.since >= pg_catalog.clock_timestamp() - pool_size.within
	), counted AS (
		SELECT pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY a.sessions) AS high,
			   pg_catalog.sum(a.sessions * a.seconds) / pg_catalog.sum(a.seconds) AS mean,
			   pg_catalog.count(*) AS windows,
			   pg_catalog.min(a.since) AS since
		  FROM active a
	)
	SELECT CASE WHEN c.high IS NOT NULL THEN GREATEST(LEAST(pg_catalog.ceil(1.3 * c.high), 4 * h.cores), 1)::integer END,
		   c.high,
		   c.mean,
		   h.cores,
		   c.windows,
		   c.since,
		   CASE
		   WHEN c.high IS NULL THEN 'history has no window: background workers or dbadvisor.take_snapshot() make it'
		   WHEN 1.3 * c.high > 4 * h.cores THEN 'more were at work than four times the cores: a smaller pool lets them wait outside of the server'
		   ELSE 'sessions at work at once in the busiest windows, and a third more'
		   END
	  FROM counted c
	 CROSS JOIN LATERAL (SELECT dbadvisor.host_number('cores')) h (cores);
$$;
COMMENT ON FUNCTION dbadvisor.pool_size(interval) IS
'How many sessions a pool for this database needs: those that were at work at once in 99 of 100 windows of history and a third more, no more than four for each core; null without history';

REVOKE ALL ON FUNCTION dbadvisor.pool_size(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.pool_size(interval) TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.settings_recommendations, dbadvisor.replication_recommendations TO dbadvisor_reader;
