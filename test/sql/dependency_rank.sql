-- What is design and what is accident: planted dependencies are proposed, those of
-- chance are not.
CREATE SCHEMA dependency_rank;
SET search_path = dependency_rank;

-- arrange: lines of orders with everything in one table
CREATE TABLE country (code text PRIMARY KEY);
INSERT INTO country SELECT 'c' || g FROM generate_series(0, 19) g;
CREATE TABLE flat AS
SELECT l AS line_id, o AS order_id, o % 700 AS customer_id, 'customer ' || o % 700 AS customer_name,
       'street ' || (o % 700) * 7 AS customer_street, o % 700 % 20 AS country_id,
       'country ' || o % 700 % 20 AS country_name,
       p AS product_id, 'product ' || p AS product_name, (p * 37 % 900) / 10.0 AS product_price,
       (l * 7919 % 97)::int AS quantity, md5(l::text) AS note
  FROM (SELECT g AS l, g / 4 AS o, (g::bigint * 104729 % 150)::int AS p FROM generate_series(1, 20000) g) s;
ALTER TABLE flat ADD PRIMARY KEY (line_id);
ANALYZE flat;
SELECT determinant, dependents, proposed, distinct_determinants, whole_table, net_bytes > 100000 AS saves, vetoes
  FROM dbadvisor.rank_dependencies('flat', min_bytes => 10000)
 ORDER BY determinant;
SELECT jsonb_object_keys(parts) AS part FROM dbadvisor.rank_dependencies('flat', min_bytes => 10000) WHERE determinant = '{customer_id}';

-- without anything to split: independent columns, a full factorial, measurements
SELECT setseed(0.5) IS NOT NULL AS seeded;
CREATE TABLE sensor AS
SELECT g AS id, g % 40 AS device, timestamptz '2024-01-01' + g * interval '1 min' AS at,
       round((20 + 5 * random())::numeric, 1) AS temperature, round((50 + 20 * random())::numeric) AS humidity,
       (random() * 3)::int AS state
  FROM generate_series(1, 10000) g;
CREATE TABLE factorial AS
SELECT a, b, c, d, (a * 3 + b * 5 + c * d) % 4 AS class
  FROM generate_series(1, 8) a, generate_series(1, 8) b, generate_series(1, 8) c, generate_series(1, 6) d;
CREATE TABLE random AS
SELECT (random() * 5)::int AS a, (random() * 50)::int AS b, (random() * 500)::int AS c, (random() * 5000)::int AS d, (random() * 20)::int AS e
  FROM generate_series(1, 10000) g;
ANALYZE sensor, factorial, random;
SELECT t, (SELECT count(determinant) FROM dbadvisor.rank_dependencies(t, min_bytes => 0)) AS groups
  FROM unnest('{sensor,factorial,random}'::regclass[]) t;

-- a copy of what another table has: the determinant refers to it
CREATE TABLE shipment AS SELECT g AS id, 'c' || g % 20 AS country, 'zone of country ' || g % 20 AS zone FROM generate_series(1, 5000) g;
ALTER TABLE shipment ADD PRIMARY KEY (id), ADD FOREIGN KEY (country) REFERENCES country;
ANALYZE shipment;
SELECT determinant, dependents, referenced, parts -> 'entity_exists' AS entity_exists FROM dbadvisor.rank_dependencies('shipment', min_bytes => 1000);

-- vetoes
SELECT determinant, proposed, vetoes FROM dbadvisor.rank_dependencies('flat', min_bytes => 1000000000) WHERE determinant = '{customer_id}';

SET client_min_messages = warning;
DROP SCHEMA dependency_rank CASCADE;
