-- schema.rule_on_table: statements that are rewritten into others
--
-- Fires for a table with a rewrite rule (CREATE RULE).  Views have theirs by nature
-- and are not looked at.  Wrong where it is known and wanted: a rule sees statements,
-- not rows, and evaluates expressions such as nextval() more than once.
SELECT dbadvisor.register_rule(
	rule => 'schema.rule_on_table',
	title => 'A table has a rewrite rule',
	why => 'Rules change statements, not rows: volatile expressions run twice, RETURNING and counts of rows surprise.',
	severity => 'low',
	doc => 'A trigger does what is usually meant. No statement is printed, as the trigger has to be written.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_rule_on_table
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = t.relid
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.rule_on_table',
		   relid => t.relid,
		   variant => w.rulename::text,
		   title => pg_catalog.format('Replace rule %I of %s by a trigger', w.rulename, t.full_name),
		   detail => 'It rewrites each statement on the table. A trigger is run for each row, or once for all rows of a statement with transition tables, and evaluates nothing twice.',
		   evidence => pg_catalog.jsonb_build_object(
						   'rule', w.rulename,
						   'confidence_reason', 'read from the catalog'),
		   confidence => 0.7) a
 WHERE t.relkind IN ('r', 'p');
COMMENT ON VIEW dbadvisor.rule_schema_rule_on_table IS
'Rule schema.rule_on_table: tables with rewrite rules';

GRANT SELECT ON dbadvisor.rule_schema_rule_on_table TO dbadvisor_reader;
