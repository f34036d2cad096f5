-- Twenty situations: ten tables that deserve partitions, ten that do not.
--
-- Tables are small, so the thresholds of size are lowered; what decides is the
-- workload and the schema.
CREATE SCHEMA partition_situations;
SET search_path = partition_situations;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;
SELECT dbadvisor.set_rule('partition.missing', thresholds => '{"min_bytes": 500000, "min_expiring_bytes": 500000}');

-- A table of 20,000 events in two years, with what is special to a situation.
CREATE FUNCTION make_table(name text, primary_key text DEFAULT NULL, filler int DEFAULT 200)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE %I (id bigint GENERATED ALWAYS AS IDENTITY, tenant int NOT NULL, kind text NOT NULL,
	                at timestamp NOT NULL, number int NOT NULL, amount int NOT NULL, filler text)', name);
	EXECUTE format('INSERT INTO %I (tenant, kind, at, number, amount, filler)
	                SELECT i * 7919 %% 400, ''k'' || i * 31 %% 4, timestamp ''2024-01-01'' + i * interval ''52 minutes'', i * 7919 %% 20011, i %% 100, repeat(''x'', %s)
	                  FROM generate_series(1, 20000) i', name, filler);
	IF primary_key IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (%s)', name, primary_key);
	END IF;
END
$$;
CREATE TABLE situation (number int, name text, deserves boolean, prepare text, statements text[], ms float8[]);
INSERT INTO situation VALUES
-- deserve it
(1, 'reports by month', true, '',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01'''], '{80}'),
(2, 'retention by DELETE', true, '',
 ARRAY['DELETE FROM %1$s WHERE at < ''2024-02-01''', 'SELECT count(*) FROM %1$s WHERE at >= ''2025-11-01'''], '{5000, 20}'),
(3, 'reports by quarter and group', true, '',
 ARRAY['SELECT tenant, sum(amount) FROM %1$s WHERE at >= ''2024-07-01'' AND at < ''2024-10-01'' GROUP BY tenant'], '{200}'),
(4, 'ranges of numbers in random order', true, '',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE number BETWEEN 10000 AND 12000'], '{90}'),
(5, 'a list of kinds', true, '',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE kind = ''k1'' AND amount > 50'], '{90}'),
(6, 'the last days', true, '',
 ARRAY['SELECT kind, count(*) FROM %1$s WHERE at > timestamp ''2025-12-20'' - interval ''30 days'' GROUP BY kind'], '{90}'),
(7, 'reports and a few look-ups with the key', true, 'id, at',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 'SELECT * FROM %1$s WHERE id = 7 AND at = ''2024-01-01 06:04'''], '{80, 0.05}'),
(8, 'reports that join', true, '',
 ARRAY['SELECT n.name, sum(e.amount) FROM %1$s e JOIN name n USING (tenant) WHERE e.at < ''2024-02-01'' GROUP BY n.name'], '{80}'),
(9, 'one tenant of a table without an index', true, '',
 ARRAY['SELECT * FROM %1$s WHERE tenant = 5'], '{60}'),
(10, 'retention, and look-ups that lose little', true, 'id',
 ARRAY['DELETE FROM %1$s WHERE at < ''2024-02-01''', 'SELECT * FROM %1$s WHERE id = 7'], '{5000, 0.05}'),
-- do not
(11, 'look-ups by primary key', false, 'id',
 ARRAY['SELECT * FROM %1$s WHERE id = 7', 'UPDATE %1$s SET amount = 1 WHERE id = 7'], '{0.05, 0.1}'),
(12, 'no predicate in common', false, '',
 ARRAY['SELECT sum(amount) FROM %1$s', 'SELECT tenant, count(*) FROM %1$s GROUP BY tenant'], '{50, 60}'),
(13, 'small', false, 'tiny',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01'''], '{80}'),
(14, 'a unique key from outside', false, 'number',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01'''], '{80}'),
(15, 'rows that refer to it without the key outweigh reports', false, 'referenced',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 'INSERT INTO refers VALUES (7)'], '{3, 0.1}'),
(16, 'the key is updated', false, '',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 'UPDATE %1$s SET at = now() WHERE at = ''2024-01-01 06:04'''], '{80, 1}'),
(17, 'functions hide the key', false, '',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE date_trunc(''month'', at) = ''2024-03-01'''], '{80}'),
(18, 'an index serves it', false, 'indexed',
 ARRAY['SELECT * FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-03-02'''], '{0.2}'),
