-- maintenance.transaction_prepared: a prepared transaction that nobody ends
--
-- Fires for each prepared transaction of the database that is older than
-- max_seconds: a transaction manager ends its own within moments.  Wrong while the
-- manager is away and comes back to decide.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.transaction_prepared',
	title => 'A prepared transaction is not ended',
	why => 'It holds its locks and the horizon of VACUUM without any session, also across a restart of the server.',
	severity => 'medium',
	thresholds => '{"max_seconds": 300, "high_factor": 12}',
	doc => 'High from high_factor times max_seconds. Where it is what holds the horizon of VACUUM, maintenance.horizon_held says so as well.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_transaction_prepared WITH (security_invoker = true) AS
WITH prepared AS (
	SELECT p.gid,
		   p.owner,
		   p.transaction,
		   a.seconds,
		   a.seconds / dbadvisor.threshold('maintenance.transaction_prepared', 'max_seconds', p.gid)::double precision AS factor
	  FROM pg_catalog.pg_prepared_xacts p
	 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::double precision) a (seconds)
	 WHERE p.database = pg_catalog.current_database()
)
SELECT a.*
  FROM prepared p
 -- its locks belong to no process, but to whoever has the lock on its number
 CROSS JOIN LATERAL (
	SELECT pg_catalog.count(*) AS locks,
		   pg_catalog.string_agg(DISTINCT l.full_name, ', ' ORDER BY l.full_name) AS relations
	  FROM dbadvisor.session_lock l
	 WHERE l.pid IS NULL
	   AND l.virtualtransaction = (SELECT x.virtualtransaction
									 FROM dbadvisor.session_lock x
									WHERE x.pid IS NULL
									  AND x.transactionid = p.transaction
									  AND x.granted)) h
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.transaction_prepared',
		   object_type => 'prepared transaction',
		   object_name => p.gid,
		   severity => CASE WHEN p.factor >= dbadvisor.threshold('maintenance.transaction_prepared', 'high_factor', p.gid)::double precision THEN 'high' END,
		   title => pg_catalog.format('Commit or roll back prepared transaction %s', p.gid),
		   detail => pg_catalog.format('%s prepared it %s s ago. It holds %s locks%s.', p.owner, pg_catalog.round(p.seconds::numeric), h.locks, ', on ' || h.relations),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'owner', p.owner,
						   'age_seconds', pg_catalog.round(p.seconds::numeric),
						   'age_xids', pg_catalog.age(p.transaction),
						   'locks', h.locks,
						   'relations', h.relations)),
		   proof => 'counters',
		   safety => 'loses_data',
		   apply_sql => pg_catalog.format('ROLLBACK PREPARED %L', p.gid),
		   impact => 'Undoes what the transaction did; a transaction manager may still want to commit it. Ask it first, and COMMIT PREPARED where it has decided so.') a
 WHERE p.factor >= 1;
COMMENT ON VIEW dbadvisor.rule_maintenance_transaction_prepared IS
'Prepared transactions that are not ended';

GRANT SELECT ON dbadvisor.rule_maintenance_transaction_prepared TO dbadvisor_reader;
