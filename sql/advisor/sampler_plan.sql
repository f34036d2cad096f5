-- What sampled executions tell of the planner: estimates and plans.

CREATE OR REPLACE FUNCTION dbadvisor.estimate_rows(
	OUT queryid bigint,
	OUT userid oid,
	OUT node text,
	OUT relid oid,
	OUT clause text,
	OUT executions bigint,
	OUT estimated_rows float8,
	OUT actual_rows float8,
	OUT removed_rows float8,
	OUT factor float8,
	OUT spills bigint,
	OUT spilled_kb float8,
	OUT executed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_estimate_rows';
COMMENT ON FUNCTION dbadvisor.estimate_rows() IS
'Estimated and actual rows per clause, and sorts and hashes that went to disk, in sampled executions whose rows were counted; the view dbadvisor.misestimates shows what is wrong';

CREATE OR REPLACE FUNCTION dbadvisor.plan_rows(
	OUT queryid bigint,
	OUT userid oid,
	OUT plan_id bigint,
	OUT shape text,
	OUT executions bigint,
	OUT mean_ms float8,
	OUT slowest_ms float8,
	OUT first_seen timestamptz,
	OUT last_seen timestamptz,
	OUT mean_rows float8,
	OUT mean_cost float8)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_plan_rows';
COMMENT ON FUNCTION dbadvisor.plan_rows() IS
'What the view dbadvisor.statement_plan shows';

REVOKE ALL ON FUNCTION dbadvisor.estimate_rows(), dbadvisor.plan_rows() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.estimate_rows(), dbadvisor.plan_rows()
   TO dbadvisor_reader, dbadvisor_admin;
