-- Does the loaded data have the ratios and distributions of TPC-H?
--
-- Prints a Markdown table and fails where a figure is further from the expected
-- one than its tolerance.  "Expected" comes from the specification's ranges, or
-- from its published answers for scale factor 1, taken as a share of the rows.
-- The tolerance is in percent of the expected figure, wide where few rows count.

CREATE TEMP TABLE check_result (
	number int GENERATED ALWAYS AS IDENTITY,
	what text NOT NULL,
	expected float8 NOT NULL,
	tolerance float8 NOT NULL,
	measured float8 NOT NULL
);

-- Numbers of rows for each of the 10,000 suppliers of a scale factor.
INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'rows of ' || t.name || ' per supplier', t.expected, t.tolerance,
	   t.rows::float8 / (SELECT pg_catalog.count(*) FROM supplier)
  FROM (VALUES ('part', 20, 0, (SELECT pg_catalog.count(*) FROM part)),
			   ('partsupp', 80, 0, (SELECT pg_catalog.count(*) FROM partsupp)),
			   ('customer', 15, 0, (SELECT pg_catalog.count(*) FROM customer)),
			   ('orders', 150, 0, (SELECT pg_catalog.count(*) FROM orders)),
			   ('lineitem', 600.12, 1, (SELECT pg_catalog.count(*) FROM lineitem)))
	   AS t (name, expected, tolerance, rows);

-- One pass over lineitem.
CREATE TEMP TABLE line AS
SELECT pg_catalog.count(*) AS rows,
	   pg_catalog.count(*) FILTER (WHERE l_shipdate <= DATE '1998-09-02') AS q1,
	   pg_catalog.count(*) FILTER (WHERE l_shipdate >= DATE '1994-01-01'
									 AND l_shipdate < DATE '1995-01-01'
									 AND l_discount BETWEEN 0.05 AND 0.07
									 AND l_quantity < 24) AS q6,
	   pg_catalog.count(*) FILTER (WHERE l_shipdate >= DATE '1995-09-01'
									 AND l_shipdate < DATE '1995-10-01') AS q14,
	   pg_catalog.count(*) FILTER (WHERE l_returnflag = 'R') AS returned,
	   pg_catalog.count(*) FILTER (WHERE l_linestatus = 'F'
									 AND l_returnflag = 'N') AS under_way,
	   pg_catalog.count(*) FILTER (WHERE l_shipmode IN ('MAIL', 'SHIP')
									 AND l_commitdate < l_receiptdate
									 AND l_shipdate < l_commitdate
									 AND l_receiptdate >= DATE '1994-01-01'
									 AND l_receiptdate < DATE '1995-01-01') AS q12
  FROM lineitem;

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT c.what, 100 * c.expected, c.tolerance, 100 * c.counted::float8 / line.rows
  FROM line,
	   LATERAL (VALUES ('lines of query 1, %', 5916591 / 6001215.0, 0.1, q1),
					   ('lines of query 6, %', 114160 / 6001215.0, 5, q6),
					   ('lines of query 12, %', 30988 / 6001215.0, 5, q12),
					   ('lines of query 14, %', 75983 / 6001215.0, 5, q14),
					   ('lines returned, %', 1478870 / 6001215.0, 1, returned),
					   ('lines shipped but not received, %', 38854 / 6001215.0, 10, under_way))
	   AS c (what, expected, tolerance, counted);

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'orders of query 4, %', 100 * 52523 / 1500000.0, 5,
	   100.0 * pg_catalog.count(*) / (SELECT pg_catalog.count(*) FROM orders)
  FROM orders
 WHERE o_orderdate >= DATE '1993-07-01'
   AND o_orderdate < DATE '1993-10-01'
   AND EXISTS (SELECT
				 FROM lineitem
				WHERE l_orderkey = o_orderkey
				  AND l_commitdate < l_receiptdate);

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'orders of query 3, %', 100 * 11620 / 1500000.0, 10,
	   100.0 * pg_catalog.count(DISTINCT o_orderkey) / (SELECT pg_catalog.count(*) FROM orders)
  FROM customer
  JOIN orders ON o_custkey = c_custkey
  JOIN lineitem ON l_orderkey = o_orderkey
 WHERE c_mktsegment = 'BUILDING'
   AND o_orderdate < DATE '1995-03-15'
   AND l_shipdate > DATE '1995-03-15';

-- 5 nations of 25 twice (customer and supplier must agree), one year of orders.
INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'lines of query 5, %', 100 * (1 / 5.0) * (1 / 25.0) * (365 / 2406.0), 15,
	   100.0 * pg_catalog.count(*) / (SELECT rows FROM line)
  FROM customer
  JOIN orders ON o_custkey = c_custkey
  JOIN lineitem ON l_orderkey = o_orderkey
  JOIN supplier ON s_suppkey = l_suppkey AND s_nationkey = c_nationkey
  JOIN nation ON n_nationkey = s_nationkey
  JOIN region ON r_regionkey = n_regionkey
 WHERE r_name = 'ASIA'
   AND o_orderdate >= DATE '1994-01-01'
   AND o_orderdate < DATE '1995-01-01';

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'order comments that query 13 leaves out, %', 100 * 16082 / 1500000.0, 10,
	   100.0 * pg_catalog.count(*) FILTER (WHERE o_comment LIKE '%special%requests%')
	   / pg_catalog.count(*)
  FROM orders;

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'customers without an order, %', 100 * 50005 / 150000.0, 1,
	   100.0 * pg_catalog.count(*) / (SELECT pg_catalog.count(*) FROM customer)
  FROM customer
 WHERE NOT EXISTS (SELECT
					 FROM orders
					WHERE o_custkey = c_custkey);

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'lines whose part and supplier are in partsupp, %', 100, 0,
	   100.0 * pg_catalog.count(*) / (SELECT rows FROM line)
  FROM lineitem
  JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey;

INSERT INTO check_result (what, expected, tolerance, measured)
SELECT 'parts with green in the name, %', 100 * 5 / 92.0, 10,
	   100.0 * pg_catalog.count(*) FILTER (WHERE p_name LIKE '%green%') / pg_catalog.count(*)
  FROM part;

SELECT '| figure | expected | measured |' AS line
UNION ALL
SELECT '|---|---|---|';
SELECT pg_catalog.format('| %s | %s | %s |', what,
						 pg_catalog.round(expected::numeric, 3),
						 pg_catalog.round(measured::numeric, 3)) AS line
  FROM check_result
 ORDER BY number;

DO $$
DECLARE
	wrong text;
BEGIN
	SELECT pg_catalog.string_agg(what, '; ')
	  INTO wrong
	  FROM check_result
	 WHERE pg_catalog.abs(measured - expected) > expected * (tolerance + 1e-6) / 100;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'the data is not as TPC-H wants it: %', wrong;
	END IF;
END $$;
