-- A promise that rests on what the planner is known to price badly is flagged.
\set SHOW_CONTEXT never
CREATE SCHEMA index_risk;
SET search_path = index_risk;
SET pg_stat_statements.track = none;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;

CREATE TABLE nation (id int PRIMARY KEY, region int NOT NULL);
INSERT INTO nation SELECT i, i % 5 FROM generate_series(1, 25) i;
CREATE TABLE supplier (id int PRIMARY KEY, nation_id int NOT NULL);
INSERT INTO supplier SELECT i, i % 25 + 1 FROM generate_series(1, 1000) i;
CREATE TABLE line (
	id int NOT NULL,
	supplier_id int NOT NULL,
	price int NOT NULL,
	pad text NOT NULL);
INSERT INTO line
SELECT i, i * 7919 % 1000 + 1, i % 100, repeat('x', 96) FROM generate_series(1, 200000) i;
ANALYZE nation, supplier, line;

CREATE FUNCTION risk_of(query text, definitions text[])
RETURNS TABLE (cheaper boolean, honestly_cheaper boolean, fetches numeric, robust boolean, level text, reason text)
LANGUAGE sql AS $$
	SELECT r.cost_after < r.cost_before, r.pessimistic_after < r.pessimistic_before,
	       round(r.fetches::numeric, -4), coalesce(r.break_even_factor > r.error_expected, true),
	       r.level, regexp_replace(r.reason, '[0-9]+(\.[0-9]+)?', 'N', 'g')
	  FROM dbadvisor.what_if_risk(query, definitions) r;
$$;
CREATE FUNCTION sum_over(condition text) RETURNS text
LANGUAGE sql AS $$
	SELECT 'SELECT sum(l.price) FROM index_risk.nation n JOIN index_risk.supplier s ON s.nation_id = n.id'
	    || ' JOIN index_risk.line l ON l.supplier_id = s.id WHERE ' || condition;
$$;

-- a fifth of a large table, row by row, at a small fraction of a cost unit each
SELECT * FROM risk_of(sum_over('n.region = 3'), '{CREATE INDEX ON index_risk.line (supplier_id)}');
-- near miss: the rows of one supplier
SELECT * FROM risk_of(sum_over('s.id = 7'), '{CREATE INDEX ON index_risk.line (supplier_id)}');
-- the same rows in one place: no page is fetched twice
CREATE TABLE line_in_order AS SELECT * FROM line ORDER BY supplier_id;
ANALYZE line_in_order;
SELECT cheaper, honestly_cheaper, level
  FROM risk_of(replace(sum_over('n.region = 3'), '.line ', '.line_in_order '),
               '{CREATE INDEX ON index_risk.line_in_order (supplier_id)}');
-- read from the index alone, no row is fetched
VACUUM line;
SELECT cheaper, honestly_cheaper, fetches, level
  FROM risk_of(sum_over('n.region = 3'), '{CREATE INDEX ON index_risk.line (supplier_id) INCLUDE (price)}');
-- no index, no risk; and an index that changes nothing
SELECT level FROM risk_of(sum_over('n.region = 3'), '{}');
SELECT level FROM risk_of('SELECT 1', '{}');
-- subqueries, LIMIT, WITH, set operations, writes are walked too
SELECT level FROM risk_of('SELECT * FROM (' || sum_over('n.region = 3') || ' GROUP BY n.id) s LIMIT 5',
                          '{CREATE INDEX ON index_risk.line (supplier_id)}');
SELECT level FROM risk_of('WITH w AS MATERIALIZED (' || sum_over('n.region = 3') || ') SELECT * FROM w UNION SELECT 1',
                          '{CREATE INDEX ON index_risk.line (supplier_id)}');
SELECT level FROM risk_of('DELETE FROM index_risk.nation WHERE id IN (' || sum_over('n.region = 3') || ')',
                          '{CREATE INDEX ON index_risk.line (supplier_id)}');

-- The advice says so.
UPDATE line SET pad = pad;
ANALYZE line;
SELECT dbadvisor.workload_add(sum_over('n.region = 3'), 1000, 20) > 0 AS added;
SELECT detail ~ ' At risk: 1 of these statements may get slower; of one added by hand, the plan fetches about [0-9]+ rows of "line" one by one' AS told,
       confidence < 0.6 AS unsure,
       evidence ->> 'confidence_reason' LIKE '%; statements with 100 % of the gain are at risk' AS why
  FROM dbadvisor.recommend_indexes(max_columns => 1)
 WHERE object_name = 'index_risk.line';
SELECT s -> 'risk' ->> 'level' AS level,
       (s -> 'risk' ->> 'pessimistic_after')::float8 > (s -> 'risk' ->> 'pessimistic_before')::float8 AS dearer
  FROM dbadvisor.search_indexes(max_columns => 1), jsonb_array_elements(statements) s
 WHERE relid = 'line'::regclass;
-- near miss
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add(sum_over('s.id = 7'), 1000, 20) > 0 AS added;
SELECT detail LIKE '%t risk%' AS told, confidence > 0.6 AS sure
  FROM dbadvisor.recommend_indexes(max_columns => 1)
 WHERE object_name = 'index_risk.line';

-- Bad input.
\set VERBOSITY terse
SELECT dbadvisor.what_if_risk(NULL);
SELECT dbadvisor.what_if_risk('SELECT * FROM nowhere');
\set VERBOSITY default

SELECT dbadvisor.workload_clear();
SET client_min_messages = warning;
DROP SCHEMA index_risk CASCADE;
