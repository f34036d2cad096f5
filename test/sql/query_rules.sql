-- Rules about queries over time: each fires on its case and is silent on one that
-- is nearly it.  Thresholds are lowered, so that tens of calls do for thousands.
SET search_path = asked, public, pg_catalog;
SET client_min_messages = warning;
CREATE SCHEMA asked;
CREATE TABLE orders (id int PRIMARY KEY, customer int);
CREATE TABLE item (order_id int REFERENCES orders, line int, price int, PRIMARY KEY (order_id, line));
CREATE TABLE stock (id int PRIMARY KEY, amount int);
CREATE TABLE setting (name text PRIMARY KEY, value text);
CREATE TABLE event (id int, what text);
INSERT INTO orders SELECT g, g % 10 FROM generate_series(1, 100) g;
INSERT INTO item SELECT o, l, o FROM generate_series(1, 100) o, generate_series(1, 3) l;
INSERT INTO stock SELECT g, g FROM generate_series(1, 100) g;

-- what a rule says of objects here, without statement numbers; what it says of its run
CREATE FUNCTION said(rule text) RETURNS TABLE (object text, severity text, proof text, title text)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE pg_catalog.format(
		'SELECT a.object_name, a.severity, a.proof, pg_catalog.regexp_replace(a.title, ''-?\d{7,}'', ''N'', ''g'')
		   FROM dbadvisor.rule_%s a WHERE a.object_name ~ ''^(asked\.|regress)'' ORDER BY 1, 4', pg_catalog.replace(rule, '.', '_'));
END;
$$;
CREATE FUNCTION note(rule text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE pg_catalog.format('SELECT a.variant || COALESCE('': '' || a.detail, '''') FROM dbadvisor.rule_%s a WHERE a.object_type = ''rule''',
							  pg_catalog.replace(rule, '.', '_')) INTO result;
	RETURN result;
END;
$$;
-- transactions are counted when they have ended, and are told a while later
\set snapshot 'SELECT pg_stat_force_next_flush(); SELECT dbadvisor.take_snapshot() IS NOT NULL AS taken;'
SELECT count(dbadvisor.set_rule(r, thresholds => t::jsonb))
  FROM (VALUES ('query.n_plus_one', '{"min_calls": 30}'), ('query.row_at_a_time_insert', '{"min_calls": 30}'),
			   ('query.chatty_transaction', '{"min_transactions": 2}')) s (r, t);

-- without history the rules that need it say so
SELECT note('query.n_plus_one'), note('query.chatty_transaction');

-- three orders pages and one query per order; as many lookups that nothing ties to them
:snapshot
\set ECHO none
\o /dev/null
SELECT pg_catalog.format('SELECT id FROM orders WHERE customer = %s', c) FROM generate_series(1, 4) c \gexec
SELECT pg_catalog.format('SELECT price FROM item WHERE order_id = %s', g) FROM generate_series(1, 40) g \gexec
SELECT pg_catalog.format('SELECT amount FROM stock WHERE id = %s', g) FROM generate_series(1, 40) g \gexec
\o
\set ECHO all
:snapshot
SELECT * FROM said('query.n_plus_one');
SELECT note('query.n_plus_one');
SELECT a.evidence ->> 'calls' AS calls, (a.evidence ->> 'parent_rows_per_call')::numeric::int AS parent_rows, cardinality(a.queryids) AS statements,
       a.evidence_since IS NOT NULL AS has_window, a.detail ~ 'ran 40 times and returned 3.0 rows per call' AS tells
  FROM dbadvisor.rule_query_n_plus_one a WHERE a.object_name = 'asked.item';

-- as many runs, but the other statement returns other numbers of rows
\set ECHO none
\o /dev/null
SELECT pg_catalog.format('SELECT price FROM item WHERE order_id = %s', g) FROM generate_series(1, 40) g \gexec
\o
\set ECHO all
:snapshot
SELECT * FROM said('query.n_plus_one');

-- many times in one transaction, and rows inserted one by one beside several at once
:snapshot
\set ECHO none
\o /dev/null
BEGIN;
SELECT pg_catalog.format('SELECT value FROM setting WHERE name = %L', g) FROM generate_series(1, 60) g \gexec
SELECT pg_catalog.format('INSERT INTO event VALUES (%s, %L)', g, g) FROM generate_series(1, 60) g \gexec
SELECT pg_catalog.format('INSERT INTO stock VALUES (%s, 1), (%s, 2)', 1000 + g, 2000 + g) FROM generate_series(1, 60) g \gexec
COMMIT;
\o
\set ECHO all
:snapshot
SELECT * FROM said('query.n_plus_one');
SELECT * FROM said('query.row_at_a_time_insert');
SELECT a.evidence ->> 'calls' AS calls, (a.evidence ->> 'calls_per_transaction')::numeric > 10 AS per_transaction
  FROM dbadvisor.rule_query_row_at_a_time_insert a WHERE a.object_name = 'asked.event';
-- each row in a transaction of its own, not many a second: that is an application
\set ECHO none
\o /dev/null
SELECT pg_catalog.format('INSERT INTO setting VALUES (%L, %s)', g, g) FROM generate_series(1, 60) g \gexec
\o
\set ECHO all
:snapshot
UPDATE dbadvisor.history_snapshot SET seconds = 300 WHERE taken_at = (SELECT max(taken_at) FROM dbadvisor.history_snapshot);
SELECT * FROM said('query.row_at_a_time_insert');

-- statements per transaction of the database
SELECT count(dbadvisor.set_rule('query.chatty_transaction', thresholds => '{"min_per_transaction": 1}'));
SELECT object, severity, regexp_replace(title, '\d+', 'N') AS title FROM said('query.chatty_transaction');
SELECT count(dbadvisor.set_rule('query.chatty_transaction', thresholds => '{"min_per_transaction": 50}'));
SELECT * FROM said('query.chatty_transaction');

-- OFFSET: deep as given, deep as written, not deep, not known and too few calls to tell
\set ECHO none
\o /dev/null
SELECT dbadvisor.workload_add('SELECT id FROM asked.orders ORDER BY id LIMIT 10 OFFSET $1', 10, 5, '[["0"], ["34567"]]');
SELECT dbadvisor.workload_add('SELECT id FROM asked.stock ORDER BY id LIMIT 10 OFFSET 5000', 10, 5);
SELECT dbadvisor.workload_add('SELECT id FROM asked.event ORDER BY id LIMIT 10 OFFSET $1', 10, 5, '[["10"], ["90"]]');
SELECT dbadvisor.workload_add('SELECT name FROM asked.setting ORDER BY name LIMIT 10 OFFSET $1', 10, 5);
\o
\set ECHO all
SELECT * FROM said('query.deep_offset');
SELECT a.evidence ->> 'offset_at_least_rows' AS at_least, a.evidence::text || a.detail ~ '34567' AS shows_value
  FROM dbadvisor.rule_query_deep_offset a WHERE a.object_name = 'asked.orders';
SELECT dbadvisor.workload_clear();
-- recorded, with offsets that nobody knows: the later pages take longer
\set ECHO none
\o /dev/null
INSERT INTO stock SELECT g, g FROM generate_series(10000, 60000) g;
SELECT pg_catalog.format('SELECT id FROM stock ORDER BY id LIMIT 1 OFFSET %s', CASE WHEN g > 4 THEN 50000 ELSE 0 END) FROM generate_series(1, 24) g \gexec
SELECT pg_catalog.format('SELECT id FROM orders ORDER BY id LIMIT 1 OFFSET %s', g) FROM generate_series(1, 24) g \gexec
\o
\set ECHO all
SELECT * FROM said('query.deep_offset');

-- counts: often and slow, rarely, grouped, quick
\set ECHO none
\o /dev/null
SELECT dbadvisor.workload_add('SELECT count(*) FROM asked.orders WHERE customer > $1', 1000, 500);
SELECT dbadvisor.workload_add('SELECT count(*) FROM asked.item', 5, 50000);
SELECT dbadvisor.workload_add('SELECT customer, count(*) FROM asked.orders GROUP BY 1', 1000, 500);
SELECT dbadvisor.workload_add('SELECT count(*) FROM asked.setting', 100000, 4);
\o
\set ECHO all
SELECT * FROM said('query.counting_poll');
SELECT dbadvisor.workload_clear();

-- idle in transactions: much of the time, less than the work
SELECT * FROM said('query.idle_in_transaction');
UPDATE dbadvisor.history_server SET figures = figures || '{"idle_in_transaction_time": 7000000, "active_time": 1000000}'
 WHERE source = 'database' AND taken_at = (SELECT max(taken_at) FROM dbadvisor.history_snapshot);
SELECT object, severity, proof, regexp_replace(title, '\d+ %', 'N %') AS title FROM said('query.idle_in_transaction');
UPDATE dbadvisor.history_server SET figures = figures || '{"active_time": 9000000}'
 WHERE source = 'database' AND taken_at = (SELECT max(taken_at) FROM dbadvisor.history_snapshot);
SELECT * FROM said('query.idle_in_transaction');

-- quick and slow by turns, once slower for good, and slower for more rows
CREATE FUNCTION pace(query text, ms double precision[], rows double precision[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO dbadvisor.history_statement
	SELECT l.slot, p.at, p.at - interval '5 min', s.userid, s.queryid, true, false, 100, 100 * pace.ms[p.i], 100 * pace.rows[p.i], 0, 0, 0, 0, 0, 0, 0
	  FROM (SELECT h.slot FROM dbadvisor.history_slice h WHERE h.starts_at IS NOT NULL LIMIT 1) l,
		   (SELECT i, h.taken_at FROM pg_catalog.generate_series(1, 8) i
			  JOIN LATERAL (SELECT pg_catalog.date_trunc('hour', CURRENT_TIMESTAMP) - i * interval '5 min') h (taken_at) ON true) p (i, at),
		   LATERAL (SELECT u.userid, u.queryid FROM pg_stat_statements u WHERE u.query LIKE pace.query AND u.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) ORDER BY u.calls DESC LIMIT 1) s;
$$;
INSERT INTO dbadvisor.history_snapshot
SELECT l.slot, p.at, p.at - interval '5 min', 300, 1, 1, 1, '{}'
  FROM (SELECT h.slot FROM dbadvisor.history_slice h WHERE h.starts_at IS NOT NULL LIMIT 1) l,
       (SELECT date_trunc('hour', CURRENT_TIMESTAMP) - i * interval '5 min' FROM generate_series(1, 8) i) p (at);
INSERT INTO dbadvisor.history_server
SELECT s.slot, s.taken_at, s.since, 'database', '', false, '{"xact_commit": 1000}'
  FROM dbadvisor.history_snapshot s WHERE s.seconds = 300 AND s.statements = 1 AND s.relations = 1;
SELECT pace('SELECT amount FROM stock WHERE id = $1', '{0.01,0.01,50,60,0.01,0.01,40,0.01}', '{1,1,1,1,1,1,1,1}');
SELECT pace('SELECT value FROM setting WHERE name = $1', '{0.01,0.01,0.01,0.01,50,50,50,50}', '{1,1,1,1,1,1,1,1}');
SELECT pace('SELECT price FROM item WHERE order_id = $1', '{0.01,0.01,50,60,0.01,0.01,40,0.01}', '{1,1,50,60,1,1,40,1}');
SELECT * FROM said('query.plan_flip');

-- nothing of it stays
SELECT count(dbadvisor.history_empty(n)) FROM generate_series(0, 7) n;
TRUNCATE dbadvisor.counter_snapshot, dbadvisor.counter_statement, dbadvisor.counter_relation, dbadvisor.counter_server;
DELETE FROM dbadvisor.rule_setting;
SET client_min_messages = error;
DROP SCHEMA asked CASCADE;
