-- Settings of the extension, for its own functions.

-- In C, so that asking loads the library that defines them.
CREATE OR REPLACE FUNCTION dbadvisor.setting(name text)
RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_setting';
COMMENT ON FUNCTION dbadvisor.setting(text) IS
'The setting dbadvisor.<name> in force, also where the library was not loaded before';

REVOKE ALL ON FUNCTION dbadvisor.setting(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.setting(text) TO dbadvisor_reader, dbadvisor_admin;
