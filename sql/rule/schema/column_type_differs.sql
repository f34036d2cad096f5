-- schema.column_type_differs: customer_id is integer here and text there
--
-- Fires for a column named as a key of something else (customer_id, orderNo) whose type
-- is of another kind than that of min_share of at least min_tables other columns of the
-- name in its schema, or a narrower integer.  Silent for foreign keys, of which
-- schema.foreign_key_type_mismatch tells, and for text and varchar.
SELECT dbadvisor.register_rule(
	rule => 'schema.column_type_differs',
	title => 'A column has another type than others of its name',
	why => 'Comparing the two converts one of them, so that no index on it is used, fails, or ends where the narrower type does.',
	severity => 'info',
	thresholds => '{"min_tables": 2, "min_share": 0.75}',
	doc => 'Low where the kinds of the types differ, as of a number and text. Names that end in id, no, nr, key, code or ref count; "id" alone is each table''s own. The statement is printed for integers that become wider, in tables of at most 1 GB; what text holds is not known from the catalog. Wrong where one name means two things.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_column_type_differs
WITH (security_invoker = true) AS
WITH named AS MATERIALIZED (
	SELECT c.relid,
		   c.attnum,
		   c.schema_name,
		   c.table_name,
		   c.column_name,
		   c.full_name,
		   c.relkind,
		   c.base_type,
		   c.type_name,
		   CASE
		   WHEN c.base_type IN (20, 21, 23) THEN 'integer'
		   WHEN c.base_type IN (25, 1042, 1043) THEN 'text'
		   ELSE c.base_type::text
		   END AS kind
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	   AND NOT c.is_inherited
	   AND c.column_name ~ '.(_(id|no|nr|num|number|key|code|ref|uuid)|I[dD]|No|Nr|Key|Code|Ref|Uuid|UUID)$'
), spread AS (
	SELECT n.schema_name,
		   n.column_name
	  FROM named n
	 GROUP BY n.schema_name, n.column_name
	HAVING pg_catalog.count(DISTINCT n.base_type) > 1
	   AND pg_catalog.count(*) > (SELECT dbadvisor.threshold('schema.column_type_differs', 'min_tables'))
), typed AS (
	SELECT n.*,
		   pg_catalog.count(*) OVER same_name AS columns,
		   pg_catalog.count(*) OVER (PARTITION BY n.schema_name, n.column_name, n.kind) AS of_kind,
		   pg_catalog.count(*) OVER (PARTITION BY n.schema_name, n.column_name, n.base_type) AS of_type
	  FROM named n
	  JOIN spread USING (schema_name, column_name)
	WINDOW same_name AS (PARTITION BY n.schema_name, n.column_name)
), usual AS (
	SELECT DISTINCT ON (t.schema_name, t.column_name)
		   t.schema_name,
		   t.column_name,
		   t.base_type,
		   t.kind,
		   t.type_name,
		   t.of_type,
		   t.of_kind,
		   t.columns
	  FROM typed t
	 ORDER BY t.schema_name, t.column_name, t.of_kind DESC, t.of_type DESC, t.base_type
), odd AS (
	SELECT t.*,
		   u.type_name AS usual_type,
		   u.kind AS usual_kind,
		   u.base_type AS usual_base,
		   u.of_type AS usual_columns,
		   u.of_kind AS usual_kind_columns,
		   t.kind = u.kind AS is_narrower
	  FROM typed t
	  JOIN usual u USING (schema_name, column_name)
	 WHERE CASE
		   WHEN t.kind <> u.kind
		   THEN u.of_kind >= (SELECT dbadvisor.threshold('schema.column_type_differs', 'min_tables'))
				AND u.of_kind >= (SELECT dbadvisor.threshold('schema.column_type_differs', 'min_share')) * (u.columns - 1)
		   ELSE t.kind = 'integer'
				AND pg_catalog.array_position(ARRAY[21, 23, 20]::oid[], t.base_type) < pg_catalog.array_position(ARRAY[21, 23, 20]::oid[], u.base_type)
				AND u.of_type >= (SELECT dbadvisor.threshold('schema.column_type_differs', 'min_tables'))
				AND u.of_type >= (SELECT dbadvisor.threshold('schema.column_type_differs', 'min_share')) * (u.of_kind - 1)
		   END
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = t.relid
						  AND k.contype = 'f'
						  AND t.attnum = ANY (k.conkey))
)
SELECT a.*
  FROM odd o
 CROSS JOIN LATERAL (
	SELECT CASE WHEN o.is_narrower AND o.relkind = 'r' THEN (dbadvisor.table_estimate(o.relid)).bytes <= 1073741824
				AND dbadvisor.column_dependents(o.relid, ARRAY[o.attnum]) IS NULL END) x (can_alter)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.column_type_differs',
		   relid => o.relid,
		   attnum => o.attnum,
		   severity => CASE WHEN o.is_narrower THEN 'info' ELSE 'low' END,
		   title => pg_catalog.format('Give %I of %s the type that others of its name have', o.column_name, o.full_name),
		   detail => pg_catalog.format('It is %s, while %s of %s columns named %I in schema %I are %s. %s',
									   o.type_name,
									   CASE WHEN o.is_narrower THEN o.usual_columns ELSE o.usual_kind_columns END,
									   o.columns, o.column_name, o.schema_name,
									   CASE WHEN o.is_narrower OR o.usual_columns = o.usual_kind_columns THEN o.usual_type ELSE o.usual_kind END,
									   CASE WHEN o.is_narrower THEN 'Keys above its range cannot be in it.'
											ELSE 'Comparing them needs a cast, and an index on what is cast is not used.' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'type', o.type_name,
						   'usual_type', o.usual_type,
						   'columns', o.columns,
						   'columns_of_usual_type', o.usual_columns,
						   'confidence_reason', 'read from the catalog; that equal names mean the same is not known'),
		   confidence => 0.5,
		   proof => 'heuristic',
		   safety => 'reversible_slow',
		   apply_sql => CASE WHEN x.can_alter THEN dbadvisor.alter_type_sql(o.relid, ARRAY[o.attnum], o.usual_type) END,
		   revert_sql => CASE WHEN x.can_alter THEN dbadvisor.alter_type_sql(o.relid, ARRAY[o.attnum], NULL) END,
		   impact => CASE WHEN x.can_alter THEN dbadvisor.type_change_impact(o.relid, true, true) END) a;
COMMENT ON VIEW dbadvisor.rule_schema_column_type_differs IS
'Rule schema.column_type_differs: columns named as keys whose type differs from that of others of their name';

GRANT SELECT ON dbadvisor.rule_schema_column_type_differs TO dbadvisor_reader;
