-- normalization.spelling_varies: Berlin, berlin and " Berlin"
--
-- Fires for a text column of few values, each in min_rows_per_value rows on average,
-- of which some differ only in capitals and blanks, by fresh statistics.  Silent for
-- types and collations that compare without regard to case, for short codes, whose
-- case may have a meaning, and where a foreign key says which values there are.
SELECT dbadvisor.register_rule(
	rule => 'normalization.spelling_varies',
	title => 'Values of a column differ only in capitals and blanks',
	why => 'Each spelling is a value of its own to GROUP BY, joins and unique keys: counts are split, and rows are not found.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "max_distinct": 1000, "min_rows_per_value": 10, "min_length": 4}',
	doc => 'Looked at are the frequent values that the statistics hold, of at least min_length characters. Which spelling is right is not known, so no statement is printed: the precheck lists the values. Afterwards a foreign key, a check or a unique index on lower(btrim(...)) keeps them apart. No value is shown. Wrong where case has a meaning, as in identifiers of other systems.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_spelling_varies
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.*
	  FROM dbadvisor.user_column_statistics s
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = s.relid
	   AND a.attnum = s.attnum
	  JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
	 WHERE s.base_type IN (25, 1043)
	   AND NOT s.is_generated
	   AND c.collisdeterministic
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.spelling_varies', 'min_rows'))
	   AND s.distinct_values <= (SELECT dbadvisor.threshold('normalization.spelling_varies', 'max_distinct'))
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.spelling_varies', 'min_rows_per_value')) * s.distinct_values
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_constraint k
						WHERE k.conrelid = s.relid
						  AND k.contype = 'f'
						  AND s.attnum = ANY (k.conkey))
), spelling AS (
	SELECT c.relid,
		   c.attnum,
		   pg_catalog.count(*) AS spellings,
		   pg_catalog.sum(v.share) AS share,
		   pg_catalog.sum(v.share) - pg_catalog.max(v.share) AS lesser_share,
		   pg_catalog.count(DISTINCT pg_catalog.lower(v.value)) < pg_catalog.count(*) AS by_case,
		   pg_catalog.count(DISTINCT b.value) < pg_catalog.count(*) AS by_blanks
	  FROM col c
	 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(c.common_values), pg_catalog.unnest(c.common_shares)) v (value, share)
	 CROSS JOIN LATERAL pg_catalog.btrim(pg_catalog.regexp_replace(v.value, '\s+', ' ', 'g')) b (value)
	 WHERE pg_catalog.length(b.value) >= (SELECT dbadvisor.threshold('normalization.spelling_varies', 'min_length'))
	   AND b.value ~ '[[:alpha:]]'
	 GROUP BY c.relid, c.attnum, pg_catalog.lower(b.value)
	HAVING pg_catalog.count(*) > 1
), varied AS (
	SELECT s.relid,
		   s.attnum,
		   pg_catalog.count(*) AS values,
		   pg_catalog.sum(s.spellings) AS spellings,
		   pg_catalog.sum(s.lesser_share) AS lesser_share,
		   pg_catalog.bool_or(s.by_case) AS by_case,
		   pg_catalog.bool_or(s.by_blanks) AS by_blanks
	  FROM spelling s
	 GROUP BY s.relid, s.attnum
)
SELECT a.*
  FROM varied v
  JOIN col c USING (relid, attnum)
 CROSS JOIN LATERAL (SELECT CASE WHEN NOT v.by_blanks THEN 'capitals' WHEN NOT v.by_case THEN 'blanks' ELSE 'capitals and blanks' END) d (what)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.spelling_varies',
		   relid => v.relid,
		   attnum => v.attnum,
		   title => pg_catalog.format('Write values of %I of %s in one way', c.column_name, c.full_name),
		   detail => pg_catalog.format('%s of its frequent values %s spelled in %s ways that differ only in %s; about %s rows have another spelling than the most frequent.',
									   v.values, CASE v.values WHEN 1 THEN 'is' ELSE 'are' END, v.spellings, d.what, pg_catalog.round((v.lesser_share * c.rows)::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'values', v.values,
						   'spellings', v.spellings,
						   'differ_in', d.what,
						   'rows_with_lesser_spelling', pg_catalog.round((v.lesser_share * c.rows)::numeric),
						   'distinct_values', pg_catalog.round(c.distinct_values),
						   'table_rows', c.rows,
						   'confidence_reason', 'values that the statistics hold; whether case has a meaning is not known'),
		   confidence => 0.6,
		   proof => 'sample',
		   precheck_sql => pg_catalog.format('SELECT array_agg(v ORDER BY n DESC) AS spellings, array_agg(n ORDER BY n DESC) AS rows FROM (SELECT %1$I AS v, count(*) AS n FROM %2$s GROUP BY %1$I) s GROUP BY lower(btrim(regexp_replace(v, ''\s+'', '' '', ''g''))) HAVING count(*) > 1',
											 c.column_name, c.full_name)) a;
COMMENT ON VIEW dbadvisor.rule_normalization_spelling_varies IS
'Rule normalization.spelling_varies: columns of few values of which some differ only in capitals and blanks';

GRANT SELECT ON dbadvisor.rule_normalization_spelling_varies TO dbadvisor_reader;
