-- Columns that are computed from others, and those that are not.
CREATE SCHEMA dependency_computed;
SET search_path = dependency_computed;

-- arrange: lines of a bill; the time, the name and the reach are composed, the
-- label has a constant, the price of a time follows no formula
CREATE TABLE line AS
SELECT g AS id, 1 + g % 7 AS quantity, (100 + g % 90 * 5) / 10.0 AS price, (1 + g % 7) * ((100 + g % 90 * 5) / 10.0) AS total,
       g % 3 * 5 AS discount, round((100 + g % 90 * 5) * (100 - g % 3 * 5) / 1000.0, 2) AS reduced,
       date '2024-01-01' + g % 60 AS sold_on, extract(month FROM date '2024-01-01' + g % 60)::int AS month, date '2024-01-01' + g % 60 + g % 11 AS due_on, g % 11 AS days,
       'First' || g % 20 AS first_name, 'Last' || g % 31 AS last_name, 'Last' || g % 31 || ', ' || 'First' || g % 20 AS full_name,
       'user' || g % 50 || '@host' || g % 5 AS mail, 'host' || g % 5 AS host,
       g % 90 AS article, 'Article ' || g % 90 AS label, g % 90 * 37 % 89 AS shelf, NULL::int AS nothing
  FROM generate_series(1, 4000) g;
ANALYZE line;

-- act and show
SELECT x.determinant, x.dependent, dbadvisor.computed_from('line', x.determinant, x.dependent) AS formula
  FROM (VALUES ('{quantity,price}'::text[], 'total'), ('{price,quantity}', 'total'), ('{total,price}', 'quantity'),
			   ('{price,discount}', 'reduced'), ('{sold_on}', 'month'), ('{sold_on,days}', 'due_on'), ('{sold_on,due_on}', 'days'),
			   ('{first_name,last_name}', 'full_name'), ('{full_name}', 'last_name'), ('{mail}', 'host'),
			   ('{article}', 'article'),
			   -- near misses
			   ('{article}', 'label'), ('{article}', 'shelf'), ('{quantity,price}', 'reduced'), ('{id}', 'nothing'),
			   ('{quantity,price,total,discount}', 'reduced')) x (determinant, dependent);

-- what is computed is no design, nor what follows through it: an article with its
-- quantity says the total, as the article says the price
CREATE FUNCTION pick(entity int, topic int, n int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT ((hashint8extended(entity, topic) & 1073741823) % n)::int $$;
CREATE TABLE bill AS
SELECT b.*, b.quantity * b.price AS total, b.first_name || ' ' || b.last_name AS full_name
  FROM (SELECT g AS id, pick(g, 1, 7) + 1 AS quantity, pick(g, 2, 90) AS article, 'Article ' || pick(g, 2, 90) AS label,
			   (pick(pick(g, 2, 90), 3, 5000) + 100) / 100.0 AS price, 'First' || pick(g, 4, 20) AS first_name, 'Last' || pick(g, 5, 31) AS last_name
		  FROM generate_series(1, 6000) g) b;
ANALYZE bill;
SELECT determinant, dependents, proposed, vetoes FROM dbadvisor.rank_dependencies('bill', min_bytes => 0) ORDER BY determinant;
SELECT part, title FROM dbadvisor.normalize('bill', min_bytes => 0) WHERE part IN ('violation', 'relation') ORDER BY part, title;

-- a table of which some blocks are read; partitions; a few rows prove nothing
CREATE TABLE part (a int, b int, c int) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (50000);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (50000) TO (100000);
INSERT INTO part SELECT g, g % 100, g + g % 100 FROM generate_series(0, 99999) g;
SELECT dbadvisor.computed_from('part', '{a,b}', 'c', 10) AS formula;
CREATE TABLE few AS SELECT g AS a, g AS b, 2 * g AS c FROM generate_series(1, 19) g;
SELECT dbadvisor.computed_from('few', '{a,b}', 'c') AS formula;

-- what fails in some row is no formula; names are quoted
CREATE TABLE odd AS SELECT g % 5 AS "A b", 0 AS zero, NULLIF(g % 5, 0) AS "c""d" FROM generate_series(1, 1000) g;
SELECT dbadvisor.computed_from('odd', '{"A b",zero}', 'c"d') AS formula;

-- with the caller's own rights
CREATE ROLE computed_reader IN ROLE dbadvisor_reader;
GRANT USAGE ON SCHEMA dependency_computed TO computed_reader;
GRANT SELECT (quantity, price, total) ON line TO computed_reader;
SET ROLE computed_reader;
SELECT dbadvisor.computed_from('line', '{quantity,price}', 'total') AS formula, dbadvisor.computed_from('line', '{mail}', 'host') AS hidden;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA dependency_computed CASCADE;
DROP ROLE computed_reader;
