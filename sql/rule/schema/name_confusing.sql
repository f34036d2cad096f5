-- schema.name_confusing: names with letters that look like others
--
-- Fires once per schema for names that mix Latin letters with Cyrillic or Greek ones.
-- A matter of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.name_confusing',
	title => 'Names mix letters of several alphabets',
	why => 'Two names look the same and are not; searches in code do not find them.',
	severity => 'info',
	enabled => false,
	doc => 'Latin with Greek or Cyrillic letters in one name; look-alikes within one alphabet (0 and O, l and 1) are not looked for. Names in one alphabet throughout are left alone. Wrong for unit signs such as the Greek mu.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_name_confusing
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT n.schema_name,
			   pg_catalog.count(*)::integer AS count,
			   (pg_catalog.array_agg(n.object ORDER BY n.object))[1:20] AS objects
		  FROM dbadvisor.user_name n
		 WHERE n.name ~ '[a-zA-Z]' AND n.name ~ '[\u0370-\u03FF\u0400-\u04FF]'
		 GROUP BY n.schema_name) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.name_confusing',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s names in schema %I mix alphabets', s.count, s.schema_name),
		   detail => pg_catalog.format('They have Latin and Greek or Cyrillic letters: %s.', pg_catalog.array_to_string(s.objects, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'names', s.count,
						   'first', s.objects,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => s.count) a;
COMMENT ON VIEW dbadvisor.rule_schema_name_confusing IS
'Rule schema.name_confusing: names with letters that look like others';

GRANT SELECT ON dbadvisor.rule_schema_name_confusing TO dbadvisor_reader;
