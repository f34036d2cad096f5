-- schema.money: amounts whose currency is a setting
--
-- Fires for columns of type money: its currency and its decimals come from
-- lc_monetary of the server.
SELECT dbadvisor.register_rule(
	rule => 'schema.money',
	title => 'Amounts are of type money',
	why => 'The same value is shown as another amount under another setting, and division rounds.',
	severity => 'low',
	doc => 'Converting takes the value by the present lc_monetary: set it to the one under which the rows were written. How many currencies the column really holds is not known; where there are several, add a column that names them.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_money
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.money'::pg_catalog.regtype
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.money',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'numeric',
		   why => 'money takes its decimals and its currency from lc_monetary.',
		   severity => 'low',
		   rewrites => true,
		   rebuilds => true,
		   conversion => '$::numeric',
		   revert_conversion => '$::money') a;
COMMENT ON VIEW dbadvisor.rule_schema_money IS
'Rule schema.money: amounts whose currency is a setting';

GRANT SELECT ON dbadvisor.rule_schema_money TO dbadvisor_reader;
