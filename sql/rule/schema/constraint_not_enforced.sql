-- schema.constraint_not_enforced: a constraint that is not in force
--
-- Fires from PostgreSQL 18 on for a foreign key that is NOT ENFORCED: it is written
-- down and nothing checks it.  Wrong where that is what is wanted.
SELECT dbadvisor.register_rule(
	rule => 'schema.constraint_not_enforced',
	title => 'A foreign key is not enforced',
	why => 'Neither new nor old rows are checked, and the planner does not believe it.',
	severity => 'medium',
	min_version => 180000,
	doc => 'Foreign keys only: a check that is not enforced is often a remark by intent. Wrong where another system guarantees the keys, as on the receiving side of replication. Enforcing reads all rows of the table and fails on the first without a parent, which the precheck lists.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_constraint_not_enforced
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_constraint k
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.constraint_not_enforced',
		   relid => k.relid,
		   variant => k.constraint_name::text,
		   title => pg_catalog.format('Enforce foreign key %I of %s', k.constraint_name, k.full_name),
		   detail => 'It is NOT ENFORCED: nothing checks rows against it.',
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', k.constraint_name,
						   'confidence_reason', 'read from the catalog'),
		   precheck_sql => dbadvisor.violation_sql(k.oid),
		   apply_sql => pg_catalog.format('ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED', k.full_name, k.constraint_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s ALTER CONSTRAINT %I NOT ENFORCED', k.full_name, k.constraint_name),
		   impact => 'Takes a SHARE ROW EXCLUSIVE lock on both tables while all rows are checked.') a
 WHERE k.contype = 'f'
   AND NOT k.is_enforced
   AND NOT k.is_inherited;
COMMENT ON VIEW dbadvisor.rule_schema_constraint_not_enforced IS
'Rule schema.constraint_not_enforced: a constraint that is not in force';

GRANT SELECT ON dbadvisor.rule_schema_constraint_not_enforced TO dbadvisor_reader;
