-- schema.text_holds_type: text in which every value is a UUID, a date or a number
--
-- Fires for a text column of a table of at least min_rows rows when all values that
-- the statistics hold, at least min_values of them, have one form.  Decimals are
-- numbers where all have two places, as amounts of money do.  Numbers with a leading
-- zero, and those in columns named as codes are, stay text.  Wrong where other values
-- are to come.
SELECT dbadvisor.register_rule(
	rule => 'schema.text_holds_type',
	title => 'A text column holds values of another type only',
	why => 'Text takes more space, compares more slowly, sorts numbers and dates wrongly, and takes what is none.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_values": 50}',
	doc => 'UUIDs take 16 bytes instead of 37. The precheck finds rows of another form. No value is shown.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_text_holds_type
WITH (security_invoker = true) AS
WITH form (new_type, is_number, pattern) AS (
	VALUES ('uuid', false, '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'),
		   ('date', false, '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'),
		   ('bigint', true, '^(0|-?[1-9][0-9]{0,17})$'),
		   ('numeric', true, '^-?(0|[1-9][0-9]{0,14})[.][0-9]{2}$')
), seen AS MATERIALIZED (
	SELECT c.relid,
		   c.attnum,
		   c.column_name,
		   c.full_name,
		   v.values
	  FROM dbadvisor.user_column c
	  JOIN dbadvisor.column_statistics s
		ON s.relid = c.relid
	   AND s.attnum = c.attnum
	   AND s.inherited = (c.relkind = 'p')
	 CROSS JOIN LATERAL (
		SELECT s.bounds || s.common_values) v (values)
	 WHERE c.base_type IN (25, 1043)
	   AND c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.rows >= dbadvisor.threshold('schema.text_holds_type', 'min_rows')
	   AND pg_catalog.cardinality(v.values) >= dbadvisor.threshold('schema.text_holds_type', 'min_values')
), held AS (
	SELECT s.relid,
		   s.attnum,
		   s.column_name,
		   s.full_name,
		   f.new_type,
		   f.pattern,
		   pg_catalog.cardinality(s.values) AS count
	  FROM seen s
	  JOIN form f ON NOT EXISTS (SELECT
								   FROM pg_catalog.unnest(s.values) v (value)
								  WHERE v.value !~ f.pattern)
	 -- what is never added up, and has other forms elsewhere
	 WHERE NOT (f.is_number
				AND dbadvisor.name_words(s.column_name) ~ '(^|_)(zip|zipcode|postal|postcode|plz|phone|fax|mobile|tel|telephone|iban|bic|vat|tax|ssn|ean|isbn|issn|gtin|sku|code|ref|reference|serial|version|release|account|card|license|licence|plate|number|no|nr)(_|$)')
)
SELECT a.*
  FROM held h
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.text_holds_type',
		   relid => h.relid,
		   columns => ARRAY[h.attnum],
		   new_type => h.new_type,
		   why => pg_catalog.format('All %s values that the statistics hold of %I are of this form.', h.count, h.column_name),
		   severity => 'low',
		   rewrites => true,
		   conversion => '$::' || h.new_type,
		   revert_conversion => '$::text',
		   proof => 'sample',
		   confidence => 0.6,
		   variant => h.column_name::text,
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s WHERE %I !~ %L LIMIT 1', h.full_name, h.column_name, h.pattern),
		   evidence => pg_catalog.jsonb_build_object('values_looked_at', h.count)) a;
COMMENT ON VIEW dbadvisor.rule_schema_text_holds_type IS
'Rule schema.text_holds_type: text columns that hold UUIDs, dates or numbers only';

GRANT SELECT ON dbadvisor.rule_schema_text_holds_type TO dbadvisor_reader;
