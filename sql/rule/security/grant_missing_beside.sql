-- security.grant_missing_beside: a table that a role may not read, among tables
-- that it may
--
-- Fires for a schema where a role has the same privilege on most tables of one
-- owner but not on all: mostly tables that were made after a GRANT ON ALL TABLES,
-- without default privileges.  One row per schema and role.  Off unless switched
-- on: the gap may be the point.
SELECT dbadvisor.register_rule(
	rule => 'security.grant_missing_beside',
	title => 'A role lacks on some tables what it has on their siblings',
	why => 'GRANT ON ALL TABLES reaches the tables of its day; those made later stay closed until somebody meets the error.',
	severity => 'info',
	thresholds => '{"min_share": 0.8, "min_tables": 5}',
	doc => 'min_share is the share of the tables that the role must be able to read, min_tables their number. Default privileges for the role silence it only for tables that are made later.',
	enabled => false,
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_grant_missing_beside WITH (security_invoker = true) AS
WITH tables AS (
	SELECT t.relid, t.schema_name, t.full_name, t.owner, c.relacl
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 WHERE NOT t.is_partition
), grantee AS (
	SELECT DISTINCT t.schema_name, t.owner, u.role
	  FROM tables t
	 CROSS JOIN LATERAL pg_catalog.unnest(dbadvisor.acl_others(t.relacl, t.owner, '{SELECT}')) u (role)
), counted AS (
	SELECT g.schema_name,
		   g.owner,
		   g.role,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.count(*) FILTER (WHERE NOT h.has)::integer AS missing,
		   pg_catalog.string_agg(t.full_name, ', ' ORDER BY t.full_name) FILTER (WHERE NOT h.has) AS names
	  FROM grantee g
	  JOIN tables t USING (schema_name, owner)
	 CROSS JOIN LATERAL (
		SELECT COALESCE(g.role = ANY (dbadvisor.acl_others(t.relacl, t.owner, '{SELECT}')), false)) h (has)
	 GROUP BY g.schema_name, g.owner, g.role
)
SELECT a.*
  FROM counted c
 CROSS JOIN LATERAL dbadvisor.role_list(ARRAY[c.role]) r (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.grant_missing_beside',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(c.schema_name),
		   variant => r.name,
		   title => pg_catalog.format('%s may read %s tables of schema %I, but not the other %s', r.name, c.tables - c.missing, c.schema_name, c.missing),
		   detail => pg_catalog.format('Without SELECT for %s: %s.', r.name, c.names),
		   evidence => pg_catalog.jsonb_build_object('tables_count', c.tables, 'missing_count', c.missing, 'missing', c.names,
													 'confidence_reason', 'the gap may be meant'),
		   confidence => 0.5,
		   proof => 'heuristic',
		   affected_count => c.missing,
		   apply_sql => pg_catalog.format('GRANT SELECT ON %s TO %s', c.names, r.name),
		   revert_sql => pg_catalog.format('REVOKE SELECT ON %s FROM %s', c.names, r.name),
		   impact => 'Changes the catalog only. ALTER DEFAULT PRIVILEGES does the same for tables that are made later.') a
 WHERE c.missing > 0
   AND c.tables >= dbadvisor.threshold('security.grant_missing_beside', 'min_tables', pg_catalog.quote_ident(c.schema_name))
   AND c.tables - c.missing >= dbadvisor.threshold('security.grant_missing_beside', 'min_share', pg_catalog.quote_ident(c.schema_name)) * c.tables;
COMMENT ON VIEW dbadvisor.rule_security_grant_missing_beside IS
'Schemas in which a role may read most tables, but not all';

GRANT SELECT ON dbadvisor.rule_security_grant_missing_beside TO dbadvisor_reader;
