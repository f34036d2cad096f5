-- What scripts of migrations that run beside reads and writes share.

-- Rows that come later are the business of a trigger.
CREATE OR REPLACE FUNCTION dbadvisor.each_blocks_sql(full_name text, statements text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
		E'DO $batch$\nBEGIN\n\tFOR block IN 0 .. pg_catalog.pg_relation_size(%L::regclass) / pg_catalog.current_setting(''block_size'')::bigint BY 1000 LOOP\n%s\t\tCOMMIT;\n\tEND LOOP;\nEND\n$batch$;',
		full_name,
		pg_catalog.replace(statements, '$rows', 'ctid >= pg_catalog.format(''(%s,0)'', block)::tid AND ctid < pg_catalog.format(''(%s,0)'', block + 1000)::tid'));
$$;
COMMENT ON FUNCTION dbadvisor.each_blocks_sql(text, text) IS
'A block that runs statements for 1000 blocks of a table at a time, each in a transaction of its own; in the statements $rows stands for the condition on the rows';

-- Whoever is queued behind us for less than deadlock_timeout does not look for a
-- deadlock yet: so it is always this statement that gives way, never a writer.
CREATE OR REPLACE FUNCTION dbadvisor.locked_sql(tables text[], mode text, statements text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'DO $step$\nDECLARE\n\tplace bigint;\n\tcalled boolean;\nBEGIN\n\tFOR attempt IN 1 .. 200 LOOP\n\t\tBEGIN\n\t\t\tPERFORM pg_catalog.set_config(''lock_timeout'', ''%s'', true);\n\t\t\tLOCK TABLE %s IN %s MODE;\n%s\n\t\t\tRETURN;\n\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\tNULL;\n\t\tEND;\n\t\tCOMMIT;\n\t\tPERFORM pg_catalog.pg_sleep(pg_catalog.random());\n\tEND LOOP;\n\tRAISE lock_not_available USING MESSAGE = ''others have the tables in use, nothing was changed: try again later'';\nEND\n$step$;',
			   GREATEST(g.setting::integer * 8 / 10 / GREATEST(pg_catalog.cardinality(tables), 1), 1),
			   pg_catalog.array_to_string(tables, ', '),
			   mode,
			   statements)
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'deadlock_timeout';
$$;
COMMENT ON FUNCTION dbadvisor.locked_sql(text[], text, text) IS
'A block that runs statements under a lock on tables, all or nothing: it waits less than deadlock_timeout at a time and tries again, so that nobody else waits long or is chosen as the victim of a deadlock. Statements may use the variables place and called';

REVOKE ALL ON FUNCTION dbadvisor.each_blocks_sql(text, text),
	dbadvisor.locked_sql(text[], text, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.each_blocks_sql(text, text),
	dbadvisor.locked_sql(text[], text, text)
	TO dbadvisor_reader;
