-- Tables for dependency.sh.  Letters: sixteen measurements of a character each,
-- small numbers that go with the letter and with each other.  The wide ones: every
-- column follows one of a few hidden variables, some are null with it, some are
-- noise.
SELECT setseed(0.42) \g /dev/null
CREATE FUNCTION gauss() RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) $$;
CREATE TABLE letter_like AS
WITH mean AS MATERIALIZED (
	SELECT c, array_agg(4 + 8 * random()) AS mu, array_agg(0.7 + 1.3 * random()) AS sd
	  FROM generate_series(0, 25) c, generate_series(1, 16) i GROUP BY c
), line AS MATERIALIZED (
	SELECT g, (random() * 26)::int % 26 AS c, gauss() AS z1, gauss() AS z2 FROM generate_series(1, 20000) g
)
SELECT chr(65 + l.c) AS c0, v[1] AS c1, v[2] AS c2, v[3] AS c3, v[4] AS c4, v[5] AS c5, v[6] AS c6, v[7] AS c7,
       v[8] AS c8, v[9] AS c9, v[10] AS c10, v[11] AS c11, v[12] AS c12, v[13] AS c13, v[14] AS c14, v[15] AS c15, v[16] AS c16
  FROM line l
  JOIN mean m USING (c)
 CROSS JOIN LATERAL (
	SELECT array_agg(least(15, greatest(0, round(mu[i] + sd[i] * (0.75 * CASE WHEN i % 2 = 0 THEN z1 ELSE z2 END + 0.35 * gauss()))::int)) ORDER BY i) AS v
	  FROM generate_series(1, 16) i WHERE l.g IS NOT NULL) x;

CREATE FUNCTION make_wide(name text, nrows int, ncolumns int, nhidden int, nnoise int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	columns text := '';
	k int;
BEGIN
	FOR i IN 1 .. ncolumns LOOP
		k := (2 ^ (1 + random() * 8))::int;
		columns := columns || CASE
			WHEN i <= nnoise THEN format(', floor(random() * %s)::int AS c%s', k, i)
			ELSE format(', CASE WHEN (h[%1$s] * %2$s) %% 11 < %3$s THEN NULL ELSE (h[%1$s] * %4$s + h[%1$s] / 7) %% %5$s END AS c%6$s',
						1 + (random() * (nhidden - 1))::int, (random() * 1000)::int, CASE WHEN i % 3 = 0 THEN 4 ELSE 0 END,
						(random() * 1000)::int * 2 + 1, k, i) END;
	END LOOP;
	EXECUTE format('CREATE TABLE %I AS SELECT %s FROM (SELECT g, ARRAY(SELECT floor(random() * 40 * x)::bigint + g * 0 FROM generate_series(1, %s) x) AS h FROM generate_series(1, %s) g) s',
				   name, substr(columns, 3), nhidden, nrows);
END
$$;
SELECT make_wide('hepatitis_like', 155, 20, 6, 12),
       make_wide('horse_like', 300, 28, 6, 18),
       make_wide('columns_63', 1000, 63, 8, 3),
       make_wide('columns_109', 1000, 109, 9, 2),
       make_wide('columns_220', 1000, 220, 9, 60) \g /dev/null
CREATE TABLE rows_1m AS
SELECT g / 4 AS order_id, g % 4 AS line, (g / 4)::bigint * 7919 % 5000 AS customer, 'customer ' || (g / 4)::bigint * 7919 % 5000 AS customer_name,
       g::bigint * 104729 % 900 AS product, 'product ' || g::bigint * 104729 % 900 AS product_name,
       (random() * 100)::int AS quantity, md5(g::text) AS note
  FROM generate_series(1, 1000000) g;
-- in Boyce-Codd normal form: what a device measures follows from nothing
CREATE TABLE sensors AS
SELECT g AS id, floor(random() * 40)::int AS device, timestamptz '2024-01-01' + g * interval '1 min' AS at,
       round((20 + 5 * gauss())::numeric, 1) AS temperature, round((50 + 8 * gauss())::numeric) AS humidity,
       round((1013 + 9 * gauss())::numeric, 1) AS pressure, round((230 + 2 * gauss())::numeric, 1) AS voltage,
       floor(random() * 4)::int AS state, floor(random() * 100)::int AS battery, random() < 0.01 AS alarm,
       round((12 * random())::numeric, 2) AS flow, floor(random() * 16)::int AS channel
  FROM generate_series(1, 10000) g;
-- every combination of weights and distances once, and the side that the scale tips to
CREATE TABLE balance_scale AS
SELECT CASE sign(lw * ld - rw * rd) WHEN 1 THEN 'L' WHEN 0 THEN 'B' ELSE 'R' END AS class, lw, ld, rw, rd
  FROM generate_series(1, 5) lw, generate_series(1, 5) ld, generate_series(1, 5) rw, generate_series(1, 5) rd;
