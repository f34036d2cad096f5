-- normalization.tables_alike: sales_2021, sales_2022, sales_2023
--
-- Fires for min_periods tables of a schema whose names end in a period, or
-- min_keyed with min_rows rows in all whose names differ in the first or last word,
-- that have min_share of their columns in common.  Where a column lies within the
-- period of each table, by a check or by the statistics, they become partitions of a
-- new table as they are; else a view shows them as one.  Silent for partitions, for
-- tables that inherit, and for those that a view puts together.
SELECT dbadvisor.register_rule(
	rule => 'normalization.tables_alike',
	title => 'A period or a key is in the names of tables instead of in a column',
	why => 'A question about two years is a UNION, each change of a column is made many times, and no key or foreign key holds across the tables.',
	severity => 'low',
	thresholds => '{"min_periods": 3, "min_keyed": 5, "min_rows": 10000, "min_columns": 4, "min_share": 0.9, "max_statements": 100}',
	doc => 'Names end in a year, quarter, month or day, or differ in one word, as of a customer. Two columns are the same by name, type and collation, and where they refer to the same table, or to the one of the same period or key. Partitions need equal columns throughout, no identity or generated column, no policies, and periods that do not overlap; a table keeps its own keys and indexes when it is attached. Above max_statements tables nothing is printed. Wrong for tables that have the same columns by chance, and where each customer must have tables of his own.',
	shipped => true);

-- The period that the end of a name tells; a day that the month does not have is one
-- of the next month.
CREATE OR REPLACE FUNCTION dbadvisor.name_period(
	name text,
	OUT stem text,
	OUT period text,
	OUT starts date,
	OUT ends date)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.part[1],
		   pg_catalog.substr(name, pg_catalog.length(m.part[1]) + 1),
		   s.starts,
		   (s.starts + CASE
					   WHEN m.part[4] IS NOT NULL THEN interval '1 day'
					   WHEN m.part[3] IS NOT NULL THEN interval '1 month'
					   WHEN m.part[5] IS NOT NULL THEN interval '3 months'
					   ELSE interval '1 year'
					   END)::date
	  FROM pg_catalog.regexp_match(name, '^(.*?[^0-9_])_*[yp]?((?:19|20)[0-9]{2})(?:[_m]?(0[1-9]|1[0-2])(?:[_d]?(0[1-9]|[12][0-9]|3[01]))?|_?q([1-4]))?$') m (part)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.make_date(m.part[2]::integer, COALESCE(m.part[3]::integer, m.part[5]::integer * 3 - 2, 1), 1)
			   + COALESCE(m.part[4]::integer, 1) - 1) s (starts)
	 WHERE m.part IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.name_period(text) IS
'The year, quarter, month or day at the end of a name, and what is before it; null for a name without';

