-- How a setting is changed: what the server would refuse, what is not safe now, in
-- whose words, and how it is taken back.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE VIEW pg_temp.asked AS
SELECT q.name, q.wanted, c.*
  FROM (VALUES ('max_wal_size', '4GB'),
			   ('wal_log_hints', 'on'),
			   ('checkpoint_completion_target', '0.9'),
			   ('work_mem', '1B'),
			   ('superuser_reserved_connections', '5000'),
			   ('wal_compression', 'brotli'),
			   ('synchronous_standby_names', 'FIRST 1 (a, "B")'),
			   ('synchronous_standby_names', 'FIRST 1 (a'),
			   ('shared_preload_libraries', 'pg_stat_statements, dbadvisor, "$libdir/o''dd"'),
			   ('shared_preload_libraries', ''),
			   ('wal_level', 'minimal'),
			   ('huge_pages', 'on'),
			   ('archive_command', E'first\nsecond'),
			   ('max_connections', '1'),
			   ('data_directory', '/tmp'),
			   ('server_version', '99'),
			   ('listen_addresses', '*'),
			   ('no_such_setting', '1')) q (name, wanted)
 CROSS JOIN LATERAL dbadvisor.setting_change(q.name, q.wanted) c;
-- each element of a list is a literal; what the server would not take, or would not
-- start with, has no statement
SELECT name, wanted, value, takes_effect, replace(apply_sql, E'\n', ' ') AS apply_sql
  FROM pg_temp.asked WHERE problem IS NULL ORDER BY name, wanted;
SELECT name, wanted, regexp_replace(problem, '\d+ huge', 'N huge') AS problem, apply_sql IS NULL AND revert_sql IS NULL AND apply_command IS NULL AS silent
  FROM pg_temp.asked WHERE problem IS NOT NULL ORDER BY name, wanted;
SELECT impact FROM dbadvisor.setting_change('max_connections', '1', 'Fewer sessions.');
SELECT impact FROM dbadvisor.setting_change('max_connections', '1000');
SELECT problem IS NOT NULL AS refused FROM dbadvisor.setting_change('max_wal_senders', '100000000');
SELECT dbadvisor.setting_conflict('max_wal_senders', '262100');
SELECT problem ~ '^the machine has .* of memory$' AS refused FROM dbadvisor.setting_change('shared_buffers', (dbadvisor.host_number('memory') / 8192)::bigint::text);
-- the value in force is no change, however it is written
SELECT is_change FROM dbadvisor.setting_change('max_wal_size', pg_size_bytes(current_setting('max_wal_size')) / 1048576 || 'MB');
SELECT is_change FROM dbadvisor.setting_change('wal_log_hints', current_setting('wal_log_hints'));

-- a number in the words of the server
SELECT n, u, dbadvisor.setting_text(n, u), s.setting
  FROM (VALUES (131072, '8kB', 'shared_buffers'), (900, 's', 'checkpoint_timeout'), (90, 's', 'checkpoint_timeout'),
			   (-1, 'MB', 'max_slot_wal_keep_size'), (0, 's', 'checkpoint_warning'), (1024, 'MB', 'max_wal_size'), (1500, 'MB', 'max_wal_size'),
			   (1500, 'ms', 'max_standby_streaming_delay'), (0.9, NULL, 'checkpoint_completion_target')) v (n, u, name)
 CROSS JOIN LATERAL dbadvisor.setting_check(v.name, dbadvisor.setting_text(n, u)) k
 CROSS JOIN LATERAL (SELECT k.number = n::double precision) s (setting);

