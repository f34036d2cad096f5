-- Rules about settings that look at history: each with a case that fires and a near
-- miss.  History is made up: windows of an hour with the same figures in each.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA settings_measured;
SET search_path = settings_measured;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip

-- A machine of 64 GB and 8 cores.
SET dbadvisor.host_memory = '64GB';
SET dbadvisor.host_cores = 8;
\set history :abs_srcdir '/fixture/history.sql'
\i :history
-- what a rule says: the setting, from what to what, and why
CREATE FUNCTION says(rule text, OUT setting text, OUT severity text, OUT present text, OUT recommended text, OUT title text, OUT detail text)
RETURNS SETOF record
LANGUAGE sql AS $$
	SELECT a.object_name, a.severity, a.evidence ->> 'current_value', a.evidence ->> 'recommended_value', a.title, a.detail FROM advice_of(rule) a;
$$;

-- what is needed and is not there is told; with enough history all is well
CREATE TABLE looked AS
SELECT r.rule FROM dbadvisor.rule r
 WHERE r.rule LIKE 'settings.%' AND r.thresholds ? 'min_hours' AND dbadvisor.rule_skip_reason(r.rule) IS NULL AND (r.thresholds ->> 'min_hours')::int > 0;
SELECT make_history(2, '{}');
SELECT count(*) > 8 AS many, bool_and(n.variant = 'degraded' AND n.detail ~ '^history has 2.0 of the \d+ hours that it needs: ') AS told
  FROM looked l, unnest(dbadvisor.rule_advice(dbadvisor.rule_query(l.rule))) n WHERE n.object_type = 'rule';
SELECT make_history(200, '{"wal": {"wal_bytes": 36000000, "wal_fpi": 100, "wal_records": 100000},
	"bgwriter": {"checkpoints_timed": 12, "buffers_checkpoint": 1000, "buffers_clean": 10, "buffers_backend": 20, "checkpoint_sync_time": 100},
	"checkpointer": {"num_timed": 12, "sync_time": 100},
	"io|client backend/relation/normal": {"writes": 20, "reads": 1000}, "io|checkpointer/relation/normal": {"writes": 1000},
	"slru|Subtrans": {"blks_hit": 1000, "blks_read": 1}, "slru|subtransaction": {"blks_hit": 1000, "blks_read": 1},
	"database": {"xact_commit": 10000, "blks_hit": 100000, "blks_read": 1000, "temp_files": 1, "temp_bytes": 1000000},
	"activity": {"sessions": 20, "active_sessions": 2, "idle_sessions": 18, "lock_waits": 0, "shared_locks": 100, "autovacuum_workers": 1, "remote_sessions": 0, "prepared_transactions": 1, "index_vacuum_passes": 1}}');
SELECT l.rule, n.variant, n.title FROM looked l, unnest(dbadvisor.rule_advice(dbadvisor.rule_query(l.rule))) n WHERE n.variant IS DISTINCT FROM 'ok' ORDER BY 1;

-- settings.checkpoint_spread: the default is right
SELECT * FROM says('settings.checkpoint_spread');

-- settings.wal_page_images: 60,000 pages an hour in 700 MB are 70 %
SELECT make_history(48, '{"wal": {"wal_bytes": 700000000, "wal_fpi": 60000}, "bgwriter": {"checkpoints_timed": 12, "checkpoints_req": 1}, "checkpointer": {"num_timed": 12, "num_requested": 1}}');
SELECT * FROM says('settings.wal_page_images');
-- most checkpoints on request: a longer time changes nothing
SELECT make_history(48, '{"wal": {"wal_bytes": 700000000, "wal_fpi": 60000}, "bgwriter": {"checkpoints_timed": 1, "checkpoints_req": 12}, "checkpointer": {"num_timed": 1, "num_requested": 12}}');
SELECT setting FROM says('settings.wal_page_images');
-- less than half; little WAL
SELECT make_history(48, '{"wal": {"wal_bytes": 700000000, "wal_fpi": 40000}}');
SELECT setting FROM says('settings.wal_page_images');
SELECT make_history(48, '{"wal": {"wal_bytes": 70000000, "wal_fpi": 6000}}');
SELECT setting FROM says('settings.wal_page_images');

