-- schema.foreign_key_type_mismatch: a foreign key between columns of two types
--
-- Fires where the referencing column has another type than the key.  Of no
-- consequence are text and varchar, and lengths: silent.  Of one operator family,
-- such as int4 and int8, indexes work, but the narrower column ends first.  Else
-- the comparison converts the referencing column, and no index on it is used.
SELECT dbadvisor.register_rule(
	rule => 'schema.foreign_key_type_mismatch',
	title => 'A foreign key compares columns of two types',
	why => 'Either each check converts the column and reads the whole table, or the referencing column cannot take all keys.',
	severity => 'medium',
	thresholds => '{"max_rewrite_bytes": 1073741824}',
	doc => 'Low where indexes work, whatever the difference. The statement rewrites the referencing table under a lock; for tables above max_rewrite_bytes integers become wider by the script that dbadvisor.retype_script() prints step by step, for other types none is printed: add a column of the new type, fill it in batches with a trigger that keeps it up to date, and swap the two.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_foreign_key_type_mismatch
WITH (security_invoker = true) AS
WITH pair AS (
	SELECT k.oid,
		   k.relid,
		   k.full_name,
		   k.constraint_name,
		   k.referenced,
		   c.attname AS column_name,
		   c.attnum,
		   p.attname AS parent_column,
		   pg_catalog.format_type(c.atttypid, c.atttypmod) AS type_name,
		   pg_catalog.format_type(p.atttypid, p.atttypmod) AS parent_type,
		   -- the operator takes the column as it is: then an index on it is of use
		   COALESCE((SELECT oc.opcintype = o.oprright OR o.oprright = c.atttypid
					   FROM pg_catalog.pg_opclass oc
					  WHERE oc.opcmethod = 403
						AND oc.opcdefault
						AND oc.opcintype = c.atttypid), o.oprright = c.atttypid) AS index_works,
		   (c.atttypid, p.atttypid) IN ((21, 23), (21, 20), (23, 20)) AS is_narrower
	  FROM dbadvisor.user_constraint k
	 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.columns), pg_catalog.unnest(k.referenced_columns), pg_catalog.unnest(k.operators)) u (child, parent, operator)
	  JOIN pg_catalog.pg_attribute c ON c.attrelid = k.relid AND c.attnum = u.child
	  JOIN pg_catalog.pg_attribute p ON p.attrelid = k.referenced AND p.attnum = u.parent
	  JOIN pg_catalog.pg_operator o ON o.oid = u.operator
	 WHERE k.contype = 'f'
	   AND NOT k.is_inherited
	   AND c.atttypid <> p.atttypid
	   AND NOT (c.atttypid IN (25, 1043) AND p.atttypid IN (25, 1043))
	   -- a domain over the same type compares like it
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_type d
						WHERE d.oid IN (c.atttypid, p.atttypid)
						  AND d.typtype = 'd')
)
SELECT a.*
  FROM pair p
  JOIN dbadvisor.user_table t ON t.relid = p.relid
 CROSS JOIN LATERAL dbadvisor.relation_identity(p.referenced) r (name)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.replace(COALESCE(dbadvisor.column_dependents(p.relid, ARRAY[p.attnum]), ''),
							  pg_catalog.format('foreign key %I', p.constraint_name), '') = ''
		   AND t.bytes <= dbadvisor.threshold('schema.foreign_key_type_mismatch', 'max_rewrite_bytes', p.full_name)) x (can_alter)
 CROSS JOIN LATERAL (
	SELECT NOT x.can_alter
		   AND p.is_narrower
		   AND dbadvisor.retype_obstacles(p.relid, p.attnum, p.parent_type::regtype) IS NULL) o (is_online)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.foreign_key_type_mismatch',
		   relid => p.relid,
		   attnum => p.attnum,
		   variant => p.constraint_name::text,
		   severity => dbadvisor.severity_at_size(CASE WHEN p.index_works THEN 'low' ELSE 'medium' END, t.bytes),
		   title => pg_catalog.format('Make %I of %s %s, as %I of %s is', p.column_name, p.full_name, p.parent_type, p.parent_column, r.name),
		   detail => pg_catalog.format(
						 'It is %s, the column that it refers to %s. %s',
						 p.type_name, p.parent_type,
						 CASE
						 WHEN NOT p.index_works THEN 'To find the rows of a parent the server converts the column of each row: no index on it is of use.'
						 WHEN p.is_narrower THEN 'Indexes work, but keys above the range of the narrower type cannot be referred to.'
						 ELSE 'Indexes work; values of one type have no equal in the other.'
						 END),
		   evidence => pg_catalog.jsonb_build_object(
						   'constraint', p.constraint_name,
						   'type', p.type_name,
						   'parent_type', p.parent_type,
						   'index_works', p.index_works,
						   'table_bytes', t.bytes,
						   'confidence_reason', 'read from the catalog'),
		   safety => 'reversible_slow',
		   affected_count => t.leaf_count,
		   apply_sql => CASE
						WHEN x.can_alter THEN dbadvisor.alter_type_sql(p.relid, ARRAY[p.attnum], p.parent_type)
						WHEN o.is_online THEN dbadvisor.retype_sql(p.relid, p.attnum, p.parent_type::regtype)
						END,
		   revert_sql => CASE
						 WHEN x.can_alter THEN dbadvisor.alter_type_sql(p.relid, ARRAY[p.attnum], NULL)
						 WHEN o.is_online THEN dbadvisor.retype_sql(p.relid, p.attnum, p.parent_type::regtype, true)
						 END,
		   impact => CASE
					 WHEN o.is_online THEN dbadvisor.retype_impact(p.relid, p.attnum, p.parent_type::regtype)
					 ELSE dbadvisor.type_change_impact(p.relid, true, true)
					 END) a;
COMMENT ON VIEW dbadvisor.rule_schema_foreign_key_type_mismatch IS
'Rule schema.foreign_key_type_mismatch: foreign keys between columns of different types';

GRANT SELECT ON dbadvisor.rule_schema_foreign_key_type_mismatch TO dbadvisor_reader;
