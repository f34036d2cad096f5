-- Where another extension is installed, for statements that name its objects.

CREATE OR REPLACE FUNCTION dbadvisor.extension_schema(extension name)
RETURNS name
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.nspname
	  FROM pg_catalog.pg_extension e
	  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
	 WHERE e.extname = extension_schema.extension;
$$;
COMMENT ON FUNCTION dbadvisor.extension_schema(name) IS
'Schema of an extension of this database; null where it is not installed';

REVOKE ALL ON FUNCTION dbadvisor.extension_schema(name) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.extension_schema(name) TO dbadvisor_reader;
