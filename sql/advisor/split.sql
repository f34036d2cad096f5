-- Tables that are worth searching for a split, and the advice to split one.
--
-- A search reads rows; the statistics bound what it can find, so most tables are
-- never searched.

-- The script leaves out what it could not do for the same table under another name.
CREATE OR REPLACE FUNCTION dbadvisor.split_obstacles(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH gone AS MATERIALIZED (
		SELECT COALESCE(pg_catalog.array_agg(a.attnum), '{}') AS columns
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = relation
		   AND a.attname::text IN (SELECT pg_catalog.jsonb_array_elements_text(g.item -> 'dependents')
									 FROM pg_catalog.jsonb_array_elements(groups) g (item))
	)
	SELECT pg_catalog.string_agg(o.name, ', ' ORDER BY o.name)
	  FROM (SELECT dbadvisor.column_dependents(relation, g.columns) AS name
			  FROM gone g
			 UNION ALL
			SELECT x.what
			  FROM pg_catalog.pg_class c
			 CROSS JOIN gone g
			 CROSS JOIN LATERAL (VALUES
					('partitions or heirs', c.relkind <> 'r' OR c.relispartition OR c.relhassubclass
											OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)),
					('row security', c.relrowsecurity),
					('rules', c.relhasrules),
					('its type', c.reloftype <> 0),
					('triggers', EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)),
					('the missing primary key', NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))) x (what, is_there)
			 WHERE c.oid = relation
			   AND x.is_there
			 UNION ALL
			SELECT pg_catalog.format('constraint %I', k.conname)
			  FROM pg_catalog.pg_constraint k
			 CROSS JOIN gone g
			 WHERE k.conrelid = relation
			   AND k.contype IN ('c', 'p', 'u', 'x')
			   AND k.conkey && g.columns
			 UNION ALL
			SELECT pg_catalog.format('unique index %s', pg_catalog.quote_ident(i.relname))
			  FROM pg_catalog.pg_index x
			  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
			 CROSS JOIN gone g
			 WHERE x.indrelid = relation
			   AND x.indisunique
			   AND x.indkey::smallint[] && g.columns
			   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid)) o
	 WHERE o.name IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.split_obstacles(regclass, jsonb) IS
'What of a table stands in the way of moving the dependents of groups, as split_script() takes them, into other tables: views, policies, triggers, constraints and the like that are about them; null for nothing';

-- A column can lose at most the values that repeat another one of its own: an upper
-- bound of what any split saves.
CREATE OR REPLACE FUNCTION dbadvisor.repetitive_tables(min_rows bigint, min_bytes bigint)
RETURNS TABLE (
	relid oid,
	full_name text,
	rows bigint,
	bytes bigint,
	repeated_bytes bigint,
	updates_per_row double precision)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.relid,
		   t.full_name,
		   t.rows,
		   t.bytes,
		   r.bytes,
		   t.rows_updated::double precision / t.rows
	  FROM dbadvisor.user_table t
	  JOIN (SELECT s.relid,
				   pg_catalog.sum((s.rows * (1 - s.null_frac) - s.distinct_values) * s.avg_width)::bigint AS bytes
			  FROM dbadvisor.user_column_statistics s
			 WHERE s.rows >= repetitive_tables.min_rows
			   AND s.distinct_values > 1
			   AND s.distinct_values < s.rows * (1 - s.null_frac)
			   AND NOT s.is_generated
			 GROUP BY s.relid
			-- a determinant, and what depends on it
			HAVING pg_catalog.count(*) >= 2) r ON r.relid = t.relid
	 WHERE r.bytes >= repetitive_tables.min_bytes
	   AND NOT t.is_inheritor
	 ORDER BY r.bytes * (1 + LEAST(t.rows_updated::double precision / t.rows, 1)) DESC, t.full_name;
$$;
COMMENT ON FUNCTION dbadvisor.repetitive_tables(bigint, bigint) IS
'Tables in which a split could save so many bytes by their statistics, those with most to save and most updates first: repeated_bytes is what all columns together repeat';

