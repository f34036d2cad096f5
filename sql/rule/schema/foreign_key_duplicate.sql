-- schema.foreign_key_duplicate: a foreign key that another one repeats
--
-- Fires for a foreign key of the same columns to the same columns as another one
-- that does the same on delete and update.  Where they do different things the
-- stricter one counts, and that is no harmless repetition: those are not proposed.
SELECT dbadvisor.register_rule(
	rule => 'schema.foreign_key_duplicate',
	title => 'A foreign key is there twice',
	why => 'Each write to either table runs the same check twice.',
	severity => 'medium',
	doc => 'The one that stays is valid, else the older one.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_foreign_key_duplicate
WITH (security_invoker = true) AS
WITH key AS MATERIALIZED (
	SELECT k.*,
		   (SELECT pg_catalog.array_agg(ROW(u.child, u.parent) ORDER BY u.child, u.parent)::text
			  FROM ROWS FROM (pg_catalog.unnest(k.columns), pg_catalog.unnest(k.referenced_columns)) u (child, parent)) AS pairs
	  FROM dbadvisor.user_constraint k
	 WHERE k.contype = 'f'
	   AND NOT k.is_inherited
	   AND k.is_enforced
), pair AS (
	SELECT DISTINCT ON (k.oid)
		   k.*,
		   o.constraint_name AS other_name
	  FROM key k
	  JOIN key o
		ON o.relid = k.relid
	   AND o.referenced = k.referenced
	   AND o.pairs = k.pairs
	   AND o.oid <> k.oid
	   AND o.delete_action = k.delete_action
	   AND o.update_action = k.update_action
	   AND o.match_type = k.match_type
	   AND o.is_deferrable = k.is_deferrable
	   AND (o.is_valid AND NOT k.is_valid OR o.is_valid = k.is_valid AND o.oid < k.oid)
	 ORDER BY k.oid, o.is_valid DESC, o.oid
)
SELECT a.*
  FROM pair p
 CROSS JOIN LATERAL dbadvisor.relation_identity(p.referenced) r (name)
 CROSS JOIN LATERAL dbadvisor.column_list(p.relid, p.columns) c (names)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.foreign_key_duplicate',
		   relid => p.relid,
		   variant => p.constraint_name::text,
		   title => pg_catalog.format('Drop foreign key %I of %s: %I is the same', p.constraint_name, p.full_name, p.other_name),
		   detail => pg_catalog.format('Both check (%s) against %s and do the same on delete and update.', c.names, r.name),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', p.constraint_name,
						   'same_as', p.other_name,
						   'columns', c.names,
						   'confidence_reason', 'read from the catalog'),
		   apply_sql => pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', p.full_name, p.constraint_name),
		   revert_sql => CASE
						 WHEN p.relkind = 'p'
						 THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', p.full_name, p.constraint_name, dbadvisor.constraint_definition(p.oid))
						 ELSE pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I', p.full_name, p.constraint_name,
												dbadvisor.constraint_definition(p.oid))
						 END,
		   impact => pg_catalog.format('Takes an ACCESS EXCLUSIVE lock on %s and %s for a moment.', p.full_name, r.name)) a;
COMMENT ON VIEW dbadvisor.rule_schema_foreign_key_duplicate IS
'Rule schema.foreign_key_duplicate: foreign keys that another one repeats';

GRANT SELECT ON dbadvisor.rule_schema_foreign_key_duplicate TO dbadvisor_reader;