-- settings.wal_buffers_full: twice a second with the 4 MB of these shared_buffers
SELECT make_history(48, '{"wal": {"wal_buffers_full": 7200}}');
SELECT * FROM says('settings.wal_buffers_full');
SELECT make_history(48, '{"wal": {"wal_buffers_full": 3500}}');
SELECT setting FROM says('settings.wal_buffers_full');

-- settings.backends_write_pages: 200 pages a second, 40 %; of 18,000 rounds of the
-- background writer 3,600 came to an early end
SELECT make_history(48, '{"bgwriter": {"buffers_backend": 720000, "buffers_clean": 360000, "buffers_checkpoint": 720000, "maxwritten_clean": 3600},
	"io|client backend/relation/normal": {"writes": 720000}, "io|background writer/relation/normal": {"writes": 1080000}}');
SELECT * FROM says('settings.backends_write_pages');
-- it was not stopped: it is not told to do more
SELECT make_history(48, '{"bgwriter": {"buffers_backend": 720000, "buffers_clean": 360000, "buffers_checkpoint": 720000},
	"io|client backend/relation/normal": {"writes": 720000}, "io|background writer/relation/normal": {"writes": 1080000}}');
SELECT setting, present, recommended FROM says('settings.backends_write_pages');
-- a fifth is written by sessions
SELECT make_history(48, '{"bgwriter": {"buffers_backend": 360000, "buffers_clean": 720000, "buffers_checkpoint": 720000, "maxwritten_clean": 3600},
	"io|client backend/relation/normal": {"writes": 360000}, "io|background writer/relation/normal": {"writes": 1440000}}');
SELECT setting FROM says('settings.backends_write_pages');

-- settings.checkpoint_sync_slow: 12 s for each checkpoint, or 9 s
SELECT make_history(48, '{"bgwriter": {"checkpoints_timed": 12, "checkpoint_sync_time": 144000}, "checkpointer": {"num_timed": 12, "sync_time": 144000}}');
SELECT setting, severity, present, recommended, title, detail FROM says('settings.checkpoint_sync_slow');
SELECT make_history(48, '{"bgwriter": {"checkpoints_timed": 12, "checkpoint_sync_time": 108000}, "checkpointer": {"num_timed": 12, "sync_time": 108000}}');
SELECT setting FROM says('settings.checkpoint_sync_slow');

-- settings.shared_buffers_size: 128 MB of 64 GB, 2,000 pages a second, a tenth of
-- those that are needed; the databases are as large as they say
BEGIN;
CREATE OR REPLACE FUNCTION dbadvisor.databases_bytes() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$ SELECT pg_catalog.current_setting('settings_measured.data')::bigint $$;
SET LOCAL settings_measured.data = 1099511627776;
SELECT make_history(48, '{"database": {"blks_read": 7200000, "blks_hit": 64800000}}');
SELECT * FROM says('settings.shared_buffers_size');
-- as much as there is data
SET LOCAL settings_measured.data = 4294967296;
SELECT setting, recommended FROM says('settings.shared_buffers_size');
SET LOCAL settings_measured.data = 100000000;
SELECT setting FROM says('settings.shared_buffers_size');
-- hits enough; reads too few; a small machine, for which 128 MB are much
SET LOCAL settings_measured.data = 1099511627776;
SELECT make_history(48, '{"database": {"blks_read": 7200000, "blks_hit": 648000000}}');
SELECT setting FROM says('settings.shared_buffers_size');
SELECT make_history(48, '{"database": {"blks_read": 72000, "blks_hit": 64800}}');
SELECT setting FROM says('settings.shared_buffers_size');
SET LOCAL dbadvisor.host_memory = '256MB';
SELECT setting, severity, recommended, title FROM says('settings.shared_buffers_size');
ROLLBACK;

