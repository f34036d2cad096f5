-- replication.rewind_impossible: an old primary cannot be brought back quickly
--
-- Fires where a standby is connected and neither checksums nor wal_log_hints are
-- on, or full_page_writes is off: pg_rewind refuses such a server.
SELECT dbadvisor.register_rule(
	rule => 'replication.rewind_impossible',
	title => 'pg_rewind cannot be used after a failover',
	why => 'The old primary has to be copied as a whole before it is a standby again; as long as that takes there is one copy less.',
	severity => 'medium',
	doc => 'From PostgreSQL 18 on checksums are on in a new cluster. wal_log_hints costs as much WAL as checksums do; pg_checksums --enable is the other way, with the server stopped.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_rewind_impossible WITH (security_invoker = true) AS
WITH there AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS standbys
	  FROM dbadvisor.wal_sender w
	 WHERE w.kind = 'standby'
	HAVING pg_catalog.count(*) > 0
), needed AS (
	SELECT v.name,
		   v.why
	  FROM (VALUES ('wal_log_hints', 'Neither checksums nor wal_log_hints are on.',
					NOT pg_catalog.current_setting('data_checksums')::boolean AND NOT pg_catalog.current_setting('wal_log_hints')::boolean),
				   ('full_page_writes', 'full_page_writes is off.',
					NOT pg_catalog.current_setting('full_page_writes')::boolean)) v (name, why, fires)
	 WHERE v.fires
)
SELECT a.*
  FROM there t
 CROSS JOIN needed n
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'replication.rewind_impossible',
		   setting => n.name,
		   recommended => 'on',
		   title => pg_catalog.format('Switch %s on, so that pg_rewind can bring an old primary back', n.name),
		   detail => pg_catalog.format('%s %s standbys are connected.', n.why, t.standbys),
		   evidence => pg_catalog.jsonb_build_object(
						   'standbys', t.standbys,
						   'data_checksums', pg_catalog.current_setting('data_checksums'),
						   'failure_prevented', 'hours without a standby after a failover'),
		   effect => 'The first change of a page after each checkpoint is logged as a whole, also where only hints change: more WAL.',
		   proof => 'catalog',
		   confidence => 1) a;
COMMENT ON VIEW dbadvisor.rule_replication_rewind_impossible IS
'wal_log_hints and full_page_writes, where pg_rewind would refuse this server';

GRANT SELECT ON dbadvisor.rule_replication_rewind_impossible TO dbadvisor_reader;
