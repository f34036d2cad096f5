-- schema.timestamp_rounded: moments that are rounded, also into the future
--
-- Fires for timestamp(0) and timestamptz(0): a value is rounded, not cut off, so now()
-- can be stored as half a second from now.
SELECT dbadvisor.register_rule(
	rule => 'schema.timestamp_rounded',
	title => 'Moments are rounded to seconds',
	why => 'A row can seem to come from the future, and two moments of one second cannot be told apart.',
	severity => 'low',
	doc => 'Rows that are there keep their seconds; more digits come with new ones only, and comparisons with values that were rounded elsewhere may stop matching. Wrong where another system delivers whole seconds anyway: then it costs nothing and says so.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_timestamp_rounded
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   c.base_type,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type IN ('pg_catalog.timestamp'::pg_catalog.regtype, 'pg_catalog.timestamptz'::pg_catalog.regtype)
	   AND c.typmod = 0
	 GROUP BY c.relid, c.base_type
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.timestamp_rounded',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => pg_catalog.format_type(w.base_type, NULL),
		   variant => pg_catalog.format_type(w.base_type, NULL),
		   why => 'A precision of 0 rounds to the nearest second, up as well as down. More digits take no more space.',
		   severity => 'low',
		   rewrites => false,
		   rebuilds => false) a;
COMMENT ON VIEW dbadvisor.rule_schema_timestamp_rounded IS
'Rule schema.timestamp_rounded: moments that are rounded, also into the future';

GRANT SELECT ON dbadvisor.rule_schema_timestamp_rounded TO dbadvisor_reader;
