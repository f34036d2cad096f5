-- Time and WAL of inserts and updates with one more index, against the model.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE SCHEMA write_cost;
SET search_path = write_cost, public;
SELECT pg_catalog.setseed(0.42) \g /dev/null

-- Rows as they are and rows to come.
CREATE TABLE source AS
SELECT i AS id, (random() * 1e9)::int AS a, (random() * 999)::int AS b,
       md5(i::text) AS t,
       ARRAY(SELECT ((random() + i * 0) * 20000)::int FROM generate_series(1, 5)) AS tags,
       int4range(i, i + (random() * 100)::int) AS r
  FROM generate_series(1, :rows + :batch) i;
CREATE TABLE variant (number int, name text, definition text);
INSERT INTO variant VALUES
(0, 'none', NULL),
(1, 'btree, in order', '(id)'),
(2, 'btree, random int', '(a)'),
(3, 'btree, 1000 distinct', '(b)'),
(4, 'btree, text of 32', '(t)'),
(5, 'btree, 2 keys, INCLUDE', '(b, a) INCLUDE (id)'),
(6, 'hash, random int', 'USING hash (a)'),
(7, 'brin, in order', 'USING brin (id)'),
(8, 'gin, array of 5', 'USING gin (tags)'),
(9, 'gist, range', 'USING gist (r)');
CREATE TABLE result (number int, what text, ms float8, wal_bytes float8, cost float8, model_wal float8, scan_ms_per_cost float8);

-- One measurement, in a fresh table.
CREATE PROCEDURE measure(number int, definition text, rows int)
LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz;
	lsn pg_lsn;
	model_cost float8;
	model_wal float8;
	batch float8 := (SELECT max(id) - rows FROM source);
	plan json;
	unit float8;
BEGIN
	DROP TABLE IF EXISTS target;
	CREATE TABLE target AS SELECT * FROM source WHERE id <= rows;
	IF definition IS NOT NULL THEN
		EXECUTE 'CREATE INDEX target_index ON target ' || definition;
	END IF;
	ANALYZE target;
	COMMIT;
	CHECKPOINT;
	PERFORM sum(b) FROM target;
	started := clock_timestamp();
	PERFORM sum(b) FROM target;
	unit := extract(epoch FROM clock_timestamp() - started) * 1000;
	EXECUTE 'EXPLAIN (FORMAT JSON) SELECT sum(b) FROM target' INTO plan;
	unit := unit / (plan -> 0 -> 'Plan' ->> 'Total Cost')::float8;

	IF definition IS NOT NULL THEN
		SELECT m.cost, m.wal_bytes INTO model_cost, model_wal
		  FROM dbadvisor.index_entry_cost('target_index', batch) m;
	END IF;
	lsn := pg_current_wal_insert_lsn();
	started := clock_timestamp();
	INSERT INTO target SELECT * FROM source WHERE id > rows;
	INSERT INTO result VALUES (number, 'insert',
		extract(epoch FROM clock_timestamp() - started) * 1000 / batch,
		pg_wal_lsn_diff(pg_current_wal_insert_lsn(), lsn) / batch, model_cost, model_wal, unit);
	COMMIT;
	CHECKPOINT;
	lsn := pg_current_wal_insert_lsn();
	started := clock_timestamp();
	UPDATE target SET a = a + 1, b = b + 1, t = md5(t), tags = tags || id, r = int4range(id, id + 5)
	 WHERE id <= batch;
	INSERT INTO result VALUES (number, 'update',
		extract(epoch FROM clock_timestamp() - started) * 1000 / batch,
		pg_wal_lsn_diff(pg_current_wal_insert_lsn(), lsn) / batch, model_cost, model_wal, unit);
	COMMIT;
END $$;

SELECT format('CALL measure(%s, %L, %s)', number, definition, :rows)
  FROM generate_series(1, :rounds), variant
\gexec

WITH median AS (
	SELECT number, what,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY wal_bytes) AS wal_bytes,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY cost) AS cost,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY model_wal) AS model_wal,
	       percentile_cont(0.5) WITHIN GROUP (ORDER BY scan_ms_per_cost) AS unit
	  FROM result
	 GROUP BY number, what
)
SELECT m.what, v.name AS index,
       to_char(b.ms * 1000, 'FM990.00') AS us_without,
       to_char((m.ms - b.ms) * 1000, 'FM990.00') AS us_more,
       to_char(m.cost * m.unit * 1000, 'FM990.00') AS us_model,
       to_char(m.cost * m.unit / nullif(m.ms - b.ms, 0), 'FM990.00') AS ratio,
       to_char(m.wal_bytes - b.wal_bytes, 'FM999,990') AS wal_more,
       to_char(m.model_wal, 'FM999,990') AS wal_model,
       to_char(m.model_wal / nullif(m.wal_bytes - b.wal_bytes, 0), 'FM990.00') AS wal_ratio
  FROM median m
  JOIN variant v ON v.number = m.number
  JOIN median b ON b.number = 0 AND b.what = m.what
 WHERE m.number > 0
 ORDER BY m.what, m.number;
DROP SCHEMA write_cost CASCADE;
