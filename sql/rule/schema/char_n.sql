-- schema.char_n: text padded with blanks
--
-- Fires for columns of type character(n) with n above one.  Wrong for codes of a
-- fixed length, which take the same space as text: no more than taste then.
SELECT dbadvisor.register_rule(
	rule => 'schema.char_n',
	title => 'Text is padded with blanks',
	why => 'Blanks fill it up on disk and are dropped in comparisons, so values change on the way through functions.',
	severity => 'info',
	doc => 'character(1) is left alone. Wrong where the length is a rule of the format and every value fills it, as in country or currency codes: blanks are then never added. The change rewrites the table and its indexes; literals compared with the column may begin to differ from it by trailing blanks.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_char_n
WITH (security_invoker = true) AS
WITH wanted AS (
	SELECT c.relid,
		   pg_catalog.array_agg(c.attnum ORDER BY c.attnum) AS columns
	  FROM dbadvisor.user_column c
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND NOT c.is_generated
	   AND c.base_type = 'pg_catalog.bpchar'::pg_catalog.regtype
	   AND c.typmod > 5
	 GROUP BY c.relid
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.char_n',
		   relid => w.relid,
		   columns => w.columns,
		   new_type => 'text',
		   why => 'character(n) is stored with all its blanks and compared without them; text with a check on its length says the same without surprise.',
		   severity => 'info',
		   rewrites => true,
		   rebuilds => true,
		   confidence => 0.6) a;
COMMENT ON VIEW dbadvisor.rule_schema_char_n IS
'Rule schema.char_n: text padded with blanks';

GRANT SELECT ON dbadvisor.rule_schema_char_n TO dbadvisor_reader;
