-- maintenance.connections_scarce: few connections are left
--
-- Fires for the server, a database or a role whose clients have taken min_share of
-- the connections that it may have.  Limits below min_limit are meant to be
-- reached, as by one connection of a replica.  Wrong for a pool of fixed size that
-- takes all that it was given.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.connections_scarce',
	title => 'Few connections are left',
	why => 'Beyond the limit every client is refused, and each connection costs memory and makes snapshots of all others dearer.',
	severity => 'medium',
	thresholds => '{"min_share": 0.8, "high_share": 0.95, "min_limit": 5}',
	doc => 'Connections reserved for superusers and for pg_use_reserved_connections are not counted as free. High from high_share. dbadvisor.pool_size() says how many sessions are at work at once. How many are idle is known to members of pg_monitor.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_connections_scarce WITH (security_invoker = true) AS
WITH client AS MATERIALIZED (
	SELECT s.datid,
		   s.usesysid,
		   s.state = 'idle' AS is_idle,
		   dbadvisor.object_identity('pg_catalog.pg_database', s.datid) AS database,
		   dbadvisor.role_list(ARRAY[s.usesysid]) AS role
	  FROM dbadvisor.user_session s
	 WHERE COALESCE(s.backend_type, 'client backend') = 'client backend'
	   AND s.datid IS NOT NULL
), bound AS (
	SELECT 'configuration' AS object_type,
		   'max_connections' AS object_name,
		   NULL::oid AS datid,
		   NULL::oid AS usesysid,
		   pg_catalog.current_setting('max_connections')::integer
		   - pg_catalog.current_setting('superuser_reserved_connections')::integer
		   - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::integer AS connection_limit
	 UNION ALL
	SELECT 'database',
		   pg_catalog.quote_ident(d.datname),
		   d.oid,
		   NULL,
		   d.datconnlimit
	  FROM pg_catalog.pg_database d
	 UNION ALL
	SELECT 'role',
		   pg_catalog.quote_ident(r.rolname),
		   NULL,
		   r.oid,
		   r.rolconnlimit
	  FROM pg_catalog.pg_roles r
	 WHERE NOT r.rolsuper
), used AS (
	SELECT b.object_type,
		   b.object_name,
		   b.connection_limit,
		   pg_catalog.count(*) AS taken,
		   pg_catalog.count(*) FILTER (WHERE c.is_idle) AS idle,
		   pg_catalog.array_agg(c.role) AS roles,
		   pg_catalog.array_agg(c.database) AS databases
	  FROM bound b
	  JOIN client c
		ON (b.datid IS NULL OR b.datid = c.datid)
	   AND (b.usesysid IS NULL OR b.usesysid = c.usesysid)
	 WHERE b.connection_limit >= dbadvisor.threshold('maintenance.connections_scarce', 'min_limit', b.object_name)
	 GROUP BY b.object_type, b.object_name, b.connection_limit
), judged AS (
	SELECT u.*,
		   u.taken::numeric / u.connection_limit AS share,
		   (SELECT pg_catalog.jsonb_object_agg(COALESCE(x.name, 'unknown'), x.count)
			  FROM (SELECT r AS name, pg_catalog.count(*) FROM pg_catalog.unnest(u.roles) r GROUP BY r) x) AS by_role,
		   (SELECT pg_catalog.jsonb_object_agg(COALESCE(x.name, 'unknown'), x.count)
			  FROM (SELECT d AS name, pg_catalog.count(*) FROM pg_catalog.unnest(u.databases) d GROUP BY d) x) AS by_database
	  FROM used u
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL (
	SELECT r.key AS role,
		   r.value AS count
	  FROM pg_catalog.jsonb_each(j.by_role) r
	 ORDER BY r.value DESC, r.key
	 LIMIT 1) most
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.connections_scarce',
		   object_type => j.object_type,
		   object_name => j.object_name,
		   severity => CASE WHEN j.share >= dbadvisor.threshold('maintenance.connections_scarce', 'high_share', j.object_name) THEN 'high' END,
		   title => pg_catalog.format('Let clients share connections: %s of %s that %s may have are taken', j.taken, j.connection_limit,
									  CASE j.object_type WHEN 'configuration' THEN 'they' ELSE j.object_type || ' ' || j.object_name END),
		   detail => pg_catalog.format('%s of them are idle; role %s has most, %s. A pooler lets many clients share few connections; idle_session_timeout ends those that are forgotten.',
									   j.idle, most.role, most.count),
		   evidence => pg_catalog.jsonb_build_object(
						   'taken', j.taken,
						   'connection_limit', j.connection_limit,
						   'idle', j.idle,
						   'by_role', j.by_role,
						   'by_database', j.by_database),
		   proof => 'counters',
		   impact => CASE j.object_type
					 WHEN 'configuration' THEN 'Clients connect to a pooler. A larger max_connections takes a restart, and memory for each session.'
					 ELSE 'Clients connect to a pooler. A larger CONNECTION LIMIT holds from the next connection on.'
					 END) a
 WHERE j.share >= dbadvisor.threshold('maintenance.connections_scarce', 'min_share', j.object_name)
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.connections_scarce') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_connections_scarce IS
'The server, databases and roles with few connections left, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_connections_scarce TO dbadvisor_reader;
