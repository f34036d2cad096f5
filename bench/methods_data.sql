-- Data for methods.sql: documents, arrays, ranges, addresses, shapes, vectors.
--
-- Half of the shapes were looked at while the predictions were written; the
-- other half, on table fresh, only measures them.
CREATE FUNCTION words(count int, vocabulary float8) RETURNS text LANGUAGE sql VOLATILE AS $$
	-- the few common and many rare words of a language
	SELECT string_agg('w' || to_hex((vocabulary ^ random())::int * 7919), ' ') FROM generate_series(1, count);
$$;

CREATE TABLE thing AS
SELECT i AS id,
       ARRAY[(random() * 100000)::int, (random() * 1000)::int, (random() * 50)::int] AS numbers,
       ARRAY(SELECT 'tag ' || (500 ^ random())::int FROM generate_series(1, 1 + i % 5)) AS tags,
       ARRAY[md5(random()::text)::uuid] AS uuids,
       CASE WHEN i % 10 = 0 THEN ARRAY[i, i + 1] END AS sparse,
       jsonb_build_object('id', i, 'kind', 'kind ' || i % 20, 'user', md5((random() * 3000)::int::text),
                          'total', (random() * 1000)::numeric(9, 2)) AS doc,
       jsonb_build_object('order', jsonb_build_object('lines', jsonb_build_array(
           jsonb_build_object('sku', 'sku-' || (random() * 5000)::int, 'count', i % 7),
           jsonb_build_object('sku', 'sku-' || (random() * 5000)::int, 'count', i % 3)),
           'customer', (random() * 10000)::int)) AS nested,
       words(12, 20000) AS body,
       (random() * 100000)::int || ' ' || md5((random() * 100000)::int::text) AS code,
       'user' || (random() * 1000000)::int || '@example.org' AS mail,
       'https://www.example.org/shop/category-' || i % 40 || '/item-' || (random() * 100000)::int AS url,
       int4range(i, i + 10) AS during,
       tstzrange(t.at, t.at + random() * interval '3 days') AS stay,
       CASE WHEN i % 8 = 0 THEN 'empty'::int8range WHEN i % 8 = 1 THEN int8range(i, NULL)
            ELSE int8range((random() * 1e9)::bigint, 2e9::bigint) END AS odd,
       numrange((random() * 1000)::numeric(9, 3), 1000 + (random() * 1000)::numeric(9, 3)) AS price,
       inet '10.0.0.0' + (random() * 1000000)::int AS address,
       ('2001:db8::' || to_hex((random() * 65535)::int) || ':' || to_hex((random() * 65535)::int))::inet AS address6,
       set_masklen(('10.' || i % 200 || '.' || (random() * 255)::int || '.0')::cidr, 24) AS net,
       point(random() * 1000, random() * 1000) AS place,
       point((random() * 30)::int, (random() * 30)::int) AS grid,
       box(point(random() * 1000, random() * 1000), point(random() * 1000, random() * 1000)) AS area,
       circle(point(random() * 1000, random() * 1000), random() * 3) AS reach,
       polygon(circle(point(random() * 1000, random() * 1000), 2)) AS shape,
       t.at AS at,
       (random() * 1000000)::int AS number,
       (random() * 30)::int AS few
  FROM generate_series(1, :rows) i,
       LATERAL (SELECT timestamptz '2024-01-01' + random() * interval '365 days' + i * interval '0 s' AS at) t;
ALTER TABLE thing ADD COLUMN search tsvector;
UPDATE thing SET search = to_tsvector('simple', body);

CREATE TABLE fresh AS
SELECT i AS id,
       ARRAY(SELECT (random() * random() * 3000)::bigint FROM generate_series(1, i % 12)) AS basket,
       ARRAY[(i / 100)::text, 'x' || i % 3] AS labels,
       jsonb_build_object('event', 'e' || i % 8, 'session', md5((i / 20)::text), 'at', i, 'props',
                          jsonb_build_array(i % 2, i % 3, i % 1000)) AS event,
       words(40, 50000) AS article,
       words(3, 3000) AS title,
       daterange(date '2020-01-01' + (random() * 1500)::int, date '2020-01-01' + 1500 + (random() * 100)::int) AS days,
       tsrange(timestamp '2024-01-01' + i * interval '1 minute', timestamp '2024-01-01' + (i + 90) * interval '1 minute') AS slot,
       inet '172.16.0.0' + i / 3 AS client,
       point(exp(random() * 5), exp(random() * 5)) AS site,
       box(point(i, i), point(i + 1, i + 1)) AS cell,
       '+49 ' || (random() * 1e9)::bigint AS phone,
       '/var/lib/' || words(4, 100) AS path,
       (random() * 1000)::numeric(8, 2) AS amount
  FROM generate_series(1, :rows) i;

VACUUM ANALYZE thing;
VACUUM ANALYZE fresh;
