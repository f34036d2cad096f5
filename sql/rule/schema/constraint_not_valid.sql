-- schema.constraint_not_valid: a constraint that old rows need not obey
--
-- Fires for a check, foreign key or (from PostgreSQL 18 on) NOT NULL constraint
-- that was added NOT VALID and never validated.  Wrong where old rows are known to
-- break it and must stay.
SELECT dbadvisor.register_rule(
	rule => 'schema.constraint_not_valid',
	title => 'A constraint was never validated',
	why => 'Rows from before it may break it, the planner does not believe it, and a dump may not restore.',
	severity => 'medium',
	doc => 'The precheck looks for rows that break it; for a check it is shown only where its expression holds no constant, or dbadvisor.include_values is on.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_constraint_not_valid
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_constraint k
  JOIN dbadvisor.user_table t ON t.relid = k.relid
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.constraint_not_valid',
		   relid => k.relid,
		   variant => k.constraint_name::text,
		   severity => dbadvisor.severity_at_size('medium', t.bytes),
		   title => pg_catalog.format('Validate constraint %I of %s', k.constraint_name, k.full_name),
		   detail => pg_catalog.format('%s %I holds for new rows only. Validating reads %s once while reads and writes go on; if a row breaks it, nothing changes and the error names the constraint.',
									   CASE k.contype WHEN 'f' THEN 'Foreign key' WHEN 'c' THEN 'Check' ELSE 'NOT NULL' END,
									   k.constraint_name, k.full_name),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', k.constraint_name,
						   'kind', CASE k.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'not null' END,
						   'table_rows', t.rows,
						   'table_bytes', t.bytes,
						   'confidence_reason', 'read from the catalog'),
		   precheck_sql => dbadvisor.violation_sql(k.oid),
		   contains_values => COALESCE((SELECT dbadvisor.holds_constants(pg_catalog.pg_get_expr(c.conbin, c.conrelid))
										  FROM pg_catalog.pg_constraint c
										 WHERE c.oid = k.oid
										   AND c.contype = 'c'), false),
		   affected_count => t.leaf_count,
		   apply_sql => pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.full_name, k.constraint_name),
		   impact => pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock on %s%s: reads and writes go on. Reads the table (%s) once. There is nothing to take back: a valid constraint asks no more of new rows.',
									   k.full_name,
									   CASE k.contype WHEN 'f' THEN ' and a ROW SHARE lock on ' || dbadvisor.relation_identity(k.referenced) ELSE '' END,
									   pg_catalog.pg_size_pretty(t.bytes))) a
 WHERE k.contype IN ('c', 'f', 'n')
   AND NOT k.is_valid
   AND k.is_enforced
   AND NOT k.is_inherited;
COMMENT ON VIEW dbadvisor.rule_schema_constraint_not_valid IS
'Rule schema.constraint_not_valid: constraints that were never validated';

GRANT SELECT ON dbadvisor.rule_schema_constraint_not_valid TO dbadvisor_reader;
