-- maintenance.horizon_held: something keeps dead rows alive
--
-- Fires for each transaction, prepared transaction, replication slot or standby
-- that has held the horizon of VACUUM for max_seconds or max_xids: dead rows
-- younger than that stay in every table.  Each kind has its own remedy.  Wrong
-- while a dump or a long report is running on purpose.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.horizon_held',
	title => 'Something keeps VACUUM from removing dead rows',
	why => 'VACUUM keeps every row that the oldest transaction might still see: tables and indexes grow, and nothing is frozen.',
	severity => 'medium',
	thresholds => '{"max_seconds": 3600, "max_xids": 10000000, "high_factor": 10}',
	doc => 'A slot has no start, so only its age in transaction ids counts. High from high_factor times either limit. Sessions of other users are seen by members of pg_monitor only; then the rule says so.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_horizon_held WITH (security_invoker = true) AS
WITH holder AS (
	SELECT 'session' AS kind,
		   s.name,
		   s.pid::text AS variant,
		   s.xids,
		   s.transaction_seconds AS seconds,
		   s.state,
		   s.release_sql AS apply_sql,
		   'What the transaction of the session did is rolled back; one that is idle is ended.' AS impact,
		   'reversible' AS safety
	  FROM dbadvisor.user_session s
	 WHERE s.backend_type IN ('client backend', 'parallel worker')
	   AND s.is_here
	   AND NOT s.is_self
	   AND s.xids IS NOT NULL
	 UNION ALL
	SELECT 'standby',
		   COALESCE(NULLIF(r.application_name, ''), 'unnamed'),
		   NULL,
		   pg_catalog.age(r.backend_xmin),
		   NULL,
		   r.state,
		   NULL,
		   'A query on the standby holds it by hot_standby_feedback: end that query there, or limit it with statement_timeout.',
		   'reversible'
	  FROM pg_catalog.pg_stat_replication r
	 WHERE r.backend_xmin IS NOT NULL
	 UNION ALL
	SELECT 'prepared transaction',
		   p.gid,
		   NULL,
		   pg_catalog.age(p.transaction),
		   EXTRACT(epoch FROM pg_catalog.now() - p.prepared)::double precision,
		   'prepared',
		   pg_catalog.format('ROLLBACK PREPARED %L', p.gid),
		   'Undoes what the transaction did; a transaction manager may still want to commit it. Ask it first, and COMMIT PREPARED where it has decided so.',
		   'loses_data'
	  FROM pg_catalog.pg_prepared_xacts p
	 WHERE p.database = pg_catalog.current_database()
	 UNION ALL
	SELECT 'replication slot',
		   s.slot_name,
		   NULL,
		   GREATEST(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)),
		   NULL,
		   CASE WHEN s.active THEN 'active' ELSE 'inactive' END,
		   CASE WHEN NOT s.active THEN pg_catalog.format('SELECT pg_drop_replication_slot(%L)', s.slot_name) END,
		   'Whoever reads from the slot cannot go on where he stopped, and has to be set up anew.',
		   'loses_data'
	  FROM pg_catalog.pg_replication_slots s
	 WHERE s.xmin IS NOT NULL
		OR s.catalog_xmin IS NOT NULL
), judged AS (
	SELECT h.*,
		   GREATEST(h.seconds / dbadvisor.threshold('maintenance.horizon_held', 'max_seconds', h.name)::double precision,
					h.xids / dbadvisor.threshold('maintenance.horizon_held', 'max_xids', h.name)::double precision) AS factor
	  FROM holder h
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.horizon_held',
		   object_type => j.kind,
		   object_name => j.name,
		   variant => j.variant,
		   severity => CASE WHEN j.factor >= dbadvisor.threshold('maintenance.horizon_held', 'high_factor', j.name) THEN 'high' END,
		   title => pg_catalog.format('End the %s %s: it keeps VACUUM from removing dead rows', j.kind, j.name),
		   detail => pg_catalog.format('It is %s%s and %s transaction ids old; rows that died since then stay in every table of the database.',
									   COALESCE(j.state, 'of unknown state'),
									   pg_catalog.format(', %s s', pg_catalog.round(j.seconds::numeric)),
									   COALESCE(j.xids, 0)),
		   evidence => pg_catalog.jsonb_build_object(
						   'kind', j.kind,
						   'state', j.state,
						   'age_seconds', pg_catalog.round(j.seconds::numeric),
						   'age_xids', j.xids,
						   'dead_rows', (SELECT pg_catalog.sum(v.dead_rows) FROM dbadvisor.table_vacuum v)),
		   proof => 'counters',
		   safety => j.safety,
		   apply_sql => j.apply_sql,
		   impact => j.impact) a
 WHERE j.factor >= 1
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.horizon_held') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_horizon_held IS
'What keeps VACUUM from removing dead rows, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_horizon_held TO dbadvisor_reader;
