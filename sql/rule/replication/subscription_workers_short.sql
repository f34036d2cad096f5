-- replication.subscription_workers_short: subscriptions wait for a worker
--
-- Fires on a subscriber where all enabled subscriptions of the server need more
-- workers than max_logical_replication_workers, or tables of this database wait to
-- be copied and there is no place for the workers that copy them.
SELECT dbadvisor.register_rule(
	rule => 'replication.subscription_workers_short',
	title => 'Subscriptions wait for a worker',
	why => 'One that gets none receives nothing, without an error: the publisher keeps WAL for it meanwhile.',
	severity => 'high',
	doc => 'Each subscription needs one; copying tables takes max_sync_workers_per_subscription more for each that has tables to copy, and changes that are applied in parallel (PostgreSQL 16) as many as max_parallel_apply_workers_per_subscription. Medium where only copying waits. max_worker_processes has to have room for all of them.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_subscription_workers_short WITH (security_invoker = true) AS
WITH needed AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS subscriptions,
		   pg_catalog.count(*) FILTER (WHERE EXISTS (SELECT FROM pg_catalog.pg_subscription_rel r WHERE r.srsubid = s.oid AND r.srsubstate <> 'r')) AS copying,
		   pg_catalog.current_setting('max_sync_workers_per_subscription')::integer AS sync_each,
		   COALESCE(pg_catalog.current_setting('max_parallel_apply_workers_per_subscription', true), '0')::integer AS parallel_each,
		   pg_catalog.count(*) FILTER (WHERE pg_catalog.to_jsonb(s.substream) = '"p"') AS parallel,
		   pg_catalog.current_setting('max_logical_replication_workers')::integer AS places
	  FROM pg_catalog.pg_subscription s
	 WHERE s.subenabled
), judged AS (
	SELECT n.*,
		   n.subscriptions + n.copying * n.sync_each + n.parallel * n.parallel_each AS wanted
	  FROM needed n
)
SELECT a.*
  FROM judged j
 CROSS JOIN (SELECT pg_catalog.current_setting('max_worker_processes')::integer) w (processes)
 CROSS JOIN LATERAL (VALUES
	('max_logical_replication_workers', j.wanted, j.places),
	('max_worker_processes', j.wanted + 1, w.processes)) v (name, wanted, present)
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.subscription_workers_short',
		   setting => v.name,
		   recommended => v.wanted::text,
		   severity => CASE WHEN j.subscriptions <= v.present THEN 'medium' END,
		   title => pg_catalog.format('Raise %s to {value}', v.name),
		   detail => pg_catalog.format('%s subscriptions are enabled, %s of them have tables to copy with %s workers each, and %s apply in parallel.', j.subscriptions, j.copying, j.sync_each, j.parallel),
		   evidence => pg_catalog.jsonb_build_object(
						   'subscriptions', j.subscriptions,
						   'copying', j.copying,
						   'parallel', j.parallel,
						   'places', v.present,
						   'formula', 'subscriptions + copying * max_sync_workers_per_subscription + parallel * max_parallel_apply_workers_per_subscription, one more for max_worker_processes',
						   'failure_prevented', 'subscriptions that receive nothing, without an error'),
		   proof => 'catalog') a
 WHERE j.subscriptions > v.present
	OR (j.copying > 0 AND v.wanted > v.present);
COMMENT ON VIEW dbadvisor.rule_replication_subscription_workers_short IS
'Limits of workers, where subscriptions wait for one';

GRANT SELECT ON dbadvisor.rule_replication_subscription_workers_short TO dbadvisor_reader;
