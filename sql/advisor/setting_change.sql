-- Changes of settings: what the server would accept, what is safe now, how the
-- change is made here, and how it is taken back.

-- In C: the server's own parser and check hooks are the judges.
CREATE OR REPLACE FUNCTION dbadvisor.setting_check(
	name text,
	value text,
	OUT problem text,
	OUT literal text,
	OUT number double precision)
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_setting_check';
COMMENT ON FUNCTION dbadvisor.setting_check(text, text) IS
'What the server says of a value for a setting: why it would refuse it, or how ALTER SYSTEM takes it; and its number in the unit of the setting';

CREATE OR REPLACE FUNCTION dbadvisor.setting_persisted(
	name text,
	OUT is_known boolean,
	OUT value text)
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_setting_persisted';
COMMENT ON FUNCTION dbadvisor.setting_persisted(text) IS
'What ALTER SYSTEM has left of a setting in postgresql.auto.conf: null for nothing; known to members of pg_read_all_settings';

CREATE OR REPLACE FUNCTION dbadvisor.control_settings(
	OUT name text,
	OUT number integer)
RETURNS SETOF record
LANGUAGE c VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_control_settings';
COMMENT ON FUNCTION dbadvisor.control_settings() IS
'Settings that a standby must not have lower than its primary, with the primary''s values as they came with the WAL';

