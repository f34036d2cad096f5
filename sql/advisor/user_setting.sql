-- Settings that roles and databases have of their own.

CREATE OR REPLACE VIEW dbadvisor.own_setting WITH (security_invoker = true) AS
SELECT pg_catalog.split_part(c.item, '=', 1) AS name,
	   pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1) AS value,
	   d.setdatabase AS database,
	   pg_catalog.concat(CASE
						 WHEN d.setrole = 0 THEN 'DATABASE '
						 ELSE 'ROLE ' || CASE WHEN d.setdatabase <> 0 THEN COALESCE(dbadvisor.role_list(ARRAY[d.setrole]), 'ALL') || ' IN DATABASE ' ELSE dbadvisor.role_list(ARRAY[d.setrole]) END
						 END,
						 dbadvisor.object_identity('pg_catalog.pg_database', NULLIF(d.setdatabase, 0))) AS who
  FROM pg_catalog.pg_db_role_setting d
 CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) c (item);
COMMENT ON VIEW dbadvisor.own_setting IS
'Settings of roles and databases; who is what ALTER is told to change them, database is 0 for a role in all databases';

GRANT SELECT ON dbadvisor.own_setting TO dbadvisor_reader;
