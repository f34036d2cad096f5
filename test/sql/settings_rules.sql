-- Rules of category settings, each with a case that fires and a near miss; fsync is
-- off on this server.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA settings_rules;
SET search_path = settings_rules;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server;

-- settings.durability_off
SELECT object_name, severity, title, apply_sql FROM advice_of('settings.durability_off');
SET zero_damaged_pages = on;
SELECT object_name FROM advice_of('settings.durability_off');
RESET zero_damaged_pages;

-- settings.checkpoints_requested: 12 windows of five minutes.  2 MB a second times
-- 300 s times 1.9 times 1.25 is 1425 MB; the server begins a checkpoint after 1 GB /
-- 1.9, which is 269 s.
CREATE FUNCTION make_windows(wal_bytes_per_second float8, requested int, timed int, active_ms float8) RETURNS void
LANGUAGE sql AS $$
	TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server;
	INSERT INTO dbadvisor.history_snapshot
	SELECT 0, t, t - interval '5 minutes', 300, 0, 0, 1, '{}'
	  FROM generate_series(now() - interval '1 hour', now() - interval '5 minutes', interval '5 minutes') t;
	INSERT INTO dbadvisor.history_server
	SELECT 0, s.taken_at, s.since, f.source, '', false, f.figures
	  FROM dbadvisor.history_snapshot s,
		   (VALUES ('wal', jsonb_build_object('wal_bytes', wal_bytes_per_second * 300)),
				   ('database', jsonb_build_object('xact_commit', 10, 'active_time', active_ms)),
				   (CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'checkpointer' ELSE 'bgwriter' END,
					jsonb_build_object('checkpoints_req', requested, 'checkpoints_timed', timed, 'num_requested', requested, 'num_timed', timed))) f (source, figures);
$$;
SELECT count(*) FROM advice_of('settings.checkpoints_requested');
SELECT make_windows(2097152, 1, 1, 0);
SELECT title, severity, detail, evidence ->> 'computed_bytes' AS computed_bytes, apply_sql, revert_sql, impact FROM advice_of('settings.checkpoints_requested');
-- requested by somebody: WAL does not come that fast
SELECT make_windows(100000, 1, 1, 0);
SELECT count(*) FROM advice_of('settings.checkpoints_requested');
-- fast, and yet by time
SELECT make_windows(2097152, 0, 1, 0);
SELECT count(*) FROM advice_of('settings.checkpoints_requested');
-- the rate that the other rules use
SELECT make_windows(2097152, 1, 1, 0);
SELECT round(bytes_per_second) AS bytes_per_second, windows, basis FROM dbadvisor.wal_rate();
SELECT outage_bytes, fits IS NOT NULL AS fits, unslotted_lost_after FROM dbadvisor.wal_capacity('1 hour');
-- slots: 24 hours, half as much again; or what the disk has room for
SELECT wanted_bytes = 2097152.0 * 86400 * 1.5 AS wanted, keep_mb <= wanted_bytes / 1048576 AND keep_mb <= disk_bytes / 1048576 AS bounded FROM dbadvisor.slot_wal_keep(24);

SELECT dbadvisor.hours_until(b, r) FROM (VALUES (7200.0, 1.0), (-1, 1), (0, 1), (NULL, 1), (1, 0), (1, NULL)) v (b, r);
SELECT slot_name FROM pg_create_physical_replication_slot('settings_rules');
SELECT retained_bytes, behind_bytes, held_xids FROM dbadvisor.slot_state;
SELECT pg_drop_replication_slot('settings_rules');

-- a disk that is nearly full: 1 GB is free, and written in nine minutes
SELECT make_windows(2097152, 1, 1, 0);
BEGIN;
CREATE OR REPLACE FUNCTION dbadvisor.wal_disk(OUT wal_bytes bigint, OUT free_bytes bigint, OUT size_bytes bigint)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT 1073741824, 1073741824, 4294967296 $$;
CREATE OR REPLACE VIEW dbadvisor.slot_state AS
SELECT 'gone'::name AS slot_name, 'physical'::text AS slot_type, NULL::name AS plugin, NULL::name AS database, false AS temporary, false AS active, NULL::integer AS active_pid,
	   'extended'::text AS wal_status, NULL::bigint AS safe_wal_size, '0/1'::pg_lsn AS restart_lsn, current_setting('settings_rules.retained')::bigint AS retained_bytes, NULL::bigint AS behind_bytes,
	   NULLIF(current_setting('settings_rules.held'), '')::integer AS held_xids, NULL::timestamptz AS inactive_since, NULL::text AS invalidation_reason, false AS failover, false AS synced;
