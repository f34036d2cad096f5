-- settings.lock_table_small: the shared table of locks fills up
--
-- Fires where the locks of this moment or of a sample took more than max_share of
-- the places that are sure to be there.
SELECT dbadvisor.register_rule(
	rule => 'settings.lock_table_small',
	title => 'The shared table of locks fills up',
	why => 'Beyond it statements fail with "out of shared memory", those of everybody.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 0, "max_share": 0.5}',
	doc => 'A statement on a partitioned table locks each partition and each of their indexes that the planner has not excluded before it runs; pg_dump locks all tables. Locks that a session keeps for itself (fast path) take no place. Proposed are twice the places that were taken, in steps of 64.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_lock_table_small WITH (security_invoker = true) AS
WITH taken AS MATERIALIZED (
	SELECT GREATEST(s.peak, (dbadvisor.server_activity() ->> 'shared_locks')::double precision) AS peak,
		   s.since,
		   (pg_catalog.current_setting('max_connections')::double precision + pg_catalog.current_setting('max_prepared_transactions')::double precision) AS owners,
		   pg_catalog.current_setting('max_locks_per_transaction')::double precision AS each
	  FROM dbadvisor.server_samples('settings.lock_table_small', 'shared_locks') s
)
SELECT a.*
  FROM taken t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.lock_table_small',
		   setting => 'max_locks_per_transaction',
		   recommended => (pg_catalog.ceil(2 * t.peak / t.owners / 64) * 64)::text,
		   title => 'Raise max_locks_per_transaction to {value}',
		   detail => pg_catalog.format('%s locks were held at a time; there is room for %s.', t.peak, t.owners * t.each),
		   evidence => pg_catalog.jsonb_build_object(
						   'locks', t.peak,
						   'places', t.owners * t.each,
						   'formula', '2 * locks / (max_connections + max_prepared_transactions), in steps of 64',
						   'failure_prevented', 'statements that fail with "out of shared memory"'),
		   evidence_since => t.since) a
 WHERE t.peak > t.owners * t.each * dbadvisor.threshold('settings.lock_table_small', 'max_share')::double precision;
COMMENT ON VIEW dbadvisor.rule_settings_lock_table_small IS
'max_locks_per_transaction, where the shared table of locks fills up';

GRANT SELECT ON dbadvisor.rule_settings_lock_table_small TO dbadvisor_reader;
