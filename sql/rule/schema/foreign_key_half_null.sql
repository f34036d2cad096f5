-- schema.foreign_key_half_null: a foreign key that a NULL switches off
--
-- Fires for a foreign key of several columns, of which at least two can be NULL,
-- with MATCH SIMPLE: a row with one of them NULL is not checked at all.  Silent
-- where only one can be NULL: then NULL means that there is no parent, as where a
-- tenant's key is part of each foreign key.
SELECT dbadvisor.register_rule(
	rule => 'schema.foreign_key_half_null',
	title => 'A foreign key does not check rows that are half NULL',
	why => 'A row that names a part of a parent passes without any check, and the rest of it may point nowhere.',
	severity => 'low',
	doc => 'Wrong where a half-filled key is meant, such as a region that is known before the town in it. A check constraint that names all columns of the key silences the rule, whatever it says. MATCH FULL would do the same as the check proposed, but cannot be added to a key that exists.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_foreign_key_half_null
WITH (security_invoker = true) AS
WITH open_key AS (
	SELECT k.oid,
		   k.relid,
		   k.full_name,
		   k.constraint_name,
		   n.columns,
		   dbadvisor.column_list(k.relid, n.columns) AS names,
		   pg_catalog.quote_ident(pg_catalog.left(k.constraint_name::text, 53) || '_all_null') AS check_name
	  FROM dbadvisor.user_constraint k
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.array_agg(a.attnum ORDER BY a.attnum)
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = k.relid
		   AND a.attnum = ANY (k.columns)
		   AND NOT a.attnotnull) n (columns)
	 WHERE k.contype = 'f'
	   AND k.match_type = 's'
	   AND NOT k.is_inherited
	   AND pg_catalog.cardinality(n.columns) >= 2
)
SELECT a.*
  FROM open_key k
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.foreign_key_half_null',
		   relid => k.relid,
		   variant => k.constraint_name::text,
		   title => pg_catalog.format('Let %s of %s be NULL together only', k.names, k.full_name),
		   detail => pg_catalog.format('Foreign key %I is MATCH SIMPLE: a row in which one of these is NULL is not checked. A check that all of them are NULL or none closes the gap.', k.constraint_name),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', k.constraint_name,
						   'nullable_columns', k.names,
						   'confidence_reason', 'read from the catalog; what a NULL means is not known'),
		   confidence => 0.7,
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s WHERE pg_catalog.num_nulls(%s) NOT IN (0, %s) LIMIT 1', k.full_name, k.names, pg_catalog.cardinality(k.columns)),
		   apply_sql => pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s CHECK (pg_catalog.num_nulls(%3$s) IN (0, %4$s)) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s',
										  k.full_name, k.check_name, k.names, pg_catalog.cardinality(k.columns)),
		   revert_sql => pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', k.full_name, k.check_name),
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment, then reads the table once while reads and writes go on.') a
 WHERE NOT EXISTS (SELECT
					 FROM pg_catalog.pg_constraint c
					WHERE c.conrelid = k.relid
					  AND c.contype = 'c'
					  AND c.conkey @> k.columns);
COMMENT ON VIEW dbadvisor.rule_schema_foreign_key_half_null IS
'Rule schema.foreign_key_half_null: foreign keys of several columns that can be NULL apart';

GRANT SELECT ON dbadvisor.rule_schema_foreign_key_half_null TO dbadvisor_reader;
