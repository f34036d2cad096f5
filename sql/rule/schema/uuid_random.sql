-- schema.uuid_random: keys in random order
--
-- Fires for a key column whose default is a random UUID in a table of at least
-- min_bytes: those in the order of time share pages.  PostgreSQL 18 makes such with
-- uuidv7().  Wrong where a key must not tell when it was made.
SELECT dbadvisor.register_rule(
	rule => 'schema.uuid_random',
	title => 'Keys are random UUIDs',
	why => 'Each new row touches another page of the index, which is then read and written in full.',
	severity => 'low',
	thresholds => '{"min_bytes": 1073741824}',
	doc => 'min_bytes is the size of the table. A version 7 UUID tells its time to who sees it, so keep random ones for keys that are secrets, such as reset tokens. Existing keys stay random; the gain grows as new rows take over. Where keys are made by the application it must change, not the default. Before PostgreSQL 18 the application or an extension such as pg_uuidv7 makes keys in the order of time, or an identity column is the key.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_uuid_random
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_column c
  JOIN dbadvisor.user_table t ON t.relid = c.relid
  JOIN pg_catalog.pg_attrdef d
	ON d.adrelid = c.relid
   AND d.adnum = c.attnum
 CROSS JOIN LATERAL pg_catalog.pg_get_expr(d.adbin, d.adrelid) e (text)
 CROSS JOIN (SELECT pg_catalog.current_setting('server_version_num')::integer >= 180000) v (has_uuidv7)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.uuid_random',
		   relid => c.relid,
		   attnum => c.attnum,
		   title => pg_catalog.format('Let %I of %s be numbered in the order of time', c.column_name, c.full_name),
		   detail => pg_catalog.format('Its default is %s, and the table takes %s. %s begins with the time; rows that are there stay as they are.', e.text, pg_catalog.pg_size_pretty(t.bytes),
									   CASE WHEN v.has_uuidv7 THEN 'uuidv7()' ELSE 'A UUID of version 7, which the server makes from PostgreSQL 18 on,' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'default', e.text,
						   'table_bytes', t.bytes,
						   'confidence_reason', 'read from the catalog'),
		   confidence => 0.7,
		   apply_sql => CASE WHEN v.has_uuidv7 THEN pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT pg_catalog.uuidv7()', c.full_name, c.column_name) END,
		   revert_sql => CASE WHEN v.has_uuidv7 THEN pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', c.full_name, c.column_name, e.text) END,
		   impact => CASE WHEN v.has_uuidv7 THEN 'Takes an ACCESS EXCLUSIVE lock for a moment; no row is read.' END) a
 WHERE c.relkind IN ('r', 'p')
   AND NOT c.is_inherited
   AND c.base_type = 'pg_catalog.uuid'::pg_catalog.regtype
   AND e.text ~ '^((\w+\.)?uuid_generate_v4|gen_random_uuid|uuidv4)\(\)$'
   AND EXISTS (SELECT
				 FROM pg_catalog.pg_index i
				WHERE i.indrelid = c.relid
				  AND i.indkey[0] = c.attnum)
   AND t.bytes >= dbadvisor.threshold('schema.uuid_random', 'min_bytes', c.full_name);
COMMENT ON VIEW dbadvisor.rule_schema_uuid_random IS
'Rule schema.uuid_random: keys in random order';

GRANT SELECT ON dbadvisor.rule_schema_uuid_random TO dbadvisor_reader;
