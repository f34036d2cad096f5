-- A table becomes a partitioned one while reads and writes go on.
--
-- Recipe "attach" makes the table as it is the first partition: nothing is copied, and
-- rows after its end go into new partitions.  Recipe "copy" fills a partitioned table
-- beside it, which a trigger keeps in step, and goes for every strategy; the old table is
-- kept in step as well after the switch, as the way back.  Entry point:
-- partition_script(); partition_obstacles() says what is in the way.

CREATE OR REPLACE FUNCTION dbadvisor.partition_check_sql(
	relation oid,
	attnum smallint,
	strategy text,
	recipe text,
	first_ends text,
	last_ends text,
	first_starts text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(E'SELECT ''rows without a partition'' AS problem, pg_catalog.count(*) FROM %s WHERE %s IS NULL%s HAVING pg_catalog.count(*) > 0\nUNION ALL\n'
							 'SELECT ''transactions that have been running for a minute'', pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND backend_type = ''client backend'' AND xact_start < pg_catalog.now() - interval ''1 minute'' HAVING pg_catalog.count(*) > 0;',
							 dbadvisor.relation_identity(relation), k.name,
							 pg_catalog.concat(pg_catalog.format(' OR %s >= ', k.name) || CASE recipe WHEN 'attach' THEN first_ends ELSE last_ends END,
											 pg_catalog.format(' OR %s < ', k.name) || first_starts))
	  FROM dbadvisor.column_list(relation, ARRAY[attnum]) k (name);
$$;
COMMENT ON FUNCTION dbadvisor.partition_check_sql(oid, smallint, text, text, text, text, text) IS
'A query that returns a row for what would make a step of partition_script() fail or wait';

-- The constraint proves what SET NOT NULL and ATTACH would scan the table for.
CREATE OR REPLACE FUNCTION dbadvisor.partition_prepare(
	relation oid,
	attnum smallint,
	recipe text,
	first_ends text)
RETURNS TABLE (
	place integer,
	title text,
	sql text,
	lock_level text,
	undo_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH name AS MATERIALIZED (
		SELECT dbadvisor.relation_identity(c.oid) AS full_name,
			   dbadvisor.suffixed_name(c.relname, 'bound') AS bound,
			   pg_catalog.quote_ident(a.attname) AS key,
			   a.attnotnull,
			   (SELECT pg_catalog.string_agg(k.wide_sql, E'\n') FROM dbadvisor.partition_keys(relation, attnum) k) AS wide_sql,
			   (SELECT pg_catalog.string_agg(pg_catalog.format('DROP INDEX CONCURRENTLY IF EXISTS %s;', k.wide_name), E'\n') FROM dbadvisor.partition_keys(relation, attnum) k WHERE k.wide_name IS NOT NULL) AS drop_wide_sql,
			   dbadvisor.partition_child_sql(relation, attnum) AS child_sql
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partition_prepare.attnum
		 WHERE c.oid = relation
	)
	SELECT s.*
	  FROM name n
	 CROSS JOIN LATERAL (VALUES
		(11, 'Refuse from now on what the partitions would refuse',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE',
							  pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL%s) NOT VALID;', n.full_name, n.bound, n.key,
												CASE recipe WHEN 'attach' THEN pg_catalog.format(' AND %s < %s', n.key, first_ends) END)),
		 'ACCESS EXCLUSIVE for moments',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE', pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s;', n.full_name, n.bound))),
		(12, 'Prove that all rows obey, while reads and writes go on',
		 pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %s;', n.full_name, n.bound),
		 'SHARE UPDATE EXCLUSIVE', NULL),
		(13, 'Make the key NOT NULL, which the constraint has proven',
		 CASE WHEN NOT n.attnotnull THEN dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;', n.full_name, n.key)) END,
		 'ACCESS EXCLUSIVE for moments',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;', n.full_name, n.key))),
		(14, 'Build the extended unique keys', n.wide_sql, 'SHARE UPDATE EXCLUSIVE', n.drop_wide_sql),
		(15, 'Give referring tables a copy of the key, and the foreign key with it', n.child_sql,
		 'SHARE ROW EXCLUSIVE on the table, ACCESS EXCLUSIVE on each referring table, for moments',
		 dbadvisor.partition_child_undo_sql(relation, attnum)),
		(16, 'Fill the copies in batches', dbadvisor.partition_child_fill_sql(relation, attnum), 'ROW EXCLUSIVE; some rows for hundredths of a second', NULL),
		(17, 'Prove that the copies are complete and right, while reads and writes go on',
		 dbadvisor.partition_child_prove_sql(relation, attnum),
		 'ACCESS EXCLUSIVE on each referring table for moments, then SHARE UPDATE EXCLUSIVE', NULL)) s (place, title, sql, lock_level, undo_sql)
	 WHERE s.sql IS NOT NULL
	   AND (recipe = 'attach' OR NOT n.attnotnull OR s.place > 13);
