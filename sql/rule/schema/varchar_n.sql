-- schema.varchar_n: a length that a later change would have to lift
--
-- Fires for varchar(n), in the largest tables that have it.  A matter of taste and
-- off: some limits are rules of the business.  Making it text changes neither table
-- nor index.
SELECT dbadvisor.register_rule(
	rule => 'schema.varchar_n',
	title => 'The length of a string is limited by its type',
	why => 'Raising such a limit is cheap, lowering it is not; a check constraint is changed as the rule changes.',
	severity => 'info',
	enabled => false,
	thresholds => '{"most_tables": 500}',
	doc => 'A row for each of the most_tables largest tables; how many there are is in the evidence. Making it text reads no row and builds no index; views that read the column must be dropped for it and made anew. Wrong where the limit is a rule, as for codes of a standard: a CHECK then says it by name.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_varchar_n
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns,
		   pg_catalog.count(*) OVER () AS tables
	  FROM dbadvisor.user_column c
	  JOIN pg_catalog.pg_class r ON r.oid = c.relid
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.varchar'::pg_catalog.regtype
	   AND c.typmod > 0
	 GROUP BY c.relid, r.relpages
	 ORDER BY r.relpages DESC, c.relid
	 LIMIT dbadvisor.threshold('schema.varchar_n', 'most_tables')::bigint
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.varchar_n',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'text',
		   why => 'varchar(n) takes as much as text; a limit that is a rule can be a check constraint.',
		   severity => 'info',
		   rewrites => false,
		   rebuilds => false,
		   confidence => 0.5,
		   evidence => pg_catalog.jsonb_build_object('tables_that_have_it', w.tables)) a;
COMMENT ON VIEW dbadvisor.rule_schema_varchar_n IS
'Rule schema.varchar_n: a length that a later change would have to lift';

GRANT SELECT ON dbadvisor.rule_schema_varchar_n TO dbadvisor_reader;
