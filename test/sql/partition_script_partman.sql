-- partition_script() in the dialect of pg_partman, without the extension: what is refused,
-- and what is printed for each of its versions.  With it, the script is run in
-- test/t/089_partman.pl.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'Europe/Berlin';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
CREATE SCHEMA partman_dialect;
SET search_path = partman_dialect, public;

CREATE TABLE event (id bigint, day date, at timestamptz, number int, PRIMARY KEY (id, day));
INSERT INTO event SELECT g, date '2000-02-10' + g % 90, '2000-02-10 12:00'::timestamptz + g * interval '1 hour', g FROM generate_series(1, 1500) g;
CREATE TABLE refers (event bigint, day date, FOREIGN KEY (event, day) REFERENCES event);
ANALYZE event;

-- what it cannot do is refused before anything else
\set VERBOSITY terse
SELECT * FROM dbadvisor.partition_script('event', 'id', strategy => 'hash', interval_width => '4', dialect => 'pg_partman') \g /dev/null
SELECT * FROM dbadvisor.partition_script('event', 'day', recipe => 'attach', dialect => 'pg_partman') \g /dev/null
SELECT * FROM dbadvisor.partition_script('event', 'day', dialect => 'pg_pathman') \g /dev/null
\set VERBOSITY default
SELECT dbadvisor.partman_refuse('event'::regclass, 2::smallint, 'range', '1 month', 'copy', '1 year', NULL);

-- each obstacle by itself, and three tables without one
SELECT t.*, o.*
  FROM (VALUES
	(2, 'range', '1 month', 'copy', NULL, '4.7.2'),
	(2, 'range', '1 month', 'copy', NULL, '5.2.4'),
	(2, 'range', '1 month', 'copy', NULL, '3.1.0'),
	(2, 'list', '{2100-01-01}', 'copy', NULL, '5.2.4'),
	(2, 'range', '1 month', 'attach', NULL, '5.2.4'),
	(2, 'range', '1 month', 'copy', '1 year', '5.2.4'),
	(2, 'range', '1 hour', 'copy', NULL, '5.2.4'),
	(3, 'range', '1 hour', 'copy', NULL, '5.2.4'),
	(3, 'range', '90 minutes', 'copy', NULL, '5.2.4'),
	(3, 'range', '1 month 1 day', 'copy', NULL, '5.2.4'),
	(3, 'range', '15 years', 'copy', NULL, '5.2.4'),
	(4, 'range', '1000', 'copy', NULL, '5.2.4')) t (attnum, strategy, width, recipe, retention, version)
  LEFT JOIN LATERAL dbadvisor.partman_obstacles('event'::regclass, t.attnum::smallint, t.strategy, t.width, t.recipe, t.retention, t.version) o ON true;
UPDATE event SET number = number - 10;
ANALYZE event (number);
CREATE TABLE "a.b" (day date NOT NULL);
CREATE TABLE a_name_that_is_longer_than_partitions_may_have (day date NOT NULL);
SELECT * FROM dbadvisor.partman_obstacles('event'::regclass, 4::smallint, 'range', '1000', 'copy', NULL, '5.2.4');
SELECT * FROM dbadvisor.partman_obstacles('"a.b"'::regclass, 1::smallint, 'range', '1 day', 'copy', NULL, '5.2.4');
SELECT * FROM dbadvisor.partman_obstacles('a_name_that_is_longer_than_partitions_may_have'::regclass, 1::smallint, 'range', '1 day', 'copy', NULL, '5.2.4');
UPDATE event SET number = number + 10;
ANALYZE event (number);

-- names are those of the version, all bounds are finite, and a change of the clock is in
-- its place
SELECT w.width, v.version, dbadvisor.partman_suffix(w.width, v.version)
  FROM unnest('{6 hours,1 day,7 days,14 days,1 month,3 months,1 year}'::interval[]) w (width), unnest('{4.7.2,5.2.4}'::text[]) v (version)
 ORDER BY v.version, w.width;
SELECT partition_name, bound FROM dbadvisor.partman_list('event'::regclass, 3::smallint, '1 month', 1, '4.7.2') ORDER BY place LIMIT 4;
SELECT partition_name, bound FROM dbadvisor.partman_list('event'::regclass, 2::smallint, '3 months', 1, '5.2.4') ORDER BY place LIMIT 2;
SELECT * FROM dbadvisor.partman_list('event'::regclass, 4::smallint, '1000', 2, '5.2.4');

-- the call has the arguments of the version
SELECT substring(dbadvisor.partman_parent_sql('event'::regclass, t.attnum::smallint, t.width, 4, t.retention, t.starts, 'Part Man', t.version) FROM 'wanted := NULL;\n(.*)\n\t\t\tRETURN')
  FROM (VALUES
	(1, 3, '7 days', '1 year', '''2100-03-01 00:00:00+01:00''', '4.7.2'),
	(2, 3, '7 days', '1 year', '''2100-03-01 00:00:00+01:00''', '5.2.4'),
	(3, 4, '1000', NULL, '9000', '5.2.4')) t (place, attnum, width, retention, starts, version)
 ORDER BY t.place;
SELECT place, phase, title, undo_sql FROM dbadvisor.partman_steps('event'::regclass, 2::smallint, '1 month', 4, NULL, '''2100-05-01''', '5.2.4');

DROP SCHEMA partman_dialect CASCADE;
