-- schema.sequence_exhaustion: a sequence that will run out
--
-- Fires for a sequence that has used low_share of what is left to it, from its start up
-- to its own end or to the largest value of the column that it fills, whichever is
-- nearer; or as much of what a column of less than eight bytes holds, wherever it
-- started.  When that will be is told from the rows inserted per day, and severity is
-- low where it is in more than distant_days.  Sequences that cycle do not end.  Wrong
-- when an import has set it ahead by far.
SELECT dbadvisor.register_rule(
	rule => 'schema.sequence_exhaustion',
	title => 'A sequence is running out',
	why => 'When it ends each INSERT fails; making the column wider then rewrites the table while nobody can write.',
	severity => 'medium',
	thresholds => '{"low_share": 0.5, "medium_share": 0.7, "high_share": 0.8, "critical_share": 0.9, "distant_days": 3650, "online_bytes": 10000000}',
	doc => 'Columns are found by ownership and by their default. A sequence that ends before its column is widened by ALTER SEQUENCE; a column of four bytes needs a new type, and so does each column that refers to it, which evidence lists. From online_bytes on, or where foreign keys refer to it, the statements add columns of eight bytes, fill them in batches and swap them while reads and writes go on; dbadvisor.retype_script() prints them step by step.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_sequence_exhaustion
WITH (security_invoker = true) AS
WITH used AS MATERIALIZED (
	SELECT s.*,
		   dbadvisor.sequence_value(s.sequence)::numeric AS value,
		   CASE WHEN s.increment > 0 THEN LEAST(s.maximum::numeric, s.column_maximum) ELSE GREATEST(s.minimum::numeric, -s.column_maximum - 1) END AS end_value
	  FROM dbadvisor.user_sequence s
	 WHERE NOT s.is_cycle
), share AS (
	SELECT u.*,
		   t.rows_inserted,
		   t.bytes,
		   t.leaf_count,
		   GREATEST((u.value - u.start) / NULLIF(u.end_value - u.start, 0),
					CASE WHEN u.column_maximum < 9223372036854775807 THEN u.value / NULLIF(u.end_value, 0) END) AS used_share,
		   u.maximum < u.column_maximum AND u.increment > 0 AS sequence_ends_first,
		   EXTRACT(epoch FROM pg_catalog.clock_timestamp() - dbadvisor.usage_since()) / 86400 AS days
	  FROM used u
	  JOIN dbadvisor.user_table t ON t.relid = u.relid
	 WHERE u.value IS NOT NULL
), due AS (
	SELECT s.*,
		   CASE WHEN s.rows_inserted > 0 AND s.days >= 1
		   THEN (pg_catalog.abs(s.end_value - s.value) / pg_catalog.abs(s.increment) / (s.rows_inserted / s.days))::bigint
		   END AS days_left
	  FROM share s
	 WHERE s.used_share >= dbadvisor.threshold('schema.sequence_exhaustion', 'low_share', s.sequence_name)
)
SELECT a.*
  FROM due d
 CROSS JOIN LATERAL (
	SELECT dbadvisor.column_dependents(d.relid, ARRAY[d.attnum])) o (names)
 CROSS JOIN LATERAL dbadvisor.widen_column(
		   d.relid, d.attnum, 'bigint',
		   dbadvisor.threshold('schema.sequence_exhaustion', 'online_bytes', d.sequence_name)) w
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.sequence_exhaustion',
		   relid => d.relid,
		   attnum => d.attnum,
		   variant => d.sequence_name,
		   severity => CASE
					   WHEN d.days_left > dbadvisor.threshold('schema.sequence_exhaustion', 'distant_days', d.sequence_name) THEN 'low'
					   WHEN d.used_share >= dbadvisor.threshold('schema.sequence_exhaustion', 'critical_share', d.sequence_name) OR d.days_left < 30 THEN 'critical'
					   WHEN d.used_share >= dbadvisor.threshold('schema.sequence_exhaustion', 'high_share', d.sequence_name) OR d.days_left < 180 THEN 'high'
					   WHEN d.used_share >= dbadvisor.threshold('schema.sequence_exhaustion', 'medium_share', d.sequence_name) THEN 'medium'
					   ELSE 'low'
					   END,
		   title => CASE
					WHEN d.sequence_ends_first THEN pg_catalog.format('Let sequence %s go on: %s %% are used', d.sequence_name, pg_catalog.round(d.used_share * 100))
					ELSE pg_catalog.format('Make %I of %s wider: %s %% of its values are used', d.column_name, d.full_name, pg_catalog.round(d.used_share * 100))
					END,
		   detail => pg_catalog.format(
						 'Sequence %s has used %s %% of what %s%s.%s',
						 d.sequence_name, pg_catalog.round(d.used_share * 100, 1),
						 CASE WHEN d.sequence_ends_first THEN 'it may give' ELSE 'the column can hold' END,
						 CASE WHEN d.days_left IS NULL THEN '' ELSE pg_catalog.format('; at the rate of rows inserted so far that is enough for %s days', d.days_left) END,
						 CASE WHEN o.names IS NULL OR d.sequence_ends_first THEN '' ELSE ' These must change with it: ' || o.names || '.' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'sequence', d.sequence_name,
						   'used_share', pg_catalog.round(d.used_share, 4),
						   'days_left', d.days_left,
						   'rows_inserted', d.rows_inserted,
						   'table_bytes', d.bytes,
						   'dependents', o.names,
						   'confidence_reason', 'read from the sequence; the rate is that of rows inserted since the counters began'),
		   confidence => 0.95,
		   evidence_since => dbadvisor.usage_since(),
		   affected_count => d.leaf_count,
		   safety => CASE WHEN d.sequence_ends_first THEN 'reversible' ELSE 'reversible_slow' END,
		   apply_sql => CASE
						WHEN d.sequence_ends_first THEN pg_catalog.format('ALTER SEQUENCE %s AS bigint MAXVALUE %s', d.sequence_name, d.column_maximum)
						WHEN w.how = 'at once' AND d.maximum < 9223372036854775807 AND d.increment > 0
						THEN pg_catalog.format(E'%s;\nALTER SEQUENCE %s AS bigint MAXVALUE 9223372036854775807', w.apply_sql, d.sequence_name)
						ELSE w.apply_sql
						END,
		   revert_sql => CASE
						 WHEN d.sequence_ends_first THEN pg_catalog.format('ALTER SEQUENCE %s AS %s MAXVALUE %s', d.sequence_name, pg_catalog.format_type(d.sequence_type, NULL), d.maximum)
						 ELSE w.revert_sql
						 END,
		   impact => CASE
					 WHEN d.sequence_ends_first THEN 'Takes a SHARE ROW EXCLUSIVE lock on the sequence for a moment.'
					 ELSE w.impact
					 END) a;
COMMENT ON VIEW dbadvisor.rule_schema_sequence_exhaustion IS
'Rule schema.sequence_exhaustion: sequences that are running out';

GRANT SELECT ON dbadvisor.rule_schema_sequence_exhaustion TO dbadvisor_reader;
