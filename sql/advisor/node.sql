-- Evidence from other servers: the usage of indexes on registered standbys and the
-- statements that they run, read through dblink with the foreign server and user mapping that the DBA has made.

-- A name that is no foreign server would be a connection string to dblink.
CREATE OR REPLACE FUNCTION dbadvisor.node_connect(node text)
RETURNS name
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	link_schema name := dbadvisor.extension_schema('dblink');
	server name := (SELECT f.srvname
					  FROM dbadvisor.node n
					  JOIN pg_catalog.pg_foreign_server f ON f.srvname = n.server_name
					 WHERE n.node = node_connect.node);
BEGIN
	IF link_schema IS NULL THEN
		RAISE EXCEPTION 'extension dblink is not installed in this database'
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	IF server IS NULL THEN
		RAISE EXCEPTION 'its foreign server does not exist'
			USING ERRCODE = 'undefined_object';
	END IF;
	EXECUTE pg_catalog.format('SELECT %I.dblink_connect(''dbadvisor'', %L)', link_schema, server);
	EXECUTE pg_catalog.format('SELECT %I.dblink_exec(''dbadvisor'', %L)', link_schema,
							  'SET search_path = pg_catalog, pg_temp; SET statement_timeout = ''10s''; SET datestyle = ''ISO''');
	RETURN link_schema;
END;
$$;
COMMENT ON FUNCTION dbadvisor.node_connect(text) IS
'Connect to a registered server through dblink, under the name dbadvisor; returns the schema of dblink';

