-- schema.name_reserved: names that are key words
--
-- Fires once per schema for names that are reserved key words of the server.  A matter
-- of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.name_reserved',
	title => 'Names are reserved key words',
	why => 'They must be quoted everywhere, and the error without names a syntax.',
	severity => 'info',
	enabled => false,
	doc => 'Words are those of pg_get_keywords() of this server, which differ between major versions: a name can become reserved by an upgrade. Words that may still name a function or a type, such as left, are among them.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_name_reserved
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT n.schema_name,
			   pg_catalog.count(*)::integer AS count,
			   (pg_catalog.array_agg(n.object ORDER BY n.object))[1:20] AS objects
		  FROM dbadvisor.user_name n
		 WHERE n.name IN (SELECT k.word FROM pg_catalog.pg_get_keywords() k WHERE k.catcode IN ('R', 'T'))
		 GROUP BY n.schema_name) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.name_reserved',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s names in schema %I are reserved words', s.count, s.schema_name),
		   detail => pg_catalog.format('They can be used in quotes only: %s.', pg_catalog.array_to_string(s.objects, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'names', s.count,
						   'first', s.objects,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => s.count) a;
COMMENT ON VIEW dbadvisor.rule_schema_name_reserved IS
'Rule schema.name_reserved: names that are key words';

GRANT SELECT ON dbadvisor.rule_schema_name_reserved TO dbadvisor_reader;
