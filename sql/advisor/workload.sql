-- The workload: what pg_stat_statements has seen, and what was given by hand

-- Analyses each text as its own user; needs the caller's search path for none
-- of them.  Not executable by PUBLIC: it shows texts.
CREATE OR REPLACE FUNCTION dbadvisor.workload_statements(
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT source text,
	OUT state text,
	OUT reason text,
	OUT calls float8,
	OUT total_ms float8,
	OUT mean_ms float8,
	OUT rows float8,
	OUT since timestamptz,
	OUT search_path text,
	OUT repaired_query text,
	OUT parameter_types regtype[],
	OUT parameters text,
	OUT parameter_sets int,
	OUT parameter_sensitive boolean,
	OUT counters jsonb)
RETURNS SETOF record
LANGUAGE C
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_workload_statements';

COMMENT ON FUNCTION dbadvisor.workload_statements() IS
'Statements of the current database, each with what came of its analysis; the view dbadvisor.workload shows them';

-- No SET search_path: the statement means what the caller's path says, and
-- that path is stored with it.
CREATE OR REPLACE FUNCTION dbadvisor.workload_add(
	query text,
	calls float8 DEFAULT 1,
	mean_ms float8 DEFAULT NULL,
	parameters jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE C
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_workload_add';

COMMENT ON FUNCTION dbadvisor.workload_add(text, float8, float8, jsonb) IS
'Add a statement to the workload by hand; it will be planned as the caller. "parameters" are example values: an array of sets, each an array of values of $1, $2, ... or {"values": [...], "weight": share of the calls}. Returns its id';

CREATE OR REPLACE FUNCTION dbadvisor.workload_remove(id bigint)
RETURNS boolean
LANGUAGE sql
VOLATILE
STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	WITH removed AS (
		DELETE FROM dbadvisor.workload_statement w
		 WHERE w.id = workload_remove.id
		RETURNING w.id
	)
	SELECT EXISTS (SELECT
	                 FROM removed);
$$;

COMMENT ON FUNCTION dbadvisor.workload_remove(bigint) IS
'Remove a statement that was added by hand; tells whether there was one';

CREATE OR REPLACE FUNCTION dbadvisor.workload_clear()
RETURNS bigint
LANGUAGE sql
VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH removed AS (
		DELETE FROM dbadvisor.workload_statement
		RETURNING id
	)
	SELECT pg_catalog.count(*)
	  FROM removed;
$$;

COMMENT ON FUNCTION dbadvisor.workload_clear() IS
'Remove all statements that were added by hand; returns how many';

REVOKE ALL ON FUNCTION dbadvisor.workload_statements() FROM PUBLIC;
REVOKE ALL ON FUNCTION dbadvisor.workload_add(text, float8, float8, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION dbadvisor.workload_remove(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION dbadvisor.workload_clear() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.workload_statements()
   TO dbadvisor_reader, dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.workload_add(text, float8, float8, jsonb)
   TO dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.workload_remove(bigint)
   TO dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.workload_clear()
   TO dbadvisor_admin;