-- what is printed is run, and taken back to the letter: here to nothing, then to
-- what ALTER SYSTEM had
SELECT string_to_table(apply_sql, E';\n') FROM dbadvisor.setting_change('checkpoint_warning', '2min') \gexec
SELECT * FROM dbadvisor.setting_persisted('checkpoint_warning');
SELECT revert_sql FROM dbadvisor.setting_change('checkpoint_warning', '3min');
ALTER SYSTEM RESET checkpoint_warning;
SELECT * FROM dbadvisor.setting_persisted('checkpoint_warning');
SELECT revert_sql FROM dbadvisor.setting_change('checkpoint_warning', '3min');
ALTER SYSTEM SET search_path = 'a''b', 'c d';
SELECT * FROM dbadvisor.setting_persisted('search_path');
SELECT revert_sql FROM dbadvisor.setting_change('search_path', 'x') \gset
ALTER SYSTEM RESET search_path;
SELECT string_to_table(:'revert_sql', E';\n') \gexec
SELECT * FROM dbadvisor.setting_persisted('search_path');
ALTER SYSTEM RESET search_path;
SELECT pg_reload_conf();

-- slots and prepared transactions that are there
SELECT pg_create_physical_replication_slot('setting_change', true) IS NOT NULL AS slot;
SELECT value FROM dbadvisor.setting_change('max_replication_slots', '0');
SELECT problem FROM dbadvisor.setting_change('wal_level', 'minimal');
CREATE TABLE setting_change_wal AS SELECT generate_series(1, 1000) AS i;
SELECT number >= 1 AS guarded, reason ~ '^slot setting_change retains .* now and would be lost' AS why FROM dbadvisor.setting_floor('max_slot_wal_keep_size');
SELECT value <> '0' AS raised FROM dbadvisor.setting_change('max_slot_wal_keep_size', '0');
DROP TABLE setting_change_wal;
SELECT value FROM dbadvisor.setting_change('max_slot_wal_keep_size', '-1');
SELECT pg_drop_replication_slot('setting_change');
BEGIN;
SELECT pg_current_xact_id() IS NOT NULL AS started;
PREPARE TRANSACTION 'setting_change';
SELECT value FROM dbadvisor.setting_change('max_prepared_transactions', '0');
ROLLBACK PREPARED 'setting_change';
SELECT value FROM dbadvisor.setting_change('max_prepared_transactions', '0');

-- roles and databases with a value of their own
CREATE ROLE setting_change_role;
ALTER ROLE setting_change_role SET work_mem = '8MB';
ALTER ROLE setting_change_role IN DATABASE regress SET work_mem = '9MB';
SELECT impact FROM dbadvisor.setting_change('work_mem', '16MB');
DROP ROLE setting_change_role;

-- managers: their fingerprints and their words
SELECT manager FROM dbadvisor.cluster_manager();
SELECT dbadvisor.setting_command('patroni', 'archive_command', 'cp %p ''/x y/%f''');
SELECT dbadvisor.setting_command('patroni', 'max_wal_size', NULL);
SELECT dbadvisor.setting_command('cloudnativepg', 'max_wal_size', '4GB');
SELECT dbadvisor.setting_owner(m, n)
  FROM (VALUES ('patroni', 'synchronous_standby_names'), ('patroni', 'max_connections'), ('cloudnativepg', 'archive_command'),
			   ('pg_auto_failover', 'synchronous_standby_names'), ('repmgr', 'synchronous_standby_names'), ('Amazon RDS', 'max_wal_size')) v (m, n);

-- who may not know what ALTER SYSTEM has left is not told how to take it back
CREATE ROLE setting_change_reader IN ROLE dbadvisor_reader;
\c -
SET ROLE setting_change_reader;
SELECT * FROM dbadvisor.setting_persisted('checkpoint_warning');
SELECT apply_sql IS NOT NULL AS applies, revert_sql, impact FROM dbadvisor.setting_change('checkpoint_warning', '3min');
RESET ROLE;
GRANT pg_monitor TO setting_change_reader;
SET ROLE setting_change_reader;
SELECT revert_sql FROM dbadvisor.setting_change('checkpoint_warning', '3min');
RESET ROLE;
DROP ROLE setting_change_reader;

-- in a transaction that may not write
BEGIN READ ONLY;
SELECT apply_sql FROM dbadvisor.setting_change('max_wal_size', '4GB');
ROLLBACK;
