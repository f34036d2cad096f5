-- What an index costs to keep counts against what it saves.
\set SHOW_CONTEXT never
CREATE SCHEMA index_write_cost;
SET search_path = index_write_cost;
-- first statements given by hand, so that nothing depends on the time it takes
SET pg_stat_statements.track = none;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;

CREATE TABLE event (
	id int PRIMARY KEY,
	kind int NOT NULL,
	state int NOT NULL,
	amount int NOT NULL,
	tags int[] NOT NULL,
	body text NOT NULL) WITH (fillfactor = 50);
INSERT INTO event
SELECT i, i * 7919 % 1000, i % 7, i % 100, ARRAY[i % 5, i % 11], repeat('b', 60)
  FROM generate_series(1, 20000) i;
VACUUM ANALYZE event;
-- updates that the table has seen: HOT, since no index reads what they change
UPDATE event SET amount = amount + 1 WHERE id % 10 = 0;
SELECT pg_stat_force_next_flush();
SELECT pg_stat_get_tuples_updated(c) > 1000 AS updated,
       pg_stat_get_tuples_hot_updated(c) > pg_stat_get_tuples_updated(c) * 0.9 AS hot
  FROM (VALUES ('event'::regclass)) t (c);

-- The advice for a workload of these reads and writes.
CREATE FUNCTION advice_for(reads text, read_calls float8, writes text, write_calls float8)
RETURNS TABLE (keys text[], included text[], writes_counted boolean, hot_lost boolean)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(reads, read_calls, 10);
	PERFORM dbadvisor.workload_add(writes, write_calls, 0.05);
	RETURN QUERY
	SELECT i.key_columns, i.include_columns,
	       (i.writes ->> 'entries')::float8 >= write_calls,
	       (i.writes ->> 'hot_updates_lost')::float8 >= write_calls * 0.9
	  FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0) i
	 WHERE step > 0;
END
$$;

-- few inserts: the index pays
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         $$INSERT INTO event VALUES (1, 2, 3, 4, '{}', 'x')$$, 1000);
-- the same reads beside heavy inserts: it does not
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         $$INSERT INTO event VALUES (1, 2, 3, 4, '{}', 'x')$$, 1e10);
-- inserts into another table do not count
CREATE TABLE other (a int);
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'INSERT INTO other VALUES (1)', 1e10);
-- rows of one statement: a thousand calls of ten million rows are as bad
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         $$INSERT INTO event SELECT i, 2, 3, 4, '{}', 'x' FROM generate_series(1, 10000000) i$$, 1000);

-- updates of a column that the index does not read stay HOT and cost it nothing
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'UPDATE event SET amount = 5 WHERE id = 7', 1e10);
-- of one that it reads they are HOT no more
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'UPDATE event SET kind = 5 WHERE id = 7', 1000);
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'UPDATE event SET kind = 5 WHERE id = 7', 1e10);
-- a column assigned to itself does not change
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'UPDATE event SET kind = kind, amount = 5 WHERE id = 7', 1e10);
-- an updated column is not included, one that stays as it is may be
SELECT * FROM advice_for('SELECT sum(state) FROM event WHERE kind BETWEEN 7 AND 200', 1000,
                         'UPDATE event SET amount = 5 WHERE id = 7', 1e7);
SELECT * FROM advice_for('SELECT sum(state) FROM event WHERE kind BETWEEN 7 AND 200', 1000,
                         'UPDATE event SET state = 5 WHERE id = 7', 1e7);
-- the action of ON CONFLICT and a writing WITH count too
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         $$INSERT INTO event VALUES (1, 2, 3, 4, '{}', 'x')
                           ON CONFLICT (id) DO UPDATE SET kind = excluded.kind$$, 1e10);
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         $$WITH gone AS (DELETE FROM event WHERE id = 7 RETURNING *)
                           INSERT INTO event SELECT id + 1, kind, state, amount, tags, body FROM gone$$, 1e10);
-- an index that an expression reads the column through
SELECT * FROM advice_for('SELECT * FROM event WHERE kind % 900 = 7', 1000,
                         'UPDATE event SET kind = 5 WHERE id = 7', 1e10);
-- deletes are paid by VACUUM
SELECT * FROM advice_for('SELECT * FROM event WHERE kind = 7', 1000,
                         'DELETE FROM event WHERE id = 7', 1e11);

-- The first index that reads an updated column pays for all; a second one pays
-- only for itself.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM event WHERE kind = 7', 100000, 10) > 0 AS added,
       dbadvisor.workload_add('SELECT * FROM event WHERE amount = 7 AND state = 1', 100000, 10) > 0 AS added,
       dbadvisor.workload_add('UPDATE event SET kind = 5, amount = 6, state = 4 WHERE id = 7', 1e6, 0.05) > 0 AS added;
