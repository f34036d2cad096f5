-- Statistics of columns are those of pg_stats, for whoever asks.
SET client_min_messages = warning;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN code AS text;
CREATE SCHEMA watched;
CREATE TABLE watched.kinds (
	id integer,
	price numeric,
	name text,
	tags text[],
	flag boolean,
	feeling mood,
	short code,
	happened timestamptz,
	nothing integer,
	secret text);
INSERT INTO watched.kinds
SELECT g, g / 7.0, 'Name, "' || g % 40, ARRAY['a', 'b ' || g % 3], g % 3 = 0,
	   CASE g % 5 WHEN 0 THEN 'sad' ELSE 'glad' END::mood, 'c' || g % 9,
	   '2024-01-01 00:00+00'::timestamptz + g * interval '1 hour', NULL, 'x' || g % 4
  FROM generate_series(1, 500) g;
CREATE TABLE watched.parent (id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE watched.child PARTITION OF watched.parent FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO watched.parent SELECT g, '2024-01-01'::date + g FROM generate_series(1, 300) g;
ANALYZE watched.kinds, watched.parent;

-- What one of the two has and the other has not.
CREATE VIEW public.differs AS
WITH ours AS (
	SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname, s.inherited, s.null_frac, s.avg_width,
		   s.n_distinct, s.common_shares, s.common_values, s.bounds
	  FROM dbadvisor.column_statistics s
	  JOIN pg_catalog.pg_class c ON c.oid = s.relid
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = s.relid AND a.attnum = s.attnum
), theirs AS (
	SELECT schemaname, tablename, attname, inherited, null_frac, avg_width, n_distinct,
		   most_common_freqs, most_common_vals::text::text[], histogram_bounds::text::text[]
	  FROM pg_catalog.pg_stats
)
SELECT 'ours' AS only_in, o.* FROM (TABLE ours EXCEPT TABLE theirs) o
 UNION ALL
SELECT 'theirs', t.* FROM (TABLE theirs EXCEPT TABLE ours) t;
ALTER VIEW public.differs SET (security_invoker = true);

SELECT only_in, tablename, attname FROM public.differs ORDER BY 1, 2, 3;
SELECT c.relname, count(*), count(s.common_values) AS with_common, count(s.bounds) AS with_bounds
  FROM dbadvisor.column_statistics s
  JOIN pg_catalog.pg_class c ON c.oid = s.relid
 WHERE c.relnamespace = 'watched'::regnamespace
 GROUP BY 1 ORDER BY 1;

-- Whoever may read one column sees that one; whom policies bind sees none.
CREATE ROLE regress_statistics_reader;
GRANT dbadvisor_reader TO regress_statistics_reader;
GRANT USAGE ON SCHEMA watched TO regress_statistics_reader;
GRANT SELECT ON public.differs TO regress_statistics_reader;
GRANT SELECT (name) ON watched.kinds TO regress_statistics_reader;
GRANT SELECT ON watched.child TO regress_statistics_reader;
SET ROLE regress_statistics_reader;
SELECT only_in, tablename, attname FROM public.differs ORDER BY 1, 2, 3;
SELECT s.relid::regclass, s.attnum, s.common_values[1] IS NOT NULL AS shows_values
  FROM dbadvisor.column_statistics s
  JOIN pg_catalog.pg_class c ON c.oid = s.relid
 WHERE c.relnamespace = 'watched'::regnamespace
 ORDER BY 1, 2;
SELECT dbadvisor.column_values('watched.kinds'::regclass, 10::smallint, false, true) AS secret;
RESET ROLE;
ALTER TABLE watched.kinds ENABLE ROW LEVEL SECURITY;
SET ROLE regress_statistics_reader;
SELECT only_in, tablename, attname FROM public.differs ORDER BY 1, 2, 3;
SELECT dbadvisor.column_values('watched.kinds'::regclass, 3::smallint, false, true) AS bound_by_policies;
RESET ROLE;
-- The owner of all is not bound.
SELECT dbadvisor.column_values('watched.kinds'::regclass, 5::smallint, false, true) AS flag;
-- No such column, or none that was analyzed.
SELECT dbadvisor.column_values('watched.kinds'::regclass, 99::smallint, false, true) AS no_column,
	   dbadvisor.column_values(0, 1::smallint, false, true) AS no_table,
	   dbadvisor.column_values('watched.kinds'::regclass, 9::smallint, false, false) AS all_null;

DROP VIEW public.differs;
DROP SCHEMA watched CASCADE;
DROP OWNED BY regress_statistics_reader;
DROP ROLE regress_statistics_reader;
DROP DOMAIN code;
DROP TYPE mood;
