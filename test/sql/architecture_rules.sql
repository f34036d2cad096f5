-- Rules of category architecture: each with a case in which all of its gates are
-- passed, and near misses.  History is made up.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA architecture_rules;
SET search_path = architecture_rules;
\getenv abs_srcdir PG_ABS_SRCDIR
\set round_trip :abs_srcdir '/fixture/round_trip.sql'
\i :round_trip
\set history :abs_srcdir '/fixture/history.sql'
\i :history
SET dbadvisor.host_cores = 4;
CREATE FUNCTION says(rule text, OUT object text, OUT severity text, OUT title text, OUT detail text)
RETURNS SETOF record
LANGUAGE sql AS $$ SELECT a.object_name, a.severity, a.title, a.detail FROM advice_of(rule) a $$;

-- a few days are too short for all of them
SELECT make_history(100, '{"database": {"sessions": 72000, "session_time": 72000000}}');
SELECT n.rule, n.variant, n.detail FROM dbadvisor.rule r, unnest(dbadvisor.rule_advice(dbadvisor.rule_query(r.rule))) n
 WHERE r.rule IN ('architecture.pooler_due', 'architecture.read_replica_due', 'architecture.old_rows_kept', 'architecture.sharding_due') ORDER BY 1;

-- architecture.pooler_due: 20 sessions a second that live for a second
SELECT make_history(200, '{"database": {"sessions": 72000, "session_time": 72000000}, "activity": {"sessions": 20, "idle_sessions": 1}}');
SELECT * FROM says('architecture.pooler_due');
-- they stay for two minutes; there are few
SELECT make_history(200, '{"database": {"sessions": 72000, "session_time": 8640000000}, "activity": {"sessions": 20, "idle_sessions": 1}}');
SELECT * FROM says('architecture.pooler_due');
SELECT make_history(200, '{"database": {"sessions": 30000, "session_time": 30000000}, "activity": {"sessions": 20, "idle_sessions": 1}}');
SELECT * FROM says('architecture.pooler_due');
-- 50 sessions on four cores, nearly all idle, or half of them
SELECT make_history(200, '{"activity": {"sessions": 50, "idle_sessions": 45}}');
SELECT detail FROM says('architecture.pooler_due');
SELECT make_history(200, '{"activity": {"sessions": 50, "idle_sessions": 25}}');
SELECT detail FROM says('architecture.pooler_due');
-- 97 connections are for everybody
SELECT make_history(200, '{"activity": {"sessions": 80, "idle_sessions": 25}}');
SELECT detail FROM says('architecture.pooler_due');
SELECT make_history(200, '{"activity": {"sessions": 77, "idle_sessions": 25}}');
SELECT detail FROM says('architecture.pooler_due');

-- architecture.read_replica_due: eight at work on four cores, nine of ten rows read
SELECT make_history(200, '{"database": {"tup_fetched": 900000, "tup_inserted": 50000, "tup_updated": 50000, "active_time": 28800000}, "activity": {"active_sessions": 8}}');
SELECT * FROM says('architecture.read_replica_due');
-- an index that is advised would save half of the time
INSERT INTO dbadvisor.run (run_id, categories) OVERRIDING SYSTEM VALUE VALUES (1000000, '{index}');
INSERT INTO dbadvisor.finding (rule, object_type, object_name, severity, title, confidence, proof, safety, affected_count, contains_values, benefit_ms_per_day, run_id, fingerprint)
VALUES ('index.missing', 'table', 'x.y', 'medium', 't', 1, 'planner', 'reversible', 1, false, 345600000, 1000000, md5('x'));
SELECT * FROM says('architecture.read_replica_due');
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
-- as many at work as there are cores; half of the rows are written
SELECT make_history(200, '{"database": {"tup_fetched": 900000, "tup_inserted": 100000, "active_time": 28800000}, "activity": {"active_sessions": 4}}');
SELECT * FROM says('architecture.read_replica_due');
SELECT make_history(200, '{"database": {"tup_fetched": 500000, "tup_inserted": 500000, "active_time": 28800000}, "activity": {"active_sessions": 8}}');
SELECT * FROM says('architecture.read_replica_due');

-- architecture.sharding_due: as many writes as reads, and a tenant in the keys
CREATE TABLE account (tenant int, id int, note text, PRIMARY KEY (tenant, id));
CREATE TABLE booking (tenant int, id int, note text, PRIMARY KEY (tenant, id));
CREATE TABLE country (id int PRIMARY KEY);
INSERT INTO account SELECT g % 7, g, repeat('x', 100) FROM generate_series(1, 2000) g;
INSERT INTO booking SELECT g % 7, g, repeat('x', 100) FROM generate_series(1, 2000) g;
ANALYZE account, booking, country;
SELECT * FROM says('architecture.sharding_due');
SELECT dbadvisor.set_rule('architecture.sharding_due', thresholds => '{"min_bytes": 100000}');
SELECT object, severity, title, detail ~ '^8 sessions are at work at a time on 4 cores, 50 % of the rows are written, and the tables have \d+ kB. tenant is in the primary keys of 2 tables with \d+ % of that.$' AS told FROM says('architecture.sharding_due');
-- half of the data has no such column
CREATE TABLE event (id int GENERATED ALWAYS AS IDENTITY, note text);
INSERT INTO event (note) SELECT repeat('x', 100) FROM generate_series(1, 4000) g;
ANALYZE event;
SELECT * FROM says('architecture.sharding_due');
DROP TABLE account, booking, country, event;
DELETE FROM dbadvisor.rule_setting;

-- architecture.old_rows_kept: a log that is written in the order of time
CREATE TABLE log (at timestamptz, line text);
INSERT INTO log SELECT now() - interval '1 day' + g * interval '1 second', repeat('x', 100) FROM generate_series(1, 5000) g;
CREATE TABLE shuffled (at timestamptz, line text);
INSERT INTO shuffled SELECT now() - (g * 7919 % 5000) * interval '1 second', repeat('x', 100) FROM generate_series(1, 5000) g;
ANALYZE log, shuffled;
SELECT make_history(200);
INSERT INTO dbadvisor.history_relation
SELECT 0, s.taken_at, s.since, t.relid, false, false, 0, 0, 0, 0, 1000, t.updates, 0, 0, 0, 0, 5000, 100
  FROM dbadvisor.history_snapshot s, (VALUES ('log'::regclass, 9), ('shuffled', 0)) t (relid, updates);
SELECT * FROM says('architecture.old_rows_kept');
SELECT dbadvisor.set_rule('architecture.old_rows_kept', thresholds => '{"min_bytes": 100000}');
SELECT object, severity, title, detail ~ '^It has \d+ kB, \d+ % of the database. In the history 200000 rows came and 1800 were changed; it is in the order of at.$' AS told FROM says('architecture.old_rows_kept');
-- one in fifty is changed
UPDATE dbadvisor.history_relation SET updates = 20;
SELECT * FROM says('architecture.old_rows_kept');
DELETE FROM dbadvisor.rule_setting;
TRUNCATE dbadvisor.history_snapshot, dbadvisor.history_server, dbadvisor.history_relation;
RESET dbadvisor.host_cores;
DROP SCHEMA architecture_rules CASCADE;
