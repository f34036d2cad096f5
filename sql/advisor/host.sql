-- What the machine gives the server: memory, cores and storage.

CREATE OR REPLACE FUNCTION dbadvisor.host_facts(
	root text DEFAULT '',
	OUT fact text,
	OUT object text,
	OUT value text,
	OUT unit text,
	OUT source text,
	OUT confidence double precision)
RETURNS SETOF record
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_host_facts';
COMMENT ON FUNCTION dbadvisor.host_facts(text) IS
'Facts about the machine that the server runs on, read now; a root other than the empty one is for tests';

CREATE OR REPLACE VIEW dbadvisor.host WITH (security_invoker = true) AS
SELECT f.fact,
	   f.object,
	   f.value,
	   f.unit,
	   f.source,
	   f.confidence
  FROM dbadvisor.host_facts() f;
COMMENT ON VIEW dbadvisor.host IS
'What the machine gives the server: memory and cores (with the limits of control groups), huge pages, and for data_directory, pg_wal and each tablespace the file system, its size and free space, and whether the storage rotates. Settings dbadvisor.host_memory, host_cores and host_storage override what is wrong';
COMMENT ON COLUMN dbadvisor.host.fact IS
'What it is; memory and cores without suffix are what counts';
COMMENT ON COLUMN dbadvisor.host.object IS
'Which of several: data_directory, pg_wal or a tablespace; else empty';
COMMENT ON COLUMN dbadvisor.host.value IS
'Value, as text';
COMMENT ON COLUMN dbadvisor.host.unit IS
'Unit of a number';
COMMENT ON COLUMN dbadvisor.host.source IS
'Where it was read, or the setting that says so';
COMMENT ON COLUMN dbadvisor.host.confidence IS
'0 to 1: how far it can be trusted; virtual disks often claim to rotate';

CREATE OR REPLACE FUNCTION dbadvisor.host_number(fact text, object text DEFAULT '')
RETURNS double precision
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT h.value::double precision
	  FROM dbadvisor.host h
	 WHERE h.fact = host_number.fact
	   AND h.object = host_number.object;
$$;
COMMENT ON FUNCTION dbadvisor.host_number(text, text) IS
'One fact of dbadvisor.host as a number; null where it is not known';

-- The directory may be listed by members of pg_monitor.
CREATE OR REPLACE FUNCTION dbadvisor.wal_disk(
	OUT wal_bytes bigint,
	OUT free_bytes bigint,
	OUT size_bytes bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT pg_catalog.max(h.value::double precision) FILTER (WHERE h.fact = 'free'),
		   pg_catalog.max(h.value::double precision) FILTER (WHERE h.fact = 'size')
	  INTO free_bytes, size_bytes
	  FROM dbadvisor.host h
	 WHERE h.object = 'pg_wal'
	   AND h.unit = 'bytes';
	IF pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') THEN
		wal_bytes := (SELECT pg_catalog.sum(w.size) FROM pg_catalog.pg_ls_waldir() w);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.wal_disk() IS
'Size of the WAL, and free space and size of the file system that it is on; null where the caller may not know';

REVOKE ALL ON FUNCTION dbadvisor.host_facts(text),
	dbadvisor.host_number(text, text),
	dbadvisor.wal_disk()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.host_facts(text),
	dbadvisor.host_number(text, text),
	dbadvisor.wal_disk()
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.host TO dbadvisor_reader;
