-- schema.time_with_zone: a time of day with a zone
--
-- Fires for columns of type timetz.  The offset of a zone depends on the date, which
-- the type does not have.
SELECT dbadvisor.register_rule(
	rule => 'schema.time_with_zone',
	title => 'A time of day has a time zone',
	why => 'Without a date the offset means nothing: it changes with summer time.',
	severity => 'low',
	doc => 'Wrong where it must hold what an interface of the SQL standard delivers. What offset the times were meant in is not known: values that differ in it sort by the moment and not as they are written.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_time_with_zone
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.timetz'::pg_catalog.regtype
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.time_with_zone',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'time',
		   why => 'timetz stores an offset that no date tells how to read. Offsets are lost: a column of type timestamptz keeps both, where there is a date.',
		   severity => 'low',
		   rewrites => true,
		   rebuilds => true,
		   safety => 'loses_data') a;
COMMENT ON VIEW dbadvisor.rule_schema_time_with_zone IS
'Rule schema.time_with_zone: a time of day with a zone';

GRANT SELECT ON dbadvisor.rule_schema_time_with_zone TO dbadvisor_reader;
