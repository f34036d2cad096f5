-- what_if: plans under indexes that do not exist, and without some that do.
--
-- Both functions plan as the statement's user and with that user's rights, so
-- they run with the caller's search_path: names in the arguments mean what they
-- mean to the caller.

CREATE OR REPLACE FUNCTION dbadvisor.what_if(
	query text,
	create_indexes text[] DEFAULT '{}',
	hide_indexes regclass[] DEFAULT '{}',
	OUT cost_before float8,
	OUT cost_after float8,
	OUT indexes_used text[],
	OUT index_definitions text[],
	OUT index_bytes bigint[],
	OUT notes text[],
	OUT plan_before text,
	OUT plan_after text)
RETURNS record
LANGUAGE c
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_what_if';

COMMENT ON FUNCTION dbadvisor.what_if(text, text[], regclass[]) IS
'Plan a query as the database is, and as it would be with the indexes of create_indexes (CREATE INDEX statements) and without those of hide_indexes; nothing is created or dropped';

REVOKE ALL ON FUNCTION dbadvisor.what_if(text, text[], regclass[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.what_if(text, text[], regclass[])
	TO dbadvisor_reader, dbadvisor_admin;

CREATE OR REPLACE FUNCTION dbadvisor.what_if_workload(
	create_indexes text[] DEFAULT '{}',
	hide_indexes regclass[] DEFAULT '{}',
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT calls float8,
	OUT cost_before float8,
	OUT cost_after float8,
	OUT indexes_used text[],
	OUT reason text)
RETURNS SETOF record
LANGUAGE c
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_what_if_workload';

COMMENT ON FUNCTION dbadvisor.what_if_workload(text[], regclass[]) IS
'Plan every statement of the workload, each as its own user, as the database is and as it would be with other indexes; reason says why a statement has no cost';

REVOKE ALL ON FUNCTION dbadvisor.what_if_workload(text[], regclass[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.what_if_workload(text[], regclass[])
	TO dbadvisor_reader, dbadvisor_admin;

CREATE OR REPLACE FUNCTION dbadvisor.what_if_copied_columns(
	queryids bigint[],
	OUT queryid bigint,
	OUT query text,
	OUT relid oid,
	OUT key smallint,
	OUT source oid,
	OUT columns smallint[],
	OUT cost_before float8,
	OUT cost_after float8)
RETURNS SETOF record
LANGUAGE c
VOLATILE STRICT
PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_what_if_copied_columns';

COMMENT ON FUNCTION dbadvisor.what_if_copied_columns(bigint[]) IS
'Plan statements of the workload that have one of these numbers, or were given by hand, as they are and without each join that is there for one or two columns alone: it follows a valid foreign key of one column (key of relid), removes no row, and chooses none by the table that it refers to (source). In the plan without it, a copy has as many different values as the key, and rows are as wide as they are';

REVOKE ALL ON FUNCTION dbadvisor.what_if_copied_columns(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.what_if_copied_columns(bigint[])
	TO dbadvisor_reader, dbadvisor_admin;
