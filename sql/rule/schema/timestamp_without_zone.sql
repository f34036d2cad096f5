-- schema.timestamp_without_zone: a point in time whose zone nobody knows
--
-- Fires for columns of type timestamp.  Two sessions in different time zones read
-- one value as two moments, and arithmetic over a change to summer time is wrong.
-- Wrong for local times on purpose, such as an opening hour: then suppress it.
SELECT dbadvisor.register_rule(
	rule => 'schema.timestamp_without_zone',
	title => 'A timestamp has no time zone',
	why => 'The moment that a value means depends on who reads it; sorting and differences are wrong where clocks change.',
	severity => 'low',
	doc => 'While TimeZone is UTC and no USING is given, the change does not rewrite the table; in another zone, or with USING, it does.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_timestamp_without_zone
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.timestamp'::pg_catalog.regtype
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.timestamp_without_zone',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'timestamptz',
		   why => 'timestamp stores what a clock shows and forgets which one. The statement takes the values for UTC: set another zone in it if the application wrote another one.',
		   severity => 'low',
		   rewrites => false,
		   rebuilds => true,
		   before_sql => 'SET LOCAL TimeZone = ''UTC''',
		   confidence => 0.7) a;
COMMENT ON VIEW dbadvisor.rule_schema_timestamp_without_zone IS
'Rule schema.timestamp_without_zone: a point in time whose zone nobody knows';

GRANT SELECT ON dbadvisor.rule_schema_timestamp_without_zone TO dbadvisor_reader;