-- A name is of a period, or has a first or last word; the largest set counts.
CREATE OR REPLACE VIEW dbadvisor.tables_alike WITH (security_invoker = true) AS
WITH candidate AS MATERIALIZED (
	SELECT t.relid,
		   t.schema_name,
		   t.table_name::text AS table_name,
		   t.full_name,
		   t.rows,
		   t.bytes,
		   t.rows_changed_since_analyze <= 0.2 * t.rows AS is_fresh,
		   n.*
	  FROM dbadvisor.user_table t
	 CROSS JOIN LATERAL (
		SELECT p.stem, p.period AS part, 'period' AS kind, p.starts, p.ends
		  FROM dbadvisor.name_period(t.table_name::text) p
		 WHERE p.stem IS NOT NULL
		 UNION ALL
		SELECT k.part[1], k.part[2], 'last word', NULL, NULL
		  FROM pg_catalog.regexp_match(t.table_name::text, '^(.+)_([[:alnum:]]+)$') k (part)
		 WHERE k.part IS NOT NULL
		 UNION ALL
		SELECT k.part[2], k.part[1], 'first word', NULL, NULL
		  FROM pg_catalog.regexp_match(t.table_name::text, '^([[:alnum:]]+)_(.+)$') k (part)
		 WHERE k.part IS NOT NULL) n
	 WHERE t.relkind = 'r'
	   AND NOT t.is_partition
	   AND NOT t.is_inheritor
	   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.relid)
), sized AS MATERIALIZED (
	SELECT c.*,
		   pg_catalog.count(*) OVER (PARTITION BY c.schema_name, c.kind, c.stem) AS tables
	  FROM candidate c
), many AS MATERIALIZED (
	SELECT s.*
	  FROM sized s
	 WHERE s.tables >= CASE s.kind
					   WHEN 'period' THEN (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_periods'))
					   ELSE (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_keyed'))
					   END
), col AS MATERIALIZED (
	SELECT m.relid, m.schema_name, m.kind, m.stem, m.tables,
		   a.attname AS column_name,
		   pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), a.atttypid, a.atttypmod, a.attcollation, f.target) AS signature
	  FROM many m
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relid AND a.attnum > 0 AND NOT a.attisdropped
	  LEFT JOIN LATERAL (
		SELECT pg_catalog.min(CASE
							  WHEN r.relname = m.part THEN r.oid::text
							  ELSE pg_catalog.replace(r.relname::text, m.part, '*')
							  END)
		  FROM pg_catalog.pg_constraint k
		  JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
		 WHERE k.conrelid = m.relid
		   AND k.contype = 'f'
		   AND a.attnum = ANY (k.conkey)) f (target) ON true
), shared AS MATERIALIZED (
	SELECT c.schema_name, c.kind, c.stem, c.signature
	  FROM col c
	 GROUP BY c.schema_name, c.kind, c.stem, c.signature, c.tables
	HAVING pg_catalog.count(*) > c.tables / 2.0
), width AS MATERIALIZED (
	SELECT s.schema_name, s.kind, s.stem, pg_catalog.count(*) AS columns
	  FROM shared s
	 GROUP BY s.schema_name, s.kind, s.stem
), alike AS (
	SELECT c.relid, c.kind, c.stem, c.schema_name,
		   pg_catalog.count(s.signature) = w.columns AND pg_catalog.count(*) = w.columns AS is_equal
	  FROM col c
	  JOIN width w USING (schema_name, kind, stem)
	  LEFT JOIN shared s USING (schema_name, kind, stem, signature)
	 WHERE w.columns >= (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_columns'))
	 GROUP BY c.relid, c.kind, c.stem, c.schema_name, w.columns
	HAVING pg_catalog.count(s.signature)
		   >= (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_share'))
			  * (w.columns + pg_catalog.count(*) - pg_catalog.count(s.signature))
), counted AS (
	SELECT m.*,
		   a.is_equal,
		   pg_catalog.count(*) OVER (PARTITION BY m.schema_name, m.kind, m.stem) AS alike
	  FROM alike a
	  JOIN many m USING (schema_name, kind, stem, relid)
)
SELECT DISTINCT ON (c.relid)
	   c.relid,
	   c.schema_name,
	   c.table_name,
	   c.full_name,
	   c.rows,
	   c.bytes,
	   c.is_fresh,
	   c.kind,
	   c.stem,
	   c.part,
	   c.starts,
	   c.ends,
	   c.is_equal
  FROM counted c
 ORDER BY c.relid, c.kind <> 'period', c.alike DESC, c.kind;
COMMENT ON VIEW dbadvisor.tables_alike IS
'Tables of a schema that have most columns in common and whose names differ in a period at the end, or in the first or last word; is_fresh where statistics are, is_equal where a table has all of the columns that most have, and no other';

-- Bounds are written with the offset of time zone of the analysis.
CREATE OR REPLACE FUNCTION dbadvisor.period_bound(type oid, day date)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.quote_literal(
			   CASE type
			   WHEN 'timestamptz'::pg_catalog.regtype THEN pg_catalog.to_char(day::timestamptz, 'YYYY-MM-DD HH24:MI:SSOF')
			   ELSE pg_catalog.to_char(day::timestamp, 'YYYY-MM-DD')
			   END);
$$;
COMMENT ON FUNCTION dbadvisor.period_bound(oid, date) IS
'A day as the bound of a partition by a column of this type';

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_tables_alike
WITH (security_invoker = true) AS
WITH member AS MATERIALIZED (
	SELECT t.*,
		   COALESCE(t.starts < pg_catalog.lag(t.ends) OVER (PARTITION BY t.schema_name, t.kind, t.stem ORDER BY t.starts, t.ends), false) AS overlaps,
		   c.relrowsecurity OR c.relpersistence <> 'p' AS is_special,
		   pg_catalog.quote_ident(pg_catalog.left(t.table_name, 56) || '_period') AS check_name,
		   l.layout,
		   l.has_own_values
	  FROM dbadvisor.tables_alike t
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), a.atttypid, a.atttypmod, a.attcollation, a.attnotnull), ',' ORDER BY a.attname),
			   pg_catalog.bool_or(a.attidentity <> '' OR a.attgenerated <> '')
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = t.relid
		   AND a.attnum > 0
		   AND NOT a.attisdropped) l (layout, has_own_values)
), family AS MATERIALIZED (
	SELECT m.schema_name, m.kind, m.stem,
		   pg_catalog.count(*) AS tables,
		   pg_catalog.sum(m.rows) AS rows,
		   pg_catalog.sum(m.bytes)::bigint AS bytes,
		   pg_catalog.array_agg(m.relid ORDER BY m.table_name) AS relids,
		   pg_catalog.array_agg(m.table_name ORDER BY m.table_name) AS names,
		   pg_catalog.bool_and(m.is_equal) AS is_equal,
		   pg_catalog.count(DISTINCT m.layout) = 1
		   AND NOT pg_catalog.bool_or(m.overlaps OR m.is_special OR m.has_own_values) AS can_attach,
		   CASE
		   WHEN pg_catalog.count(DISTINCT m.layout) > 1 THEN 'since their columns differ'
		   WHEN pg_catalog.bool_or(m.overlaps) THEN 'since their periods overlap'
		   WHEN pg_catalog.bool_or(m.has_own_values) THEN 'since they have identity or generated columns'
		   WHEN pg_catalog.bool_or(m.is_special) THEN 'since some have policies or are not logged'
		   ELSE 'since no column of time is known to lie within the period of each'
		   END AS obstacle,
		   CASE m.kind WHEN 'first word' THEN '*_' || m.stem WHEN 'last word' THEN m.stem || '_*' ELSE m.stem || ' and a period' END AS pattern
	  FROM member m
	 GROUP BY m.schema_name, m.kind, m.stem
	HAVING pg_catalog.count(*) >= CASE m.kind
								  WHEN 'period' THEN (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_periods'))
								  ELSE (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_keyed'))
								  END
	   AND (m.kind = 'period' OR pg_catalog.sum(m.rows) >= (SELECT dbadvisor.threshold('normalization.tables_alike', 'min_rows')))
), dated AS (
	-- columns of time, and whether they lie within the period of their table: by a check
	-- that says so, or by all values that fresh statistics hold; an empty table has none
	-- outside
	SELECT t.relid, t.schema_name, t.stem, t.starts, t.ends,
		   a.attname AS column_name,
		   a.attnum,
		   a.atttypid AS type,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_constraint c
					WHERE c.conrelid = t.relid
					  AND c.contype = 'c'
					  AND c.convalidated
					  AND c.conkey = ARRAY[a.attnum]
					  AND a.attnotnull
					  AND pg_catalog.regexp_replace(dbadvisor.definition_unless_locked(c.oid), ' 00:00:00[-+:0-9]*''', '''', 'g')
						  LIKE pg_catalog.format('CHECK (((%1$s >= ''%2$s''::%%) AND (%1$s < ''%3$s''::%%)))',
												 pg_catalog.replace(pg_catalog.quote_ident(a.attname), '_', '\_'), t.starts, t.ends)) AS by_check,
		   t.rows = 0
		   OR t.is_fresh
			  AND s.null_frac = 0
			  AND (SELECT pg_catalog.bool_and(v.value::timestamptz >= t.starts AND v.value::timestamptz < t.ends)
					 FROM pg_catalog.unnest(s.bounds || s.common_values) v (value)) AS by_statistics
	  FROM member t
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = t.relid
	   AND a.attnum > 0
	   AND NOT a.attisdropped
	   AND a.atttypid IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype)
	  LEFT JOIN dbadvisor.column_statistics s
		ON s.relid = t.relid
	   AND s.attnum = a.attnum
	   AND NOT s.inherited
	 WHERE t.kind = 'period'
), period AS MATERIALIZED (
	SELECT d.schema_name,
		   d.stem,
		   d.column_name,
		   d.type,
		   pg_catalog.min(d.attnum) AS attnum,
		   pg_catalog.array_agg(d.relid) FILTER (WHERE d.by_check) AS checked,
		   pg_catalog.count(*) AS tables
	  FROM dated d
	 GROUP BY d.schema_name, d.stem, d.column_name, d.type
	HAVING pg_catalog.bool_and(COALESCE(d.by_check OR d.by_statistics, false))
), apart AS MATERIALIZED (
	SELECT f.*,
		   n.new_name,
		   p.column_name,
		   p.type,
		   COALESCE(p.checked, '{}') AS checked
	  FROM family f
	  -- a name that nothing has yet
	  LEFT JOIN LATERAL (
		SELECT pg_catalog.format('%I.%I', f.schema_name, x.name)
		  FROM (VALUES (1, f.stem), (2, f.stem || '_all')) x (place, name)
		 WHERE NOT EXISTS (SELECT
							 FROM pg_catalog.pg_class c
							 JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
							WHERE s.nspname = f.schema_name
							  AND c.relname = x.name)
		 ORDER BY x.place
		 LIMIT 1) n (new_name) ON true
	  LEFT JOIN LATERAL (
		SELECT q.*
		  FROM period q
		 WHERE f.can_attach
		   AND f.kind = 'period'
		   AND q.schema_name = f.schema_name
		   AND q.stem = f.stem
		   AND q.tables = f.tables
		 ORDER BY q.attnum
		 LIMIT 1) p ON true
	 -- a view that reads all of them puts them together already
	 WHERE NOT EXISTS (SELECT
						 FROM pg_catalog.pg_depend d
						 JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
						WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
						  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
						  AND d.refobjid = ANY (f.relids)
						GROUP BY w.ev_class
						HAVING pg_catalog.count(DISTINCT d.refobjid) = f.tables)
), statement AS (
	SELECT f.schema_name, f.kind, f.stem,
		   pg_catalog.string_agg(
			   CASE
			   WHEN m.relid = ANY (f.checked) THEN ''
			   ELSE pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s CHECK (%3$I IS NOT NULL AND %3$I >= %4$s AND %3$I < %5$s) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s;\n',
									  m.full_name, m.check_name, f.column_name, b.starts, b.ends)
			   END
			   || pg_catalog.format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', f.new_name, m.full_name, b.starts, b.ends)
			   || CASE
				  WHEN m.relid = ANY (f.checked) THEN ''
				  ELSE pg_catalog.format(E';\nALTER TABLE %s DROP CONSTRAINT %s', m.full_name, m.check_name)
				  END,
			   E';\n' ORDER BY m.starts) AS attach,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s', f.new_name, m.full_name), E';\n' ORDER BY m.starts) AS detach,
		   pg_catalog.string_agg(pg_catalog.format('SELECT %1$L AS table_name FROM %2$s WHERE %3$I IS NULL OR %3$I < %4$s OR %3$I >= %5$s', m.table_name, m.full_name, f.column_name, b.starts, b.ends), E' UNION\n' ORDER BY m.starts) AS outside,
		   (pg_catalog.array_agg(m.full_name ORDER BY m.starts DESC))[1] AS model
	  FROM apart f
	  JOIN member m USING (schema_name, kind, stem)
	 CROSS JOIN LATERAL (SELECT dbadvisor.period_bound(f.type, m.starts), dbadvisor.period_bound(f.type, m.ends)) b (starts, ends)
	 WHERE f.column_name IS NOT NULL
	 GROUP BY f.schema_name, f.kind, f.stem
), together AS (
	SELECT f.schema_name, f.kind, f.stem,
		   pg_catalog.string_agg(pg_catalog.format('SELECT %L AS table_name, %s FROM %s', m.table_name, c.columns, m.full_name), E'\nUNION ALL\n' ORDER BY m.table_name) AS query
	  FROM apart f
	  JOIN member m USING (schema_name, kind, stem)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(pg_catalog.quote_ident(x.attname), ', ' ORDER BY x.attnum)
		  FROM (SELECT a.attname,
					   pg_catalog.min(a.attnum) AS attnum
				  FROM pg_catalog.pg_attribute a
				 WHERE a.attrelid = ANY (f.relids)
				   AND a.attnum > 0
				   AND NOT a.attisdropped
				 GROUP BY a.attname
				HAVING pg_catalog.count(*) = f.tables
				   AND pg_catalog.count(DISTINCT (a.atttypid, a.attcollation)) = 1
				   AND a.attname <> 'table_name') x) c (columns)
	 WHERE f.column_name IS NULL
	 GROUP BY f.schema_name, f.kind, f.stem
)
SELECT a.*
  FROM apart f
  LEFT JOIN statement s USING (schema_name, kind, stem)
  LEFT JOIN together v USING (schema_name, kind, stem)
 CROSS JOIN LATERAL (
	SELECT f.tables <= dbadvisor.threshold('normalization.tables_alike', 'max_statements') AND f.new_name IS NOT NULL,
		   f.tables - pg_catalog.cardinality(f.checked)) p (is_printed, to_validate)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.tables_alike',
		   object_type => 'schema',
		   object_name => pg_catalog.quote_ident(f.schema_name),
		   variant => f.pattern,
		   title => CASE
					WHEN s.attach IS NOT NULL THEN pg_catalog.format('Make %s tables of schema %I, such as %I, partitions of one', f.tables, f.schema_name, f.names[1])
					ELSE pg_catalog.format('Put %s tables of schema %I, such as %I, together', f.tables, f.schema_name, f.names[1])
					END,
		   detail => pg_catalog.format(
						 '%s have %s columns and differ in a %s in their names. %s',
						 pg_catalog.array_to_string(f.names[1:5], ', ') || CASE WHEN f.tables > 5 THEN pg_catalog.format(' and %s more', f.tables - 5) ELSE '' END,
						 CASE WHEN f.is_equal THEN 'the same' ELSE 'mostly the same' END,
						 CASE f.kind WHEN 'period' THEN 'period' ELSE 'word' END,
						 CASE
						 WHEN s.attach IS NOT NULL
						 THEN pg_catalog.format('Column %I lies within the period of each, by %s, so they can be attached to a partitioned table as they are.', f.column_name,
												CASE p.to_validate
												WHEN 0 THEN 'their checks'
												WHEN f.tables THEN 'the statistics'
												ELSE 'checks or the statistics'
												END)
						 WHEN f.kind = 'period'
						 THEN pg_catalog.format('A view shows them as one table; they cannot be attached to one as they are, %s.', f.obstacle)
						 ELSE 'A view shows them as one table; one table with a column for that word would be partitioned by it, if at all.'
						 END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'tables', f.tables,
						   'table_names', f.names[1:20],
						   'differ_in', f.kind,
						   'columns_equal', f.is_equal,
						   'table_rows', f.rows,
						   'size_bytes', f.bytes,
						   'partition_column', CASE WHEN s.attach IS NOT NULL THEN f.column_name END,
						   'proved_by_check', CASE WHEN s.attach IS NOT NULL THEN pg_catalog.cardinality(f.checked) END,
						   'read_to_validate', CASE WHEN s.attach IS NOT NULL THEN p.to_validate END,
						   'confidence_reason', 'names and columns of the tables')),
		   confidence => CASE WHEN s.attach IS NOT NULL THEN 0.8 WHEN f.is_equal THEN 0.6 ELSE 0.5 END,
		   proof => 'heuristic',
		   affected_count => f.tables::integer,
		   precheck_sql => CASE WHEN p.is_printed THEN s.outside END,
		   apply_sql => CASE
						WHEN p.is_printed AND s.attach IS NOT NULL
						THEN pg_catalog.format(E'CREATE TABLE %s (LIKE %s) PARTITION BY RANGE (%I);\n%s', f.new_name, s.model, f.column_name, s.attach)
						WHEN p.is_printed
						THEN pg_catalog.format(E'CREATE VIEW %s WITH (security_invoker = true) AS\n%s', f.new_name, v.query)
						END,
		   revert_sql => CASE
						 WHEN p.is_printed AND s.attach IS NOT NULL
						 THEN pg_catalog.format(E'%s;\nDROP TABLE %s', s.detach, f.new_name)
						 WHEN p.is_printed
						 THEN pg_catalog.format('DROP VIEW %s', f.new_name)
						 END,
		   impact => CASE
					 WHEN s.attach IS NOT NULL
					 THEN pg_catalog.format('%s of %s tables are read once to validate a check, while reads and writes go on; each attachment then takes an ACCESS EXCLUSIVE lock on its table for a moment. The new table has no defaults, keys, grants or policies of its own: rows are inserted with all columns, or the defaults are set before.',
											p.to_validate, f.tables)
					 ELSE 'Makes a view and changes nothing else; its readers need SELECT on it and on the tables.'
					 END) a;
COMMENT ON VIEW dbadvisor.rule_normalization_tables_alike IS
'Rule normalization.tables_alike: tables whose names differ in a period or a key, and whose columns do not';

REVOKE ALL ON FUNCTION dbadvisor.name_period(text),
	dbadvisor.period_bound(oid, date)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.name_period(text),
	dbadvisor.period_bound(oid, date)
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.tables_alike,
	dbadvisor.rule_normalization_tables_alike
	TO dbadvisor_reader;
