-- partition.constraint_exclusion_on: each table of each statement is searched for constraints
--
-- Fires where constraint_exclusion is on for the server, or for a role or this database,
-- and the database has partitioned tables: it is from the time before partitions were
-- declared.  Wrong where CHECK constraints of single tables shall tell the planner that
-- a statement has no result.
SELECT dbadvisor.register_rule(
	rule => 'partition.constraint_exclusion_on',
	title => 'Constraints of all tables are looked at for each plan',
	why => 'Partitions that were declared are chosen by their bounds, without this setting; with it the planner reads the constraints of every table and tries to refute each statement with them, which finds nothing in nearly all.',
	severity => 'low',
	doc => 'The default, partition, still looks at the constraints of inheritance children and of the partitions that are left.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_constraint_exclusion_on WITH (security_invoker = true) AS
WITH parted AS MATERIALIZED (
	SELECT pg_catalog.count(*) AS tables
	  FROM dbadvisor.user_table t
	 WHERE t.relkind = 'p'
	   AND NOT t.is_partition
)
SELECT a.*
  FROM parted p
  JOIN pg_catalog.pg_settings g
	ON g.name = 'constraint_exclusion'
   AND g.reset_val = 'on'
   AND g.source NOT IN ('database', 'user', 'database user', 'client', 'session')
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'partition.constraint_exclusion_on',
		   setting => g.name,
		   recommended => g.boot_val,
		   title => 'Set constraint_exclusion back to {value}',
		   detail => pg_catalog.format('It is on for the server, by the %s. The %s partitioned tables of this database do not need it.', g.source, p.tables),
		   evidence => pg_catalog.jsonb_build_object('source', g.source, 'partitioned_tables_count', p.tables, 'failure_prevented', 'needless time for planning'),
		   effect => 'Statements are planned faster. Those on single tables whose CHECK constraint excludes all rows read the table or an index.',
		   proof => 'catalog') a
 WHERE p.tables > 0
 UNION ALL
SELECT a.*
  FROM parted p
  JOIN dbadvisor.own_setting o
	ON o.name = 'constraint_exclusion'
   AND o.value = 'on'
   AND o.database IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.constraint_exclusion_on',
		   object_type => 'configuration',
		   object_name => o.name,
		   variant => o.who,
		   title => pg_catalog.format('Leave constraint_exclusion to the server for %s', o.who),
		   detail => pg_catalog.format('It is on for all statements there. The %s partitioned tables of this database do not need it.', p.tables),
		   evidence => pg_catalog.jsonb_build_object('setting', o.name, 'current_value', o.value, 'partitioned_tables_count', p.tables, 'failure_prevented', 'needless time for planning'),
		   confidence => 0.9,
		   apply_sql => pg_catalog.format('ALTER %s RESET constraint_exclusion', o.who),
		   revert_sql => pg_catalog.format('ALTER %s SET constraint_exclusion = on', o.who),
		   impact => 'Holds for sessions that begin after it.') a
 WHERE p.tables > 0;
COMMENT ON VIEW dbadvisor.rule_partition_constraint_exclusion_on IS
'Where constraint_exclusion is on in a database with partitioned tables';

GRANT SELECT ON dbadvisor.rule_partition_constraint_exclusion_on TO dbadvisor_reader;
