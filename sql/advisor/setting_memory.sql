-- How the memory of the machine is shared out, by what the server measures.

-- Private memory of a session that does nothing: caches of catalogs and plans.
-- Measured by nobody on this server; 10 MB is what a session of an ordinary schema
-- has after some hours.
CREATE OR REPLACE FUNCTION dbadvisor.session_bytes()
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 10485760.0::double precision;
$$;
COMMENT ON FUNCTION dbadvisor.session_bytes() IS
'Memory that a session takes beside what its statements do, assumed';

-- autovacuum_work_mem = -1 stands for maintenance_work_mem.
CREATE OR REPLACE FUNCTION dbadvisor.vacuum_memory()
RETURNS double precision
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN m.autovacuum >= 0 THEN m.autovacuum
		   ELSE dbadvisor.setting_bytes('maintenance_work_mem')
		   END
	  FROM (SELECT dbadvisor.setting_bytes('autovacuum_work_mem')) m (autovacuum);
$$;
COMMENT ON FUNCTION dbadvisor.vacuum_memory() IS
'Memory that one worker of autovacuum may take, bytes';

-- A fifth is left to the kernel and its cache.
CREATE OR REPLACE FUNCTION dbadvisor.work_mem_room(
	memory_bytes double precision,
	shared_bytes double precision,
	vacuum_bytes double precision,
	sessions double precision,
	active_sessions double precision)
RETURNS double precision
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (0.8 * memory_bytes - shared_bytes - vacuum_bytes - sessions * dbadvisor.session_bytes())
		   / NULLIF(active_sessions * (1 + pg_catalog.current_setting('hash_mem_multiplier')::double precision), 0);
$$;
COMMENT ON FUNCTION dbadvisor.work_mem_room(double precision, double precision, double precision, double precision, double precision) IS
'The work_mem with which four fifths of the memory would do, with a sort and a hash at a time in each session that is at work; not positive where the rest alone takes more';

-- A sort and a hash at a time for each session that is at work: statements with
-- more of them, or with workers, are matched by those with none.
CREATE OR REPLACE FUNCTION dbadvisor.memory_budget(
	sessions double precision,
	active_sessions double precision,
	OUT memory_bytes double precision,
	OUT memory_confidence double precision,
	OUT shared_bytes double precision,
	OUT vacuum_bytes double precision,
	OUT session_bytes double precision,
	OUT statement_bytes double precision,
	OUT committed_bytes double precision,
	OUT work_mem_bytes double precision)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT h.bytes,
		   h.confidence,
		   m.shared,
		   m.vacuum,
		   m.session,
		   m.nodes * dbadvisor.setting_bytes('work_mem'),
		   m.shared + m.vacuum + m.session + m.nodes * dbadvisor.setting_bytes('work_mem'),
		   dbadvisor.work_mem_room(h.bytes, m.shared, m.vacuum, memory_budget.sessions, memory_budget.active_sessions)
	  FROM (SELECT f.value::double precision, f.confidence
			  FROM dbadvisor.host f
			 WHERE f.fact = 'memory') h (bytes, confidence)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.setting_bytes('shared_buffers'),
			   pg_catalog.current_setting('autovacuum_max_workers')::double precision
			   * dbadvisor.vacuum_memory(),
			   memory_budget.sessions * dbadvisor.session_bytes(),
			   memory_budget.active_sessions * (1 + pg_catalog.current_setting('hash_mem_multiplier')::double precision)) m (shared, vacuum, session, nodes);
$$;
COMMENT ON FUNCTION dbadvisor.memory_budget(double precision, double precision) IS
'Memory that the server may come to take with so many sessions and so many of them at work, by its parts, and the work_mem with which four fifths of the memory would do; work_mem_bytes is not positive where the rest alone takes more';

CREATE OR REPLACE FUNCTION dbadvisor.megabytes_text(bytes double precision)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.setting_text(GREATEST(pg_catalog.floor(bytes / 1048576), 1)::numeric, 'MB');
$$;
COMMENT ON FUNCTION dbadvisor.megabytes_text(double precision) IS
'A size as people write it in settings, in whole megabytes, rounded down';

-- Databases that the caller may not connect to are not counted.
CREATE OR REPLACE FUNCTION dbadvisor.databases_bytes()
RETURNS bigint
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.sum(CASE
						  WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
						  THEN pg_catalog.pg_database_size(d.oid)
						  END)::bigint
	  FROM pg_catalog.pg_database d;
$$;
COMMENT ON FUNCTION dbadvisor.databases_bytes() IS
'Size of all databases that the caller may ask for';

REVOKE ALL ON FUNCTION dbadvisor.session_bytes(),
	dbadvisor.work_mem_room(double precision, double precision, double precision, double precision, double precision),
	dbadvisor.vacuum_memory(),
	dbadvisor.memory_budget(double precision, double precision),
	dbadvisor.megabytes_text(double precision),
	dbadvisor.databases_bytes()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.session_bytes(),
	dbadvisor.work_mem_room(double precision, double precision, double precision, double precision, double precision),
	dbadvisor.vacuum_memory(),
	dbadvisor.memory_budget(double precision, double precision),
	dbadvisor.megabytes_text(double precision),
	dbadvisor.databases_bytes()
	TO dbadvisor_reader;