SET LOCAL settings_rules.retained = 1717986918;
SET LOCAL settings_rules.held = '';
SELECT severity, regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:00', 'DATE') AS detail, evidence ->> 'hours_to_full_disk' AS hours FROM advice_of('replication.slot_inactive');
-- the slot keeps more than there is room for: no limit is safe
SELECT keep_mb, disk_bytes FROM dbadvisor.slot_wal_keep(24);
SELECT severity, title, detail, apply_sql FROM advice_of('replication.slot_retention_unlimited');
SELECT value, problem, apply_sql FROM dbadvisor.setting_change('max_slot_wal_keep_size', '3GB');
-- little WAL, but the dead rows of 200,000 transactions; of 20 million
-- maintenance.horizon_held tells
SET LOCAL settings_rules.retained = 0;
SET LOCAL settings_rules.held = 99999;
SELECT count(*) FROM advice_of('replication.slot_inactive');
SET LOCAL settings_rules.held = 200000;
SELECT detail ~ 'It also keeps dead rows of the last 200000 transactions in all tables' AS told FROM advice_of('replication.slot_inactive');
SET LOCAL settings_rules.held = 20000000;
SELECT count(*) FROM advice_of('replication.slot_inactive');
ROLLBACK;

-- names of standbys, as the server reads them
SELECT w.value, k.problem, p.*
  FROM (VALUES ('FIRST', 1, ARRAY['sb1', 'sb2']), ('ANY', 2, ARRAY['Sb-1', 'any', 'a"b']), ('FIRST', 1, ARRAY['*'])) v (method, needed, names)
 CROSS JOIN LATERAL (SELECT dbadvisor.write_synchronous_standbys(v.method, v.needed, v.names)) w (value)
 CROSS JOIN LATERAL dbadvisor.setting_check('synchronous_standby_names', w.value) k
 CROSS JOIN LATERAL dbadvisor.parse_synchronous_standbys(w.value) p;
SELECT s, p.* FROM unnest(ARRAY['a, b', '2 (a,"B c")', 'any 1(x)', '*', '', ' ']) s CROSS JOIN LATERAL dbadvisor.parse_synchronous_standbys(s) p;

-- pool_size: 600 s of work in each 300 s are two sessions at once
SET dbadvisor.host_cores = 8;
SELECT make_windows(1, 1, 1, 600000);
SELECT sessions, active_high, active_mean, cores, windows FROM dbadvisor.pool_size();
SET dbadvisor.host_cores = 4;
SELECT make_windows(1, 1, 1, 60000000);
SELECT sessions, active_high, remark FROM dbadvisor.pool_size();
TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server;
SELECT sessions, remark FROM dbadvisor.pool_size();
RESET dbadvisor.host_cores;

-- autovacuum_settings: 100,000 rows, of which 1,250 an hour are updated; in four
-- hours that is 5,000, less the threshold of 50 a factor of 0.0495
CREATE TABLE busy (id int, part int) PARTITION BY LIST (part);
CREATE TABLE busy_1 PARTITION OF busy FOR VALUES IN (1);
CREATE TABLE busy_2 PARTITION OF busy FOR VALUES IN (2) WITH (autovacuum_vacuum_scale_factor = 0.03);
INSERT INTO busy SELECT g, 1 FROM generate_series(1, 100000) g;
INSERT INTO busy SELECT g, 2 FROM generate_series(1, 100000) g;
ANALYZE busy;
SELECT option, current_value, recommended_value, comes_every, remark, apply_sql FROM dbadvisor.autovacuum_settings('busy_1');
SELECT make_windows(1, 1, 1, 0);
INSERT INTO dbadvisor.history_relation_total (slot, relid, inserts, updates, hot_updates, deletes)
VALUES (0, 'busy_1'::regclass, 0, 1000, 0, 250), (0, 'busy_2'::regclass, 0, 1000, 0, 250);
SELECT full_name, option, current_value, recommended_value, round(changes_per_hour) AS changes_per_hour, comes_every, apply_sql, revert_sql
  FROM dbadvisor.autovacuum_settings('busy');
SELECT option, recommended_value FROM dbadvisor.autovacuum_settings('busy_1', every => '3 minutes');
SELECT option, recommended_value, remark FROM dbadvisor.autovacuum_settings('busy_1', every => '2 minutes');
SELECT option, recommended_value, remark FROM dbadvisor.autovacuum_settings('busy_1', every => '1 year');
DELETE FROM dbadvisor.history_relation_total;
TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server;
SELECT dbadvisor.two_digits(n) FROM unnest(ARRAY[0.0495, 0.001, 0.2, 123.4]) n;

-- settings.pending_restart: nothing waits
SELECT count(*) FROM advice_of('settings.pending_restart');

-- what is stored is shown with the present and the recommended value
SELECT dbadvisor.analyze('{settings,replication}') > 0 AS analyzed;
SELECT rule, setting, current_value, recommended_value, takes_effect, apply FROM dbadvisor.settings_recommendations WHERE rule = 'settings.durability_off';
SELECT count(*) FROM dbadvisor.replication_recommendations;
SELECT rule, status, reason FROM dbadvisor.rule_run WHERE status NOT IN ('ok', 'skipped') AND rule ~ '^(settings|replication)' AND reason NOT LIKE 'history has 0.0 of the %' ORDER BY 1;
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
DROP SCHEMA settings_rules CASCADE;