CREATE OR REPLACE FUNCTION dbadvisor.setting_text(number numeric, unit text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN number < 0 OR number = 0 OR unit IS NULL OR u.factor IS NULL
		   THEN pg_catalog.trim_scale(number)::text
		   ELSE (SELECT pg_catalog.trim_scale(number * u.factor / c.factor)::text || c.unit
				   FROM (VALUES (1099511627776, 'TB', true), (1073741824, 'GB', true), (1048576, 'MB', true), (1024, 'kB', true), (1, 'B', true),
								(86400000, 'd', false), (3600000, 'h', false), (60000, 'min', false), (1000, 's', false), (1, 'ms', false)) c (factor, unit, is_size)
				  WHERE c.is_size = u.is_size
					AND (number * u.factor % c.factor = 0 OR c.factor = 1)
				  ORDER BY c.factor DESC
				  LIMIT 1)
		   END
	  FROM (VALUES ((SELECT f.factor
					   FROM (VALUES ('B', 1), ('kB', 1024), ('8kB', 8192), ('16kB', 16384), ('32kB', 32768), ('MB', 1048576), ('16MB', 16777216), ('GB', 1073741824),
									('ms', 1), ('s', 1000), ('min', 60000)) f (unit, factor)
					  WHERE f.unit = setting_text.unit),
					setting_text.unit LIKE '%B')) u (factor, is_size);
$$;
COMMENT ON FUNCTION dbadvisor.setting_text(numeric, text) IS
'A number in the unit of a setting as people write it: 4GB, 15min; zero and negative ones mean something else and stay as they are';

-- Fingerprints, of what others have put into the settings: none of them asks the
-- machine.  Patroni starts the server with these settings on its command line, so
-- that nobody else can change them.
CREATE OR REPLACE FUNCTION dbadvisor.cluster_manager(
	OUT manager text,
	OUT evidence text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.manager,
		   m.evidence
	  FROM (SELECT 1, 'patroni', 'the server was started with max_connections, max_wal_senders, max_replication_slots, wal_log_hints and others on its command line'
			  FROM pg_catalog.pg_settings s
			 WHERE s.name IN ('max_connections', 'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction',
							  'max_replication_slots', 'max_worker_processes', 'track_commit_timestamp', 'wal_log_hints')
			   AND s.source = 'command line'
			HAVING pg_catalog.count(*) = 8
			 UNION ALL
			SELECT 2, 'cloudnativepg', pg_catalog.format('%s is %s', s.name, s.setting)
			  FROM pg_catalog.pg_settings s
			 WHERE (s.name IN ('archive_command', 'restore_command') AND s.setting LIKE '/controller/manager %')
				OR (s.name = 'unix_socket_directories' AND s.setting = '/controller/run')
			 UNION ALL
			SELECT 3, CASE pg_catalog.split_part(s.name, '.', 1)
					  WHEN 'rds' THEN 'Amazon RDS'
					  WHEN 'azure' THEN 'Azure Database'
					  WHEN 'cloudsql' THEN 'Cloud SQL'
					  ELSE 'AlloyDB'
					  END, pg_catalog.format('there is a setting %s', s.name)
			  FROM pg_catalog.pg_settings s
			 WHERE pg_catalog.split_part(s.name, '.', 1) IN ('rds', 'azure', 'cloudsql', 'alloydb')
			   AND s.name LIKE '%.%'
			 UNION ALL
			SELECT 4, 'pg_auto_failover', 'settings come from postgresql-auto-failover.conf'
			  FROM pg_catalog.pg_settings s
			 WHERE s.sourcefile LIKE '%/postgresql-auto-failover.conf'
			 UNION ALL
			SELECT 5, 'repmgr', 'shared_preload_libraries has repmgr'
			  FROM pg_catalog.pg_settings s
			 WHERE s.name = 'shared_preload_libraries'
			   AND s.setting ~ '(^|[ ,"])repmgr($|[ ,"])') m (place, manager, evidence)
	 ORDER BY m.place, m.evidence
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.cluster_manager() IS
'Who manages this server, by the settings that it was given: patroni, cloudnativepg, a managed service, pg_auto_failover, repmgr; null for nobody that is known';

-- Below these values the server would lose something now, or not start again.
CREATE OR REPLACE FUNCTION dbadvisor.setting_floor(
	name text,
	OUT number numeric,
	OUT reason text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.number,
		   f.reason
	  FROM (SELECT pg_catalog.ceil(1.2 * pg_catalog.max(s.retained_bytes) / 1048576.0),
				   pg_catalog.format('slot %s retains %s now and would be lost at the next checkpoint',
									 (pg_catalog.array_agg(s.slot_name ORDER BY s.retained_bytes DESC))[1],
									 pg_catalog.pg_size_pretty(pg_catalog.max(s.retained_bytes)))
			  FROM dbadvisor.slot_state s
			 WHERE setting_floor.name IN ('max_slot_wal_keep_size')
			   AND s.retained_bytes IS NOT NULL
			   AND s.wal_status <> 'lost'
			 UNION ALL
			SELECT pg_catalog.count(*), 'so many replication slots exist; the server would not start'
			  FROM pg_catalog.pg_replication_slots s
			 WHERE setting_floor.name = 'max_replication_slots'
			 UNION ALL
			SELECT pg_catalog.count(*), 'so many prepared transactions exist; the server would not start'
			  FROM pg_catalog.pg_prepared_xacts p
			 WHERE setting_floor.name = 'max_prepared_transactions'
			 UNION ALL
			SELECT c.number, 'the primary has so many; a standby with less pauses its recovery or does not start'
			  FROM dbadvisor.control_settings() c
			 WHERE pg_catalog.pg_is_in_recovery()
			   AND c.name = setting_floor.name
			 UNION ALL
			SELECT pg_catalog.sum(s.setting::numeric) + 1, 'so many are reserved; the server would not start'
			  FROM pg_catalog.pg_settings s
			 WHERE setting_floor.name = 'max_connections'
			   AND s.name IN ('superuser_reserved_connections', 'reserved_connections')) f (number, reason)
	 WHERE f.number > 0
	 ORDER BY f.number DESC
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.setting_floor(text) IS
'The lowest value of a setting that is safe at this moment, in its unit, and why; null where nothing speaks against any';

-- Pairs of settings with which the server refuses to start, and what it has not
-- got: PostmasterMain(), StartupReplicationSlots() and shared memory say so.
CREATE OR REPLACE FUNCTION dbadvisor.setting_conflict(name text, value text)
RETURNS text
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(c.problem, '; ' ORDER BY c.problem)
	  FROM (SELECT pg_catalog.format('with wal_level = minimal the server does not start while %s is %s', s.name, s.setting)
			  FROM pg_catalog.pg_settings s
			 WHERE setting_conflict.name = 'wal_level'
			   AND setting_conflict.value = 'minimal'
			   AND ((s.name = 'max_wal_senders' AND s.setting <> '0')
					OR (s.name IN ('archive_mode', 'summarize_wal') AND s.setting <> 'off'))
			 UNION ALL
			SELECT pg_catalog.format('with wal_level = %s the server does not start while slot %s exists', setting_conflict.value, r.slot_name)
			  FROM pg_catalog.pg_replication_slots r
			 WHERE setting_conflict.name = 'wal_level'
			   AND (setting_conflict.value = 'minimal' OR (setting_conflict.value <> 'logical' AND r.slot_type = 'logical'))
			 UNION ALL
			SELECT pg_catalog.format('the server does not start with it while wal_level is minimal')
			 WHERE pg_catalog.current_setting('wal_level') = 'minimal'
			   AND ((setting_conflict.name = 'max_wal_senders' AND setting_conflict.value <> '0')
					OR (setting_conflict.name IN ('archive_mode', 'summarize_wal') AND setting_conflict.value <> 'off'))
			 UNION ALL
			SELECT pg_catalog.format('it needs %s huge pages, %s are free', n.pages, COALESCE(h.free::text, 'an unknown number'))
			  FROM (SELECT pg_catalog.current_setting('shared_memory_size_in_huge_pages')::numeric) n (pages)
			 CROSS JOIN LATERAL (SELECT dbadvisor.host_number('huge_pages_free')) h (free)
			 WHERE setting_conflict.name = 'huge_pages'
			   AND setting_conflict.value = 'on'
			   AND COALESCE(h.free, 0) < n.pages
			   AND COALESCE(pg_catalog.current_setting('huge_pages_status', true), 'off') <> 'on'
			 UNION ALL
			SELECT pg_catalog.format('the machine has %s of memory', pg_catalog.pg_size_pretty(h.bytes::bigint))
			  FROM dbadvisor.setting_check(setting_conflict.name, setting_conflict.value) k
			 CROSS JOIN LATERAL (SELECT dbadvisor.host_number('memory')) h (bytes)
			 WHERE setting_conflict.name = 'shared_buffers'
			   AND k.number * pg_catalog.current_setting('block_size')::numeric > 0.75 * h.bytes
			 UNION ALL
			SELECT pg_catalog.format('the file system of pg_wal has %s free', pg_catalog.pg_size_pretty(d.free_bytes))
			  FROM dbadvisor.setting_check(setting_conflict.name, setting_conflict.value) k
			 CROSS JOIN LATERAL dbadvisor.wal_disk() d
			 WHERE setting_conflict.name IN ('max_slot_wal_keep_size', 'wal_keep_size', 'max_wal_size')
			   AND k.number * 1048576 > d.free_bytes + COALESCE(d.wal_bytes, 0)
			 UNION ALL
			-- MAX_BACKENDS of postmaster.h
			SELECT 'the server takes 262143 processes of all kinds'
			  FROM dbadvisor.setting_check(setting_conflict.name, setting_conflict.value) k
			 CROSS JOIN LATERAL (
				SELECT pg_catalog.sum(s.setting::integer)
				  FROM pg_catalog.pg_settings s
				 WHERE s.name IN ('max_connections', 'max_worker_processes', 'max_wal_senders', 'autovacuum_max_workers', 'autovacuum_worker_slots')
				   AND s.name <> setting_conflict.name) o (others)
			 WHERE setting_conflict.name IN ('max_connections', 'max_worker_processes', 'max_wal_senders')
			   AND k.number + o.others + 2 > 262143
			 UNION ALL
			SELECT 'the server does not start when all connections are reserved'
			  FROM dbadvisor.setting_check(setting_conflict.name, setting_conflict.value) k
			 CROSS JOIN LATERAL (
				SELECT pg_catalog.sum(CASE s.name WHEN 'max_connections' THEN s.setting::integer ELSE -s.setting::integer END)
				  FROM pg_catalog.pg_settings s
				 WHERE s.name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
				   AND s.name <> setting_conflict.name) o (places)
			 WHERE setting_conflict.name IN ('superuser_reserved_connections', 'reserved_connections')
			   AND k.number >= o.places) c (problem);
$$;
COMMENT ON FUNCTION dbadvisor.setting_conflict(text, text) IS
'Why the server would not start with a value of a setting, or would fill its disk, by its other settings, its slots, its memory and its disk; null where nothing is known to speak against it';

CREATE OR REPLACE FUNCTION dbadvisor.setting_overrides(name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(o.who, ', ' ORDER BY o.who)
	  FROM (SELECT pg_catalog.concat_ws(' in ',
										CASE WHEN d.setrole <> 0 THEN 'role ' || dbadvisor.role_list(ARRAY[d.setrole]) END,
										CASE WHEN d.setdatabase <> 0 THEN 'database ' || dbadvisor.object_identity('pg_catalog.pg_database', d.setdatabase) END)
			  FROM pg_catalog.pg_db_role_setting d
			 CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) c (item)
			 WHERE pg_catalog.lower(pg_catalog.split_part(c.item, '=', 1)) = pg_catalog.lower(setting_overrides.name)) o (who);
$$;
COMMENT ON FUNCTION dbadvisor.setting_overrides(text) IS
'Roles and databases that have a value of their own for a setting; null for none';

-- What each manager calls a change.  A NULL value takes the setting back to the
-- manager's default.
CREATE OR REPLACE FUNCTION dbadvisor.setting_command(manager text, name text, value text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE manager
		   WHEN 'patroni'
		   THEN 'patronictl edit-config --pg ' || s.quote || pg_catalog.replace(pg_catalog.concat(name, '=', COALESCE(value, 'null')), s.quote, s.escaped) || s.quote
		   WHEN 'cloudnativepg'
		   THEN pg_catalog.format('kubectl patch clusters.postgresql.cnpg.io %s --type merge --patch ', pg_catalog.current_setting('cluster_name'))
				|| s.quote
				|| pg_catalog.replace(pg_catalog.jsonb_build_object('spec', pg_catalog.jsonb_build_object('postgresql', pg_catalog.jsonb_build_object('parameters', pg_catalog.jsonb_build_object(name, value))))::text,
									  s.quote, s.escaped)
				|| s.quote
		   END
	  FROM (VALUES ('''', '''\''''')) s (quote, escaped);
$$;
COMMENT ON FUNCTION dbadvisor.setting_command(text, text, text) IS
'The command for a shell with which a manager of clusters is told to change a setting; null where it has none';

-- Settings that managers write themselves.
CREATE OR REPLACE FUNCTION dbadvisor.setting_owner(manager text, name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN manager = 'patroni' AND name = 'synchronous_standby_names'
		   THEN 'Patroni writes it: change synchronous_mode or synchronous_node_count with patronictl edit-config'
		   WHEN manager = 'patroni' AND name IN ('primary_conninfo', 'primary_slot_name', 'cluster_name', 'listen_addresses', 'port', 'hot_standby')
		   THEN 'Patroni writes it'
		   WHEN manager = 'cloudnativepg' AND name = 'synchronous_standby_names'
		   THEN 'the operator writes it: change spec.postgresql.synchronous of the cluster'
		   WHEN manager = 'cloudnativepg'
				AND name IN ('archive_command', 'restore_command', 'full_page_writes', 'hot_standby', 'listen_addresses', 'port', 'primary_conninfo',
							 'primary_slot_name', 'cluster_name', 'recovery_target_timeline', 'restart_after_crash', 'ssl', 'unix_socket_directories', 'wal_log_hints')
		   THEN 'the operator writes it'
		   WHEN manager = 'pg_auto_failover' AND name IN ('synchronous_standby_names', 'primary_conninfo', 'primary_slot_name')
		   THEN 'pg_autoctl writes it: change number-sync-standbys of the formation or replication-quorum of a node'
		   WHEN manager = 'pg_auto_failover'
				AND EXISTS (SELECT
							  FROM pg_catalog.pg_settings s
							 WHERE s.name = setting_owner.name
							   AND s.sourcefile LIKE '%/postgresql-auto-failover.conf')
		   THEN 'pg_autoctl writes it'
		   WHEN manager IN ('Amazon RDS', 'Azure Database', 'Cloud SQL', 'AlloyDB')
		   THEN pg_catalog.format('ALTER SYSTEM is refused on %s: change it in the parameters of the instance', manager)
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.setting_owner(text, text) IS
'Why a setting is not ours to change where a manager of clusters is at work; null where it is';

CREATE OR REPLACE FUNCTION dbadvisor.setting_change(
	name text,
	recommended text,
	effect text DEFAULT NULL,
	OUT current_value text,
	OUT value text,
	OUT is_change boolean,
	OUT takes_effect text,
	OUT problem text,
	OUT apply_sql text,
	OUT revert_sql text,
	OUT apply_command text,
	OUT revert_command text,
	OUT impact text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH present AS (
		SELECT s.name,
			   s.unit,
			   s.reset_val,
			   s.source,
			   s.context,
			   (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p), '.') FROM pg_catalog.string_to_table(s.name, '.') p) AS written,
			   CASE WHEN s.vartype IN ('integer', 'real') THEN s.min_val::numeric END AS least,
			   CASE WHEN s.vartype IN ('integer', 'real') THEN s.max_val::numeric END AS most,
			   CASE WHEN s.vartype IN ('integer', 'real') THEN dbadvisor.setting_text(s.reset_val::numeric, s.unit) ELSE s.reset_val END AS shown
		  FROM pg_catalog.pg_settings s
		 WHERE s.name = pg_catalog.lower(setting_change.name)
			OR s.name = setting_change.name
	), wanted AS (
		SELECT p.*,
			   CASE WHEN p.least IS NOT NULL THEN k.number::numeric END AS number,
			   f.number AS floor,
			   f.reason
		  FROM present p
		 CROSS JOIN LATERAL dbadvisor.setting_check(p.name, recommended) k
		 CROSS JOIN LATERAL dbadvisor.setting_floor(p.name) f
	), clamped AS (
		SELECT w.*,
			   -- minus one means no limit, which is never too low
			   CASE
			   WHEN w.number IS NULL OR (w.number = -1 AND w.least = -1) THEN w.number
			   ELSE LEAST(GREATEST(w.number, w.floor, w.least), w.most)
			   END AS clamped
		  FROM wanted w
	), judged AS (
		SELECT c.*,
			   v.value,
			   k.literal,
			   c.clamped IS DISTINCT FROM c.number AS is_clamped,
			   CASE WHEN c.clamped IS NULL THEN v.value IS DISTINCT FROM c.reset_val ELSE c.clamped <> c.reset_val::numeric END AS is_change,
			   m.manager,
			   a.is_known,
			   a.value AS persisted,
			   COALESCE(k.problem,
						dbadvisor.setting_conflict(c.name, v.value),
						dbadvisor.setting_owner(m.manager, c.name),
						CASE
						WHEN c.source IN ('command line', 'environment variable') AND m.manager IS DISTINCT FROM 'patroni'
						THEN pg_catalog.format('it is set by %s, which wins over ALTER SYSTEM', CASE c.source WHEN 'command line' THEN 'the command line' ELSE 'an environment variable' END)
						END) AS problem
		  FROM clamped c
		 CROSS JOIN LATERAL (SELECT CASE WHEN c.clamped IS DISTINCT FROM c.number THEN dbadvisor.setting_text(c.clamped, c.unit) ELSE recommended END) v (value)
		 CROSS JOIN LATERAL dbadvisor.setting_check(c.name, v.value) k
		 CROSS JOIN LATERAL dbadvisor.setting_persisted(c.name) a
		 CROSS JOIN LATERAL dbadvisor.cluster_manager() m
	), dialect AS (
		SELECT j.*,
			   j.context = 'postmaster' AS restarts,
			   dbadvisor.setting_command(j.manager, j.name, j.value) AS command,
			   COALESCE(pg_catalog.current_setting('allow_alter_system', true), 'on') = 'off' AS is_locked,
			   CASE j.context WHEN 'postmaster' THEN '' ELSE E';\nSELECT pg_reload_conf()' END AS reload
		  FROM judged j
	)
	SELECT d.shown,
		   d.value,
		   d.is_change,
		   CASE WHEN d.restarts THEN 'restart' ELSE 'reload' END,
		   d.problem,
		   CASE WHEN d.problem IS NULL AND d.command IS NULL AND NOT d.is_locked
				THEN pg_catalog.format('ALTER SYSTEM SET %s = %s%s', d.written, d.literal, d.reload)
		   END,
		   CASE
		   WHEN d.problem IS NOT NULL OR d.command IS NOT NULL OR d.is_locked OR NOT d.is_known THEN NULL
		   WHEN d.persisted IS NULL THEN pg_catalog.format('ALTER SYSTEM RESET %s%s', d.written, d.reload)
		   ELSE (SELECT pg_catalog.format('ALTER SYSTEM SET %s = %s%s', d.written, o.literal, d.reload)
				   FROM dbadvisor.setting_check(d.name, d.persisted) o)
		   END,
		   CASE
		   WHEN d.problem IS NOT NULL THEN NULL
		   WHEN d.command IS NULL AND d.is_locked THEN pg_catalog.format('%s = %s', d.written, d.literal)
		   ELSE d.command
		   END,
		   CASE
		   WHEN d.problem IS NOT NULL THEN NULL
		   ELSE dbadvisor.setting_command(d.manager, d.name, CASE WHEN d.source <> 'default' THEN d.shown END)
		   END,
		   pg_catalog.concat_ws(' ',
								effect,
								CASE
								WHEN d.restarts THEN 'Takes effect when the server is restarted.'
								WHEN d.context IN ('backend', 'superuser-backend') THEN 'Takes effect on reload, for sessions that begin after it.'
								ELSE 'Takes effect on reload.'
								END,
								CASE
								WHEN d.name IN ('max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')
								THEN CASE WHEN d.clamped > d.reset_val::numeric
										  THEN 'Raise it on standbys before the primary: one that has less pauses its recovery.'
										  ELSE 'Lower it on the primary before standbys: one that has less pauses its recovery.'
										  END
								END,
								CASE WHEN d.is_clamped THEN pg_catalog.format('%s is what was computed; %s is printed: %s.', recommended, d.value,
																			  CASE WHEN d.clamped = d.floor THEN d.reason ELSE 'the server takes no other' END) END,
								CASE WHEN d.problem IS NOT NULL THEN pg_catalog.format('No statement is printed: %s.', d.problem) END,
								CASE
								WHEN d.problem IS NOT NULL THEN NULL
								WHEN d.manager = 'patroni'
								THEN pg_catalog.format('Patroni manages this server, run: %s%s', d.command, CASE WHEN d.restarts THEN ' and patronictl restart with --pending.' ELSE '.' END)
								WHEN d.manager = 'cloudnativepg' THEN pg_catalog.format('CloudNativePG manages this server, run: %s', d.command)
								WHEN d.is_locked THEN pg_catalog.format('ALTER SYSTEM is switched off; put into the configuration: %s = %s', d.written, d.literal)
								WHEN d.manager IN ('repmgr', 'pg_auto_failover') THEN pg_catalog.format('Change it on every node: %s does not carry it over.', d.manager)
								END,
								CASE WHEN NOT d.is_known THEN 'How to take it back is not known to this role: that needs pg_read_all_settings.' END,
								'Of their own they have it: ' || dbadvisor.setting_overrides(d.name) || '.')
	  FROM dialect d
	 UNION ALL
	SELECT NULL, NULL, false, NULL, pg_catalog.format('this server has no setting "%s" that the role may see', setting_change.name), NULL, NULL, NULL, NULL, NULL
	 WHERE NOT EXISTS (SELECT FROM present)
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.setting_change(text, text, text) IS
'How to change a setting here: the value, clamped to what is safe at this moment; whether it takes a reload or a restart; the statement, or the command of who manages the cluster; how to take it back, exactly as it was; and what stands against it';

-- Rules of settings build their rows with this.
CREATE OR REPLACE FUNCTION dbadvisor.setting_advice(
	rule text,
	setting text,
	recommended text,
	title text,
	detail text,
	evidence jsonb,
	effect text DEFAULT NULL,
	severity text DEFAULT NULL,
	proof text DEFAULT 'counters',
	confidence double precision DEFAULT 0.9,
	evidence_since timestamptz DEFAULT NULL,
	object_type text DEFAULT 'configuration',
	object_name text DEFAULT NULL,
	variant text DEFAULT NULL,
	always boolean DEFAULT false)
RETURNS SETOF dbadvisor.advice
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.*
	  FROM dbadvisor.setting_change(setting_advice.setting, setting_advice.recommended, setting_advice.effect) c
	 CROSS JOIN LATERAL dbadvisor.advice(
			   rule => setting_advice.rule,
			   object_type => setting_advice.object_type,
			   object_name => COALESCE(setting_advice.object_name, setting_advice.setting),
			   variant => setting_advice.variant,
			   severity => setting_advice.severity,
			   title => pg_catalog.replace(setting_advice.title, '{value}', COALESCE(c.value, setting_advice.recommended)),
			   detail => setting_advice.detail,
			   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
							   'setting', setting_advice.setting,
							   'current_value', c.current_value,
							   'recommended_value', c.value,
							   'takes_effect', c.takes_effect,
							   'problem', c.problem,
							   'apply_command', c.apply_command,
							   'revert_command', c.revert_command)) || setting_advice.evidence,
			   proof => setting_advice.proof,
			   confidence => setting_advice.confidence,
			   evidence_since => setting_advice.evidence_since,
			   apply_sql => CASE WHEN c.is_change THEN c.apply_sql END,
			   revert_sql => CASE WHEN c.is_change THEN c.revert_sql END,
			   impact => CASE WHEN c.is_change OR c.problem IS NOT NULL THEN c.impact END) a
	 WHERE c.is_change
		OR c.problem IS NOT NULL
		OR setting_advice.always;
$$;
COMMENT ON FUNCTION dbadvisor.setting_advice(text, text, text, text, text, jsonb, text, text, text, double precision, timestamptz, text, text, text, boolean) IS
'Build the row of advice that a setting be changed; {value} in the title is the value that setting_change() arrives at; no row when the server has it already, unless one is wanted always';

REVOKE ALL ON FUNCTION dbadvisor.setting_check(text, text),
	dbadvisor.setting_persisted(text),
	dbadvisor.control_settings(),
	dbadvisor.setting_text(numeric, text),
	dbadvisor.cluster_manager(),
	dbadvisor.setting_floor(text),
	dbadvisor.setting_conflict(text, text),
	dbadvisor.setting_overrides(text),
	dbadvisor.setting_command(text, text, text),
	dbadvisor.setting_owner(text, text),
	dbadvisor.setting_change(text, text, text),
	dbadvisor.setting_advice(text, text, text, text, text, jsonb, text, text, text, double precision, timestamptz, text, text, text, boolean)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.setting_check(text, text),
	dbadvisor.setting_persisted(text),
	dbadvisor.control_settings(),
	dbadvisor.setting_text(numeric, text),
	dbadvisor.cluster_manager(),
	dbadvisor.setting_floor(text),
	dbadvisor.setting_conflict(text, text),
	dbadvisor.setting_overrides(text),
	dbadvisor.setting_command(text, text, text),
	dbadvisor.setting_owner(text, text),
	dbadvisor.setting_change(text, text, text),
	dbadvisor.setting_advice(text, text, text, text, text, jsonb, text, text, text, double precision, timestamptz, text, text, text, boolean)
	TO dbadvisor_reader;
