-- schema.sequence_narrower: a sequence that ends long before its column
--
-- Fires for a sequence of type integer or smallint that fills a column of a wider
-- type: it ends while the column could go on.
SELECT dbadvisor.register_rule(
	rule => 'schema.sequence_narrower',
	title => 'A sequence ends before its column does',
	why => 'The column was made wide so that it does not run out; the sequence still does.',
	severity => 'low',
	doc => 'Severity does not grow with the use of the sequence: schema.sequence_exhaustion says how near its end is. Wrong where the small range is meant, such as numbers that are printed in few digits.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_sequence_narrower
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_sequence s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.sequence_narrower',
		   relid => s.relid,
		   attnum => s.attnum,
		   variant => s.sequence_name,
		   title => pg_catalog.format('Make sequence %s as wide as %I of %s', s.sequence_name, s.column_name, s.full_name),
		   detail => pg_catalog.format('The sequence is %s, the column %s.', pg_catalog.format_type(s.sequence_type, NULL), pg_catalog.format_type(s.base_type, NULL)),
		   evidence => pg_catalog.jsonb_build_object(
						   'sequence', s.sequence_name,
						   'maximum', s.maximum,
						   'confidence_reason', 'read from the catalog'),
		   apply_sql => pg_catalog.format('ALTER SEQUENCE %s AS %s', s.sequence_name, pg_catalog.format_type(s.base_type, NULL)),
		   revert_sql => pg_catalog.format('ALTER SEQUENCE %s AS %s', s.sequence_name, pg_catalog.format_type(s.sequence_type, NULL)),
		   impact => 'Takes a SHARE ROW EXCLUSIVE lock on the sequence for a moment.') a
 WHERE s.increment > 0
   AND NOT s.is_cycle
   AND (s.sequence_type = 21 AND s.base_type IN (23, 20) AND s.maximum = 32767
		OR s.sequence_type = 23 AND s.base_type = 20 AND s.maximum = 2147483647);
COMMENT ON VIEW dbadvisor.rule_schema_sequence_narrower IS
'Rule schema.sequence_narrower: sequences of a narrower type than their column';

GRANT SELECT ON dbadvisor.rule_schema_sequence_narrower TO dbadvisor_reader;