-- A standby of this server has its system identifier and its database's OID.
CREATE OR REPLACE FUNCTION dbadvisor.node_read(node text, link_schema name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	remote record;
	wanted_role text := (SELECT n.role FROM dbadvisor.node n WHERE n.node = node_read.node);
	scan_time text := CASE
					  WHEN pg_catalog.current_setting('server_version_num')::integer >= 160000
					  THEN 'last_idx_scan'
					  ELSE 'NULL::timestamptz'
					  END;
BEGIN
	EXECUTE pg_catalog.format(
		'SELECT * FROM %I.dblink(''dbadvisor'', %L)
			 AS t (system bigint, database oid, is_standby boolean, since timestamptz, slot text, downstream integer)',
		link_schema,
		'SELECT (SELECT s.system_identifier FROM pg_control_system() s), d.datid, pg_is_in_recovery(),
				GREATEST(d.stats_reset, a.stats_reset),
				(SELECT w.slot_name FROM pg_stat_wal_receiver w),
				(SELECT count(*)::integer FROM pg_stat_replication)
		   FROM pg_stat_database d, pg_stat_archiver a
		  WHERE d.datname = current_database()')
		INTO remote;
	IF remote.system IS DISTINCT FROM (SELECT s.system_identifier FROM pg_catalog.pg_control_system() s)
	   OR remote.database IS DISTINCT FROM (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
	THEN
		RAISE EXCEPTION 'its database is not a copy of this one'
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	IF remote.is_standby <> (wanted_role = 'standby') THEN
		RAISE EXCEPTION 'it is not a %', wanted_role
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	DELETE FROM dbadvisor.node_index x WHERE x.node = node_read.node;
	EXECUTE pg_catalog.format(
		'INSERT INTO dbadvisor.node_index
		 SELECT %L, t.*
		   FROM %I.dblink(''dbadvisor'', %L)
			 AS t (indexrelid oid, scans bigint, last_scan timestamptz)',
		node, link_schema,
		'SELECT indexrelid, idx_scan, ' || scan_time || ' FROM pg_stat_user_indexes WHERE idx_scan > 0');
	UPDATE dbadvisor.node n
	   SET last_seen = pg_catalog.clock_timestamp(),
		   usage_since = remote.since,
		   slot_name = remote.slot,
		   downstream = remote.downstream,
		   problem = NULL
	 WHERE n.node = node_read.node;
END;
$$;
COMMENT ON FUNCTION dbadvisor.node_read(text, name) IS
'Read the usage of indexes from a registered server that node_connect() has connected to';

-- The statements that take most time.  A server without pg_stat_statements still
-- tells which indexes it uses.
CREATE OR REPLACE FUNCTION dbadvisor.node_read_statements(node text, link_schema name)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema_name name := dbadvisor.extension_schema('pg_stat_statements');
	since timestamptz;
BEGIN
	IF schema_name IS NULL THEN
		RAISE EXCEPTION 'extension pg_stat_statements is not installed in this database'
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	EXECUTE pg_catalog.format(
		'SELECT t.since FROM %I.dblink(''dbadvisor'', %L) AS t (since timestamptz)',
		link_schema,
		pg_catalog.format('SELECT i.stats_reset FROM %I.pg_stat_statements_info i', schema_name))
		INTO since;
	DELETE FROM dbadvisor.node_statement s WHERE s.node = node_read_statements.node;
	EXECUTE pg_catalog.format(
		'INSERT INTO dbadvisor.node_statement
		 SELECT %L, t.*
		   FROM %I.dblink(''dbadvisor'', %L)
			 AS t (userid oid, queryid bigint, query text, calls double precision, total_ms double precision, rows double precision)',
		node, link_schema,
		pg_catalog.format(
			'SELECT s.userid, s.queryid,
					max(CASE WHEN length(s.query) <= 100000 THEN s.query END),
					sum(s.calls), sum(s.total_exec_time), sum(s.rows)
			   FROM %I.pg_stat_statements s
			  WHERE s.queryid IS NOT NULL
				AND s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
			  GROUP BY 1, 2
			  ORDER BY 5 DESC
			  LIMIT 1000', schema_name));
	UPDATE dbadvisor.node n
	   SET statements_since = since,
		   statements_problem = NULL
	 WHERE n.node = node_read_statements.node;
EXCEPTION WHEN OTHERS THEN
	UPDATE dbadvisor.node n
	   SET statements_since = NULL,
		   statements_problem = pg_catalog.left(pg_catalog.format('%s: %s', sqlstate, sqlerrm), 500)
	 WHERE n.node = node_read_statements.node;
END;
$$;
COMMENT ON FUNCTION dbadvisor.node_read_statements(text, name) IS
'Read the workload from a registered server that node_connect() has connected to; where that is not possible the node says why';

-- A server that was not heard of for a day has no say, as with its indexes.
CREATE OR REPLACE FUNCTION dbadvisor.node_workload(
	OUT userid oid,
	OUT queryid bigint,
	OUT query text,
	OUT calls_per_day double precision,
	OUT ms_per_day double precision,
	OUT rows_per_day double precision,
	OUT nodes text[])
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.userid,
		   s.queryid,
		   pg_catalog.max(s.query),
		   pg_catalog.sum(s.calls / d.days),
		   pg_catalog.sum(s.total_ms / d.days),
		   pg_catalog.sum(s.rows / d.days),
		   pg_catalog.array_agg(s.node ORDER BY s.node)
	  FROM dbadvisor.node n
	 CROSS JOIN LATERAL (
		SELECT GREATEST(EXTRACT(epoch FROM n.last_seen - n.statements_since)::double precision, 3600) / 86400) d (days)
	  JOIN dbadvisor.node_statement s ON s.node = n.node
	 WHERE n.role = 'standby'
	   AND n.statements_since IS NOT NULL
	   AND n.last_seen > pg_catalog.clock_timestamp() - interval '1 day'
	 GROUP BY s.userid, s.queryid;
$$;
COMMENT ON FUNCTION dbadvisor.node_workload() IS
'What registered standbys run per day, by statement, and which of them; those that were not heard of for a day are left out';

CREATE OR REPLACE FUNCTION dbadvisor.refresh_nodes()
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO'
AS $$
DECLARE
	this text;
	link_schema name := dbadvisor.extension_schema('dblink');
	reached integer := 0;
BEGIN
	PERFORM dbadvisor.check_writable();
	FOR this IN
		SELECT n.node
		  FROM dbadvisor.node n
		 WHERE n.server_name IS NOT NULL
		 ORDER BY n.node
	LOOP
		BEGIN
			PERFORM dbadvisor.node_read(this, dbadvisor.node_connect(this));
			PERFORM dbadvisor.node_read_statements(this, link_schema);
			reached := reached + 1;
		EXCEPTION WHEN OTHERS THEN
			UPDATE dbadvisor.node n
			   SET problem = pg_catalog.left(pg_catalog.format('%s: %s', sqlstate, sqlerrm), 500)
			 WHERE n.node = this;
		END;
		BEGIN
			EXECUTE pg_catalog.format('SELECT %I.dblink_disconnect(''dbadvisor'')', link_schema);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	RETURN reached;
END;
$$;
COMMENT ON FUNCTION dbadvisor.refresh_nodes() IS
'Read the usage of indexes and the workload from the registered servers that have a server_name, through dblink; returns how many could be read, the others have their problem in dbadvisor.node. Background workers do so before each analysis';

REVOKE ALL ON FUNCTION dbadvisor.node_connect(text),
	dbadvisor.node_read(text, name),
	dbadvisor.node_read_statements(text, name),
	dbadvisor.node_workload(),
	dbadvisor.refresh_nodes()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.node_workload()
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.node_connect(text),
	dbadvisor.node_read(text, name),
	dbadvisor.node_read_statements(text, name),
	dbadvisor.refresh_nodes()
	TO dbadvisor_admin;
