-- schema.integer_exhaustion: a column of small integers near its end
--
-- Fires for a column of two or four bytes whose largest value in the statistics is
-- beyond low_share of what it can hold, and that is in a key: unique, or a foreign
-- key.  Columns that a sequence fills are left to schema.sequence_exhaustion.  Wrong
-- for numbers that come from elsewhere and do not grow.
SELECT dbadvisor.register_rule(
	rule => 'schema.integer_exhaustion',
	title => 'A key of small integers is near its largest value',
	why => 'The next value beyond it is an error, and each INSERT fails from then on.',
	severity => 'medium',
	thresholds => '{"low_share": 0.5, "medium_share": 0.7, "high_share": 0.9, "online_bytes": 10000000}',
	doc => 'The largest value comes from the histogram that ANALYZE made; it is not shown, only its share. From online_bytes on, or where foreign keys refer to the column, the statements add columns of the wider type, fill them in batches and swap them while reads and writes go on; dbadvisor.retype_script() prints them step by step.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_integer_exhaustion
WITH (security_invoker = true) AS
WITH key AS MATERIALIZED (
	SELECT DISTINCT c.relid,
		   c.attnum,
		   c.column_name,
		   c.full_name,
		   c.relkind,
		   c.base_type
	  FROM dbadvisor.user_column c
	 WHERE c.base_type IN (21, 23)
	   AND c.relkind IN ('r', 'p')
	   AND NOT c.is_inherited
	   AND NOT c.is_domain
	   AND (EXISTS (SELECT
					  FROM pg_catalog.pg_constraint k
					 WHERE k.conrelid = c.relid
					   AND k.contype = 'f'
					   AND c.attnum = ANY (k.conkey))
			OR EXISTS (SELECT
						 FROM pg_catalog.pg_index i
						WHERE i.indrelid = c.relid
						  AND i.indisunique
						  AND i.indkey[0] = c.attnum))
	   AND NOT EXISTS (SELECT
						 FROM dbadvisor.user_sequence s
						WHERE s.relid = c.relid
						  AND s.attnum = c.attnum)
), reached AS (
	SELECT k.*,
		   (SELECT pg_catalog.max(v.value::bigint)
			  FROM pg_catalog.unnest(s.bounds || s.common_values) v (value))
		   / dbadvisor.integer_maximum(k.base_type)::numeric AS share
	  FROM key k
	  JOIN dbadvisor.column_statistics s
		ON s.relid = k.relid
	   AND s.attnum = k.attnum
	   AND s.inherited = (k.relkind = 'p')
)
SELECT a.*
  FROM reached r
 CROSS JOIN LATERAL dbadvisor.column_type_advice(
		   rule => 'schema.integer_exhaustion',
		   relid => r.relid,
		   columns => ARRAY[r.attnum],
		   new_type => CASE r.base_type WHEN 21 THEN 'integer' ELSE 'bigint' END,
		   why => pg_catalog.format('Its values have reached %s %% of what it can hold.', pg_catalog.round(r.share * 100)),
		   severity => CASE
					   WHEN r.share >= dbadvisor.threshold('schema.integer_exhaustion', 'high_share', r.full_name) THEN 'high'
					   WHEN r.share >= dbadvisor.threshold('schema.integer_exhaustion', 'medium_share', r.full_name) THEN 'medium'
					   ELSE 'low'
					   END,
		   rewrites => true,
		   online_bytes => dbadvisor.threshold('schema.integer_exhaustion', 'online_bytes', r.full_name),
		   proof => 'sample',
		   confidence => 0.7,
		   variant => r.column_name::text,
		   evidence => pg_catalog.jsonb_build_object('used_share', pg_catalog.round(r.share, 3))) a
 WHERE r.share >= dbadvisor.threshold('schema.integer_exhaustion', 'low_share', r.full_name);
COMMENT ON VIEW dbadvisor.rule_schema_integer_exhaustion IS
'Rule schema.integer_exhaustion: keys of small integers near their largest value';

GRANT SELECT ON dbadvisor.rule_schema_integer_exhaustion TO dbadvisor_reader;