-- settings.effective_cache_size: 4 GB where there may be 48, and no data for which
-- it would matter
SELECT * FROM says('settings.effective_cache_size');
SET dbadvisor.host_memory = '4MB';
SELECT setting, severity, present, recommended, title FROM says('settings.effective_cache_size');
SET dbadvisor.host_memory = '64GB';

-- settings.work_mem_spills: 2 GB an hour in files of 20 MB, 10 sessions at work
SELECT make_history(48, '{"database": {"temp_files": 102, "temp_bytes": 2147483648}, "activity": {"sessions": 50, "active_sessions": 10}}');
SELECT * FROM says('settings.work_mem_spills');
SELECT evidence ->> 'work_mem_room_bytes' AS room FROM advice_of('settings.work_mem_spills');
-- one statement that writes nearly all is told elsewhere
INSERT INTO dbadvisor.history_statement
SELECT 0, s.taken_at, s.since, 10, 1, true, false, 1, 1, 1, 0, 0, 0, 0, 0, 250000, 0 FROM dbadvisor.history_snapshot s;
SELECT setting FROM says('settings.work_mem_spills');
-- a machine without room for it; less than 1 GB an hour
TRUNCATE dbadvisor.history_statement;
SET dbadvisor.host_memory = '1GB';
SELECT setting FROM says('settings.work_mem_spills');
SET dbadvisor.host_memory = '64GB';
SELECT make_history(48, '{"database": {"temp_files": 51, "temp_bytes": 1000000000}, "activity": {"sessions": 50, "active_sessions": 10}}');
SELECT setting FROM says('settings.work_mem_spills');

-- settings.memory_overcommitted: 100 sessions at work are 300 times 4 MB, which is
-- 82 % of 3 GB with all the rest
SET dbadvisor.host_memory = '3GB';
SELECT make_history(48, '{"activity": {"sessions": 100, "active_sessions": 100}}');
SELECT * FROM says('settings.memory_overcommitted');
SET dbadvisor.host_memory = '2GB';
SELECT severity, present, recommended, title FROM says('settings.memory_overcommitted');
SET dbadvisor.host_memory = '1GB';
SELECT severity, present, recommended, title, detail FROM says('settings.memory_overcommitted');
SET dbadvisor.host_memory = '64GB';

-- settings.maintenance_work_mem_small: a vacuum was seen in its third pass
SELECT make_history(3, '{"activity": {"index_vacuum_passes": 3}}');
SELECT * FROM says('settings.maintenance_work_mem_small');
SET dbadvisor.host_memory = '1GB';
SELECT setting FROM says('settings.maintenance_work_mem_small');
SET dbadvisor.host_memory = '64GB';
SELECT make_history(3, '{"activity": {"index_vacuum_passes": 1}}');
SELECT setting FROM says('settings.maintenance_work_mem_small');

-- settings.huge_pages_unused: shared buffers are small here
SELECT setting FROM says('settings.huge_pages_unused');
SELECT dbadvisor.set_rule('settings.huge_pages_unused', thresholds => '{"min_shared_bytes": 100000000}');
SELECT setting, severity, title ~ '^Give shared memory \d+ huge pages$' AS titled, detail ~ 'sysctl -w vm.nr_hugepages=\d+; then' AS told FROM says('settings.huge_pages_unused');
DELETE FROM dbadvisor.rule_setting;

-- settings.slru_small: by the names of both versions
SELECT make_history(48, '{"slru|Subtrans": {"blks_hit": 36000000, "blks_read": 7200000}, "slru|notify": {"blks_hit": 3600000000, "blks_read": 7200000}, "slru|Xact": {"blks_hit": 1, "blks_read": 3600}}');
SELECT setting, severity, title, detail FROM says('settings.slru_small');

-- settings.random_page_cost: 0.3 ms, 0.05 ms and 0.6 ms for a page
SELECT make_history(48, '{"database": {"blks_read": 360000, "blk_read_time": 108000}}');
SELECT * FROM says('settings.random_page_cost');
SELECT make_history(48, '{"database": {"blks_read": 360000, "blk_read_time": 18000}}');
SELECT recommended FROM says('settings.random_page_cost');
SELECT make_history(48, '{"database": {"blks_read": 360000, "blk_read_time": 216000}}');
SELECT recommended FROM says('settings.random_page_cost');
-- not measured
SELECT make_history(48, '{"database": {"blks_read": 360000}}');
SELECT recommended FROM says('settings.random_page_cost');

