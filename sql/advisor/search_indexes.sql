-- The index advisor, as C returns it; dbadvisor.recommend_indexes() makes
-- advice of it.
CREATE OR REPLACE FUNCTION dbadvisor.search_indexes(
    storage_budget bigint DEFAULT NULL,
    max_columns int DEFAULT 3,
    time_limit interval DEFAULT '30 s',
    max_indexes int DEFAULT NULL,
    min_saving float8 DEFAULT 0.01,
    max_per_table int DEFAULT NULL)
RETURNS TABLE (
    step int,
    relid oid,
    definition text,
    index_name text,
    am text,
    key_columns text[],
    include_columns text[],
    size_bytes bigint,
    cost_before float8,
    cost_after float8,
    saved_ms_per_day float8,
    statements jsonb,
    summary jsonb,
    writes jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_search_indexes';

COMMENT ON FUNCTION dbadvisor.search_indexes(bigint, int, interval, int, float8, int) IS
'Indexes that the workload is missing, in order of creation, after a summary row with step 0';

-- It shows costs of everybody's statements.
REVOKE ALL ON FUNCTION dbadvisor.search_indexes(bigint, int, interval, int, float8, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.search_indexes(bigint, int, interval, int, float8, int)
   TO dbadvisor_reader, dbadvisor_admin;
