-- What the bodies of SQL functions and the conditions of policies say.

CREATE OR REPLACE FUNCTION dbadvisor.function_check(
	function oid,
	search_path text,
	OUT sqlstate text,
	OUT problem text,
	OUT volatility "char")
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_function_check';
COMMENT ON FUNCTION dbadvisor.function_check(oid, text) IS
'Analyse the body of an SQL function under a search path, as its owner and without running it: the error it meets, or how volatile it must be declared (i, s or v); nulls for other languages, polymorphic arguments and bodies in standard form';

CREATE OR REPLACE FUNCTION dbadvisor.policy_rewrite(
	condition pg_node_tree,
	relation oid,
	names text[],
	OUT functions oid[],
	OUT rewritten text,
	OUT has_name boolean)
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS 'MODULE_PATHNAME', 'dbadvisor_policy_rewrite';
COMMENT ON FUNCTION dbadvisor.policy_rewrite(pg_node_tree, oid, text[]) IS
'The condition of a policy with each call that is the same for all rows put into a subquery, which runs once; the functions called so; and whether one of the names is a constant in it';

REVOKE ALL ON FUNCTION dbadvisor.function_check(oid, text),
	dbadvisor.policy_rewrite(pg_node_tree, oid, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.function_check(oid, text),
	dbadvisor.policy_rewrite(pg_node_tree, oid, text[])
	TO dbadvisor_reader;
