-- The statistics advisor, as C returns it; dbadvisor.recommend_statistics()
-- makes advice of it.
CREATE OR REPLACE FUNCTION dbadvisor.search_statistics(
    time_limit interval DEFAULT '30 s',
    min_factor float8 DEFAULT 5,
    min_gain float8 DEFAULT 0.01,
    extended boolean DEFAULT true,
    targets boolean DEFAULT true)
RETURNS TABLE (
    step int,
    relid oid,
    columns text[],
    kinds text[],
    statistics_name text,
    statistics_exist boolean,
    target int,
    definition text,
    revert text,
    saved_ms_per_day float8,
    sample jsonb,
    statements jsonb,
    summary jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_search_statistics';

COMMENT ON FUNCTION dbadvisor.search_statistics(interval, float8, float8, boolean, boolean) IS
'Extended statistics, and statistics targets of columns, with which recorded statements would be planned otherwise, each proven by planning with the sampled figures, after a summary row with step 0';

-- It shows costs of everybody's statements.
REVOKE ALL ON FUNCTION dbadvisor.search_statistics(interval, float8, float8, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.search_statistics(interval, float8, float8, boolean, boolean)
   TO dbadvisor_reader, dbadvisor_admin;