$$;
COMMENT ON FUNCTION dbadvisor.partition_prepare(oid, smallint, text, text) IS
'Steps of partition_script() that make the table and those that refer to it ready';

CREATE OR REPLACE FUNCTION dbadvisor.partition_copying(relation oid, attnum smallint)
RETURNS TABLE (
	place integer,
	phase text,
	title text,
	sql text,
	lock_level text,
	undo_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.*
	  FROM (SELECT dbadvisor.relation_identity(relation), dbadvisor.sibling_name(relation, 'parted')) n (full_name, parted)
	 CROSS JOIN LATERAL (VALUES
		(31, 'prepare', 'Do to the copy from now on what is done to the table',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'SHARE ROW EXCLUSIVE', dbadvisor.partition_sync_sql(relation, attnum, n.full_name, n.parted)),
		 'SHARE ROW EXCLUSIVE for moments',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE', pg_catalog.replace(pg_catalog.replace(dbadvisor.partition_unsync_sql(relation, n.full_name), 'DROP TRIGGER ', 'DROP TRIGGER IF EXISTS '), 'DROP FUNCTION ', 'DROP FUNCTION IF EXISTS '))),
		(32, 'copy', 'Copy the rows that are there, in batches that take some hundredths of a second', dbadvisor.partition_copy_sql(relation, attnum),
		 'ROW SHARE; the rows of a batch FOR SHARE', NULL),
		(33, 'copy', 'Copy what was locked by others meanwhile', dbadvisor.partition_rest_sql(relation, attnum), 'ROW SHARE; the rows that are copied FOR SHARE', NULL),
		(34, 'verify', 'Compare both sides: this must return no row, whatever is written meanwhile', dbadvisor.partition_verify_sql(n.full_name, n.parted), 'ACCESS SHARE', NULL)) s (place, phase, title, sql, lock_level, undo_sql);
$$;
COMMENT ON FUNCTION dbadvisor.partition_copying(oid, smallint) IS
'Steps of partition_script() that fill the partitioned table and keep it in step, in recipe "copy"';

CREATE OR REPLACE FUNCTION dbadvisor.partition_finish_sql(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.locked_sql(
			   ARRAY[dbadvisor.relation_identity(relation), dbadvisor.sibling_name(relation, 'old')]
			   || dbadvisor.partition_referenced(relation),
			   'ACCESS EXCLUSIVE',
			   dbadvisor.partition_unsync_sql(relation, dbadvisor.relation_identity(relation)) || pg_catalog.format(E'\nDROP TABLE %s;', dbadvisor.sibling_name(relation, 'old')));
$$;
COMMENT ON FUNCTION dbadvisor.partition_finish_sql(oid) IS
'Statements that drop the old table of recipe "copy"';

CREATE OR REPLACE FUNCTION dbadvisor.partition_script(
	relation regclass,
	key text,
	strategy text DEFAULT 'range',
	interval_width text DEFAULT '1 month',
	dialect text DEFAULT 'postgresql',
	recipe text DEFAULT NULL,
	extend_keys text[] DEFAULT '{}',
	premake integer DEFAULT 4,
	retention text DEFAULT NULL,
	lead interval DEFAULT '1 day')
RETURNS TABLE (
	step bigint,
	phase text,
	title text,
	sql text,
	lock_level text,
	undo_sql text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	max_partitions CONSTANT integer := 1000;
	attnum smallint := (SELECT a.attnum FROM pg_catalog.pg_attribute a
						 WHERE a.attrelid = relation AND a.attname = key AND a.attnum > 0 AND NOT a.attisdropped);
	way text := COALESCE(recipe, CASE WHEN strategy = 'range' AND dialect = 'postgresql' THEN 'attach' ELSE 'copy' END);
	version text := CASE dialect WHEN 'pg_partman' THEN dbadvisor.partman_version() END;
	part record;
BEGIN
	IF attnum IS NULL THEN
		RAISE undefined_column USING MESSAGE = pg_catalog.format('column %I of %s does not exist', key, relation);
	END IF;
	IF strategy NOT IN ('range', 'list', 'hash') OR way NOT IN ('attach', 'copy') OR dialect NOT IN ('postgresql', 'pg_partman') THEN
		RAISE invalid_parameter_value
			USING MESSAGE = 'unknown strategy, recipe or dialect',
				  HINT = 'Strategies are range, list and hash, recipes attach and copy, dialects postgresql and pg_partman.';
	END IF;
	IF dialect = 'pg_partman' THEN
		PERFORM dbadvisor.partman_refuse(relation, attnum, strategy, interval_width, way, retention, version);
	END IF;
	PERFORM dbadvisor.partition_refuse(relation, attnum, strategy, way, extend_keys);
	SELECT pg_catalog.array_agg(p.partition_name ORDER BY p.place) FILTER (WHERE way = 'copy' OR p.place > 1) AS names,
		   pg_catalog.array_agg(p.bound ORDER BY p.place) FILTER (WHERE way = 'copy' OR p.place > 1) AS bounds,
		   (pg_catalog.array_agg(p.bound ORDER BY p.place))[1] AS first_bound,
		   (pg_catalog.array_agg(p.upper_bound ORDER BY p.place))[1] AS first_ends,
		   (pg_catalog.array_agg(p.upper_bound ORDER BY p.place DESC))[1] AS last_ends,
		   (pg_catalog.array_agg(p.lower_bound ORDER BY p.place))[1] AS first_starts,
		   (pg_catalog.array_agg(p.lower_bound ORDER BY p.place DESC))[1] AS last_starts,
		   pg_catalog.count(*) AS count
	  INTO part
	  FROM (SELECT l.*, NULL AS lower_bound
			  FROM dbadvisor.partition_list(relation, attnum, strategy, interval_width, way, premake, lead) l
			 WHERE dialect = 'postgresql'
			 UNION ALL
			SELECT l.*
			  FROM dbadvisor.partman_list(relation, attnum, interval_width, premake, version) l
			 WHERE dialect = 'pg_partman') p;
	IF part.count > max_partitions THEN
		RAISE program_limit_exceeded
			USING MESSAGE = pg_catalog.format('%s partitions would be more than %s', part.count, max_partitions),
				  HINT = 'Choose a wider interval.';
	END IF;
	RETURN QUERY
	SELECT pg_catalog.row_number() OVER (ORDER BY s.place), s.phase, s.title, s.sql, s.lock_level, s.undo_sql
	  FROM (SELECT 1 AS place, 'check' AS phase, 'Check that nothing is in the way: this must return no row' AS title,
				   dbadvisor.partition_check_sql(relation, attnum, strategy, way, part.first_ends, part.last_ends, part.first_starts) AS sql, 'ACCESS SHARE' AS lock_level, NULL AS undo_sql
			 UNION ALL
			SELECT p.place, 'prepare', p.title, p.sql, p.lock_level, p.undo_sql
			  FROM dbadvisor.partition_prepare(relation, attnum, way, part.first_ends) p
			 UNION ALL
			SELECT c.*
			  FROM dbadvisor.partition_copying(relation, attnum) c
			 WHERE way = 'copy'
			 UNION ALL
			SELECT m.*
			  FROM dbadvisor.partman_steps(relation, attnum, interval_width, premake, retention, part.last_starts, version) m
			 WHERE dialect = 'pg_partman'
			 UNION ALL
			SELECT x.*
			  FROM (VALUES
				(21, 'prepare', 'Make the partitioned table and its partitions beside the table',
				 dbadvisor.partition_build_sql(relation, attnum, strategy, part.names, part.bounds), 'ACCESS SHARE',
				 dbadvisor.locked_sql(dbadvisor.partition_referenced(relation) || dbadvisor.relation_identity(relation), 'ACCESS EXCLUSIVE', pg_catalog.format('DROP TABLE IF EXISTS %s;', dbadvisor.sibling_name(relation, 'parted')))),
				(22, 'prepare', 'Give it the foreign keys, while it is empty', dbadvisor.partition_foreign_keys_sql(relation), 'SHARE ROW EXCLUSIVE on the referenced tables, for moments', NULL),
				(41, 'switch', 'Switch, in one transaction of moments', dbadvisor.partition_switch_sql(relation, attnum, way, part.first_bound),
				 'ACCESS EXCLUSIVE on the table, its views and both sides of its foreign keys, for moments',
				 dbadvisor.partition_back_sql(relation, attnum, way)),
				(42, 'after', 'Validate the foreign keys to it, while reads and writes go on', dbadvisor.partition_validate_sql(relation, attnum), 'SHARE UPDATE EXCLUSIVE on the referring tables', NULL),
				(43, 'after', 'Look at all partitions together, which autovacuum never does', pg_catalog.format('ANALYZE %s;', dbadvisor.relation_identity(relation)), 'SHARE UPDATE EXCLUSIVE', NULL),
				(51, 'repeat', 'Make partitions ahead of the rows: schedule this at least once per partition', CASE WHEN strategy = 'range' AND dialect = 'postgresql' THEN dbadvisor.partition_future_sql(relation, attnum, interval_width, premake) END,
				 'SHARE UPDATE EXCLUSIVE', NULL),
				(52, 'repeat', 'Drop partitions past retention: run each row that this returns as a statement by itself (\gexec in psql)',
				 CASE WHEN strategy = 'range' AND dialect = 'postgresql' THEN dbadvisor.partition_retention_sql(relation, attnum, retention) END, 'SHARE UPDATE EXCLUSIVE, then SHARE ROW EXCLUSIVE on the tables that it refers to, then ACCESS EXCLUSIVE on these and the partition for moments', NULL),
				(61, 'end', 'When nobody wants to go back any more: drop the old table', CASE way WHEN 'copy' THEN dbadvisor.partition_finish_sql(relation) END, 'ACCESS EXCLUSIVE for moments', NULL)) x) s
	 WHERE s.sql IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_script(regclass, text, text, text, text, text, text[], integer, text, interval) IS
'Statements that partition a table while reads and writes go on, in order; each step is to be run by itself, not within a transaction. interval_width is an interval or a number for ranges, the modulus for hash, an array of values for lists. Dialect "pg_partman" prints names, bounds and calls of the version that is there, by recipe "copy". undo_sql takes a step back: to give up, run that of the steps done from the last to the first. After the switch, subscribers of its publications need ALTER SUBSCRIPTION ... REFRESH PUBLICATION WITH (copy_data = false). Raises what is in the way';

REVOKE ALL ON FUNCTION dbadvisor.partition_check_sql(oid, smallint, text, text, text, text, text),
	dbadvisor.partition_prepare(oid, smallint, text, text),
	dbadvisor.partition_copying(oid, smallint),
	dbadvisor.partition_finish_sql(oid),
	dbadvisor.partition_script(regclass, text, text, text, text, text, text[], integer, text, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_check_sql(oid, smallint, text, text, text, text, text),
	dbadvisor.partition_prepare(oid, smallint, text, text),
	dbadvisor.partition_copying(oid, smallint),
	dbadvisor.partition_finish_sql(oid),
	dbadvisor.partition_script(regclass, text, text, text, text, text, text[], integer, text, interval)
	TO dbadvisor_reader;
