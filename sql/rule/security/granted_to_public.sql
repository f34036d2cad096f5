-- security.granted_to_public: everybody may change a table
--
-- Fires for a schema with tables that PUBLIC may change, one row for all tables
-- with the same grants; and for reading too where select_counts says so.  Only
-- where PUBLIC may use the schema.  Wrong for tables that are meant for all.
SELECT dbadvisor.register_rule(
	rule => 'security.granted_to_public',
	title => 'Everybody may change tables',
	why => 'Every role that can connect, now or ever, has these rights; none of them can be taken from one role alone.',
	severity => 'medium',
	thresholds => '{"select_counts": 0}',
	doc => 'With select_counts 1, tables that PUBLIC may only read are reported as well, with severity low.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_granted_to_public WITH (security_invoker = true) AS
WITH granted AS (
	SELECT t.schema_name,
		   t.full_name,
		   pg_catalog.string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS privileges,
		   pg_catalog.bool_or(x.privilege_type <> 'SELECT') AS writes
	  FROM dbadvisor.user_table t
	  JOIN dbadvisor.user_schema s ON s.schema_name = t.schema_name
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) x
	 WHERE x.grantee = 0
	   AND s.is_open
	   AND NOT t.is_partition
	 GROUP BY t.schema_name, t.full_name
)
SELECT a.*
  FROM (SELECT g.schema_name,
			   g.privileges,
			   g.writes,
			   pg_catalog.count(*)::integer AS tables,
			   pg_catalog.string_agg(g.full_name, ', ' ORDER BY g.full_name) AS names
		  FROM granted g
		 WHERE g.writes
			OR dbadvisor.threshold('security.granted_to_public', 'select_counts', g.full_name) = 1
		 GROUP BY g.schema_name, g.privileges, g.writes) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.granted_to_public',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(t.schema_name),
		   variant => t.privileges,
		   severity => CASE WHEN NOT t.writes THEN 'low' END,
		   title => CASE
					WHEN t.tables = 1 THEN pg_catalog.format('Let not everybody have %s on %s', t.privileges, t.names)
					ELSE pg_catalog.format('Let not everybody have %s on %s tables of schema %I', t.privileges, t.tables, t.schema_name)
					END,
		   detail => 'Granted to PUBLIC: every role that can connect has these rights, and so will those that are made later.',
		   evidence => pg_catalog.jsonb_build_object('tables', t.names, 'privileges', t.privileges),
		   affected_count => t.tables,
		   apply_sql => pg_catalog.format('REVOKE %s ON %s FROM PUBLIC', t.privileges, t.names),
		   revert_sql => pg_catalog.format('GRANT %s ON %s TO PUBLIC', t.privileges, t.names),
		   impact => 'Changes the catalog only. Roles that use the tables must be granted the rights by name, best before.') a;
COMMENT ON VIEW dbadvisor.rule_security_granted_to_public IS
'Tables that PUBLIC may change, by schema and privileges';

GRANT SELECT ON dbadvisor.rule_security_granted_to_public TO dbadvisor_reader;
