-- schema.name_truncated: names that were perhaps cut off
--
-- Fires once per schema for names of 63 bytes, the most that a name can have.  A matter
-- of taste and off.
SELECT dbadvisor.register_rule(
	rule => 'schema.name_truncated',
	title => 'Names have the greatest length that there is',
	why => 'Longer ones are cut off, so the name is perhaps not what somebody wrote.',
	severity => 'info',
	enabled => false,
	doc => 'A name of exactly 63 bytes may be whole. What has been cut off is not known; look for it in the scripts that made it, where a second name with the same beginning would fail or, with IF NOT EXISTS, be skipped silently.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_name_truncated
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT n.schema_name,
			   pg_catalog.count(*)::integer AS count,
			   (pg_catalog.array_agg(n.object ORDER BY n.object))[1:20] AS objects
		  FROM dbadvisor.user_name n
		 WHERE pg_catalog.octet_length(n.name) >= 63
		 GROUP BY n.schema_name) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.name_truncated',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(s.schema_name),
		   title => pg_catalog.format('%s names in schema %I may have been cut off', s.count, s.schema_name),
		   detail => pg_catalog.format('They have 63 bytes: %s.', pg_catalog.array_to_string(s.objects, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'names', s.count,
						   'first', s.objects,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => s.count) a;
COMMENT ON VIEW dbadvisor.rule_schema_name_truncated IS
'Rule schema.name_truncated: names that were perhaps cut off';

GRANT SELECT ON dbadvisor.rule_schema_name_truncated TO dbadvisor_reader;
