-- The sampler: parameter values that statements really ran with.

-- Shows data: each row only to who may see the statement's text.
CREATE OR REPLACE FUNCTION dbadvisor.parameter_samples(
	OUT queryid bigint,
	OUT userid oid,
	OUT search_path text,
	OUT parameters text[],
	OUT parameter_types regtype[],
	OUT constant boolean[],
	OUT kept boolean[],
	OUT frequent_share float8[],
	OUT execution_ms float8,
	OUT rows float8,
	OUT executed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_parameter_samples';
COMMENT ON FUNCTION dbadvisor.parameter_samples() IS
'What the view dbadvisor.parameter_sample shows';

CREATE OR REPLACE FUNCTION dbadvisor.sampler_status(
	OUT state text,
	OUT statements bigint,
	OUT capacity bigint,
	OUT sets bigint,
	OUT value_bytes bigint,
	OUT recorded bigint,
	OUT evicted bigint,
	OUT lost_busy bigint,
	OUT lost_too_long bigint,
	OUT lost_unknown bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
ROWS 1
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_sampler_status';
COMMENT ON FUNCTION dbadvisor.sampler_status() IS
'What the view dbadvisor.sampler shows';

CREATE OR REPLACE FUNCTION dbadvisor.sampler_reset()
RETURNS void
LANGUAGE c VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_sampler_reset';
COMMENT ON FUNCTION dbadvisor.sampler_reset() IS
'Forget the sampled parameter values of all databases';

REVOKE ALL ON FUNCTION dbadvisor.parameter_samples(),
	dbadvisor.sampler_status(),
	dbadvisor.sampler_reset()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.parameter_samples(),
	dbadvisor.sampler_status()
	TO dbadvisor_reader, dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.sampler_reset()
	TO dbadvisor_admin;
