-- schema.json_text: JSON kept as text
--
-- Fires for columns of type json: each operator parses the whole text again, and there
-- is neither equality nor an index.  Wrong where the order of keys, doubled keys or
-- blanks must stay.
SELECT dbadvisor.register_rule(
	rule => 'schema.json_text',
	title => 'JSON is kept as text',
	why => 'Each access parses the document again; it cannot be compared, indexed or grouped.',
	severity => 'info',
	doc => 'Wrong where the document must come back byte for byte, as one that is signed or logged, and where it is only stored and never looked into: json is then quicker to write. The change loses the order of keys, blanks and all but the last of doubled keys, so it cannot be taken back.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_json_text
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.json'::pg_catalog.regtype
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.json_text',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'jsonb',
		   why => 'json keeps the text as it came and parses it at each access. jsonb loses the order of keys, blanks, and all but the last of doubled keys.',
		   severity => 'info',
		   rewrites => true,
		   rebuilds => true,
		   conversion => '$::jsonb',
		   revert_conversion => '$::json',
		   safety => 'loses_data',
		   confidence => 0.6) a;
COMMENT ON VIEW dbadvisor.rule_schema_json_text IS
'Rule schema.json_text: JSON kept as text';

GRANT SELECT ON dbadvisor.rule_schema_json_text TO dbadvisor_reader;
