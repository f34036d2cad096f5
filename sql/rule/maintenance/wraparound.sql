-- maintenance.wraparound: transaction ids or multixacts run out
--
-- Fires for a database whose oldest unfrozen row is older than min_factor times
-- the age at which autovacuum freezes by force: reaching that age is normal,
-- passing it by far means that freezing does not succeed.  The date on which the
-- server stops to take writes comes from the transaction ids used since earlier
-- analyses; the oldest tables are named.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.wraparound',
	title => 'Transaction ids or multixacts run out',
	why => 'Three million before the end the server refuses to write, until rows have been frozen.',
	severity => 'medium',
	thresholds => '{"min_factor": 1.5, "high_age": 1000000000, "critical_age": 1600000000, "critical_days": 14, "tables": 5}',
	doc => 'Age counts in transaction ids or multixacts; 2,146 million is the end. Critical from critical_age or when the end is nearer than critical_days at the measured rate, high from high_age. tables is the number of oldest tables that the statements freeze. maintenance.horizon_held tells what keeps VACUUM from freezing.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_wraparound WITH (security_invoker = true) AS
WITH aged AS (
	SELECT d.oid,
		   d.datname,
		   d.datname = pg_catalog.current_database() AS is_here,
		   k.kind,
		   k.age,
		   k.freeze_at,
		   k.rate,
		   k.since
	  FROM pg_catalog.pg_database d
	 CROSS JOIN dbadvisor.xid_rate() r
	 CROSS JOIN LATERAL (VALUES
			('transaction ids', pg_catalog.age(d.datfrozenxid)::bigint,
			 pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint, r.xids_per_day, r.since),
			('multixacts', pg_catalog.mxid_age(d.datminmxid)::bigint,
			 pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::bigint, NULL, NULL)) k (kind, age, freeze_at, rate, since)
), judged AS (
	SELECT g.*,
		   (2146483648 - g.age) / NULLIF(g.rate, 0) AS days_left,
		   o.*
	  FROM aged g
	 CROSS JOIN LATERAL (SELECT dbadvisor.object_identity('pg_catalog.pg_database', g.oid)) n (name)
	  LEFT JOIN LATERAL (
		SELECT pg_catalog.string_agg(pg_catalog.format('VACUUM (FREEZE) %s', x.full_name), E';\n' ORDER BY x.place) AS apply_sql,
			   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('table', x.full_name, 'age', x.age, 'size_bytes', x.bytes) ORDER BY x.place) AS tables
		  FROM (SELECT v.full_name,
					   v.bytes,
					   CASE g.kind WHEN 'multixacts' THEN v.mxid_age ELSE v.xid_age END AS age,
					   pg_catalog.row_number() OVER (ORDER BY CASE g.kind WHEN 'multixacts' THEN v.mxid_age ELSE v.xid_age END DESC, v.relid) AS place
				  FROM dbadvisor.table_vacuum v) x
		 WHERE x.place <= dbadvisor.threshold('maintenance.wraparound', 'tables')) o ON g.is_here
	 WHERE g.age >= dbadvisor.threshold('maintenance.wraparound', 'min_factor', n.name) * g.freeze_at
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.object_identity('pg_catalog.pg_database', j.oid) n (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.wraparound',
		   object_type => 'database',
		   object_name => n.name,
		   variant => j.kind,
		   severity => CASE
					   WHEN j.age >= dbadvisor.threshold('maintenance.wraparound', 'critical_age', n.name)
							OR j.days_left < dbadvisor.threshold('maintenance.wraparound', 'critical_days', n.name)::double precision
					   THEN 'critical'
					   WHEN j.age >= dbadvisor.threshold('maintenance.wraparound', 'high_age', n.name) THEN 'high'
					   END,
		   title => pg_catalog.format('Freeze the oldest rows of database %s: its oldest %s are %s million old', n.name,
									  j.kind, pg_catalog.round(j.age / 1000000.0)),
		   detail => pg_catalog.format('Autovacuum freezes by force at %s million and has not succeeded. %s',
									   pg_catalog.round(j.freeze_at / 1000000.0),
									   CASE
									   WHEN j.days_left IS NULL THEN 'How fast they are used is not known yet: that takes two analyses, a day apart.'
									   ELSE pg_catalog.format('At %s a day, as measured since %s, writes end about %s.',
															  pg_catalog.round(j.rate::numeric),
															  pg_catalog.to_char(j.since, 'YYYY-MM-DD'),
															  pg_catalog.to_char(pg_catalog.now() + pg_catalog.make_interval(days => LEAST(j.days_left, 100000)::integer), 'YYYY-MM-DD'))
									   END),
		   evidence => pg_catalog.jsonb_build_object(
						   'age', j.age,
						   'freeze_max_age', j.freeze_at,
						   'ids_per_day', pg_catalog.round(j.rate::numeric),
						   'days_left', pg_catalog.round(j.days_left::numeric, 1),
						   'oldest_tables', j.tables),
		   proof => 'counters',
		   evidence_since => j.since,
		   apply_sql => j.apply_sql,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock on one table after the other: reads and writes go on. Reads every page that is not frozen yet and writes WAL for it; cannot run inside a transaction block.') a;
COMMENT ON VIEW dbadvisor.rule_maintenance_wraparound IS
'Databases whose transaction ids or multixacts run out, with a date where the rate is known';

GRANT SELECT ON dbadvisor.rule_maintenance_wraparound TO dbadvisor_reader;