SELECT step, (writes ->> 'hot_updates_lost')::float8 > 0 AS breaks_hot,
       (writes ->> 'write_cost')::float8 > 0 AS costs,
       (writes ->> 'entries')::float8 > 1.5e6 AS for_others_too
  FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0)
 WHERE step > 0;

-- A partitioned table: what its partitions see counts.
CREATE TABLE part (id int NOT NULL, kind int NOT NULL, body text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10000);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10000) TO (20000);
INSERT INTO part SELECT i, i * 7919 % 1000, repeat('b', 60) FROM generate_series(1, 19999) i;
ANALYZE part;
SELECT keys FROM advice_for('SELECT * FROM part WHERE kind = 7', 1000,
                            'INSERT INTO part_1 VALUES (1, 2)', 1000);
SELECT keys FROM advice_for('SELECT * FROM part WHERE kind = 7', 1000,
                            'INSERT INTO part_1 VALUES (1, 2)', 1e11);

-- In words.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('SELECT * FROM event WHERE kind = 7', 1000, 10) > 0 AS added,
       dbadvisor.workload_add('UPDATE event SET kind = 5 WHERE id = 7', 1000, 0.05) > 0 AS added;
SELECT detail ~ ' Keeping it up costs [0-9,.]+ ms in all calls, and [0-9,]+ updates are no longer HOT; this is taken off the saving\.' AS told,
       evidence -> 'writes' ->> 'source' AS source,
       evidence -> 'writes' -> 'write_ms_per_day' AS per_day
  FROM dbadvisor.recommend_indexes() WHERE object_name = 'index_write_cost.event';

-- What the server has counted: rates per day, from recorded statements.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
RESET pg_stat_statements.track;
SELECT count(*) FROM event WHERE kind = 7;
COPY index_write_cost.event (id, kind, state, amount, tags, body) FROM STDIN;
100001	1	1	1	{1}	x
100002	1	1	1	{1}	x
\.
UPDATE event SET kind = kind + 1 WHERE id = 7;
SELECT (writes ->> 'entries')::float8 BETWEEN 3.9 AND 30 AS counted,
       (writes ->> 'entries_per_day')::float8 > 3 AS per_day,
       (writes ->> 'wal_bytes_per_day')::float8 > 0 AS wal,
       (writes ->> 'write_ms_per_day')::float8 > 0 AS ms,
       writes ->> 'source' AS source
  FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0)
 WHERE relid = 'event'::regclass;

-- What an entry costs, by access method: BRIN next to nothing, keys in order
-- less than keys anywhere, GIN once for each key; WAL for what is logged.
CREATE TABLE entry AS
SELECT i AS id, i * 7919 % 20000 AS a, ARRAY[i, i + 1, i + 2, i + 3, i + 4] AS tags
  FROM generate_series(1, 20000) i;
CREATE INDEX entry_brin ON entry USING brin (id);
CREATE INDEX entry_ordered ON entry (id);
CREATE INDEX entry_anywhere ON entry (a);
CREATE INDEX entry_gin ON entry USING gin (tags);
ANALYZE entry;
CREATE UNLOGGED TABLE unlogged AS SELECT * FROM entry;
CREATE INDEX unlogged_a ON unlogged (a);
SELECT b.cost < o.cost AS brin_least, o.cost < a.cost AS in_order_less, a.cost < g.cost AS gin_most,
       a.wal_bytes > 0 AS wal, u.wal_bytes AS unlogged_wal, b.vacuum_cost AS brin_vacuum, a.vacuum_cost > 0 AS vacuum
  FROM dbadvisor.index_entry_cost('entry_brin') b,
       dbadvisor.index_entry_cost('entry_ordered') o,
       dbadvisor.index_entry_cost('entry_anywhere') a,
       dbadvisor.index_entry_cost('entry_gin') g,
       dbadvisor.index_entry_cost('unlogged_a') u;
-- many entries between two checkpoints share the image of a page
SELECT many.wal_bytes < few.wal_bytes AS shared, rare.wal_bytes > many.wal_bytes AS not_for_long
  FROM dbadvisor.index_entry_cost('entry_anywhere', 100000) many,
       dbadvisor.index_entry_cost('entry_anywhere', 1) few,
       dbadvisor.index_entry_cost('entry_anywhere', 100000, 1e9) rare;
\set VERBOSITY terse
SELECT dbadvisor.index_entry_cost('entry');
SELECT dbadvisor.index_entry_cost('entry_brin', -1);
\set VERBOSITY default

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_write_cost CASCADE;
