-- One row of bench/fetch_cost.sh, for a table of :pages pages.
\set QUIET on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS fetch_cost CASCADE;
CREATE SCHEMA fetch_cost;
SET search_path = fetch_cost, public;
SELECT pg_catalog.setseed(0.42) \g /dev/null

-- some 57 rows to a page, 200 to a key, spread over the whole table
CREATE TABLE target AS
SELECT i AS id, (random() * (:pages * 57 / 200))::int AS k, i % 1000 AS b, repeat('x', 96) AS pad
  FROM generate_series(1, :pages * 57) i;
CREATE INDEX target_k ON target (k);
VACUUM (ANALYZE, FREEZE) target;
CREATE TABLE outer_side AS
SELECT (random() * (:pages * 57 / 200))::int AS k FROM generate_series(1, least(2000, :pages * 57 / 400)) i;
ANALYZE outer_side;
CREATE TABLE measured (what text, ms float8);

CREATE FUNCTION time_of(what text, query text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
BEGIN
	EXECUTE query;
	INSERT INTO measured VALUES (what, extract(epoch FROM clock_timestamp() - started) * 1000);
END $$;
CREATE FUNCTION cost_of(query text) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END $$;

SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET enable_memoize = off;
\set heap 'SELECT sum(t.b) FROM outer_side o JOIN target t ON t.k = o.k'
\set index_only 'SELECT count(t.k) FROM outer_side o JOIN target t ON t.k = o.k'
\set scan 'SELECT sum(b) FROM target'
SELECT format('DO $do$BEGIN PERFORM fetch_cost.time_of(%L, %L); END$do$', what, query)
  FROM generate_series(0, :rounds) i,
       (VALUES ('heap', :'heap'), ('index_only', :'index_only'), ('scan', :'scan')) q (what, query)
 ORDER BY i
\gexec
WITH median AS (
	SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms
	  FROM measured
	 GROUP BY what
), figure AS (
	SELECT (SELECT ms FROM median WHERE what = 'heap') - (SELECT ms FROM median WHERE what = 'index_only') AS ms,
	       (SELECT ms FROM median WHERE what = 'scan') AS scan_ms,
	       (SELECT count(*) FROM outer_side o JOIN target t ON t.k = o.k) AS fetches
)
SELECT :pages, :pages * 57, fetches,
       to_char(ms * 1000 / fetches, 'FM990.00'),
       to_char((cost_of(:'heap') - cost_of(:'index_only')) / fetches, 'FM990.000'),
       to_char(scan_ms * 1000 / (cost_of(:'scan') - 1e10), 'FM990.00'),
       to_char(ms / fetches / (scan_ms / (cost_of(:'scan') - 1e10)), 'FM990.00')
  FROM figure;
DROP SCHEMA fetch_cost CASCADE;
