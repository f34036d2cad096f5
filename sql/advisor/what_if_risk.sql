-- what_if_risk(): whether what what_if() promises is at risk.
--
-- Plans as the caller, under the caller's search_path, like what_if().

CREATE OR REPLACE FUNCTION dbadvisor.what_if_risk(
	query text,
	create_indexes text[] DEFAULT '{}',
	hide_indexes regclass[] DEFAULT '{}',
	mean_ms float8 DEFAULT NULL,
	OUT cost_before float8,
	OUT cost_after float8,
	OUT pessimistic_before float8,
	OUT pessimistic_after float8,
	OUT fetches float8,
	OUT break_even_factor float8,
	OUT error_expected float8,
	OUT level text,
	OUT reason text)
RETURNS record
LANGUAGE c
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_what_if_risk';

COMMENT ON FUNCTION dbadvisor.what_if_risk(text, text[], regclass[], float8) IS
'Whether a query could get slower although the planner finds it cheaper with other indexes: level is at_risk where the gain is gone at an honest price of rows fetched one by one (mean_ms, what a call takes now, helps to find it), sensitive where more outer rows of nested loops than estimated would undo it, else none';

REVOKE ALL ON FUNCTION dbadvisor.what_if_risk(text, text[], regclass[], float8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.what_if_risk(text, text[], regclass[], float8)
	TO dbadvisor_reader, dbadvisor_admin;
