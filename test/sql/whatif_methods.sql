-- GIN, GiST and SP-GiST indexes that do not exist: where they are used and how
-- large they would be.
CREATE SCHEMA whatif_methods;
SET search_path = whatif_methods, public;
SET client_min_messages = warning;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE EXTENSION bloom SCHEMA public;
CREATE TABLE thing AS
SELECT i AS id,
       ARRAY[i * 7919 % 20011, i * 104729 % 1009, i % 50] AS numbers,
       ARRAY['tag ' || i * 31 % 997, 'tag ' || i % 13] AS tags,
       jsonb_build_object('id', i, 'kind', 'kind ' || i % 20, 'user', md5((i % 3000)::text)) AS doc,
       md5(i::text) || ' ' || md5((i % 700)::text) AS body,
       to_tsvector('simple', substr(md5((i % 5000)::text), 1, 6) || ' ' || substr(md5((i % 400)::text), 1, 8)
                             || ' word' || i % 30) AS words,
       int4range(i * 7919 % 100003, i * 7919 % 100003 + i % 300 + 1) AS during,
       inet '10.0.0.0' + (i * 7919 % 100003) AS address,
       point(i * 7919 % 10007, i * 104729 % 10009) AS place,
       'user' || i * 7919 % 100003 || '@example.org' AS mail
  FROM generate_series(1, 12000) i;
VACUUM ANALYZE thing;

-- is the index used, and does it help?
CREATE FUNCTION helps(method text, rest text) RETURNS boolean
LANGUAGE sql AS $$
	SELECT cardinality(indexes_used) > 0 AND cost_after < cost_before
	  FROM dbadvisor.what_if('SELECT id FROM thing ' || rest, ARRAY['CREATE INDEX ON thing USING ' || method]);
$$;
SELECT method, rest, helps(method, rest)
  FROM (VALUES ('gin (numbers)', 'WHERE numbers @> ARRAY[77]'),
               ('gin (numbers)', 'WHERE numbers && ARRAY[77, 78]'),
               ('gin (words)', $$WHERE words @@ to_tsquery('simple', 'word1 & abc')$$),
               ('gin (doc)', $$WHERE doc @> '{"id": 5}'$$),
               ('gin (doc)', $$WHERE doc ? 'no'$$),
               ('gin (doc jsonb_path_ops)', $$WHERE doc @> '{"id": 5}'$$),
               ('gin (body gin_trgm_ops)', $$WHERE body LIKE '%0123456%'$$),
               ('gin (upper(body) gin_trgm_ops)', $$WHERE upper(body) LIKE '%0123456%'$$),
               ('gin (tags) WHERE id > 11000', $$WHERE id > 11500 AND tags @> ARRAY['tag 5']$$),
               ('gist (during)', 'WHERE during && int4range(3, 5)'),
               ('gist (during) INCLUDE (id)', 'WHERE during @> 5'),
               ('gist (circle(place, 2))', 'WHERE circle(place, 2) && circle(point(5, 5), 1)'),
               ('gist (place)', 'ORDER BY place <-> point(1, 1) LIMIT 5'),
               ('gist (address inet_ops)', $$WHERE address << '10.0.0.0/30'$$),
               ('spgist (place)', 'ORDER BY place <-> point(1, 1) LIMIT 5'),
               ('spgist (during)', 'WHERE during && int4range(3, 5)'),
               ('spgist (mail)', $$WHERE mail ^@ 'user123'$$),
               ('bloom (id, mail)', $$WHERE mail = 'user123'$$)) v (method, rest);