(19, 'look-ups without the key outweigh reports', false, 'id, at',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 'SELECT * FROM %1$s WHERE id = 7'], '{3, 0.05}'),
(20, 'an upsert needs its unique key', false, 'id',
 ARRAY['SELECT sum(amount) FROM %1$s WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 'INSERT INTO %1$s (id, tenant, kind, at, number, amount) OVERRIDING SYSTEM VALUE VALUES (1, 1, ''k'', now(), 1, 1) ON CONFLICT (id) DO NOTHING'], '{80, 0.1}');
CREATE TABLE name AS SELECT i AS tenant, 'name ' || i AS name FROM generate_series(0, 399) i;

DO $$
DECLARE
	s record;
	t text;
BEGIN
	FOR s IN SELECT * FROM situation ORDER BY number LOOP
		t := 's' || s.number;
		PERFORM make_table(t, CASE WHEN s.prepare IN ('id', 'id, at', 'number') THEN s.prepare WHEN s.prepare = 'referenced' THEN 'id' END,
						   CASE s.prepare WHEN 'tiny' THEN 0 ELSE 200 END);
		IF s.prepare = 'tiny' THEN
			EXECUTE format('DELETE FROM %I WHERE id %% 40 <> 0', t);
			EXECUTE format('CREATE TABLE tiny_copy AS TABLE %I; TRUNCATE %I; INSERT INTO %I OVERRIDING SYSTEM VALUE TABLE tiny_copy', t, t, t);
		ELSIF s.prepare = 'referenced' THEN
			EXECUTE format('CREATE TABLE refers (event bigint REFERENCES %I)', t);
		ELSIF s.prepare = 'indexed' THEN
			EXECUTE format('CREATE INDEX ON %I (at)', t);
		END IF;
	END LOOP;
END
$$;
VACUUM ANALYZE;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT count(dbadvisor.workload_add(format(u.text, 's' || s.number), CASE WHEN u.ms < 1 THEN 1000 ELSE 100 END, u.ms))
  FROM situation s, unnest(s.statements, s.ms) u (text, ms);

-- Each is judged as it should be, and says why.
CREATE TABLE judged AS
SELECT s.number, s.name, s.deserves, r.*
  FROM situation s, LATERAL dbadvisor.recommend_partitioning(('s' || s.number)::regclass) r;
SELECT number, name, bool_or(verdict = 'partition') OVER (PARTITION BY number) = deserves AS right, verdict, key, strategy, "interval",
       jsonb_array_length(gains) AS gain, jsonb_array_length(losses) AS lose, retention IS NOT NULL AS retention
  FROM judged ORDER BY number, key;
SELECT number, key, reason
  FROM judged, unnest(reasons) WITH ORDINALITY r (full_reason, place),
       LATERAL regexp_replace(full_reason, '[0-9.]+ (%|kB|MB)', '?', 'g') reason
 WHERE number > 10
 ORDER BY number, key, place;
-- The loser is told as fully as the gainer.
SELECT g ->> 'replaced_by_drop' AS gain_by_drop, (g ->> 'ms_after')::float8 AS ms_after, (l ->> 'factor')::float8 > 2 AS loser_slower, l ? 'cost_after' AS loser_cost
  FROM judged, jsonb_array_elements(gains) g, jsonb_array_elements(losses) l
 WHERE number = 10;

-- So is a look-up that only foreign keys know of.
SELECT l ->> 'queryid' AS queryid, l ->> 'calls' AS calls, l ->> 'partitions_left' AS partitions_left, l ->> 'lookup_of' AS lookup_of
  FROM judged, jsonb_array_elements(losses) l
 WHERE number = 15;

-- analyze() brings those that deserve it, and no others.
SELECT dbadvisor.analyze(ARRAY['partition']) IS NOT NULL AS analysed;
SELECT table_name, strategy, key, "interval", title, loss_share < gain_share AS gains_more, notes
  FROM dbadvisor.partition_recommendations
 WHERE table_name LIKE 'partition\_situations.%'
 ORDER BY length(table_name), table_name;
-- The query in the evidence prints the migration, or says what is in the way.
CREATE FUNCTION script_steps(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	steps bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM (%s) s', call) INTO steps;
	RETURN CASE WHEN steps > 5 THEN 'printed' ELSE 'too short' END;
EXCEPTION WHEN feature_not_supported THEN
	RETURN sqlerrm;
END
$$;
SELECT f.object_name, script_steps(f.evidence ->> 'script') AS script
  FROM dbadvisor.finding f
 WHERE f.rule = 'partition.missing'
   AND f.object_name LIKE 'partition\_situations.%'
 ORDER BY length(f.object_name), f.object_name;
-- Where rows lie in the order of the key, a block range index needs no migration.
-- Of a small table it saves half as much; once old rows are deleted it is no match.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT make_table('ordered', NULL, 1500);
VACUUM ANALYZE ordered;
SELECT dbadvisor.set_rule('partition.missing', thresholds => '{"brin_share": 0.3}', object_pattern => '*.ordered');
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_add('SELECT sum(amount) FROM ordered WHERE at >= ''2024-03-01'' AND at < ''2024-04-01''', 100, 80) IS NOT NULL AS added;
SELECT verdict, regexp_replace(array_to_string(reasons, '; '), '[0-9]+ %', '? %') AS reasons FROM dbadvisor.recommend_partitioning('ordered');
SELECT dbadvisor.workload_add('DELETE FROM ordered WHERE at < ''2024-02-01''', 100, 80) IS NOT NULL AS added;
SELECT verdict FROM dbadvisor.recommend_partitioning('ordered');

-- What benchmarks of transactions do gains nothing, whatever the size.
SELECT dbadvisor.workload_clear() > 0 AS cleared;
CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
INSERT INTO pgbench_accounts SELECT i, 1 + i / 10000, 0, '' FROM generate_series(1, 20000) i;
CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
INSERT INTO pgbench_history SELECT i % 10, 1, i, 1, now(), '' FROM generate_series(1, 20000) i;
CREATE TABLE order_line (ol_w_id int, ol_d_id int, ol_o_id int, ol_number int, ol_i_id int NOT NULL, ol_delivery_d timestamp, ol_amount int,
                         PRIMARY KEY (ol_w_id, ol_d_id, ol_o_id, ol_number));
INSERT INTO order_line SELECT i % 4, i / 4 % 10, i / 400, i / 40 % 10, i % 1000, now(), 1 FROM generate_series(1, 20000) i;
CREATE TABLE stock (s_w_id int, s_i_id int, s_quantity int, s_data text, PRIMARY KEY (s_w_id, s_i_id));
INSERT INTO stock SELECT i % 4, i / 4, i % 100, repeat('x', 50) FROM generate_series(0, 19999) i;
VACUUM ANALYZE pgbench_accounts, pgbench_history, order_line, stock;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT count(dbadvisor.workload_add(query, 1000, 0.1))
  FROM (VALUES ('UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2'),
               ('SELECT abalance FROM pgbench_accounts WHERE aid = $1'),
               ('INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)'),
               ('INSERT INTO order_line VALUES ($1, $2, $3, $4, $5, $6, $7)'),
               ('SELECT sum(ol_amount) FROM order_line WHERE ol_o_id = $1 AND ol_d_id = $2 AND ol_w_id = $3'),
               ('UPDATE order_line SET ol_delivery_d = $1 WHERE ol_o_id = $2 AND ol_d_id = $3 AND ol_w_id = $4'),
               ('SELECT count(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = $1 AND ol_d_id = $2 AND ol_o_id < $3 AND ol_o_id >= $3 - 20 AND s_w_id = $1 AND s_i_id = ol_i_id AND s_quantity < $4'),
               ('SELECT s_quantity FROM stock WHERE s_i_id = $1 AND s_w_id = $2 FOR UPDATE'),
               ('UPDATE stock SET s_quantity = $1 WHERE s_i_id = $2 AND s_w_id = $3')) v (query);
SELECT table_name, count(*) > 0 AS judged, bool_or(verdict <> 'leave') AS advised
  FROM dbadvisor.recommend_partitioning()
 WHERE table_name LIKE 'partition\_situations.%'
 GROUP BY table_name ORDER BY table_name;

-- With the sizes as they ship, none is large enough to be looked at.
DELETE FROM dbadvisor.rule_setting WHERE rule = 'partition.missing';
SELECT count(*) AS looked_at FROM dbadvisor.recommend_partitioning() WHERE table_name LIKE 'partition\_situations.%';

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA partition_situations CASCADE;
