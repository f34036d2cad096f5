-- Normal forms and designs.
CREATE SCHEMA dependency_normalize;
SET search_path = dependency_normalize;

-- Textbook cases; columns a, b, c, ... are 1, 2, 4, ...
-- a b -> all, a -> c: a part of the key determines
SELECT * FROM dbadvisor.decompose(4, '{3}', '{1}', '{4}');
-- a -> all, b -> c, c -> d: through others
SELECT * FROM dbadvisor.decompose(4, '{1}', '{2,4}', '{4,8}');
-- student, course -> teacher; teacher -> course: no decomposition into BCNF keeps it
SELECT * FROM dbadvisor.decompose(3, '{3}', '{4}', '{2}');
-- equivalent determinants become one relation
SELECT * FROM dbadvisor.decompose(4, '{1}', '{2,4,2}', '{4,2,8}');
-- nothing to do; no key known
SELECT * FROM dbadvisor.decompose(3, '{1}', '{}', '{}');
SELECT * FROM dbadvisor.decompose(3, '{}', '{1}', '{2}');
-- determinants that determine each other, and one of them more: nothing is lost
SELECT * FROM dbadvisor.decompose(4, '{5}', '{4,10}', '{10,4}');
-- the same for whatever is given
SELECT setseed(0.3) IS NOT NULL AS seeded;
SELECT count(*) FILTER (WHERE d.part = 'lossless' AND d.holds) AS lossless,
       count(*) FILTER (WHERE d.part = 'preserved' AND NOT d.holds) AS lost,
       count(*) FILTER (WHERE d.part = 'kept') > 0 AS some_kept
  FROM (SELECT ARRAY(SELECT (1 + floor(random() * 31))::bigint FROM generate_series(1, g % 3)) AS keys,
               ARRAY(SELECT (1 + floor(random() * 31))::bigint FROM generate_series(1, 1 + g % 5)) AS lhs,
               ARRAY(SELECT (1 << (random() * 4)::int)::bigint FROM generate_series(1, 1 + g % 5)) AS rhs
          FROM generate_series(1, 2000) g) s
 CROSS JOIN LATERAL dbadvisor.decompose(5, s.keys, s.lhs, s.rhs) d;
-- refused
SELECT * FROM dbadvisor.decompose(0, '{}', '{}', '{}');
SELECT * FROM dbadvisor.decompose(3, '{8}', '{}', '{}');
SELECT * FROM dbadvisor.decompose(3, '{1,NULL}', '{}', '{}');
SELECT * FROM dbadvisor.decompose(3, '{1}', '{1,2}', '{4}');

-- arrange: a chain of dependencies in a table
CREATE TABLE flat (
	line_id int PRIMARY KEY, customer_id int, customer_name text, country_id int, country_name text, quantity int);
INSERT INTO flat
SELECT g, g % 700, 'customer ' || g % 700, g % 700 % 20, 'country ' || g % 700 % 20, g * 7919 % 97
  FROM generate_series(1, 10000) g;
ANALYZE flat;
SELECT part, step, title, columns, key_columns, evidence - '{score,parts,net_bytes,pairs_compared,tests,tests_failed}'::text[] AS evidence
  FROM dbadvisor.normalize('flat', min_bytes => 10000)
 WHERE sql IS NULL;
SELECT part, step, title FROM dbadvisor.normalize('flat', min_bytes => 10000) WHERE sql IS NOT NULL;
-- a table in which nothing depends on anything
CREATE TABLE clean AS SELECT g AS id, g * 7919 % 97 AS a, g * 104729 % 89 AS b FROM generate_series(1, 5000) g;
ALTER TABLE clean ADD PRIMARY KEY (id);
ANALYZE clean;
SELECT part, title, evidence - '{pairs_compared,tests,tests_failed}'::text[] AS evidence FROM dbadvisor.normalize('clean');

-- lists that are multiplied with each other, beside a number of the row; not: with one
-- row missing, with a column of its own, in rows that have one of each
CREATE TABLE able (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person int, skill text, language text);
INSERT INTO able (person, skill, language)
SELECT p, 'skill ' || s, NULLIF('language ' || l, 'language 2') FROM generate_series(1, 60) p, generate_series(p % 7, p % 7 + p % 4) s, generate_series(p % 5, p % 5 + p % 3) l;
CREATE TABLE torn AS SELECT person, skill, language FROM able WHERE id <> (SELECT min(id) FROM able WHERE person = 23);
CREATE TABLE said AS SELECT person, skill, language, id * 7919 % 11 AS grade FROM able;
CREATE TABLE plain AS SELECT g AS person, g % 7 AS skill, g % 5 AS language FROM generate_series(1, 200) g;
ANALYZE able, torn, said, plain;
SELECT r, determinant, one, other, groups, products, rows, redundant_rows
  FROM unnest('{able,torn,said,plain}'::regclass[]) r, dbadvisor.find_multivalued(r, 1000000, '10 s');
SELECT r, dbadvisor.multivalued_columns(r, 1000000) FROM unnest('{able,plain,flat,clean}'::regclass[]) r;
SELECT part, title, columns, key_columns, evidence - '{pairs_compared,tests,tests_failed}'::text[] AS evidence
  FROM dbadvisor.normalize('able') WHERE part IN ('form', 'violation');
SELECT evidence ->> 'check_sql' AS check_sql FROM dbadvisor.normalize('able') WHERE part = 'violation' \gset
:check_sql;
SELECT title FROM dbadvisor.normalize('torn') WHERE part = 'form';

SET client_min_messages = warning;
DROP SCHEMA dependency_normalize CASCADE;
