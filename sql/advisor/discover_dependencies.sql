-- Dependencies and keys that the rows of a table have.
--
-- They read with the caller's own rights, and show names of columns and numbers of
-- rows, never values.

CREATE OR REPLACE FUNCTION dbadvisor.discover_dependencies(
	relation regclass,
	columns text[] DEFAULT NULL,
	max_lhs integer DEFAULT 3,
	max_error float8 DEFAULT 0,
	sample_rows bigint DEFAULT 100000,
	null_equals_null boolean DEFAULT true,
	time_limit interval DEFAULT '30 s',
	min_redundancy float8 DEFAULT 0,
	verify_bytes bigint DEFAULT 2147483648)
RETURNS TABLE (
	step integer,
	determinant text[],
	dependent text,
	error float8,
	distinct_determinants bigint,
	redundant_rows bigint,
	rows_checked bigint,
	whole_table boolean,
	declared boolean,
	surprise_bits float8,
	summary jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_discover_dependencies';
COMMENT ON FUNCTION dbadvisor.discover_dependencies(regclass, text[], integer, float8, bigint, boolean, interval, float8, bigint) IS
'All minimal functional dependencies among the columns of a table: which sets of at most max_lhs columns (null: any number) determine another one, exact on the rows read, or but for a share max_error of them. Up to sample_rows rows are read in runs of blocks (null: as many as dbadvisor.work_mem suffices for); what holds on them is then verified on the whole table unless that is larger than verify_bytes: whole_table and rows_checked tell. min_redundancy is the share of the rows that must repeat the determinant. declared: a unique index says so already. Row 0 is a summary with what was left out';

CREATE OR REPLACE FUNCTION dbadvisor.discover_keys(
	relation regclass,
	columns text[] DEFAULT NULL,
	max_columns integer DEFAULT 3,
	sample_rows bigint DEFAULT 100000,
	null_equals_null boolean DEFAULT true,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648)
RETURNS TABLE (
	step integer,
	key_columns text[],
	rows_checked bigint,
	whole_table boolean,
	declared boolean,
	summary jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_discover_keys';
COMMENT ON FUNCTION dbadvisor.discover_keys(regclass, text[], integer, bigint, boolean, interval, bigint) IS
'All minimal sets of at most max_columns columns (null: any number) that no two rows of a table share, found and verified as by discover_dependencies(). With null_equals_null off nulls differ from each other, as in a unique index. declared: there is a unique index on these columns';

REVOKE ALL ON FUNCTION dbadvisor.discover_dependencies(regclass, text[], integer, float8, bigint, boolean, interval, float8, bigint),
	dbadvisor.discover_keys(regclass, text[], integer, bigint, boolean, interval, bigint)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.discover_dependencies(regclass, text[], integer, float8, bigint, boolean, interval, float8, bigint),
	dbadvisor.discover_keys(regclass, text[], integer, bigint, boolean, interval, bigint)
	TO dbadvisor_reader;
