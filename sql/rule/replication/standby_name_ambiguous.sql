-- replication.standby_name_ambiguous: standbys that have the same name
--
-- Fires where two standbys or more have one application_name: neither
-- synchronous_standby_names nor history can tell them apart.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_name_ambiguous',
	title => 'Standbys have the same name',
	why => 'One that goes missing is not missed, and a list of synchronous standbys cannot mean one of them.',
	severity => 'low',
	doc => 'The name is application_name of primary_conninfo, else cluster_name of the standby, else walreceiver. High where synchronous_standby_names is set.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_name_ambiguous WITH (security_invoker = true) AS
WITH named AS MATERIALIZED (
	SELECT w.application_name,
		   pg_catalog.count(*) AS standbys
	  FROM dbadvisor.wal_sender w
	 WHERE w.kind = 'standby'
	 GROUP BY w.application_name
	HAVING pg_catalog.count(*) > 1
)
SELECT a.*
  FROM named n
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.standby_name_ambiguous',
		   object_type => 'standby',
		   object_name => n.application_name,
		   severity => CASE WHEN pg_catalog.current_setting('synchronous_standby_names') <> '' THEN 'high' END,
		   title => pg_catalog.format('Give each of the %s standbys named %s a name of its own', n.standbys, n.application_name),
		   detail => 'Set cluster_name on each standby, or application_name in its primary_conninfo.',
		   evidence => pg_catalog.jsonb_build_object('standbys', n.standbys)) a;
COMMENT ON VIEW dbadvisor.rule_replication_standby_name_ambiguous IS
'Names that more than one standby has';

GRANT SELECT ON dbadvisor.rule_replication_standby_name_ambiguous TO dbadvisor_reader;
