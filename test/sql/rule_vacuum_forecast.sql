-- vacuum_forecast: when autovacuum will have to come, by the rates of history.
SET client_min_messages = warning;
CREATE SCHEMA rule_forecast;
SET search_path = rule_forecast;
CREATE TABLE busy (id int PRIMARY KEY, v int);
CREATE TABLE calm (id int PRIMARY KEY, v int);
CREATE TABLE late (id int PRIMARY KEY, v int);
CREATE TABLE unwatched (id int PRIMARY KEY, v int) WITH (autovacuum_enabled = off);
INSERT INTO busy SELECT i, i FROM generate_series(1, 10000) i;
INSERT INTO calm SELECT i, i FROM generate_series(1, 10000) i;
INSERT INTO late SELECT i, i FROM generate_series(1, 10000) i;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE busy, calm, late, unwatched;
UPDATE late SET v = v + 1;
SELECT pg_stat_force_next_flush();

-- without history only what is due already is known
SELECT relation, autovacuum_enabled, dead_rows, dead_rows_limit, due_at = now() AS due_now
  FROM dbadvisor.vacuum_forecast WHERE relation LIKE 'rule_forecast.%' ORDER BY place;

-- a day of history: 1025 rows a day fill 2050 in two days, 41 in fifty
INSERT INTO dbadvisor.history_snapshot (slot, taken_at, since, seconds, statements, relations, elapsed_ms, notes)
VALUES (0, now(), now() - interval '1 day', 86400, 0, 2, 1, '{}');
INSERT INTO dbadvisor.history_relation (slot, taken_at, since, relid, is_index, was_reset, scans, rows_read, index_scans, rows_fetched, inserts, updates, hot_updates, deletes, blks_read, blks_hit, live_rows, pages)
SELECT 0, now(), now() - interval '1 day', r, false, false, 0, 0, 0, 0, 0, n, 0, 0, 0, 0, 1, 1
  FROM (VALUES ('busy'::regclass, 1025), ('calm', 41)) t (r, n);
SELECT relation, dead_rows_per_day, round(EXTRACT(epoch FROM due_at - now()) / 86400) AS due_in_days
  FROM dbadvisor.vacuum_forecast WHERE relation LIKE 'rule_forecast.%' ORDER BY place;

-- transaction ids used since an earlier analysis tell when freezing is forced
SELECT count(forced_freeze_at) FROM dbadvisor.vacuum_forecast WHERE relation LIKE 'rule_forecast.%';
BEGIN;
INSERT INTO dbadvisor.run (started_at, finished_at, categories, xact) VALUES (now() - interval '2 days', now(), '{index}', pg_current_xact_id());
COMMIT;
ALTER TABLE calm SET (autovacuum_freeze_max_age = 100000);
CREATE TABLE counter (n int);
DO $$ BEGIN FOR i IN 1..2000 LOOP BEGIN INSERT INTO rule_forecast.counter VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$;
SELECT relation, forced_freeze_at BETWEEN now() AND now() + interval '1 year' AS within_a_year
  FROM dbadvisor.vacuum_forecast WHERE relation = 'rule_forecast.calm';

DELETE FROM dbadvisor.run;
DELETE FROM dbadvisor.history_relation;
DELETE FROM dbadvisor.history_snapshot;
DROP SCHEMA rule_forecast CASCADE;
