-- partition_script() for pg_partman: the same steps up to the switch, with names and bounds
-- as pg_partman has them; then it makes the partitions ahead and drops those past retention.
--
-- It reckons where each partition ends from where it starts, so all must be as wide as the
-- interval: an attached table, which holds all that is old, would be dropped as soon as its
-- first rows are past retention.  Moving rows out of its default partition is no way either:
-- that deadlocks with those who write (9 of 10 times with four clients, versions of 2024).

CREATE OR REPLACE FUNCTION dbadvisor.partman_version()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(a.installed_version, a.default_version)
	  FROM pg_catalog.pg_available_extensions a
	 WHERE a.name = 'pg_partman';
$$;
COMMENT ON FUNCTION dbadvisor.partman_version() IS
'Version of pg_partman in this database, else the one that CREATE EXTENSION would install; null where there is none';

CREATE OR REPLACE FUNCTION dbadvisor.is_partman_4(version text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.split_part(version, '.', 1)::integer = 4;
$$;
COMMENT ON FUNCTION dbadvisor.is_partman_4(text) IS
'Whether a version of pg_partman has the arguments and names of version 4, which changed in 5';

-- Where it would cut an interval in another place of the calendar than period_start(), its
-- partitions would overlap ours.
CREATE OR REPLACE FUNCTION dbadvisor.partman_obstacles(
	relation oid,
	attnum smallint,
	strategy text,
	interval_width text,
	recipe text,
	retention text,
	version text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	longest_name CONSTANT integer := 40;	-- of which partition_numbers() cuts no part off
	t record;
BEGIN
	SELECT c.relname, n.nspname, a.atttypid AS type, a.atttypid IN (20, 21, 23) AS is_number
	  INTO t
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partman_obstacles.attnum
	 WHERE c.oid = relation;
	IF version IS NULL THEN
		RETURN NEXT 'this server has no pg_partman';
	ELSIF pg_catalog.split_part(version, '.', 1) NOT IN ('4', '5') THEN
		RETURN NEXT pg_catalog.format('version %s of pg_partman is none of 4 and 5', version);
	END IF;
	IF strategy <> 'range' THEN
		RETURN NEXT 'it makes partitions by range only';
		RETURN;
	END IF;
	IF recipe <> 'copy' THEN
		RETURN NEXT 'all partitions must be as wide as the interval, so the table cannot be the first one';
	END IF;
	IF retention IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.confrelid = relation AND k.contype = 'f') THEN
		RETURN NEXT 'it drops no partition of a table that foreign keys refer to: leave retention out';
	END IF;
	IF pg_catalog.strpos(t.relname || t.nspname, '.') > 0 THEN
		RETURN NEXT 'there is a period in the name';
	END IF;
	IF pg_catalog.length(t.relname) > longest_name THEN
		RETURN NEXT pg_catalog.format('the name has more than %s characters', longest_name);
	END IF;
	IF t.is_number AND (SELECT e.lowest::numeric < 0 FROM dbadvisor.column_ends(relation, attnum) e) THEN
		RETURN NEXT 'the key has negative numbers';
	ELSIF NOT t.is_number AND NOT dbadvisor.partman_fits(interval_width::interval, t.type) THEN
		RETURN NEXT pg_catalog.format('%s is none of the intervals that it cuts alike: whole hours, days or months below ten years, for dates a day at least', interval_width);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partman_obstacles(oid, smallint, text, text, text, text, text) IS
'What keeps this version of pg_partman from taking over a table that is partitioned in this way; no row for nothing';

CREATE OR REPLACE FUNCTION dbadvisor.partman_fits(width interval, type regtype)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT width < interval '10 years'
		   AND width = pg_catalog.date_trunc('hour', width)
		   AND (EXTRACT(epoch FROM pg_catalog.date_trunc('month', width)) = 0 OR width = pg_catalog.date_trunc('month', width))
		   AND width >= CASE WHEN type = 'date'::pg_catalog.regtype THEN interval '1 day' ELSE interval '1 hour' END
		   AND (width <= interval '1 day' OR width = pg_catalog.date_trunc('day', width));
$$;
COMMENT ON FUNCTION dbadvisor.partman_fits(interval, regtype) IS
'Whether pg_partman cuts this interval where dbadvisor.period_start() does';

-- Version 4 reads the order of partitions from their names.
CREATE OR REPLACE FUNCTION dbadvisor.partman_suffix(width interval, version text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN NOT dbadvisor.is_partman_4(version) THEN CASE WHEN width >= interval '1 day' THEN 'YYYYMMDD' ELSE 'YYYYMMDD_HH24MISS' END
		   WHEN width >= interval '1 year' THEN 'YYYY'
		   WHEN width = interval '3 months' THEN 'YYYY"q"Q'
		   WHEN width >= interval '1 month' THEN 'YYYY_MM'
		   WHEN width = interval '7 days' THEN 'IYYY"w"IW'
		   WHEN width >= interval '1 day' THEN 'YYYY_MM_DD'
		   ELSE 'YYYY_MM_DD_HH24MI'
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.partman_suffix(interval, text) IS
'How to_char() prints the start of a partition as this version of pg_partman names it';

-- The planner computes casts of what it knows also where they are not reached.
CREATE OR REPLACE FUNCTION dbadvisor.whole_number(value text)
RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN value ~ '^-?\d+$' THEN value::bigint END;
$$;
COMMENT ON FUNCTION dbadvisor.whole_number(text) IS
'A whole number that is written as text; null for any other text';

CREATE OR REPLACE FUNCTION dbadvisor.partman_list(
	relation oid,
	attnum smallint,
	interval_width text,
	premake integer,
	version text)
RETURNS TABLE (
	place bigint,
	partition_name text,
	bound text,
	upper_bound text,
	lower_bound text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET quote_all_identifiers = off
AS $$
	SELECT r.place,
		   dbadvisor.suffixed_name(c.relname, 'p' || s.suffix),
		   pg_catalog.format('FOR VALUES FROM (%s) TO (%s)', s.lower_bound, r.upper_bound),
		   r.upper_bound,
		   s.lower_bound
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partman_list.attnum
	 CROSS JOIN LATERAL dbadvisor.partition_ranges(relation, attnum, interval_width, 'copy', premake, NULL) WITH ORDINALITY r (partition_name, lower_bound, upper_bound, place)
	 CROSS JOIN LATERAL (
		SELECT (dbadvisor.whole_number(r.upper_bound) - dbadvisor.whole_number(interval_width))::text,
			   (dbadvisor.whole_number(r.upper_bound) - dbadvisor.whole_number(interval_width))::text
		 WHERE a.atttypid IN (20, 21, 23)
		 UNION ALL
		SELECT pg_catalog.to_char(t.starts, dbadvisor.partman_suffix(interval_width::interval, version)),
			   pg_catalog.quote_literal(CASE
										WHEN a.atttypid = 'timestamptz'::pg_catalog.regtype THEN pg_catalog.to_char(t.starts::timestamptz, dbadvisor.time_bound_format(a.atttypid))
										ELSE pg_catalog.to_char(t.starts, dbadvisor.time_bound_format(a.atttypid))
										END)
		  -- the offset that a bound is printed with is that of the session
		  FROM (SELECT pg_catalog.btrim(r.upper_bound, '''')::timestamp - interval_width::interval
				 WHERE a.atttypid NOT IN (20, 21, 23)) t (starts)) s (suffix, lower_bound)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partman_list(oid, smallint, text, integer, text) IS
'Partitions that partition_script() makes for pg_partman: as dbadvisor.partition_list() has them, but each as wide as the interval, and with the names of this version';

-- It is told of partitions from the last one on, so that it makes none before.  Version 4
-- may add a default partition, which would keep others from being detached beside reads and
-- fill up unseen.
CREATE OR REPLACE FUNCTION dbadvisor.partman_parent_sql(
	relation oid,
	attnum smallint,
	interval_width text,
	premake integer,
	retention text,
	last_starts text,
	schema name,
	version text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.locked_sql(
			   ARRAY[t.full_name] || dbadvisor.partition_referenced(relation), 'ACCESS EXCLUSIVE',
			   pg_catalog.concat_ws(
				   E'\n',
				   pg_catalog.format('PERFORM %I.create_parent(p_parent_table => %L, p_control => %L, p_type => %L, p_interval => %L, p_premake => %s, p_start_partition => %L%s);',
									 schema, t.plain_name, a.attname, CASE WHEN v.is_4 THEN 'native' ELSE 'range' END,
									 CASE
									 WHEN t.is_number OR NOT v.is_4 THEN interval_width
									 WHEN interval_width::interval = interval '3 months' THEN 'quarterly'
									 WHEN interval_width::interval = interval '7 days' THEN 'weekly'
									 ELSE interval_width
									 END,
									 premake,
									 CASE WHEN t.is_number THEN (dbadvisor.whole_number(last_starts) - premake * dbadvisor.whole_number(interval_width))::text ELSE pg_catalog.btrim(last_starts, '''') END,
									 CASE WHEN NOT v.is_4 THEN ', p_default_table => false' END),
				   CASE WHEN v.is_4 THEN pg_catalog.format('DROP TABLE IF EXISTS %I.%I;', n.nspname, c.relname || '_default') END,
				   pg_catalog.format('UPDATE %I.part_config SET infinite_time_partitions = true, retention = %L, retention_keep_table = false WHERE parent_table = %L;',
									 schema, retention, t.plain_name)))
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partman_parent_sql.attnum
	 CROSS JOIN LATERAL (SELECT dbadvisor.relation_identity(c.oid), n.nspname || '.' || c.relname, a.atttypid IN (20, 21, 23)) t (full_name, plain_name, is_number)
	 CROSS JOIN LATERAL (SELECT dbadvisor.is_partman_4(version)) v (is_4)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partman_parent_sql(oid, smallint, text, integer, text, text, name, text) IS
'Statements that hand a partitioned table over to this version of pg_partman';

CREATE OR REPLACE FUNCTION dbadvisor.partman_steps(
	relation oid,
	attnum smallint,
	interval_width text,
	premake integer,
	retention text,
	last_starts text,
	version text)
RETURNS TABLE (
	place integer,
	phase text,
	title text,
	sql text,
	lock_level text,
	undo_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT s.*
	  FROM (SELECT dbadvisor.extension_schema('pg_partman')) e (schema)
	 CROSS JOIN LATERAL (SELECT COALESCE(e.schema, 'partman')) p (schema)
	 CROSS JOIN LATERAL (
		SELECT n.nspname || '.' || c.relname
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.oid = relation) t (plain_name)
	 CROSS JOIN LATERAL (VALUES
		(2, 'prepare', 'Install pg_partman',
		 CASE WHEN e.schema IS NULL THEN pg_catalog.format(E'CREATE SCHEMA IF NOT EXISTS %1$I;\nCREATE EXTENSION IF NOT EXISTS pg_partman SCHEMA %1$I;', p.schema) END,
		 'none on the table', NULL),
		(44, 'after', 'Hand the table over to pg_partman; version 4 warns that there is nothing to create',
		 dbadvisor.partman_parent_sql(relation, attnum, interval_width, premake, retention, last_starts, p.schema, version),
		 'ACCESS EXCLUSIVE for moments',
		 pg_catalog.format(E'DO $step$\nDECLARE\n\ttemplate text;\nBEGIN\n\tDELETE FROM %1$I.part_config WHERE parent_table = %2$L RETURNING template_table INTO template;\n'
						   '\tIF template IS NOT NULL THEN\n\t\tEXECUTE pg_catalog.format(''DROP TABLE IF EXISTS %%I.%%I'', pg_catalog.split_part(template, ''.'', 1), pg_catalog.split_part(template, ''.'', 2));\n\tEND IF;\nEND\n$step$;',
						   p.schema, t.plain_name)),
		(51, 'repeat', 'Make partitions ahead and drop those past retention: schedule this at least once per partition, or have pg_partman_bgw do it',
		 pg_catalog.format('CALL %I.run_maintenance_proc();', p.schema),
		 'ACCESS EXCLUSIVE on the table where partitions are dropped, else SHARE UPDATE EXCLUSIVE', NULL)) s (place, phase, title, sql, lock_level, undo_sql)
	 WHERE s.sql IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partman_steps(oid, smallint, text, integer, text, text, text) IS
'Steps of partition_script() that have pg_partman take over';

CREATE OR REPLACE FUNCTION dbadvisor.partman_refuse(
	relation oid,
	attnum smallint,
	strategy text,
	interval_width text,
	recipe text,
	retention text,
	version text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	obstacles text := (SELECT pg_catalog.string_agg(o, '; ') FROM dbadvisor.partman_obstacles(relation, attnum, strategy, interval_width, recipe, retention, version) o);
BEGIN
	IF obstacles IS NOT NULL THEN
		RAISE feature_not_supported
			USING MESSAGE = pg_catalog.format('pg_partman cannot take over %s', dbadvisor.relation_identity(relation)),
				  DETAIL = pg_catalog.format('In the way: %s.', obstacles),
				  HINT = 'Dialect postgresql needs no extension.';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partman_refuse(oid, smallint, text, text, text, text, text) IS
'Raises what keeps pg_partman from taking a table over';

REVOKE ALL ON FUNCTION dbadvisor.whole_number(text),
	dbadvisor.partman_version(),
	dbadvisor.is_partman_4(text),
	dbadvisor.partman_obstacles(oid, smallint, text, text, text, text, text),
	dbadvisor.partman_fits(interval, regtype),
	dbadvisor.partman_suffix(interval, text),
	dbadvisor.partman_list(oid, smallint, text, integer, text),
	dbadvisor.partman_parent_sql(oid, smallint, text, integer, text, text, name, text),
	dbadvisor.partman_steps(oid, smallint, text, integer, text, text, text),
	dbadvisor.partman_refuse(oid, smallint, text, text, text, text, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.whole_number(text),
	dbadvisor.partman_version(),
	dbadvisor.is_partman_4(text),
	dbadvisor.partman_obstacles(oid, smallint, text, text, text, text, text),
	dbadvisor.partman_fits(interval, regtype),
	dbadvisor.partman_suffix(interval, text),
	dbadvisor.partman_list(oid, smallint, text, integer, text),
	dbadvisor.partman_parent_sql(oid, smallint, text, integer, text, text, name, text),
	dbadvisor.partman_steps(oid, smallint, text, integer, text, text, text),
	dbadvisor.partman_refuse(oid, smallint, text, text, text, text, text)
	TO dbadvisor_reader;
