-- demo/generator.sql: the arithmetic behind data.sql
--
-- Every value is a function of a row number and a seed, so that two loads give
-- the same rows, tables can be loaded side by side, and a column of one table
-- agrees with another table without a join.  Dropped when the load is done.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

CREATE SCHEMA generator;
SET search_path = generator;

-- How many rows: ids run from 1 to these.
CREATE FUNCTION tenants() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 500';
CREATE FUNCTION users() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 120000';
CREATE FUNCTION products() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 20000';
CREATE FUNCTION orders() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 400000';

-- The demo's present: all dates lie before it, whenever it is run.
CREATE FUNCTION today() RETURNS timestamp LANGUAGE sql IMMUTABLE
AS $$SELECT timestamp '2025-07-01 00:00'$$;

-- Uniform number in [0, 1) for row n; one seed per column.
CREATE FUNCTION uniform(seed bigint, n bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (pg_catalog.hashint8extended(n, seed) & 4294967295) / 4294967296.0::float8';

-- Zipf-like number in 1..size: k comes up about 1/k as often as 1.
CREATE FUNCTION zipf(size integer, u double precision) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT pg_catalog.floor(pg_catalog.power(size + 1::float8, u))::integer';

-- An element of a list, the first ones more often when u is skewed.
CREATE FUNCTION pick(list text[], u double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT list[1 + pg_catalog.floor(u * pg_catalog.cardinality(list))::integer]';

CREATE FUNCTION first_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT generator.pick('{Anna,Ben,Chloe,David,Emma,Felix,Grace,Hugo,Ines,Jonas,Klara,Liam,Mia,Noah,Olga,Paul,Rosa,Simon,Tara,Viktor,Wanda,Yusuf,Zoe,Aiko,Bruno,Carmen,Dario,Elif,Farid,Gita}',
	pg_catalog.power(generator.uniform(101, n), 1.5))$$;

CREATE FUNCTION last_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT generator.pick('{Smith,Garcia,Novak,Rossi,Dubois,Jansen,Kowalski,Silva,Andersen,Keller,Fischer,Weber,Moreau,Costa,Lindqvist,Popescu,Horvath,Ivanova,Tanaka,Okafor,Murphy,Nielsen,Virtanen,Demir,Petrov,Bauer,Lopez,Martin,Ricci,Svensson,Wolf,Peeters,Marino,Duarte,Haas,Blanc,Torres,Ferreira,Nagy,Schmidt}',
	pg_catalog.power(generator.uniform(102, n), 1.5))$$;

CREATE FUNCTION email(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT generator.first_name(n) || '.' || generator.last_name(n) || n || '@' ||
	generator.pick('{mail.example,post.example,inbox.example,corp.example,uni.example}',
		pg_catalog.power(generator.uniform(103, n), 2.0))$$;

-- A user's merchant: the first merchants have most users.
CREATE FUNCTION tenant_of_user(n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT generator.zipf(generator.tenants(), generator.uniform(1, n))';

-- Merchants own ranges of product numbers, wide for the first ones ...
CREATE FUNCTION tenant_of_product(n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT generator.zipf(generator.tenants(), (n - 0.5) / generator.products())';

CREATE FUNCTION products_before(tenant integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT generator.products() * pg_catalog.ln(tenant::float8) / pg_catalog.ln(generator.tenants() + 1::float8)';

-- ... so that a line of an order finds a product of its merchant by u.
CREATE FUNCTION product_of(tenant integer, u double precision) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT LEAST(generator.products(),
	1 + pg_catalog.floor(generator.products_before(tenant)
		+ (generator.products_before(tenant + 1) - generator.products_before(tenant)) * u * u))::bigint$$;

CREATE FUNCTION product_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT generator.pick('{Classic,Urban,Light,Alpine,Nordic,Smart,Eco,Royal,Compact,Vintage}', generator.uniform(110, n)) || ' ' ||
	generator.pick('{Lamp,Chair,Backpack,Jacket,Bottle,Desk,Speaker,Keyboard,Watch,Kettle,Tent,Bicycle,Notebook,Mug,Blanket}', generator.uniform(111, n)) || ' ' || n$$;

CREATE FUNCTION product_price(n bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT pg_catalog.round((4 + 240 * pg_catalog.power(generator.uniform(112, n), 3.0))::numeric, 2)';

-- Some users order again and again.
CREATE FUNCTION user_of_order(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT 1 + pg_catalog.floor(generator.users() * pg_catalog.power(generator.uniform(2, n), 1.6))::bigint';

-- Orders come in faster and faster over two and a half years.
CREATE FUNCTION time_of_order(n bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT generator.today() - interval '1 second'
	* (78796800 * (1 - pg_catalog.power(n / generator.orders()::float8, 0.65)))$$;

CREATE FUNCTION lines_of_order(n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT 1 + pg_catalog.floor(4 * generator.uniform(3, n))::integer';

-- Nine orders in ten of the past are delivered; the last weeks are in work.
CREATE FUNCTION status_of_order(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT CASE
	WHEN generator.uniform(4, n) < 0.05 THEN 'cancelled'
	WHEN generator.time_of_order(n) < generator.today() - interval '14 days'
	THEN CASE WHEN generator.uniform(4, n) < 0.08 THEN 'returned' ELSE 'delivered' END
	WHEN generator.time_of_order(n) < generator.today() - interval '5 days' THEN 'shipped'
	ELSE generator.pick('{packed,packed,paid,pending}', generator.uniform(5, n))
END$$;

-- Sixty cities in twelve countries, three zip codes a city and more for the first.
CREATE TABLE city (
	id            integer PRIMARY KEY,
	name          text NOT NULL,
	country       text NOT NULL,
	country_name  text NOT NULL
);
INSERT INTO city
SELECT n,
       (string_to_array('Berlin,Paris,Madrid,Roma,Wien,Warszawa,Praha,Lisboa,Amsterdam,Bruxelles,Zurich,Kobenhavn,Hamburg,Lyon,Barcelona,Milano,Graz,Krakow,Brno,Porto,Rotterdam,Antwerpen,Geneve,Aarhus,Munchen,Marseille,Valencia,Napoli,Linz,Gdansk,Ostrava,Braga,Utrecht,Gent,Basel,Odense,Koln,Toulouse,Sevilla,Torino,Salzburg,Wroclaw,Plzen,Coimbra,Eindhoven,Brugge,Bern,Aalborg,Leipzig,Nantes,Bilbao,Bologna,Innsbruck,Poznan,Olomouc,Faro,Tilburg,Liege,Luzern,Esbjerg', ','))[n],
       (string_to_array('DE,FR,ES,IT,AT,PL,CZ,PT,NL,BE,CH,DK', ','))[1 + (n - 1) % 12],
       (string_to_array('Germany,France,Spain,Italy,Austria,Poland,Czechia,Portugal,Netherlands,Belgium,Switzerland,Denmark', ','))[1 + (n - 1) % 12]
  FROM generate_series(1, 60) n;

CREATE FUNCTION city_of_user(n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT generator.zipf(60, generator.uniform(6, n))';

CREATE FUNCTION zip_of_user(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$SELECT (10000 + 700 * generator.city_of_user(n)
	+ pg_catalog.floor(generator.uniform(7, n) * (3 + 60 / generator.city_of_user(n))))::text$$;