-- settings.io_concurrency_low: from 18 on the default is higher
SET dbadvisor.host_storage = 'ssd';
SELECT setting, severity, present, recommended, detail FROM says('settings.io_concurrency_low') WHERE current_setting('server_version_num')::int < 180000
 UNION ALL
SELECT 'effective_io_concurrency', 'low', '1', '200', 'The storage of the data does not rotate (dbadvisor.host_storage), and 100 pages a second are read from it.' WHERE current_setting('server_version_num')::int >= 180000;
SET dbadvisor.host_storage = 'hdd';
SELECT setting FROM says('settings.io_concurrency_low');
RESET dbadvisor.host_storage;

-- settings.planner_method_off
SELECT setting FROM says('settings.planner_method_off');
CREATE ROLE settings_measured_planner;
ALTER ROLE settings_measured_planner SET enable_nestloop = off;
ALTER ROLE settings_measured_planner IN DATABASE regress SET enable_hashjoin = off;
ALTER ROLE settings_measured_planner SET enable_partitionwise_join = off;
SELECT object_name, severity, title, apply_sql, revert_sql FROM advice_of('settings.planner_method_off');
SELECT * FROM round_trip('settings.planner_method_off', 'enable_nest%');
DROP ROLE settings_measured_planner;

-- settings.worker_places_short: nobody has taken any
SELECT setting FROM says('settings.worker_places_short');

-- settings.parallel_workers_short, from 18 on: half of the workers came
SELECT make_history(48, '{"database": {"parallel_workers_to_launch": 1000, "parallel_workers_launched": 500}}');
SET dbadvisor.host_cores = 12;
SELECT setting, present, recommended FROM dbadvisor.rule_settings_parallel_workers_short, LATERAL (SELECT object_name, evidence ->> 'current_value', evidence ->> 'recommended_value') v (setting, present, recommended) WHERE object_type <> 'rule';
SET dbadvisor.host_cores = 8;
SELECT count(*) FROM dbadvisor.rule_settings_parallel_workers_short WHERE object_type <> 'rule';

