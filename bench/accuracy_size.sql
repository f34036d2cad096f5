-- Predicted size of an index against the size of the index really built.
--
-- Run in a database with the extension; makes and drops schema accuracy.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS accuracy CASCADE;
CREATE SCHEMA accuracy;
SET search_path = accuracy, public;
SELECT pg_catalog.setseed(0.42) \g /dev/null

CREATE TABLE fact AS
SELECT i::bigint AS id,
       (random() * 999)::int AS k1000,
       random() < 0.5 AS flag,
       'text value ' || (random() * 50000)::int AS txt,
       md5(random()::text)::uuid AS uid,
       (i % 1000)::int AS modulo,
       timestamptz '2024-01-01' + random() * interval '365 days' AS ts,
       (random() * 1000000)::numeric(12,2) AS val,
       random() AS dbl,
       CASE WHEN random() < 0.3 THEN (random() * 100000)::int END AS sparse,
       (exp(random() * 12))::int AS skewed,
       (i / 20)::int AS clustered,
       'user' || i || '@example.com' AS email,
       repeat('x', (random() * 60)::int) AS wide,
       ('n' || (random() * 2000)::int)::name AS nam
  FROM generate_series(1, :rows) i;
CREATE TABLE nothing (a int, b text);
CREATE STATISTICS fact_k_m (ndistinct) ON k1000, modulo FROM fact;
VACUUM ANALYZE fact;
VACUUM ANALYZE nothing;

CREATE TABLE shape (shape text PRIMARY KEY, definition text, eleven bool);
INSERT INTO shape VALUES
('01 bigint unique',            'CREATE INDEX built ON fact (id)', true),
('02 int, 1000 distinct',       'CREATE INDEX built ON fact (k1000)', true),
('03 boolean',                  'CREATE INDEX built ON fact (flag)', true),
('04 text, 50 k distinct',      'CREATE INDEX built ON fact (txt)', true),
('05 uuid',                     'CREATE INDEX built ON fact (uid)', true),
('06 (int, bigint)',            'CREATE INDEX built ON fact (k1000, id)', true),
('07 (int, bigint, timestamptz)', 'CREATE INDEX built ON fact (k1000, id, ts)', true),
('08 (text, int)',              'CREATE INDEX built ON fact (txt, modulo)', true),
('09 expression, numeric',      'CREATE INDEX built ON fact ((val * 2))', true),
('10 4 columns',                'CREATE INDEX built ON fact (k1000, modulo, ts, val)', true),
('11 numeric',                  'CREATE INDEX built ON fact (val)', true),
('12 timestamptz',              'CREATE INDEX built ON fact (ts)', false),
('13 mostly NULL',              'CREATE INDEX built ON fact (sparse)', false),
('14 INCLUDE',                  'CREATE INDEX built ON fact (k1000) INCLUDE (id, flag)', false),
('15 DESC NULLS LAST',          'CREATE INDEX built ON fact (sparse DESC NULLS LAST, id)', false),
('16 partial',                  'CREATE INDEX built ON fact (id) WHERE k1000 < 100', false),
('17 partial, IS NOT NULL',     'CREATE INDEX built ON fact (sparse) WHERE sparse IS NOT NULL', false),
('18 fillfactor 70',            'CREATE INDEX built ON fact (id) WITH (fillfactor = 70)', false),
('19 fillfactor 100',           'CREATE INDEX built ON fact (k1000, id) WITH (fillfactor = 100)', false),
('20 deduplicate_items off',    'CREATE INDEX built ON fact (k1000) WITH (deduplicate_items = off)', false),
('21 (int, int) extended stats', 'CREATE INDEX built ON fact (k1000, modulo)', false),
('22 (bool, int)',              'CREATE INDEX built ON fact (flag, k1000)', false),
('23 skewed int',               'CREATE INDEX built ON fact (skewed)', false),
('24 clustered int',            'CREATE INDEX built ON fact (clustered)', false),
('25 email, unique text',       'CREATE INDEX built ON fact (email)', false),
('26 text of 0 to 60 bytes',    'CREATE INDEX built ON fact (wide)', false),
('27 lower(email)',             'CREATE INDEX built ON fact (lower(email))', false),
('28 name',                     'CREATE INDEX built ON fact (nam)', false),
('29 text_pattern_ops',         'CREATE INDEX built ON fact (txt text_pattern_ops)', false),
('30 double precision',         'CREATE INDEX built ON fact (dbl)', false),
('31 empty table',              'CREATE INDEX built ON nothing (a)', false),
('40 hash(bigint)',             'CREATE INDEX built ON fact USING hash (id)', false),
('41 hash(int, 1000 distinct)', 'CREATE INDEX built ON fact USING hash (k1000)', false),
('42 hash(text, 50 k distinct)', 'CREATE INDEX built ON fact USING hash (txt)', false),
('43 hash(boolean)',            'CREATE INDEX built ON fact USING hash (flag)', false),
('44 hash, empty table',        'CREATE INDEX built ON nothing USING hash (a)', false),
('50 brin',                     'CREATE INDEX built ON fact USING brin (ts)', false),
('51 brin, 16 pages',           'CREATE INDEX built ON fact USING brin (id) WITH (pages_per_range = 16)', false),
('52 brin, 2 pages, 2 columns', 'CREATE INDEX built ON fact USING brin (id, txt) WITH (pages_per_range = 2)', false),
('53 brin, empty table',        'CREATE INDEX built ON nothing USING brin (a)', false);

CREATE TABLE measured (shape text, predicted bigint, built bigint);

DO $$
DECLARE
	s shape;
	predicted bigint;
BEGIN
	FOR s IN SELECT * FROM shape ORDER BY shape LOOP
		SELECT index_bytes[1] INTO predicted
		  FROM dbadvisor.what_if('SELECT 1', ARRAY[s.definition]);
		EXECUTE s.definition;
		INSERT INTO measured VALUES (s.shape, predicted, pg_relation_size('built'));
		DROP INDEX built;
	END LOOP;
END
$$;

SELECT shape,
       built / 8192 AS built_pages,
       predicted / 8192 AS predicted_pages,
       round(predicted::numeric / built, 3) AS ratio
  FROM measured
 ORDER BY shape;

SELECT min(round(predicted::numeric / built, 3)) AS lowest,
       max(round(predicted::numeric / built, 3)) AS highest
  FROM measured JOIN shape USING (shape)
 WHERE eleven;
DROP SCHEMA accuracy CASCADE;