-- index-only scans, where the class can return what it was given
SELECT method, rest, w.plan_after LIKE '%Index Only Scan%' AS index_only
  FROM (VALUES ('gist (during) INCLUDE (id)', 'id, during FROM thing WHERE during @> 5'),
               ('gist (place)', 'place FROM thing WHERE place <@ box(point(1, 1), point(2, 2))'),
               ('gist (body gist_trgm_ops)', $$body FROM thing WHERE body LIKE '%0123456%'$$),
               ('gist (circle(place, 1))', 'circle(place, 1) FROM thing WHERE circle(place, 1) && circle(point(1, 1), 1)'),
               ('spgist (mail) INCLUDE (id)', $$id, mail FROM thing WHERE mail = 'user1@example.org'$$),
               ('gin (numbers)', 'numbers FROM thing WHERE numbers @> ARRAY[77]')) v (method, rest),
       LATERAL dbadvisor.what_if('SELECT ' || rest, ARRAY['CREATE INDEX ON thing USING ' || method]) w;
-- near misses: the class lacks the operator, the method the order
SELECT method, rest, helps(method, rest)
  FROM (VALUES ('gin (doc jsonb_path_ops)', $$WHERE doc ? 'no'$$),
               ('gin (numbers)', 'WHERE 77 = ANY (numbers)'),
               ('gin (words)', 'ORDER BY words LIMIT 3'),
               ('gin (tags) WHERE id > 11000', $$WHERE id > 500 AND tags @> ARRAY['tag 5']$$),
               ('gin (body gin_trgm_ops)', $$WHERE upper(body) LIKE '%0123456%'$$),
               ('gist (place)', 'ORDER BY id LIMIT 5'),
               ('spgist (mail)', $$WHERE mail LIKE '%9@example.org'$$),
               ('bloom (id, mail)', 'WHERE id < 7')) v (method, rest);
-- refused as the server would
SELECT helps('gin (numbers) INCLUDE (id)', '');
SELECT helps('spgist (place, during)', '');
SELECT helps('gist (during DESC)', '');
SELECT helps('gin (doc gist_trgm_ops)', '');
-- of other methods nothing is known
CREATE ACCESS METHOD whatif_other TYPE INDEX HANDLER ginhandler;
SELECT helps('whatif_other (numbers)', '');
DROP ACCESS METHOD whatif_other;
-- the definition keeps what was asked for
SELECT w.index_definitions
  FROM dbadvisor.what_if('SELECT 1', ARRAY[
	'CREATE INDEX ON thing USING gin (numbers, doc jsonb_path_ops) WITH (fastupdate = off)',
	'CREATE INDEX ON thing USING gist (body gist_trgm_ops (siglen = 32), during) WITH (fillfactor = 70, buffering = on)',
	'CREATE INDEX ON thing USING spgist (place kd_point_ops) WITH (fillfactor = 60)',
	'CREATE INDEX ON thing USING bloom (id, mail) WITH (length = 160, col1 = 4)']) w;

-- predicted size against the size that it has once built
CREATE FUNCTION size_holds(method text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	predicted float8;
	built float8;
BEGIN
	SELECT index_bytes[1] INTO predicted
	  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON thing USING ' || method]);
	EXECUTE 'CREATE INDEX built ON thing USING ' || method;
	built := pg_relation_size('built');
	DROP INDEX built;
	RETURN predicted / built BETWEEN 0.7 AND 1.4;
END
$$;
SELECT method, size_holds(method)
  FROM unnest(ARRAY['gin (numbers)', 'gin (tags)', 'gin (doc)', 'gin (doc jsonb_path_ops)', 'gin (words)',
                    'gin (body gin_trgm_ops)', 'gin (numbers, tags)', 'gin (tags) WHERE id > 6000',
                    'gist (during)', 'gist (place)', 'gist (address inet_ops)', 'spgist (place)',
                    'spgist (during)', 'spgist (address)', 'spgist (mail)', 'bloom (id, mail)',
                    'bloom (id) WITH (length = 320)']) method;
-- empty
CREATE TABLE nothing (numbers int[], place point);
SELECT w.index_bytes[1] > 0 AS gin, w.index_bytes[2] > 0 AS gist, w.index_bytes[3] > 0 AS spgist
  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON nothing USING gin (numbers)',
	'CREATE INDEX ON nothing USING gist (place)', 'CREATE INDEX ON nothing USING spgist (place)']) w;

DROP SCHEMA whatif_methods CASCADE;
DROP EXTENSION pg_trgm, bloom;
