-- Searches that only an extension's operator classes could serve, as C finds
-- them; rule index.extension_missing makes advice of them.
CREATE OR REPLACE FUNCTION dbadvisor.extensions_wanted()
RETURNS TABLE (
    extension text,
    queryid bigint,
    relid oid,
    attnum int,
    calls float8,
    total_ms float8,
    pages float8,
    share float8)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_extensions_wanted';

COMMENT ON FUNCTION dbadvisor.extensions_wanted() IS
'Searches of recorded statements that need the operator classes of an extension which is not installed: which share of a table''s rows they expect, and its pages';

-- It shows what everybody's statements search.
REVOKE ALL ON FUNCTION dbadvisor.extensions_wanted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.extensions_wanted()
   TO dbadvisor_reader, dbadvisor_admin;
