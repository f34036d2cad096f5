-- normalization.lookup_missing: the same few words again and again
--
-- Fires for a text column of at most max_distinct values that look like identifiers,
-- of min_avg_width bytes on average, with min_rows_per_value rows each, that neither a
-- foreign key nor a check names.  Wrong where anybody may add values at any time.
SELECT dbadvisor.register_rule(
	rule => 'normalization.lookup_missing',
	title => 'A text column repeats few values that nothing lists',
	why => 'A typing error is a new value, renaming one updates thousands of rows, and each row carries the text.',
	severity => 'info',
	thresholds => '{"max_distinct": 200, "min_rows_per_value": 100, "min_avg_width": 8}',
	doc => 'A check or an enum for up to about twenty values that hardly change; else a table of the values with a short key. The bytes are what a key of four bytes saves. No value is shown. Wrong where anybody may add values at any time.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_lookup_missing
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_column_statistics s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.lookup_missing',
		   relid => s.relid,
		   attnum => s.attnum,
		   title => pg_catalog.format('Give %I of %s a table or a list of its values', s.column_name, s.full_name),
		   detail => pg_catalog.format('%s values of %s bytes on average stand in %s rows.', pg_catalog.round(s.distinct_values), s.avg_width, s.rows),
		   evidence => pg_catalog.jsonb_build_object(
						   'distinct_values', pg_catalog.round(s.distinct_values),
						   'average_bytes', s.avg_width,
						   'table_rows', s.rows,
						   'confidence_reason', 'distinct values and widths from the statistics'),
		   benefit_bytes => (s.rows * (1 - s.null_frac) * GREATEST(s.avg_width - 4, 0))::bigint,
		   confidence => 0.5,
		   proof => 'sample') a
 WHERE s.base_type IN (25, 1043)
   AND NOT s.is_generated
   AND s.distinct_values BETWEEN 2 AND (SELECT dbadvisor.threshold('normalization.lookup_missing', 'max_distinct'))
   AND s.rows >= (SELECT dbadvisor.threshold('normalization.lookup_missing', 'min_rows_per_value')) * s.distinct_values
   AND s.avg_width >= (SELECT dbadvisor.threshold('normalization.lookup_missing', 'min_avg_width'))
   AND NOT EXISTS (SELECT
					 FROM pg_catalog.unnest(s.common_values) v (value)
					WHERE v.value !~ '^[[:alnum:]_.-]+( [[:alnum:]_.-]+){0,2}$')
   AND NOT EXISTS (SELECT
					 FROM pg_catalog.pg_constraint k
					WHERE k.conrelid = s.relid
					  AND k.contype IN ('c', 'f')
					  AND s.attnum = ANY (k.conkey));
COMMENT ON VIEW dbadvisor.rule_normalization_lookup_missing IS
'Rule normalization.lookup_missing: text columns of few values that nothing lists';

GRANT SELECT ON dbadvisor.rule_normalization_lookup_missing TO dbadvisor_reader;
