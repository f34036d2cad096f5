-- Random numbers for the generators tpcds_load.sql and job_load.sql.
--
-- Every value is a hash of a row's key and a salt, so that the same scale gives
-- the same rows, in any order and on any server of the same byte order.
CREATE SCHEMA IF NOT EXISTS bench;

-- Evenly spread over [0, 1): one number for each key and salt.
CREATE FUNCTION bench.uniform(key bigint, salt int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT (pg_catalog.hashint8extended(key, salt) & 9007199254740991)::float8 / 9007199254740992.0';

-- Evenly spread over 1 .. number.
CREATE FUNCTION bench.one_of(number int, key bigint, salt int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT 1 + pg_catalog.floor(number * bench.uniform(key, salt))::int';

-- 1 .. number with a long tail: the greater "skew", the more often the first
-- ones.  The density at x falls as x to the power of 1 / skew - 1.
CREATE FUNCTION bench.skewed(number int, skew float8, key bigint, salt int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT 1 + pg_catalog.floor(number * pg_catalog.power(bench.uniform(key, salt), skew))::int';

-- The same, but the frequent ones lie scattered over 1 .. number, as the keys of
-- popular things do: multiplied by a prime that does not divide the number.
CREATE FUNCTION bench.scattered(number int, skew float8, key bigint, salt int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT 1 + (bench.skewed(number, skew, key, salt)::bigint * 1000003 % number)::int';

-- An element of a list, skewed towards the first ones; skew 1 is even.
CREATE FUNCTION bench.pick(list text[], skew float8, key bigint, salt int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT list[bench.skewed(pg_catalog.cardinality(list), skew, key, salt)]';

-- A word of one to four syllables that stands for a number from 0.
CREATE FUNCTION bench.word(number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT s[number % 20 + 1]
		 || CASE WHEN number >= 20 THEN s[number / 20 % 20 + 1] ELSE '' END
		 || CASE WHEN number >= 400 THEN s[number / 400 % 20 + 1] ELSE '' END
		 || CASE WHEN number >= 8000 THEN s[number / 8000 % 20 + 1] ELSE '' END
	FROM (SELECT '{an,ber,ca,do,el,fi,gon,har,in,jo,ka,lor,man,ne,os,pre,ru,sten,tu,vi}'::text[] AS s) x$$;

-- A 16-character business key, as TPC-DS writes them.
CREATE FUNCTION bench.business_key(number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT 'AAAAAAAA' || pg_catalog.translate(pg_catalog.lpad(pg_catalog.to_hex(number), 8, '0'),
											'0123456789abcdef', 'ABCDEFGHIJKLMNOP')$$;

-- Rows of a table that grows with the scale factor, at least "least".
CREATE FUNCTION bench.scaled(number bigint, scale float8, fewest int DEFAULT 10) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
'SELECT GREATEST(fewest, pg_catalog.round(number * scale)::int)';
