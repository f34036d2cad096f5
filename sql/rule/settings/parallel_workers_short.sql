-- settings.parallel_workers_short: parallel plans do not get their workers
--
-- Fires where statements of this database got less than min_launched_share of at
-- least min_wanted workers, and max_parallel_workers is below the cores.  Counted
-- from PostgreSQL 18 on.
SELECT dbadvisor.register_rule(
	rule => 'settings.parallel_workers_short',
	title => 'Parallel plans do not get their workers',
	why => 'A parallel plan that gets no worker is slower than the plan that the planner would have made without.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_launched_share": 0.8, "min_wanted": 1000}',
	min_version => 180000,
	doc => 'Proposed is as much more as was lacking, the cores at most. max_worker_processes has to be larger, and takes a restart. Where all cores are taken already, fewer workers per query (max_parallel_workers_per_gather) keep plans honest.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_parallel_workers_short WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT (t.figures ->> 'parallel_workers_to_launch')::double precision AS wanted,
		   COALESCE((t.figures ->> 'parallel_workers_launched')::double precision, 0) AS launched,
		   t.since,
		   pg_catalog.current_setting('max_parallel_workers')::integer AS present,
		   h.cores
	  FROM dbadvisor.server_totals('settings.parallel_workers_short', 'database') t
	 CROSS JOIN (SELECT dbadvisor.host_number('cores')) h (cores)
), judged AS (
	SELECT c.*,
		   LEAST(pg_catalog.ceil(c.present * c.wanted / NULLIF(c.launched, 0)), pg_catalog.ceil(c.cores))::integer AS value
	  FROM counted c
	 WHERE c.wanted >= dbadvisor.threshold('settings.parallel_workers_short', 'min_wanted')::double precision
	   AND c.launched < c.wanted * dbadvisor.threshold('settings.parallel_workers_short', 'min_launched_share')::double precision
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.parallel_workers_short',
		   setting => 'max_parallel_workers',
		   recommended => j.value::text,
		   title => 'Raise max_parallel_workers to {value}',
		   detail => pg_catalog.format('%s workers were wanted and %s came. max_worker_processes is %s.', j.wanted, j.launched, pg_catalog.current_setting('max_worker_processes')),
		   evidence => pg_catalog.jsonb_build_object(
						   'workers_wanted', j.wanted,
						   'workers_launched', j.launched,
						   'cores', j.cores,
						   'formula', 'least(max_parallel_workers * wanted / launched, cores)',
						   'failure_prevented', 'parallel plans that run without workers'),
		   confidence => 0.8,
		   evidence_since => j.since) a
 WHERE j.value > j.present
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.parallel_workers_short') n;
COMMENT ON VIEW dbadvisor.rule_settings_parallel_workers_short IS
'max_parallel_workers, where plans do not get the workers that they count on, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_parallel_workers_short TO dbadvisor_reader;
