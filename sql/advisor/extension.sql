-- Extensions of the database: what belongs to them, and where they are installed.

-- For a test with NOT IN: of an anti-join the planner expects no row, and then
-- joins the rest by nested loops.
CREATE OR REPLACE VIEW dbadvisor.extension_member WITH (security_invoker = true) AS
SELECT d.classid,
	   d.objid AS object
  FROM pg_catalog.pg_depend d
 WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
   AND d.objsubid = 0
   AND d.deptype = 'e';
COMMENT ON VIEW dbadvisor.extension_member IS
'Objects that belong to an extension, by the catalog that they are in';

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

GRANT SELECT ON dbadvisor.extension_member TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.extension_schema(name) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.extension_schema(name) TO dbadvisor_reader;
