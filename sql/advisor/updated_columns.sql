-- The columns that recorded statements update.

CREATE OR REPLACE FUNCTION dbadvisor.updated_columns()
RETURNS TABLE (
	queryid bigint,
	relid oid,
	columns smallint[],
	calls double precision,
	rows double precision)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_updated_columns';
COMMENT ON FUNCTION dbadvisor.updated_columns() IS
'Which columns of which table each recorded UPDATE or upsert changes, and how often; calls and rows are null where they were not counted';

-- It shows what everybody's statements change.
REVOKE ALL ON FUNCTION dbadvisor.updated_columns() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.updated_columns()
	TO dbadvisor_reader, dbadvisor_admin;
