-- schema.upgrade_blocker: a column that pg_upgrade refuses
--
-- Fires for columns of types that hold numbers of catalog entries, which are other
-- ones after pg_upgrade: regproc and its like.  regclass, regtype and regrole are
-- carried over and allowed.
SELECT dbadvisor.register_rule(
	rule => 'schema.upgrade_blocker',
	title => 'A column has a type that pg_upgrade refuses',
	why => 'The cluster cannot be upgraded in place until the column is gone or of another type.',
	severity => 'medium',
	doc => 'Wrong where upgrades are made by dump and restore or logical replication, which carry such columns as text. Columns of composite types and domains that contain such a type block as well and are not all found: pg_upgrade --check is what decides.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_upgrade_blocker
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   c.base_type,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p', 'm')
	   AND NOT c.is_inherited
	   AND c.base_type IN ('pg_catalog.regproc'::pg_catalog.regtype, 'pg_catalog.regprocedure'::pg_catalog.regtype,
						   'pg_catalog.regoper'::pg_catalog.regtype, 'pg_catalog.regoperator'::pg_catalog.regtype,
						   'pg_catalog.regconfig'::pg_catalog.regtype, 'pg_catalog.regdictionary'::pg_catalog.regtype,
						   'pg_catalog.regnamespace'::pg_catalog.regtype, 'pg_catalog.regcollation'::pg_catalog.regtype)
	 GROUP BY c.relid, c.base_type
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.upgrade_blocker',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'text',
		   variant => pg_catalog.format_type(w.base_type, NULL),
		   why => pg_catalog.format('%s stores the number of a catalog entry, which is another one in the new cluster. As text it keeps the name.', pg_catalog.format_type(w.base_type, NULL)),
		   severity => 'medium',
		   rewrites => true,
		   conversion => '$::text',
		   revert_conversion => '$::' || pg_catalog.format_type(w.base_type, NULL),
		   confidence => 1) a;
COMMENT ON VIEW dbadvisor.rule_schema_upgrade_blocker IS
'Rule schema.upgrade_blocker: columns of types that pg_upgrade refuses';

GRANT SELECT ON dbadvisor.rule_schema_upgrade_blocker TO dbadvisor_reader;
