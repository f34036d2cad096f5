-- Searches inside of strings, while pg_trgm is at hand but not installed.
CREATE SCHEMA index_extension;
SET search_path = index_extension;
SET client_min_messages = warning;
CREATE TABLE page (id int PRIMARY KEY, title varchar(200) NOT NULL, body text NOT NULL);
INSERT INTO page SELECT i, 'title ' || i, md5(i::text) || repeat(' word', 40) FROM generate_series(1, 10000) i;
CREATE TABLE label (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO label SELECT i, 'label ' || i FROM generate_series(1, 100) i;
ANALYZE page, label;

CREATE FUNCTION wanted_for(query text)
RETURNS TABLE (extension text, search text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000, 5);
	RETURN QUERY
	SELECT w.extension, concat_ws('.', w.relid::regclass,
	                              (SELECT attname FROM pg_attribute a
	                                WHERE a.attrelid = w.relid AND a.attnum = NULLIF(w.attnum, 0)))
	  FROM dbadvisor.extensions_wanted() w;
END
$$;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE '%needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE title ILIKE 'Needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE title ILIKE $1$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body ~ 'needle[0-9]'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body ~* 'needle'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body SIMILAR TO '%needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE lower(title) LIKE '%needle%'$$);
-- near misses: the beginning is known, or may be; two letters; what is not
-- there; most rows; a small table; no search in the database
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE 'needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE $1$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE '%ne%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body NOT LIKE '%needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE '%word%'$$);
SELECT * FROM wanted_for($$SELECT id FROM label WHERE name LIKE '%needle%'$$);
SELECT * FROM wanted_for($$SELECT id FROM page WHERE 'needle' LIKE $1$$);

-- as advice, live and in the store
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add($$SELECT id FROM page WHERE body LIKE '%needle%'$$, 1000, 5) > 0 AS added;
SELECT rule, object_type, object_name, severity, proof, title, detail, apply_sql, contains_values
  FROM dbadvisor.recommend_indexes(time_limit => NULL);
SELECT evidence::text LIKE '%needle%' AS shows_values FROM dbadvisor.recommend_indexes(time_limit => NULL);
SELECT dbadvisor.analyze('{index}') > 0 AS analysed;
SELECT rule, object_name, status FROM dbadvisor.finding WHERE rule = 'index.extension_missing';

-- once it is there the search for indexes takes over
CREATE EXTENSION pg_trgm;
SELECT * FROM wanted_for($$SELECT id FROM page WHERE body LIKE '%needle%'$$);
DROP EXTENSION pg_trgm;

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DELETE FROM dbadvisor.finding;
DROP SCHEMA index_extension CASCADE;
