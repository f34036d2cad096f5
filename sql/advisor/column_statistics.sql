-- Statistics of columns, as pg_stats has them, by the numbers of table and column.

CREATE OR REPLACE FUNCTION dbadvisor.statistics_rows(
	relation oid DEFAULT NULL,
	OUT relid oid,
	OUT attnum smallint,
	OUT inherited boolean,
	OUT null_frac real,
	OUT avg_width integer,
	OUT n_distinct real,
	OUT common_shares real[])
RETURNS SETOF record
LANGUAGE c STABLE ROWS 100000 COST 10000
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_statistics_rows';
COMMENT ON FUNCTION dbadvisor.statistics_rows(oid) IS
'Statistics of all columns of a table, or of all tables, that the caller may read, without their values';

CREATE OR REPLACE FUNCTION dbadvisor.column_values(
	relation oid,
	attnum smallint,
	inherited boolean,
	common boolean)
RETURNS text[]
LANGUAGE c STABLE STRICT COST 100
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_column_values';
COMMENT ON FUNCTION dbadvisor.column_values(oid, smallint, boolean, boolean) IS
'The most common values of a column as text, or else the bounds of its histogram; null where the statistics have none, or the caller may not read the column';

-- Values that a rule does not ask for are not read.
CREATE OR REPLACE VIEW dbadvisor.column_statistics WITH (security_invoker = true) AS
SELECT s.relid,
	   s.attnum,
	   s.inherited,
	   s.null_frac,
	   s.avg_width,
	   s.n_distinct,
	   s.common_shares,
	   dbadvisor.column_values(s.relid, s.attnum, s.inherited, true) AS common_values,
	   dbadvisor.column_values(s.relid, s.attnum, s.inherited, false) AS bounds
  FROM dbadvisor.statistics_rows() s;
COMMENT ON VIEW dbadvisor.column_statistics IS
'Statistics of columns that the reader may read, values as text; inherited for those of a table and its children together';

GRANT SELECT ON dbadvisor.column_statistics TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.statistics_rows(oid),
	dbadvisor.column_values(oid, smallint, boolean, boolean)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.statistics_rows(oid),
	dbadvisor.column_values(oid, smallint, boolean, boolean)
	TO dbadvisor_reader;
