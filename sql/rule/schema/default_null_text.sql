-- schema.default_null_text: a default that is the word NULL
--
-- Fires for a text column whose default is the string 'NULL' in any case of
-- letters: somebody has quoted what should not be.
SELECT dbadvisor.register_rule(
	rule => 'schema.default_null_text',
	title => 'The default of a column is the word NULL',
	why => 'IS NULL does not find such rows, and they count as a value.',
	severity => 'low',
	doc => 'Wrong only where the word itself is data, as in a list of key words. Rows that took the default keep it: compare with the string to find them, and mind a column that is NOT NULL, for which dropping the default makes inserts fail that leave it out.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_default_null_text
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_column c
  JOIN pg_catalog.pg_attrdef d
	ON d.adrelid = c.relid
   AND d.adnum = c.attnum
 CROSS JOIN LATERAL pg_catalog.pg_get_expr(d.adbin, d.adrelid) e (text)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.default_null_text',
		   relid => c.relid,
		   attnum => c.attnum,
		   title => pg_catalog.format('Drop the default of %I of %s', c.column_name, c.full_name),
		   detail => 'It is the string NULL, not the absence of a value. Rows that have it already stay as they are.',
		   evidence => pg_catalog.jsonb_build_object('confidence_reason', 'read from the catalog'),
		   apply_sql => pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', c.full_name, c.column_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', c.full_name, c.column_name, e.text),
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment; no row is read.') a
 WHERE c.relkind IN ('r', 'p')
   AND NOT c.is_inherited
   AND c.has_default
   AND c.base_type IN (25, 1042, 1043)
   AND e.text ~* '^''null''::';
COMMENT ON VIEW dbadvisor.rule_schema_default_null_text IS
'Rule schema.default_null_text: columns whose default is the word NULL';

GRANT SELECT ON dbadvisor.rule_schema_default_null_text TO dbadvisor_reader;
