-- schema.name_needs_quotes: names that must be quoted
--
-- Fires once per schema, for tables and columns.  A matter of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.name_needs_quotes',
	title => 'Names must be quoted',
	why => 'Who forgets the quotes is told that there is no such table.',
	severity => 'info',
	enabled => false,
	doc => 'Up to 20 names are listed per schema, all are counted. A tool that quotes each name, as many object mappers do, has no trouble with them; renaming breaks every statement that does, so a rule for new schemas rather than for old ones.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_name_needs_quotes
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT n.schema_name,
			   pg_catalog.count(*)::integer AS count,
			   (pg_catalog.array_agg(n.object ORDER BY n.object))[1:20] AS objects
		  FROM dbadvisor.user_name n
		 WHERE n.name !~ '^[a-z_][a-z0-9_$]*$'
		 GROUP BY n.schema_name) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.name_needs_quotes',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s names in schema %I need quotes', s.count, s.schema_name),
		   detail => pg_catalog.format('They have capitals, blanks or other characters: %s.', pg_catalog.array_to_string(s.objects, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'names', s.count,
						   'first', s.objects,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => s.count) a;
COMMENT ON VIEW dbadvisor.rule_schema_name_needs_quotes IS
'Rule schema.name_needs_quotes: names that must be quoted';

GRANT SELECT ON dbadvisor.rule_schema_name_needs_quotes TO dbadvisor_reader;
