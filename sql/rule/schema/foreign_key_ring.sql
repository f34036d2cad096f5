-- schema.foreign_key_ring: tables of which none can have a first row
--
-- Fires for two tables that refer to each other by foreign keys whose columns are
-- NOT NULL and that are checked at once: no row can be inserted into either
-- without switching a check off.  A key that can be NULL or be checked later
-- breaks the ring.
SELECT dbadvisor.register_rule(
	rule => 'schema.foreign_key_ring',
	title => 'Two tables need a row of the other one first',
	why => 'Rows can only be inserted with constraints switched off, and a dump of the data alone cannot be restored.',
	severity => 'medium',
	doc => 'Rings of two tables only; longer ones are not searched. Wrong where the rows of both tables come by one statement with data-modifying WITH, whose checks run at its end.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_foreign_key_ring
WITH (security_invoker = true) AS
WITH edge AS MATERIALIZED (
	SELECT k.*
	  FROM dbadvisor.user_constraint k
	 WHERE k.contype = 'f'
	   AND NOT k.is_inherited
	   AND NOT k.is_deferrable
	   AND k.is_enforced
	   AND k.relid <> k.referenced
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_attribute a
						WHERE a.attrelid = k.relid
						  AND a.attnum = ANY (k.columns)
						  AND NOT a.attnotnull)
)
SELECT a.*
  FROM edge e
  JOIN edge b
	ON b.relid = e.referenced
   AND b.referenced = e.relid
   AND b.relid < e.relid
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.foreign_key_ring',
		   relid => e.relid,
		   variant => e.constraint_name::text,
		   title => pg_catalog.format('Let foreign key %I of %s be checked at the end of a transaction', e.constraint_name, e.full_name),
		   detail => pg_catalog.format('%s and %s refer to each other, both columns are NOT NULL and both checks are immediate: neither table can get a first row.', e.full_name, b.full_name),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', e.constraint_name,
						   'other_constraint', b.constraint_name,
						   'confidence_reason', 'read from the catalog'),
		   apply_sql => pg_catalog.format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY DEFERRED', e.full_name, e.constraint_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', e.full_name, e.constraint_name),
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment; no row is read.') a;
COMMENT ON VIEW dbadvisor.rule_schema_foreign_key_ring IS
'Rule schema.foreign_key_ring: pairs of tables that need a row of the other one first';

GRANT SELECT ON dbadvisor.rule_schema_foreign_key_ring TO dbadvisor_reader;
