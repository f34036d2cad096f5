-- What statistics say of a column, without its values.

CREATE OR REPLACE FUNCTION dbadvisor.column_distinct(
	relation oid,
	attnum smallint,
	inherited boolean DEFAULT false)
RETURNS double precision
LANGUAGE c STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_column_distinct';
COMMENT ON FUNCTION dbadvisor.column_distinct(oid, smallint, boolean) IS
'How many values a column has by its statistics, negative as a share of the rows; null where there are no statistics. With inherited, of the table and its children together';

REVOKE ALL ON FUNCTION dbadvisor.column_distinct(oid, smallint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.column_distinct(oid, smallint, boolean)
	TO dbadvisor_reader;
