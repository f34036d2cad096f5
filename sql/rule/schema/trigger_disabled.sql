-- schema.trigger_disabled: a trigger or foreign key that is switched off
--
-- Fires for tables with disabled triggers.  Those that the server has made for
-- foreign keys are among them: DISABLE TRIGGER ALL leaves a constraint that looks
-- valid and checks nothing.  Wrong during a load: enable them when it is done.
SELECT dbadvisor.register_rule(
	rule => 'schema.trigger_disabled',
	title => 'Triggers of a table are switched off',
	why => 'What they keep true is no longer kept; disabled checks of a foreign key let orphans in while the catalog calls it valid.',
	severity => 'medium',
	doc => 'High where the check of a foreign key is off. Rows that were written meanwhile are not checked by enabling it: the precheck looks for orphans.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_trigger_disabled
WITH (security_invoker = true) AS
WITH off AS (
	SELECT t.relid,
		   t.full_name,
		   g.tgname,
		   g.tgisinternal,
		   k.oid AS foreign_key,
		   k.conname
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_trigger g
		ON g.tgrelid = t.relid
	   AND g.tgenabled = 'D'
	   AND g.tgparentid = 0
	  LEFT JOIN pg_catalog.pg_constraint k
		ON k.oid = g.tgconstraint
	   AND k.contype = 'f'
	 WHERE NOT t.is_partition
	   AND (k.oid IS NOT NULL OR NOT g.tgisinternal)
), rolled AS (
	SELECT o.relid,
		   o.full_name,
		   pg_catalog.count(DISTINCT COALESCE(o.conname, o.tgname))::integer AS count,
		   pg_catalog.bool_or(o.foreign_key IS NOT NULL) AS has_foreign_key,
		   pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(COALESCE(o.conname, o.tgname)), ', ') AS names,
		   pg_catalog.string_agg(DISTINCT 'ALTER TABLE ' || o.full_name || ' ENABLE TRIGGER ' || pg_catalog.quote_ident(o.tgname), E';\n') AS enable,
		   pg_catalog.string_agg(DISTINCT 'ALTER TABLE ' || o.full_name || ' DISABLE TRIGGER ' || pg_catalog.quote_ident(o.tgname), E';\n') AS disable,
		   pg_catalog.min(o.foreign_key) AS foreign_key
	  FROM off o
	 GROUP BY o.relid, o.full_name
)
SELECT a.*
  FROM rolled r
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.trigger_disabled',
		   relid => r.relid,
		   severity => CASE WHEN r.has_foreign_key THEN 'high' ELSE 'medium' END,
		   title => pg_catalog.format('Enable the triggers of %s: %s', r.full_name, r.names),
		   detail => CASE
					 WHEN r.has_foreign_key
					 THEN 'Checks of a foreign key are among them: it is called valid and lets orphans in. Enabling them does not check the rows that are there.'
					 ELSE 'Rows written since they were switched off have not been through them.'
					 END,
		   evidence => pg_catalog.jsonb_build_object(
						   'triggers', r.names,
						   'foreign_key_checks', r.has_foreign_key,
						   'confidence_reason', 'read from the catalog'),
		   precheck_sql => dbadvisor.violation_sql(r.foreign_key),
		   affected_count => r.count,
		   apply_sql => r.enable,
		   revert_sql => r.disable,
		   impact => 'Takes a SHARE ROW EXCLUSIVE lock for a moment: writes wait. Checks of foreign keys need a superuser.') a;
COMMENT ON VIEW dbadvisor.rule_schema_trigger_disabled IS
'Rule schema.trigger_disabled: tables whose triggers or foreign keys are switched off';

GRANT SELECT ON dbadvisor.rule_schema_trigger_disabled TO dbadvisor_reader;
