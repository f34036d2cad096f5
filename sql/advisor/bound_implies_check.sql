-- What the bounds of a partition say of its constraints.

CREATE OR REPLACE FUNCTION dbadvisor.bound_implies_check("constraint" oid)
RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_bound_implies_check';
COMMENT ON FUNCTION dbadvisor.bound_implies_check(oid) IS
'Whether the planner can prove a check constraint of a partition from the bounds of the partition and of the tables above it; null where somebody has locked one of them, and for what is no check of a partition';

REVOKE ALL ON FUNCTION dbadvisor.bound_implies_check(oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.bound_implies_check(oid) TO dbadvisor_reader;