CREATE OR REPLACE FUNCTION dbadvisor.split_impact(full_name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('A view of this name takes the place of %s: no ON CONFLICT, TRUNCATE or new foreign key on it. Takes an ACCESS EXCLUSIVE lock for the switch. The space of the dropped columns comes free when %s is written anew.',
							 full_name, full_name);
$$;
COMMENT ON FUNCTION dbadvisor.split_impact(text) IS
'What splitting a table does to others';

CREATE OR REPLACE FUNCTION dbadvisor.split_advice(
	rule text,
	relation regclass,
	min_bytes bigint,
	sample_rows bigint,
	time_limit interval,
	verify_bytes bigint)
RETURNS SETOF dbadvisor.advice
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH told AS MATERIALIZED (
		SELECT n.*
		  FROM dbadvisor.normalize(split_advice.relation, min_bytes => split_advice.min_bytes,
								   sample_rows => split_advice.sample_rows,
								   time_limit => split_advice.time_limit,
								   verify_bytes => split_advice.verify_bytes) n
	), proposal AS (
		SELECT pg_catalog.string_agg(pg_catalog.format('%s from %s', dbadvisor.name_list(t.columns), dbadvisor.name_list(t.key_columns)), '; ' ORDER BY t.step) AS names,
			   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('determinant', t.key_columns, 'dependents', t.columns)
									|| (t.evidence - '{proposed,vetoes}'::text[]) ORDER BY t.step) AS groups,
			   GREATEST(pg_catalog.sum((t.evidence ->> 'net_bytes')::bigint), 0)::bigint AS saved,
			   pg_catalog.min((t.evidence ->> 'rows_checked')::bigint) AS rows_checked,
			   pg_catalog.bool_and((t.evidence ->> 'whole_table')::boolean) AS whole_table,
			   -- copies of what another table has could be of a moment, on purpose
			   CASE WHEN pg_catalog.bool_and(t.evidence ->> 'referenced' IS NOT NULL)
					THEN (SELECT pg_catalog.string_agg(DISTINCT o.evidence ->> 'referenced', ', ')
							FROM told o
						   WHERE o.part = 'dependency'
							 AND (o.evidence ->> 'proposed')::boolean) END AS copied_from
		  FROM told t
		 WHERE t.part = 'dependency'
		   AND (t.evidence ->> 'proposed')::boolean
	), script AS (
		SELECT pg_catalog.rtrim(pg_catalog.string_agg(t.sql, '') FILTER (WHERE t.step = 1), ';') AS check_sql,
			   pg_catalog.rtrim(pg_catalog.string_agg(pg_catalog.format(E'-- %s\n%s', t.title, t.sql), E'\n' ORDER BY t.step)
								FILTER (WHERE t.part = 'migration' AND t.step > 1), ';') AS apply_sql,
			   pg_catalog.rtrim(pg_catalog.string_agg(t.sql, '') FILTER (WHERE t.part = 'way back'), ';') AS revert_sql
		  FROM told t
		 WHERE t.sql IS NOT NULL
	)
	SELECT a.*
	  FROM proposal p
	 CROSS JOIN script s
	 CROSS JOIN dbadvisor.relation_identity(split_advice.relation) r (name)
	 CROSS JOIN LATERAL dbadvisor.advice(
			   rule => split_advice.rule,
			   relid => split_advice.relation,
			   severity => CASE WHEN NOT p.whole_table OR p.copied_from IS NOT NULL THEN 'low' END,
			   title => CASE WHEN p.copied_from IS NULL THEN pg_catalog.format('Split %s: %s', r.name, p.names)
							 ELSE pg_catalog.format('Look whether %s has to repeat what belongs to %s: %s', r.name, p.copied_from, p.names) END,
			   detail => pg_catalog.format('%s of its rows say the same of each determinant, %s. %s.',
										   CASE WHEN p.whole_table THEN 'All ' || p.rows_checked ELSE p.rows_checked || ' sampled' END,
										   (SELECT t.title FROM told t WHERE t.part = 'check'),
										   COALESCE('No script is printed because of ' || (SELECT t.evidence ->> 'obstacles' FROM told t WHERE t.part = 'obstacle'),
													CASE WHEN s.apply_sql IS NOT NULL THEN 'The script puts a view in the place of the table' END,
													CASE WHEN p.copied_from IS NOT NULL THEN 'No script is printed, as they may be copies of a moment' END,
													'No script is printed before all rows are checked, as normalize() does with a higher verify_bytes')),
			   evidence => pg_catalog.jsonb_build_object(
							   'normal_form', (SELECT t.title FROM told t WHERE t.part = 'form'),
							   'violations', (SELECT pg_catalog.jsonb_agg(t.title ORDER BY t.step) FROM told t WHERE t.part = 'violation'),
							   'groups', p.groups,
							   'relations', (SELECT pg_catalog.jsonb_agg(t.title ORDER BY t.step) FROM told t WHERE t.part = 'relation'),
							   'join_check', (SELECT t.evidence FROM told t WHERE t.part = 'check'),
							   'search', (SELECT t.title FROM told t WHERE t.part = 'search'),
							   'rows_checked', p.rows_checked,
							   'saved_bytes', p.saved,
							   'confidence_reason', CASE WHEN p.whole_table
													THEN 'holds in all rows, and is improbable by chance'
													ELSE 'holds in the rows that were read, and is improbable by chance; the precheck reads all' END),
			   benefit_bytes => p.saved,
			   confidence => CASE WHEN p.whole_table THEN 0.8 ELSE 0.6 END,
			   proof => 'sample',
			   precheck_sql => s.check_sql,
			   safety => 'reversible_slow',
			   apply_sql => s.apply_sql,
			   revert_sql => s.revert_sql,
			   impact => dbadvisor.split_impact(r.name)) a
	 WHERE p.groups IS NOT NULL
	 UNION ALL
	SELECT a.*
	  FROM told t
	 CROSS JOIN dbadvisor.relation_identity(split_advice.relation) r (name)
	 CROSS JOIN LATERAL dbadvisor.advice(
			   rule => split_advice.rule,
			   relid => split_advice.relation,
			   variant => 'exceptions of ' || dbadvisor.name_list(t.key_columns),
			   severity => 'low',
			   title => pg_catalog.format('Look at the rows of %s that contradict all others: %s from %s',
										  r.name, dbadvisor.name_list(t.columns), dbadvisor.name_list(t.key_columns)),
			   detail => pg_catalog.format('%s of %s rows that were read say something else of the same %s than the others. If they are mistakes, mend them: then the table can be split.',
										   t.evidence ->> 'exceptions', t.evidence ->> 'rows_checked', dbadvisor.name_list(t.key_columns)),
			   evidence => (t.evidence - '{proposed,vetoes}'::text[])
						   || pg_catalog.jsonb_build_object(
								  'determinant', t.key_columns,
								  'dependents', t.columns,
								  'confidence_reason', 'holds but for a few rows, and is improbable by chance'),
			   confidence => 0.4,
			   proof => 'sample',
			   precheck_sql => dbadvisor.dependency_check_sql(split_advice.relation, t.key_columns, t.columns)) a
	 WHERE t.part = 'dependency'
	   AND t.evidence -> 'vetoes' = '["some rows contradict it"]';
$$;
COMMENT ON FUNCTION dbadvisor.split_advice(text, regclass, bigint, bigint, interval, bigint) IS
'The advice to split a table as normalize() proposes, and to look at rows that contradict what all others say; no row where there is nothing of either';

REVOKE ALL ON FUNCTION dbadvisor.split_obstacles(regclass, jsonb),
	dbadvisor.repetitive_tables(bigint, bigint),
	dbadvisor.split_impact(text),
	dbadvisor.split_advice(text, regclass, bigint, bigint, interval, bigint)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.split_obstacles(regclass, jsonb),
	dbadvisor.repetitive_tables(bigint, bigint),
	dbadvisor.split_impact(text),
	dbadvisor.split_advice(text, regclass, bigint, bigint, interval, bigint)
	TO dbadvisor_reader;
