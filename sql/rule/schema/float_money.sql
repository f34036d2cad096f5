-- schema.float_money: amounts in binary floating point
--
-- Fires for columns of type real or double precision whose name says that they hold
-- an amount of money.  Proof is the name only: wrong where it means something else.
SELECT dbadvisor.register_rule(
	rule => 'schema.float_money',
	title => 'Amounts are in binary floating point',
	why => 'Cents have no exact binary value: sums differ from what accounting says.',
	severity => 'medium',
	doc => 'Columns are found by their English names, and nothing is read of their values: rates, statistical amounts and coordinates named like prices are false alarms to be suppressed, and amounts under other names are missed. The change rewrites the table; sums afterwards differ from earlier reports in the last digits.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_float_money
WITH (security_invoker = true) AS
-- The pattern takes long: it is for the few columns of these types.
WITH floating AS MATERIALIZED (
	SELECT c.relid,
		   c.attnum,
		   c.column_name
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type IN ('pg_catalog.float4'::pg_catalog.regtype, 'pg_catalog.float8'::pg_catalog.regtype)
), wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM floating c
	 WHERE c.column_name ~* '(^|_)(price|prices|amount|amounts|balance|salary|fee|fees|discount|subtotal|revenue|invoice_total|total_price|total_amount|unit_price|net_total|gross_total)($|_(net|gross|eur|usd|gbp|chf))'
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.float_money',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'numeric',
		   why => 'Binary fractions hold no exact cents, so sums and comparisons go wrong by some of them.',
		   severity => 'medium',
		   rewrites => true,
		   rebuilds => true,
		   proof => 'heuristic',
		   confidence => 0.6) a;
COMMENT ON VIEW dbadvisor.rule_schema_float_money IS
'Rule schema.float_money: amounts in binary floating point';

GRANT SELECT ON dbadvisor.rule_schema_float_money TO dbadvisor_reader;
