-- normalization.table_mixes_entities: columns that belong to something else than the table's key
--
-- Fires for a table whose rows repeat what depends on a part of the key or on another
-- column, found by searching the rows and checked on all of them up to verify_mb; and,
-- with low severity, where that would be so but for a few rows, which then are mistakes.
-- Searched are at most max_tables tables, those that could save most by their
-- statistics, within time_limit_s in all and table_time_limit_s each.  Wrong where
-- the columns are a copy on purpose, as of the address that a bill was sent to.
SELECT dbadvisor.register_rule(
	rule => 'normalization.table_mixes_entities',
	title => 'A table repeats columns that depend on something else than its key',
	why => 'What is repeated is written, read and kept each time, and comes to differ when not all copies are changed.',
	severity => 'medium',
	thresholds => '{"min_rows": 1000, "min_mb": 1, "max_tables": 20, "sample_rows": 50000, "verify_mb": 1024, "time_limit_s": 60, "table_time_limit_s": 15}',
	doc => 'dbadvisor.normalize() shows all that was found, step by step. Severity is low where the table is larger than verify_mb and only a sample was read: the precheck finds a row that contradicts. Where a few rows contradict what all others say, these are named instead; the precheck finds them. Tables of audit trails that are only added to are not searched. Wrong where the columns are a copy on purpose, taken at a moment: dbadvisor.suppress() keeps that in mind.',
	source => 'dbadvisor.rule_normalization_table_mixes_entities(interval)',
	shipped => true);

-- A table that cannot be read is named, and the others are searched.
CREATE OR REPLACE FUNCTION dbadvisor.rule_normalization_table_mixes_entities(time_limit interval DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rule CONSTANT text := 'normalization.table_mixes_entities';
	deadline CONSTANT timestamptz := pg_catalog.clock_timestamp()
		+ COALESCE(time_limit, pg_catalog.make_interval(secs => dbadvisor.threshold(rule, 'time_limit_s')::double precision));
	table_limit CONSTANT interval := pg_catalog.make_interval(secs => dbadvisor.threshold(rule, 'table_time_limit_s')::double precision);
	chosen record;
	searched integer := 0;
	unread text[] := '{}';
	late text[] := '{}';
BEGIN
	FOR chosen IN
		SELECT t.*
		  FROM dbadvisor.repetitive_tables(dbadvisor.threshold(rule, 'min_rows')::bigint,
										   (dbadvisor.threshold(rule, 'min_mb') * 1048576)::bigint) t
	LOOP
		IF searched >= dbadvisor.threshold(rule, 'max_tables')
		   OR pg_catalog.clock_timestamp() >= deadline THEN
			late := late || chosen.full_name;
			CONTINUE;
		END IF;
		searched := searched + 1;
		BEGIN
			RETURN QUERY
			SELECT a.*
			  FROM dbadvisor.split_advice(
					   rule, chosen.relid,
					   (dbadvisor.threshold(rule, 'min_mb', chosen.full_name) * 1048576)::bigint,
					   dbadvisor.threshold(rule, 'sample_rows')::bigint,
					   LEAST(table_limit, deadline - pg_catalog.clock_timestamp()),
					   (dbadvisor.threshold(rule, 'verify_mb') * 1048576)::bigint) a;
		EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column
					OR feature_not_supported OR object_not_in_prerequisite_state THEN
			unread := unread || pg_catalog.format('%s (%s)', chosen.full_name, sqlerrm);
		END;
	END LOOP;
	IF late <> '{}' OR unread <> '{}' THEN
		RETURN QUERY
		SELECT n.*
		  FROM dbadvisor.advice_note(
				   rule, 'degraded',
				   pg_catalog.concat_ws('; ',
					   'tables not searched, for lack of time or as there are many: ' || NULLIF(pg_catalog.cardinality(late), 0),
					   'tables that could not be read: ' || NULLIF(pg_catalog.array_to_string(unread, ', '), '')),
				   pg_catalog.jsonb_build_object('searched', searched, 'not_searched', late, 'not_read', unread)) n;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.rule_normalization_table_mixes_entities(interval) IS
'Rule normalization.table_mixes_entities: tables whose columns belong to several things, with the split; searched within time_limit (null: the thresholds of the rule)';

REVOKE ALL ON FUNCTION dbadvisor.rule_normalization_table_mixes_entities(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.rule_normalization_table_mixes_entities(interval) TO dbadvisor_reader;
