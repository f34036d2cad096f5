-- settings.worker_places_short: no place is left for background workers
--
-- Fires where workers that stay (those of extensions, and what enabled subscriptions
-- need) leave fewer places of max_worker_processes than one parallel query may ask
-- for.  Then plans with workers run without them.
SELECT dbadvisor.register_rule(
	rule => 'settings.worker_places_short',
	title => 'Hardly a place is left for background workers',
	why => 'A parallel plan that gets no worker is slower than the plan that the planner would have made without.',
	severity => 'medium',
	doc => 'Workers of queries come and go and are not counted. Proposed is what stays, one more, and max_parallel_workers; no less than the default of the server.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_worker_places_short WITH (security_invoker = true) AS
WITH present AS MATERIALIZED (
	SELECT pg_catalog.current_setting('max_worker_processes')::integer AS places,
		   pg_catalog.current_setting('max_parallel_workers')::integer AS parallel,
		   (SELECT g.reset_val::integer FROM pg_catalog.pg_settings g WHERE g.name = 'max_parallel_workers_per_gather') AS per_query,
		   (SELECT g.boot_val::integer FROM pg_catalog.pg_settings g WHERE g.name = 'max_worker_processes') AS boot,
		   (SELECT pg_catalog.count(*)
			  FROM pg_catalog.pg_stat_activity s
			 WHERE s.backend_type NOT IN ('client backend', 'autovacuum launcher', 'autovacuum worker', 'background writer', 'checkpointer', 'startup', 'archiver',
										  'walreceiver', 'walsender', 'walwriter', 'standalone backend', 'parallel worker', 'slotsync worker', 'walsummarizer', 'io worker')) AS staying
), judged AS (
	SELECT p.*,
		   p.places - p.staying AS free
	  FROM present p
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.worker_places_short',
		   setting => 'max_worker_processes',
		   recommended => GREATEST(j.boot, j.staying + 1 + j.parallel)::text,
		   title => 'Raise max_worker_processes to {value}',
		   detail => pg_catalog.format('%s of %s places are taken by workers that stay; one query may ask for %s.', j.staying, j.places, j.per_query),
		   evidence => pg_catalog.jsonb_build_object(
						   'places', j.places,
						   'staying_workers', j.staying,
						   'max_parallel_workers', j.parallel,
						   'formula', 'staying + 1 + max_parallel_workers',
						   'failure_prevented', 'parallel plans that run without workers, and extensions that cannot start theirs'),
		   proof => 'counters',
		   confidence => 0.8) a
 WHERE j.free < GREATEST(j.per_query, 1)
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('settings.worker_places_short') n;
COMMENT ON VIEW dbadvisor.rule_settings_worker_places_short IS
'max_worker_processes, where workers that stay leave hardly a place, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_worker_places_short TO dbadvisor_reader;
