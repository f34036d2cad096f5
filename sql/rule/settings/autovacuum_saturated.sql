-- settings.autovacuum_saturated: all workers of autovacuum are busy all the time
--
-- Fires where in more than half of at least min_samples samples as many workers were
-- at work as there may be, while the cost limit that they share holds them back.
-- The limit comes first: more workers share the same and are each slower.
SELECT dbadvisor.register_rule(
	rule => 'settings.autovacuum_saturated',
	title => 'All workers of autovacuum are busy all the time',
	why => 'Tables wait for their turn: dead rows and old transaction ids come together meanwhile.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_samples": 24, "cost_limit": 1000, "most_cost_limit": 2000}',
	doc => 'cost_limit is proposed, twice the present one where that is more, most_cost_limit at most. All workers together then dirty cost limit / cost delay / 20 pages a second. Beyond most_cost_limit, or without a delay, workers are proposed instead: from PostgreSQL 18 on by a reload, before by a restart.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_autovacuum_saturated WITH (security_invoker = true) AS
WITH setting AS (
	SELECT pg_catalog.max(g.setting) FILTER (WHERE g.name = 'autovacuum_max_workers')::integer AS workers,
		   COALESCE(NULLIF(pg_catalog.max(g.setting) FILTER (WHERE g.name = 'autovacuum_vacuum_cost_limit'), '-1'),
					pg_catalog.max(g.reset_val) FILTER (WHERE g.name = 'vacuum_cost_limit'))::double precision AS cost_limit,
		   COALESCE(NULLIF(pg_catalog.max(g.setting) FILTER (WHERE g.name = 'autovacuum_vacuum_cost_delay'), '-1'),
					pg_catalog.max(g.reset_val) FILTER (WHERE g.name = 'vacuum_cost_delay'))::double precision AS delay_ms,
		   pg_catalog.max(g.reset_val) FILTER (WHERE g.name = 'vacuum_cost_page_dirty')::double precision AS dirty_cost
	  FROM pg_catalog.pg_settings g
	 WHERE g.name ~ '^(autovacuum_)?(vacuum_cost_|max_workers)'
), judged AS MATERIALIZED (
	SELECT s.*,
		   v.samples,
		   v.median,
		   v.since,
		   s.cost_limit / NULLIF(s.delay_ms, 0) * 1000 / s.dirty_cost * pg_catalog.current_setting('block_size')::integer AS dirty_bytes_per_second,
		   LEAST(GREATEST(dbadvisor.threshold('settings.autovacuum_saturated', 'cost_limit')::double precision, 2 * s.cost_limit),
				 dbadvisor.threshold('settings.autovacuum_saturated', 'most_cost_limit')::double precision) AS wanted_limit
	  FROM setting s
	 CROSS JOIN dbadvisor.server_samples('settings.autovacuum_saturated', 'autovacuum_workers') v
), told AS (
	SELECT j.*,
		   COALESCE(j.delay_ms > 0 AND j.wanted_limit > j.cost_limit, false) AS is_throttled
	  FROM judged j
	 WHERE j.samples >= dbadvisor.threshold('settings.autovacuum_saturated', 'min_samples')
	   AND j.median >= j.workers
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.autovacuum_saturated',
		   setting => CASE WHEN t.is_throttled THEN 'autovacuum_vacuum_cost_limit' ELSE 'autovacuum_max_workers' END,
		   recommended => CASE WHEN t.is_throttled THEN t.wanted_limit ELSE 2 * t.workers END::text,
		   title => CASE WHEN t.is_throttled THEN 'Let autovacuum work faster: set autovacuum_vacuum_cost_limit to {value}' ELSE 'Raise autovacuum_max_workers to {value}' END,
		   detail => pg_catalog.format('In more than half of %s samples all %s workers were busy.%s', t.samples, t.workers,
									   COALESCE(pg_catalog.format(' Together they may dirty %s a second.', pg_catalog.pg_size_pretty(t.dirty_bytes_per_second::bigint)), '')),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'samples', t.samples,
						   'median_workers', t.median,
						   'max_workers', t.workers,
						   'cost_limit', t.cost_limit,
						   'cost_delay_ms', t.delay_ms,
						   'dirty_bytes_per_second', pg_catalog.round(t.dirty_bytes_per_second::numeric),
						   'formula', CASE WHEN t.is_throttled THEN 'greatest(cost_limit, twice the present one), most_cost_limit at most' ELSE 'twice as many' END,
						   'failure_prevented', 'tables that grow by rows which nobody cleans')),
		   effect => CASE WHEN t.is_throttled THEN 'VACUUM takes more of the disk at a time, and is done sooner.' ELSE 'Each worker takes memory of its own.' END,
		   confidence => 0.8,
		   evidence_since => t.since) a
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.autovacuum_saturated') n;
COMMENT ON VIEW dbadvisor.rule_settings_autovacuum_saturated IS
'autovacuum_vacuum_cost_limit and autovacuum_max_workers, where all workers are busy all the time, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_autovacuum_saturated TO dbadvisor_reader;
