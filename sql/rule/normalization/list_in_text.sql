-- normalization.list_in_text: several values in one text, with a delimiter between
--
-- Fires for a text column in which min_share of the values that the statistics hold
-- are lists: single words between commas, semicolons or bars without blanks, not
-- always equally many of them, that come again and again, or where the statistics hold
-- all values, that come in several of these.  Numbers with separated thousands, JSON
-- and arrays are none.  Wrong where nothing ever looks into the list.
SELECT dbadvisor.register_rule(
	rule => 'normalization.list_in_text',
	title => 'A text column holds lists',
	why => 'No key can refer to a part, no index finds one, and a change rewrites the whole list.',
	severity => 'medium',
	thresholds => '{"min_rows": 1000, "min_values": 4, "min_share": 0.2, "max_blank_share": 0.1, "min_word_share": 0.95, "min_reuse": 2}',
	doc => 'A table with one row per part allows a foreign key; an array with a GIN index is enough where parts are only searched. The evidence has the statement that takes the lists apart. No value is shown. Wrong where nothing ever looks into the list.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_list_in_text
WITH (security_invoker = true) AS
WITH seen AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.column_name,
		   s.full_name,
		   s.rows,
		   v.values,
		   s.bounds IS NULL AS is_complete
	  FROM dbadvisor.user_column_statistics s
	 CROSS JOIN LATERAL (SELECT COALESCE(s.bounds, '{}') || COALESCE(s.common_values, '{}')) v (values)
	 WHERE s.base_type IN (25, 1043)
	   AND NOT s.is_generated
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.list_in_text', 'min_rows'))
	   AND pg_catalog.cardinality(v.values) >= (SELECT dbadvisor.threshold('normalization.list_in_text', 'min_values'))
), list AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   d.delimiter,
		   v.value,
		   pg_catalog.string_to_array(v.value, d.delimiter) AS parts
	  FROM seen s
	 CROSS JOIN (VALUES (','), (';'), ('|')) d (delimiter)
	 CROSS JOIN LATERAL pg_catalog.unnest(s.values) v (value)
	 WHERE pg_catalog.strpos(v.value, d.delimiter) > 0
	   AND v.value !~ '^\s*[\[{<]'
	   AND v.value !~ '^[-+]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?$'
), counted AS (
	SELECT l.relid,
		   l.attnum,
		   l.delimiter,
		   pg_catalog.count(*) AS lists,
		   pg_catalog.count(*) FILTER (WHERE pg_catalog.strpos(l.value, l.delimiter || ' ') > 0) AS blanks,
		   pg_catalog.count(DISTINCT pg_catalog.cardinality(l.parts)) AS lengths
	  FROM list l
	 GROUP BY l.relid, l.attnum, l.delimiter
), part AS (
	SELECT l.relid,
		   l.attnum,
		   l.delimiter,
		   pg_catalog.count(*) AS parts,
		   pg_catalog.count(DISTINCT p.part) AS distinct_parts,
		   pg_catalog.count(*) FILTER (WHERE pg_catalog.btrim(p.part) !~ '\s' AND p.part <> '') AS words,
		   -- a word that elsewhere is the whole value
		   pg_catalog.count(*) FILTER (WHERE p.part = ANY (s.values)) AS alone
	  FROM list l
	  JOIN seen s ON (s.relid, s.attnum) = (l.relid, l.attnum)
	 CROSS JOIN LATERAL pg_catalog.unnest(l.parts) p (part)
	 GROUP BY l.relid, l.attnum, l.delimiter
)
SELECT a.*
  FROM seen s
  JOIN counted c ON (c.relid, c.attnum) = (s.relid, s.attnum)
  JOIN part p ON (p.relid, p.attnum, p.delimiter) = (c.relid, c.attnum, c.delimiter)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.list_in_text',
		   relid => s.relid,
		   attnum => s.attnum,
		   variant => c.delimiter,
		   title => pg_catalog.format('Take the lists in %I of %s apart', s.column_name, s.full_name),
		   detail => pg_catalog.format('Of %s values that the statistics hold, %s are lists of single words, in which a word stands %s times on average.',
									   pg_catalog.cardinality(s.values), c.lists, pg_catalog.round(p.parts::numeric / p.distinct_parts, 1)),
		   evidence => pg_catalog.jsonb_build_object(
						   'delimiter', c.delimiter,
						   'values_looked_at', pg_catalog.cardinality(s.values),
						   'list_share', pg_catalog.round(c.lists::numeric / pg_catalog.cardinality(s.values), 3),
						   'parts_per_distinct_part', pg_catalog.round(p.parts::numeric / p.distinct_parts, 1),
						   'table_rows', s.rows,
						   'split_sql', pg_catalog.format('SELECT t.*, p.part FROM %s t CROSS JOIN LATERAL string_to_table(t.%I, %L) p (part)',
														  s.full_name, s.column_name, c.delimiter),
						   'confidence_reason', 'all values that the statistics hold'),
		   confidence => 0.7,
		   proof => 'sample') a
 WHERE (c.lengths > 1 OR p.alone > 0)
   AND c.lists >= (SELECT dbadvisor.threshold('normalization.list_in_text', 'min_share')) * pg_catalog.cardinality(s.values)
   AND c.blanks <= (SELECT dbadvisor.threshold('normalization.list_in_text', 'max_blank_share')) * c.lists
   AND p.words >= (SELECT dbadvisor.threshold('normalization.list_in_text', 'min_word_share')) * p.parts
   AND (p.parts >= (SELECT dbadvisor.threshold('normalization.list_in_text', 'min_reuse')) * p.distinct_parts
		OR (s.is_complete AND p.parts > p.distinct_parts));
COMMENT ON VIEW dbadvisor.rule_normalization_list_in_text IS
'Rule normalization.list_in_text: text columns that hold lists';

GRANT SELECT ON dbadvisor.rule_normalization_list_in_text TO dbadvisor_reader;
