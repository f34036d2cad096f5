-- settings.connections_unused: places that nobody takes
--
-- Fires for more than min_connections of max_connections where, over min_hours, no
-- sample saw more than a max_factor-th of them; and for max_prepared_transactions
-- where no sample saw a prepared transaction and none is there now.
SELECT dbadvisor.register_rule(
	rule => 'settings.connections_unused',
	title => 'The server keeps places that nobody takes',
	why => 'A limit that protects nothing lets a faulty application start thousands of sessions; and every place takes room in the tables of locks and processes.',
	severity => 'low',
	thresholds => '{"window_hours": 336, "min_hours": 168, "min_connections": 300, "max_factor": 5, "margin": 1.25}',
	doc => 'Proposed for max_connections is margin times the largest number of sessions that a sample saw, and the reserved ones; 100 at least, the default. Between samples there may have been more. Keep both as they are while a standby has less.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_connections_unused WITH (security_invoker = true) AS
WITH place AS MATERIALIZED (
	SELECT 'max_connections' AS name,
		   pg_catalog.current_setting('max_connections')::integer AS places,
		   s.*,
		   GREATEST(100, pg_catalog.ceil(s.peak * dbadvisor.threshold('settings.connections_unused', 'margin')::double precision)
					+ pg_catalog.current_setting('superuser_reserved_connections')::integer
					+ COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::integer)::integer AS wanted,
		   'greatest(100, margin * peak + reserved)' AS formula,
		   pg_catalog.current_setting('max_connections')::integer > GREATEST(dbadvisor.threshold('settings.connections_unused', 'min_connections'),
																			 dbadvisor.threshold('settings.connections_unused', 'max_factor')::double precision * s.peak) AS fires
	  FROM dbadvisor.server_samples('settings.connections_unused', 'sessions') s
	 UNION ALL
	SELECT 'max_prepared_transactions',
		   pg_catalog.current_setting('max_prepared_transactions')::integer,
		   s.*,
		   0,
		   'none was there',
		   pg_catalog.current_setting('max_prepared_transactions')::integer > 0 AND s.peak = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_xacts)
	  FROM dbadvisor.server_samples('settings.connections_unused', 'prepared_transactions') s
)
SELECT a.*
  FROM place p
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.connections_unused',
		   setting => p.name,
		   recommended => p.wanted::text,
		   title => pg_catalog.format('Lower %s to {value}', p.name),
		   detail => pg_catalog.format('Of %s places %s were taken at most, in %s samples.', p.places, p.peak, p.samples),
		   evidence => pg_catalog.jsonb_build_object(
						   'places', p.places,
						   'peak', p.peak,
						   'samples', p.samples,
						   'formula', p.formula,
						   'failure_prevented', CASE p.name WHEN 'max_connections' THEN 'more sessions than the machine can bear' ELSE 'transactions that are prepared by mistake and block VACUUM' END),
		   confidence => 0.7,
		   evidence_since => p.since) a
 WHERE p.fires
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.connections_unused') n;
COMMENT ON VIEW dbadvisor.rule_settings_connections_unused IS
'max_connections and max_prepared_transactions, where nobody takes the places, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_connections_unused TO dbadvisor_reader;
