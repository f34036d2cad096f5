-- Rules of category maintenance: each with a case that fires and near misses
-- that stay silent.  Autovacuum is off on this server.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA rule_maintenance;
SET search_path = rule_maintenance;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten, dbadvisor.workload_clear() >= 0 AS cleared;
-- what a session has counted is seen by all from now on
CREATE FUNCTION counted() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_stat_force_next_flush();
	RETURN 'yes';
END
$$;

CREATE TABLE off_busy (id int PRIMARY KEY, v int) WITH (autovacuum_enabled = off);
CREATE TABLE off_small (id int PRIMARY KEY, v int) WITH (autovacuum_enabled = off);
CREATE TABLE due (id int PRIMARY KEY, v int);
CREATE TABLE not_due (id int PRIMARY KEY, v int);
CREATE TABLE due_parts (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE due_parts_1 PARTITION OF due_parts FOR VALUES FROM (0) TO (100000);
CREATE TABLE due_parts_2 PARTITION OF due_parts FOR VALUES FROM (100000) TO (200000);
CREATE TABLE patient (id int PRIMARY KEY, v int) WITH (autovacuum_vacuum_threshold = 1000000);
INSERT INTO off_busy SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO off_small SELECT i, i FROM generate_series(1, 100) i;
INSERT INTO due SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO not_due SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO patient SELECT i, i FROM generate_series(1, 20000) i;
INSERT INTO due_parts SELECT i * 10, i FROM generate_series(1, 19999) i;
SELECT counted();
VACUUM ANALYZE off_busy, off_small, due, not_due, patient, due_parts;
UPDATE off_busy SET v = v + 1;
UPDATE due SET v = v + 1;
UPDATE due_parts SET v = v + 1;
UPDATE patient SET v = v + 1;
UPDATE not_due SET v = v + 1 WHERE id <= 2000;
SELECT counted();

-- maintenance.autovacuum_off: the server, and a table that is written
SELECT object_type, object_name, severity, apply_sql FROM advice_of('maintenance.autovacuum_off') WHERE object_name LIKE 'rule_maintenance.%' OR object_type = 'configuration';
SELECT * FROM round_trip('maintenance.autovacuum_off', 'rule_maintenance.%');

-- maintenance.vacuum_due: by the formula, with the settings of the table; not
-- while the last VACUUM is young
SELECT count(*) FROM advice_of('maintenance.vacuum_due') WHERE object_name LIKE 'rule_maintenance.%';
SELECT dbadvisor.set_rule('maintenance.vacuum_due', thresholds => '{"min_hours": 0}');
SELECT object_name, severity, affected_count, evidence ->> 'dead_rows' AS dead_rows, apply_sql FROM advice_of('maintenance.vacuum_due') WHERE object_name LIKE 'rule_maintenance.%';
VACUUM due;
CREATE TABLE never_vacuumed (id int);
INSERT INTO never_vacuumed SELECT generate_series(1, 30000);
SELECT counted();
SELECT object_name, severity FROM advice_of('maintenance.vacuum_due') WHERE object_name LIKE 'rule_maintenance.%';

-- maintenance.scale_factor_large_table: thresholds brought down to this size
SELECT dbadvisor.set_rule('maintenance.scale_factor_large_table', thresholds => '{"max_dead_rows": 3000, "target_dead_rows": 400}');
CREATE TABLE no_updates AS SELECT * FROM due;
ANALYZE no_updates;
SELECT counted();
SELECT object_name, affected_count, evidence ->> 'vacuum_at_dead_rows' AS vacuum_at, apply_sql, revert_sql
  FROM advice_of('maintenance.scale_factor_large_table') WHERE object_name LIKE 'rule_maintenance.%';
SELECT * FROM round_trip('maintenance.scale_factor_large_table', 'rule_maintenance.due');

-- maintenance.insert_only_not_frozen
CREATE TABLE log_off (id int, v text) WITH (autovacuum_vacuum_insert_threshold = -1);
CREATE TABLE log_on (id int, v text);
CREATE TABLE log_vacuumed (id int, v text) WITH (autovacuum_vacuum_insert_threshold = -1);
INSERT INTO log_off SELECT i, 'x' FROM generate_series(1, 2000) i;
INSERT INTO log_on SELECT i, 'x' FROM generate_series(1, 2000) i;
INSERT INTO log_vacuumed SELECT i, 'x' FROM generate_series(1, 2000) i;
ANALYZE log_off, log_on;
VACUUM ANALYZE log_vacuumed;
SELECT counted();
SELECT dbadvisor.set_rule('maintenance.insert_only_not_frozen', thresholds => '{"min_rows": 1000}');
SELECT object_name, detail, apply_sql FROM advice_of('maintenance.insert_only_not_frozen') WHERE object_name LIKE 'rule_maintenance.%';
SELECT * FROM round_trip('maintenance.insert_only_not_frozen', 'rule_maintenance.%');

-- maintenance.wraparound: nothing is old here; with the bar at the ground the
-- database is, and the oldest tables are named
SELECT count(*) FROM advice_of('maintenance.wraparound');
SELECT dbadvisor.set_rule('maintenance.wraparound', thresholds => '{"min_factor": 0, "tables": 2}');
SELECT object_type, variant, severity, apply_sql ~ '^VACUUM \(FREEZE\) .*;\nVACUUM \(FREEZE\) ' AS freezes, evidence -> 'ids_per_day' AS rate
  FROM advice_of('maintenance.wraparound') WHERE object_name = current_database();
-- a rate is known from an analysis that is a day old; then there is a date
BEGIN;
INSERT INTO dbadvisor.run (started_at, finished_at, categories, xact) VALUES (now() - interval '2 days', now(), '{index}', pg_current_xact_id());
COMMIT;
CREATE TABLE counter (n int);
DO $$ BEGIN FOR i IN 1..2000 LOOP BEGIN INSERT INTO rule_maintenance.counter VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$;
SELECT (xids_per_day BETWEEN 900 AND 100000) AS plausible FROM dbadvisor.xid_rate();
SELECT variant, severity, detail ~ 'writes end about \d{4}-' AS has_date FROM advice_of('maintenance.wraparound') WHERE object_name = current_database() AND variant = 'transaction ids';
SELECT dbadvisor.set_rule('maintenance.wraparound', thresholds => '{"critical_days": 100000000}');
SELECT severity FROM advice_of('maintenance.wraparound') WHERE object_name = current_database() AND variant = 'transaction ids';
DELETE FROM dbadvisor.run;

-- maintenance.horizon_held: a prepared transaction
SELECT count(*) FROM advice_of('maintenance.horizon_held');
BEGIN;
INSERT INTO off_small VALUES (1000, 1);
PREPARE TRANSACTION 'rule maintenance''s own';
SELECT count(*) FROM advice_of('maintenance.horizon_held');
SELECT dbadvisor.set_rule('maintenance.horizon_held', thresholds => '{"max_seconds": 0.000001}');
SELECT object_type, object_name, severity, safety, apply_sql FROM advice_of('maintenance.horizon_held') WHERE object_type = 'prepared transaction';
SELECT object_name, applied FROM round_trip('maintenance.horizon_held', 'rule maintenance%');
ROLLBACK PREPARED 'rule maintenance''s own';
SELECT count(*) FROM advice_of('maintenance.horizon_held') WHERE object_type = 'prepared transaction';

-- maintenance.hot_updates_low: an index on the column that is changed; no room
-- on the page; and near misses
CREATE TABLE hot_index (id int PRIMARY KEY, state int, note text) WITH (fillfactor = 50);
CREATE INDEX hot_index_state ON hot_index (state);
CREATE INDEX hot_index_note ON hot_index (note);
CREATE TABLE hot_room (id int PRIMARY KEY, state int, note text);
CREATE TABLE hot_fine (id int PRIMARY KEY, state int, note text) WITH (fillfactor = 50);
CREATE TABLE hot_no_index (id int, state int);
INSERT INTO hot_index SELECT i, i, 'n' FROM generate_series(1, 2000) i;
INSERT INTO hot_room SELECT i, i, repeat('x', 300) FROM generate_series(1, 2000) i;
INSERT INTO hot_fine SELECT i, i, 'n' FROM generate_series(1, 2000) i;
INSERT INTO hot_no_index SELECT i, i FROM generate_series(1, 2000) i;
ANALYZE hot_index, hot_room, hot_fine, hot_no_index;
UPDATE hot_index SET state = state + 1;
UPDATE hot_room SET state = state + 1;
UPDATE hot_fine SET state = state + 1;
UPDATE hot_no_index SET state = state + 1;
SELECT counted();
SELECT dbadvisor.set_rule('maintenance.hot_updates_low', thresholds => '{"min_updates": 1000}');
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT count(dbadvisor.workload_add(q, 1000, 5))
  FROM unnest(ARRAY['UPDATE rule_maintenance.hot_index SET state = state + 1, note = note WHERE id = $1',
                    'UPDATE rule_maintenance.hot_room SET state = state + 1 WHERE id = $1']) q;
SELECT relid::regclass, columns, calls FROM dbadvisor.updated_columns() WHERE relid::regclass::text LIKE 'hot%' ORDER BY 1;
SELECT object_name, severity, title, detail, evidence -> 'blocking_indexes' AS blocking, apply_sql, revert_sql
  FROM advice_of('maintenance.hot_updates_low') WHERE object_name LIKE 'rule_maintenance.hot%';
SELECT * FROM round_trip('maintenance.hot_updates_low', 'rule_maintenance.hot%');
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- maintenance.fillfactor_low
CREATE TABLE fill_waste (id int, v text) WITH (fillfactor = 60);
CREATE TABLE fill_used (id int, v text) WITH (fillfactor = 60);
INSERT INTO fill_waste SELECT i, 'x' FROM generate_series(1, 2000) i;
INSERT INTO fill_used SELECT i, 'x' FROM generate_series(1, 2000) i;
ANALYZE fill_waste, fill_used;
UPDATE fill_used SET v = 'y' WHERE id < 500;
SELECT counted();
SELECT count(*) FROM advice_of('maintenance.fillfactor_low') WHERE object_name LIKE 'rule_maintenance.%';
SELECT dbadvisor.set_rule('maintenance.fillfactor_low', thresholds => '{"min_bytes": 0, "min_inserts": 1000}');
SELECT object_name, benefit_bytes > 0 AS frees, apply_sql, revert_sql FROM advice_of('maintenance.fillfactor_low') WHERE object_name LIKE 'rule_maintenance.%';
SELECT * FROM round_trip('maintenance.fillfactor_low', 'rule_maintenance.%');

-- maintenance.table_grows_fast: by history
SELECT dbadvisor.set_rule('maintenance.table_grows_fast', thresholds => '{"min_bytes": 0}');
INSERT INTO dbadvisor.history_relation (slot, taken_at, since, relid, is_index, was_reset, scans, rows_read, index_scans, rows_fetched, inserts, updates, hot_updates, deletes, blks_read, blks_hit, live_rows, pages)
SELECT 0, now() - t.age, now() - t.age - interval '1 hour', t.relid, false, false, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, t.pages
  FROM (VALUES ('log_on'::regclass, interval '10 days', 1),
               ('log_off', interval '2 days', 1),
               ('due', interval '10 days', pg_relation_size('due') / current_setting('block_size')::int)) t (relid, age, pages);
SELECT object_name, severity, title ~ ' grows by .* a day' AS told, detail ~ 'doubled about \d{4}-' AS has_date FROM advice_of('maintenance.table_grows_fast');
DELETE FROM dbadvisor.history_relation;

-- maintenance.partition_future_missing
CREATE TABLE part_ends (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE part_dates (at date) PARTITION BY RANGE (at);
CREATE TABLE part_ahead (at timestamp) PARTITION BY RANGE (at);
CREATE TABLE part_history (at date) PARTITION BY RANGE (at);
CREATE TABLE part_endless (at date) PARTITION BY RANGE (at);
CREATE TABLE part_numbers (at int) PARTITION BY RANGE (at);
DO $$ BEGIN
	EXECUTE format('CREATE TABLE part_ends_1 PARTITION OF part_ends FOR VALUES FROM (%L) TO (%L)', date_trunc('day', now()), date_trunc('day', now()) + interval '1 day');
	EXECUTE format('CREATE TABLE part_dates_1 PARTITION OF part_dates FOR VALUES FROM (%L) TO (%L)', current_date - 6, current_date + 2);
	EXECUTE format('CREATE TABLE part_ahead_1 PARTITION OF part_ahead FOR VALUES FROM (%L) TO (%L)', current_date - 1, current_date + 90);
END $$;
CREATE TABLE part_history_1 PARTITION OF part_history FOR VALUES FROM ('2001-01-01') TO ('2002-01-01');
CREATE TABLE part_endless_1 PARTITION OF part_endless FOR VALUES FROM ('2001-01-01') TO (MAXVALUE);
CREATE TABLE part_numbers_1 PARTITION OF part_numbers FOR VALUES FROM (1) TO (10);
INSERT INTO part_endless VALUES (current_date);
INSERT INTO part_numbers VALUES (5);
SELECT counted();
SELECT object_name, severity FROM advice_of('maintenance.partition_future_missing') WHERE object_name LIKE 'rule_maintenance.%';
SELECT * FROM round_trip('maintenance.partition_future_missing', 'rule_maintenance.part_dates');
-- the past can be loaded; but rows arrive, by history, or in the default partition
INSERT INTO part_history VALUES ('2001-05-05');
SELECT counted();
SELECT count(*) FROM advice_of('maintenance.partition_future_missing') WHERE object_name = 'rule_maintenance.part_history';
INSERT INTO dbadvisor.history_relation (slot, taken_at, since, relid, is_index, was_reset, scans, rows_read, index_scans, rows_fetched, inserts, updates, hot_updates, deletes, blks_read, blks_hit, live_rows, pages)
VALUES (0, now(), now() - interval '1 hour', 'part_history_1'::regclass, false, false, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 1);
SELECT object_name, severity, title, apply_sql, revert_sql FROM advice_of('maintenance.partition_future_missing') WHERE object_name = 'rule_maintenance.part_history';
DELETE FROM dbadvisor.history_relation;
CREATE TABLE part_history_rest PARTITION OF part_history DEFAULT;
INSERT INTO part_history VALUES ('2011-05-05');
SELECT counted();
SELECT object_name, severity, detail ~ 'default partition' AS warns FROM advice_of('maintenance.partition_future_missing') WHERE object_name = 'rule_maintenance.part_history';

-- maintenance.unlogged_table
CREATE UNLOGGED TABLE cache (id int PRIMARY KEY);
CREATE UNLOGGED TABLE joined (id int PRIMARY KEY);
CREATE VIEW joins AS SELECT d.* FROM due d JOIN joined j USING (id);
INSERT INTO cache VALUES (1);
INSERT INTO joined VALUES (1);
ANALYZE cache, joined;
SELECT object_name, evidence ->> 'views' AS views, apply_sql FROM advice_of('maintenance.unlogged_table') WHERE object_name LIKE 'rule_maintenance.%';
-- Once reverted, 18 knows no number of rows before the next ANALYZE.
SELECT object_name, applied FROM round_trip('maintenance.unlogged_table', 'rule_maintenance.%');

-- maintenance.table_unused: the counters are young, which is told
SELECT variant, detail ~ 'days old|not known' AS says_why FROM dbadvisor.rule_maintenance_table_unused WHERE object_type = 'rule';
SELECT dbadvisor.set_rule('maintenance.table_unused', thresholds => '{"min_days": 0, "min_bytes": 1}');
CREATE TABLE unused AS SELECT 1 AS id;
CREATE TABLE unused_key (id int PRIMARY KEY);
CREATE TABLE refers (id int PRIMARY KEY REFERENCES unused_key);
INSERT INTO unused_key VALUES (1);
INSERT INTO refers VALUES (1);
ANALYZE unused, unused_key, refers;
SELECT counted();
SELECT pg_stat_reset_single_table_counters(r) IS NOT NULL AS reset FROM unnest('{unused,unused_key}'::regclass[]) r;
SELECT pg_stat_reset_shared('archiver') IS NOT NULL AS dated;
SELECT counted();
SELECT object_name, apply_sql FROM advice_of('maintenance.table_unused') WHERE object_name LIKE 'rule_maintenance.%unused%';
SELECT count(*) FROM unused;
SELECT counted();
SELECT count(*) FROM advice_of('maintenance.table_unused') WHERE object_name LIKE 'rule_maintenance.%unused%';

-- maintenance.catalog_bloat: nothing by default; at this size, what a series of
-- temporary tables leaves
SELECT count(*) FROM advice_of('maintenance.catalog_bloat');
SELECT dbadvisor.set_rule('maintenance.catalog_bloat', thresholds => '{"min_wasted_bytes": 300000, "min_wasted_share": 0.2}');
CREATE TABLE wide AS SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS e, 6 AS f, 7 AS g, 8 AS h, 9 AS i, 10 AS j;
DO $$ BEGIN FOR i IN 1..400 LOOP EXECUTE 'CREATE TABLE many_' || i || ' (LIKE wide)'; EXECUTE 'DROP TABLE many_' || i; END LOOP; END $$;
CREATE TABLE last_one (LIKE wide);
VACUUM ANALYZE pg_catalog.pg_attribute;
SELECT object_name, severity, proof, apply_sql FROM advice_of('maintenance.catalog_bloat') WHERE object_name LIKE '%pg_attribute';

-- maintenance.server_version_old: not with the dates of today, but with others
SELECT dbadvisor.set_rule('maintenance.server_version_old', thresholds => '{"15": "2001-01-01", "16": "2001-01-01", "17": "2001-01-01", "18": "2001-01-01"}');
SELECT object_type, severity, title ~ 'support ended on 2001-01-01' AS told FROM advice_of('maintenance.server_version_old');
SELECT dbadvisor.set_rule('maintenance.server_version_old', thresholds => '{"15": "2901-01-01", "16": "2901-01-01", "17": "2901-01-01", "18": "2901-01-01"}');
SELECT count(*) FROM advice_of('maintenance.server_version_old');

-- maintenance.encoding_sql_ascii: this database is UTF8
SELECT count(*) FROM advice_of('maintenance.encoding_sql_ascii');

-- maintenance.toast_heavy, where the server has lz4
CREATE TABLE docs (id int PRIMARY KEY, body text);
CREATE TABLE docs_external (id int PRIMARY KEY, body text);
ALTER TABLE docs_external ALTER COLUMN body SET STORAGE EXTERNAL;
INSERT INTO docs SELECT i, (SELECT string_agg(md5(i::text || j), '') FROM generate_series(1, 300) j) FROM generate_series(1, 100) i;
INSERT INTO docs_external SELECT * FROM docs;
VACUUM ANALYZE docs, docs_external;
SELECT count(*) FROM advice_of('maintenance.toast_heavy') WHERE object_name LIKE 'rule_maintenance.%';
SELECT dbadvisor.set_rule('maintenance.toast_heavy', thresholds => '{"min_toast_bytes": 100000}');
SELECT object_name, apply_sql, revert_sql FROM advice_of('maintenance.toast_heavy') WHERE object_name LIKE 'rule_maintenance.%';
SELECT * FROM round_trip('maintenance.toast_heavy', 'rule_maintenance.%');

-- matters of taste
CREATE TABLE nothing_in_it (id int);
ANALYZE nothing_in_it;
SELECT object_name, detail FROM advice_of('maintenance.table_empty') WHERE object_name = 'rule_maintenance' AND detail ~ 'nothing_in_it';
SELECT count(*) FROM advice_of('maintenance.schema_count');
SELECT dbadvisor.set_rule('maintenance.schema_count', thresholds => '{"max_schemas": 1}');
SELECT object_type FROM advice_of('maintenance.schema_count');

-- Everything runs in an analysis.
DELETE FROM dbadvisor.rule_setting WHERE rule LIKE 'maintenance.%';
SELECT dbadvisor.analyze('{maintenance}') > 0 AS ran;
SELECT rule, status, reason FROM dbadvisor.rule_run WHERE status = 'failed' ORDER BY 1;
SELECT rule FROM dbadvisor.rule_run WHERE status = 'skipped' AND reason = 'rule is switched off' ORDER BY 1;
SELECT count(*) FROM dbadvisor.finding WHERE object_name ~ '^(dbadvisor|pg_catalog|information_schema)\.';

-- Clean up.
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
DROP SCHEMA rule_maintenance CASCADE;
