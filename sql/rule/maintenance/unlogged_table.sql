-- maintenance.unlogged_table: rows that a crash takes away
--
-- Fires for an unlogged table that something durable relies upon: a foreign key
-- of a logged table, or standbys and publications, where it has no rows at all.
-- An unlogged table by itself is a decision, and silent.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.unlogged_table',
	title => 'An unlogged table is relied upon',
	why => 'After a crash it is empty, and on standbys it cannot be read.',
	severity => 'low',
	thresholds => '{"min_rows": 1}',
	doc => 'Foreign keys between a permanent and an unlogged table are refused by PostgreSQL; what is looked at are views that join it to logged tables, publications, and standbys that are connected.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_unlogged_table WITH (security_invoker = true) AS
WITH unlogged AS (
	SELECT t.relid,
		   t.full_name,
		   GREATEST(t.rows, 0) AS rows,
		   (SELECT pg_catalog.string_agg(DISTINCT dbadvisor.relation_identity(w.ev_class), ', ')
			  FROM pg_catalog.pg_depend d
			  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
			  JOIN pg_catalog.pg_depend o
				ON o.classid = d.classid
			   AND o.objid = d.objid
			   AND o.refclassid = d.refclassid
			  JOIN pg_catalog.pg_class oc
				ON oc.oid = o.refobjid
			   AND oc.relkind = 'r'
			   AND oc.relpersistence = 'p'
			 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
			   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refobjid = t.relid) AS views,
		   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication) AS standbys
	  FROM dbadvisor.user_table t
	 WHERE t.is_unlogged
	   AND t.relkind = 'r'
)
SELECT a.*
  FROM unlogged u
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.unlogged_table',
		   relid => u.relid,
		   title => pg_catalog.format('Make %s a logged table, or stop to rely on it', u.full_name),
		   detail => pg_catalog.concat_ws(' ',
										  'A crash empties it.',
										  'Views join it with logged tables: ' || u.views || '.',
										  CASE WHEN u.standbys > 0 THEN pg_catalog.format('%s standbys are connected, where it cannot be read.', u.standbys) END),
		   evidence => pg_catalog.jsonb_build_object('rows', u.rows, 'views', u.views, 'standbys_count', u.standbys,
													 'confidence_reason', 'whether its rows can be lost is not known'),
		   confidence => 0.6,
		   apply_sql => pg_catalog.format('ALTER TABLE %s SET LOGGED', u.full_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s SET UNLOGGED', u.full_name),
		   impact => 'Takes an ACCESS EXCLUSIVE lock while the table and its indexes are written to WAL: nobody reads or writes meanwhile. Each later write is logged.') a
 WHERE u.rows >= dbadvisor.threshold('maintenance.unlogged_table', 'min_rows', u.full_name)
   AND (u.views IS NOT NULL OR u.standbys > 0);
COMMENT ON VIEW dbadvisor.rule_maintenance_unlogged_table IS
'Unlogged tables that something durable relies upon';

GRANT SELECT ON dbadvisor.rule_maintenance_unlogged_table TO dbadvisor_reader;