-- settings.wal_files_created, counted from 18 on: 100 files an hour, 500 MB are there
BEGIN;
CREATE OR REPLACE FUNCTION dbadvisor.wal_disk(OUT wal_bytes bigint, OUT free_bytes bigint, OUT size_bytes bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	wal_bytes := NULLIF(pg_catalog.current_setting('settings_measured.wal'), '')::bigint;
END;
$$;
SET LOCAL settings_measured.wal = 524288000;
SELECT make_history(48, '{"io|client backend/wal/init": {"write_bytes": 1000000000}, "io|walwriter/wal/init": {"write_bytes": 677721600}, "io|walwriter/wal/normal": {"write_bytes": 9000000000}}');
CREATE FUNCTION files_made() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT pg_catalog.concat_ws('|', object_name, severity, evidence ->> 'current_value', evidence ->> 'recommended_value', title, detail)
	  FROM dbadvisor.rule_settings_wal_files_created WHERE object_type <> 'rule' $$;
SELECT * FROM files_made();
-- more than max_wal_size is not proposed
SET LOCAL settings_measured.wal = 5242880000;
SELECT * FROM files_made();
-- no more is there than min_wal_size keeps; the caller may not know; few were made
SET LOCAL settings_measured.wal = 83886080;
SELECT * FROM files_made();
SET LOCAL settings_measured.wal = '';
SELECT * FROM files_made();
SET LOCAL settings_measured.wal = 524288000;
SELECT make_history(48, '{"io|client backend/wal/init": {"write_bytes": 1000000000}}');
SELECT * FROM files_made();
ROLLBACK;

-- settings.autovacuum_saturated: three of three in all samples; twice as fast comes first
SELECT make_history(48, '{"activity": {"autovacuum_workers": 3}}');
SELECT * FROM says('settings.autovacuum_saturated');
SELECT make_history(48, '{"activity": {"autovacuum_workers": 2}}');
SELECT setting FROM says('settings.autovacuum_saturated');
-- busy, but the limit is as high as it should be
SELECT dbadvisor.set_rule('settings.autovacuum_saturated', thresholds => '{"most_cost_limit": 200}');
SELECT make_history(48, '{"activity": {"autovacuum_workers": 3}}');
SELECT setting, present, recommended FROM says('settings.autovacuum_saturated');
DELETE FROM dbadvisor.rule_setting;

-- settings.connections_unused: 100 places are not many; two for prepared
-- transactions, of which none was there
SELECT make_history(170, '{"activity": {"sessions": 2, "prepared_transactions": 0}}');
SELECT * FROM says('settings.connections_unused');
SELECT make_history(170, '{"activity": {"sessions": 2, "prepared_transactions": 1}}');
SELECT setting FROM says('settings.connections_unused');

-- settings.lock_table_small: 102 owners of 64 locks are 6528
SELECT make_history(3, '{"activity": {"shared_locks": 4000}}');
SELECT * FROM says('settings.lock_table_small');
SELECT make_history(3, '{"activity": {"shared_locks": 3000}}');
SELECT setting FROM says('settings.lock_table_small');

-- settings.log_blind: nothing is proposed where there is nothing to tell
SELECT make_history(48, '{"database": {"deadlocks": 1, "temp_files": 100, "blks_read": 720000}, "activity": {"lock_waits": 1}, "bgwriter": {"checkpoints_req": 1}, "checkpointer": {"num_requested": 1}}');
SELECT setting, severity, present, recommended, detail FROM says('settings.log_blind');
SELECT make_history(48, '{"database": {"temp_files": 1, "blks_read": 7200}, "activity": {"lock_waits": 0}}');
SELECT setting FROM says('settings.log_blind');

-- settings.logical_decoding_spills: 200 MB for each of ten transactions an hour
SELECT make_history(48, '{"slot_decoding|sub": {"spill_bytes": 2000000000, "spill_txns": 10, "total_bytes": 4000000000}}');
SELECT * FROM says('settings.logical_decoding_spills');
SELECT make_history(48, '{"slot_decoding|sub": {"spill_bytes": 2000000000, "spill_txns": 10, "total_bytes": 40000000000}}');
SELECT setting FROM says('settings.logical_decoding_spills');

-- settings.dead_clients_unnoticed: three sessions come from other machines, then none
BEGIN;
CREATE OR REPLACE FUNCTION dbadvisor.server_activity() RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$ SELECT '{"remote_sessions": 3}'::jsonb $$;
SELECT * FROM says('settings.dead_clients_unnoticed');
CREATE OR REPLACE FUNCTION dbadvisor.server_activity() RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$ SELECT '{"remote_sessions": 0}'::jsonb $$;
SELECT * FROM says('settings.dead_clients_unnoticed');
ROLLBACK;

-- settings.checksums_off, settings.file_not_applied, settings.dead_clients_unnoticed
SELECT setting, severity FROM says('settings.checksums_off') WHERE current_setting('data_checksums') = 'off'
 UNION ALL
SELECT 'data_checksums', 'low' WHERE current_setting('data_checksums') = 'on';
SELECT setting FROM says('settings.file_not_applied');
SELECT setting FROM says('settings.dead_clients_unnoticed');

-- without a privilege it is told, and no rule fails
CREATE ROLE settings_measured_reader IN ROLE dbadvisor_reader;
SET ROLE settings_measured_reader;
SELECT r.rule, a.detail
  FROM dbadvisor.rule r, unnest(dbadvisor.rule_advice_safely(r.rule)) a
 WHERE r.rule LIKE 'settings.%' AND a.object_type = 'rule' AND (a.variant = 'failed' OR a.detail LIKE '%needs%') AND a.detail NOT LIKE 'history has%' ORDER BY 1;
RESET ROLE;
DROP ROLE settings_measured_reader;
TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server;
DROP SCHEMA settings_measured CASCADE;
