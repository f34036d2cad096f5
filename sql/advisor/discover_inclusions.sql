-- Foreign keys that nobody declared.
--
-- Where keys count from 1, nearly every small column is included in nearly every
-- key: inclusion is a veto, not evidence.  Names and distributions choose, from
-- statistics alone; then the few that are left are looked up in the tables.
-- Everything is read with the caller's own rights.

-- customer_id of orders and orderID of Customers come out alike.
CREATE OR REPLACE FUNCTION dbadvisor.name_words(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.btrim(pg_catalog.regexp_replace(
			   pg_catalog.lower(pg_catalog.regexp_replace(name, '([a-z0-9])([A-Z])', '\1_\2', 'g')),
			   '[^[:alnum:]]+', '_', 'g'), '_');
$$;
COMMENT ON FUNCTION dbadvisor.name_words(text) IS
'A name in lower case, its words separated by underscores';

-- In PL/pgSQL, as the next one: rules ask 100,000 times, and to start a query takes
-- longer than all that it would compute.
CREATE OR REPLACE FUNCTION dbadvisor.name_singular(name text)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	words text := dbadvisor.name_words(name);
BEGIN
	RETURN CASE
		   WHEN words ~ '[^aeiou]ies$' THEN pg_catalog.regexp_replace(words, 'ies$', 'y')
		   WHEN words ~ '(ss|x|z|ch|sh)es$' THEN pg_catalog.regexp_replace(words, 'es$', '')
		   WHEN words ~ '[^su]s$' THEN pg_catalog.regexp_replace(words, 's$', '')
		   ELSE words
		   END;
END;
$$;
COMMENT ON FUNCTION dbadvisor.name_singular(text) IS
'The name of a table as one of its rows would be called';

CREATE OR REPLACE FUNCTION dbadvisor.reference_name_score(
	table_name text,
	column_name text,
	referenced_table text,
	referenced_column text)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	col text := dbadvisor.name_words(column_name);
	core text := pg_catalog.regexp_replace(col, '_(id|fk|ref|no|nr|key|sk)$', '');
	ref text := pg_catalog.regexp_replace(dbadvisor.name_singular(referenced_table), '^(tbl|tb|dim)_', '');
	key text := dbadvisor.name_words(referenced_column);
	names_table boolean := key LIKE '%' || ref || '%' AND key <> ref;
	last_word text;
	cut_word text;
	rest text;
BEGIN
	IF table_name = referenced_table THEN
		rest := pg_catalog.btrim(pg_catalog.regexp_replace(
			col, '(^|_)(parent|manager|root|superior|supervisor|predecessor|successor|reports_to|reply_to)(?=_|$)', ''), '_');
		RETURN CASE
			   WHEN rest IN ('', 'id', key, ref, ref || '_id', ref || '_' || key) THEN 0.9
			   WHEN names_table AND (col LIKE '%\_' || key OR col LIKE key || '\_%') THEN 0.8
			   WHEN rest <> col
			   THEN CASE WHEN ref LIKE pg_catalog.regexp_replace(rest, '_(id|no|nr|key)$', '') || '%' THEN 0.6 ELSE 0.3 END
			   ELSE 0
			   END;
	END IF;
	last_word := pg_catalog.substring(ref, '[^_]+$');
	cut_word := pg_catalog.substring(core, '[^_]{3,}$');
	RETURN CASE
		   WHEN col IN (ref || '_' || key, ref || key) THEN 1
		   WHEN col = key AND key LIKE ref || '%' THEN 1
		   WHEN col LIKE '%\_' || ref || '\_' || key THEN 0.9
		   WHEN col LIKE '%\_' || key AND key LIKE ref || '\_%' THEN 0.9
		   WHEN core = ref OR core LIKE '%\_' || ref THEN 0.8
		   WHEN names_table AND col LIKE key || '\_%' THEN 0.8
		   WHEN col = key AND key <> 'id' THEN 0.7
		   WHEN col LIKE '%\_' || key AND key LIKE '%\_%' THEN 0.7
		   WHEN last_word <> ref
				AND col IN (last_word || '_' || key, last_word, last_word || '_id') THEN 0.6
		   -- a word that is cut off
		   WHEN core <> col
				AND (ref LIKE cut_word || '%' OR last_word LIKE cut_word || '%') THEN 0.6
		   ELSE 0
		   END;
END;
$$;
COMMENT ON FUNCTION dbadvisor.reference_name_score(text, text, text, text) IS
'How much the name of a column says that it refers to a key of a table, 0 to 1';

CREATE OR REPLACE FUNCTION dbadvisor.column_range(
	relid oid,
	attnum smallint,
	OUT low numeric,
	OUT high numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.min(v.value::numeric),
		   pg_catalog.max(v.value::numeric)
	  FROM (VALUES (false, false), (false, true), (true, false), (true, true)) s (inherited, common)
	 CROSS JOIN LATERAL pg_catalog.unnest(dbadvisor.column_values(relid, attnum, s.inherited, s.common)) v (value);
$$;
COMMENT ON FUNCTION dbadvisor.column_range(oid, smallint) IS
'Smallest and largest value of an integer column that its statistics know; null for no column';

-- What may refer to what, by catalog and statistics.  Compiling it takes longer than
-- all the rest.
CREATE OR REPLACE FUNCTION dbadvisor.inclusion_candidates(schema regnamespace)
RETURNS TABLE (
	relid oid,
	attnum smallint,
	referenced oid,
	referenced_attnum smallint,
	score double precision,
	parts jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH relation AS MATERIALIZED (
		SELECT c.oid, c.relname, n.nspname, GREATEST(c.reltuples, 0) AS tuples
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.relnamespace = schema
		   AND c.relkind IN ('r', 'p')
		   AND NOT c.relispartition
	), col AS MATERIALIZED (
		SELECT r.oid AS relid,
			   r.relname,
			   r.tuples,
			   a.attnum,
			   a.attname,
			   -- without a prefix that all columns of the table have
			   CASE WHEN pg_catalog.count(*) OVER own > 1
						 AND pg_catalog.count(*) OVER own = pg_catalog.count(*) FILTER (WHERE a.attname ~ '^[a-z]{1,3}_.') OVER own
						 AND pg_catalog.min(pg_catalog.split_part(a.attname::text, '_', 1)) OVER own
							 = pg_catalog.max(pg_catalog.split_part(a.attname::text, '_', 1)) OVER own
					THEN pg_catalog.regexp_replace(a.attname::text, '^[a-z]+_', '') ELSE a.attname::text END AS short_name,
			   f.family,
			   a.atttypid,
			   CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * r.tuples ELSE s.n_distinct END AS ndistinct,
			   s.avg_width,
			   v.low,
			   v.high,
			   EXISTS (SELECT
						 FROM pg_catalog.pg_index i
						WHERE i.indrelid = r.oid AND i.indisunique AND i.indisvalid
						  AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
						  AND i.indpred IS NULL) AS is_key,
			   EXISTS (SELECT
						 FROM pg_catalog.pg_index i
						WHERE i.indrelid = r.oid AND i.indisvalid AND i.indkey[0] = a.attnum) AS is_indexed
		  FROM relation r
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		  JOIN pg_catalog.pg_stats s ON s.schemaname = r.nspname AND s.tablename = r.relname AND s.attname = a.attname
		 CROSS JOIN LATERAL (SELECT CASE WHEN a.atttypid IN (20, 21, 23) THEN 'integer'
										 WHEN a.atttypid IN (25, 1043) THEN 'text'
										 WHEN a.atttypid IN (1042, 2950) THEN t.typname::text END) f (family)
		 CROSS JOIN LATERAL dbadvisor.column_range(r.oid, CASE WHEN f.family = 'integer' THEN a.attnum END) v
		WINDOW own AS (PARTITION BY r.oid)
	), comparable AS MATERIALIZED (
		SELECT c.*
		  FROM col c
		 WHERE c.family IS NOT NULL
	), pair AS MATERIALIZED (
		SELECT d.*,
			   k.relid AS key_relid,
			   k.attnum AS key_attnum,
			   k.atttypid AS key_type,
			   k.ndistinct AS key_distinct,
			   k.low AS key_low, k.high AS key_high,
			   GREATEST(dbadvisor.reference_name_score(d.relname, d.attname, k.relname, k.attname),
						CASE WHEN d.short_name <> d.attname OR k.short_name <> k.attname
							 THEN dbadvisor.reference_name_score(d.relname, d.short_name, k.relname, k.short_name) END) AS name_score
		  FROM comparable d
		  JOIN comparable k ON k.family = d.family AND k.is_key AND (k.relid, k.attnum) <> (d.relid, d.attnum)
		 WHERE d.tuples >= 20
		   AND d.ndistinct >= 3
		   AND d.ndistinct <= 1.1 * k.ndistinct
		   AND d.avg_width <= 2 * k.avg_width
		   AND d.attname !~* '(^|_)(qty|quantity|amount|price|total|count|age|year|month|day|sum|size|weight|score|rank|level|position|version)(_|$)'
		   AND NOT EXISTS (SELECT
							 FROM pg_catalog.pg_constraint f
							WHERE f.conrelid = d.relid AND f.contype = 'f' AND d.attnum = ANY (f.conkey))
	), judged AS (
		SELECT p.*,
			   LEAST(p.ndistinct / NULLIF(p.key_distinct, 0), 1) AS coverage,
			   CASE WHEN p.family = 'integer'
					THEN (p.high - p.low + 1) / NULLIF(p.key_high - p.key_low + 1, 0)
			   END::double precision AS range_fit
		  FROM pair p
		 CROSS JOIN LATERAL (SELECT 0.001 * (p.key_high - p.key_low)) e (slack)
		 -- of a large table the statistics know the ends of the range nearly
		 WHERE (p.family <> 'integer'
				OR (p.low >= p.key_low - e.slack AND p.high <= p.key_high + GREATEST(e.slack, 1)))
		   AND (NOT p.is_key OR p.name_score > 0)
	)
	SELECT j.relid,
		   j.attnum,
		   j.key_relid,
		   j.key_attnum,
		   (0.55 * j.name_score + 0.15 * j.coverage + 0.15 * LEAST(COALESCE(j.range_fit, j.coverage), 1)
			+ 0.1 * (j.atttypid = j.key_type)::integer + 0.05 * j.is_indexed::integer)::double precision,
		   pg_catalog.jsonb_build_object(
			   'name', j.name_score, 'type', j.family, 'coverage', pg_catalog.round(j.coverage::numeric, 3),
			   'range_fit', pg_catalog.round(j.range_fit::numeric, 3), 'same_type', j.atttypid = j.key_type,
			   'indexed', j.is_indexed)
	  FROM judged j
	 WHERE j.name_score >= 0.6
		OR (j.ndistinct >= 50 AND j.coverage >= 0.5
			AND (j.family <> 'integer' OR j.range_fit >= 0.95)
			AND NOT EXISTS (SELECT
							  FROM judged o
							 WHERE o.relid = j.relid AND o.attnum = j.attnum
							   AND (o.name_score >= 0.6
									OR o.key_relid <> j.key_relid AND o.coverage >= 0.5 AND o.range_fit >= 0.95)));
$$;
COMMENT ON FUNCTION dbadvisor.inclusion_candidates(regnamespace) IS
'Columns of a schema that may refer to a key, by names and statistics alone, with a score from 0 to 1 and its parts';

-- How many rows of a column have no partner; "percent" of the blocks are read.
-- Policies could run functions of the table's owner: such a table is refused.
CREATE OR REPLACE FUNCTION dbadvisor.count_orphans(
	relid oid,
	attnum smallint,
	referenced oid,
	referenced_attnum smallint,
	percent double precision,
	OUT rows_checked bigint,
	OUT orphans bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET lock_timeout = '100ms'
AS $$
BEGIN
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT EXISTS (SELECT FROM %1$s r WHERE r.%2$I = d.%3$I%6$s))
		   FROM %4$s d %5$s
		  WHERE d.%3$I IS NOT NULL',
		referenced::regclass,
		(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = referenced AND a.attnum = referenced_attnum),
		(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = relid AND a.attnum = count_orphans.attnum),
		relid::regclass,
		CASE WHEN percent < 100 THEN pg_catalog.format('TABLESAMPLE SYSTEM (%s) REPEATABLE (1)', percent) END,
		-- as a foreign key compares; two collations in one comparison are an error
		(SELECT pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname)
		   FROM pg_catalog.pg_attribute a
		   JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
		   JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
		  WHERE a.attrelid = referenced AND a.attnum = referenced_attnum))
	   INTO rows_checked, orphans;
END;
$$;
COMMENT ON FUNCTION dbadvisor.count_orphans(oid, smallint, oid, smallint, double precision) IS
'Rows of a column that are not null, and how many of them have no partner in the column that it may refer to, in a percentage of the blocks';

CREATE OR REPLACE FUNCTION dbadvisor.discover_inclusions(
	schema regnamespace,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648,
	max_orphans double precision DEFAULT 0.001)
RETURNS TABLE (
	relation regclass,
	column_name name,
	referenced regclass,
	referenced_column name,
	score double precision,
	parts jsonb,
	rows_checked bigint,
	orphans bigint,
	whole_table boolean,
	ambiguous boolean,
	apply_sql text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	candidate record;
	checked record;
	deadline timestamptz := pg_catalog.clock_timestamp() + time_limit;
	skipped integer := 0;
BEGIN
	FOR candidate IN
		SELECT i.*,
			   a.attname,
			   k.attname AS key_name,
			   pg_catalog.pg_table_size(i.relid) AS bytes,
			   c.relname,
			   i.score - pg_catalog.max(i.score) OVER same_column AS behind,
			   pg_catalog.count(*) FILTER (WHERE i.score >= 0.3) OVER same_column AS rivals,
			   pg_catalog.nth_value(i.score, 2) OVER (PARTITION BY i.relid, i.attnum ORDER BY i.score DESC
													  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS second
		  FROM dbadvisor.inclusion_candidates(schema) i
		  JOIN pg_catalog.pg_class c ON c.oid = i.relid
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.relid AND a.attnum = i.attnum
		  JOIN pg_catalog.pg_attribute k ON k.attrelid = i.referenced AND k.attnum = i.referenced_attnum
		WINDOW same_column AS (PARTITION BY i.relid, i.attnum)
		 ORDER BY i.score DESC, c.relname, a.attnum
	LOOP
		CONTINUE WHEN candidate.behind < -0.1;
		IF pg_catalog.clock_timestamp() > deadline THEN
			skipped := skipped + 1;
			CONTINUE;
		END IF;
		BEGIN
			-- a part first: one that has orphans there needs no more reading
			SELECT o.*, p.percent >= 100 AS whole
			  INTO checked
			  FROM (SELECT LEAST(100, 100 * 8388608.0 / GREATEST(candidate.bytes, 1))) p (percent),
				   dbadvisor.count_orphans(candidate.relid, candidate.attnum, candidate.referenced, candidate.referenced_attnum, p.percent) o;
			CONTINUE WHEN checked.orphans > max_orphans * checked.rows_checked;
			IF candidate.bytes <= verify_bytes AND NOT checked.whole THEN
				SELECT o.*, true AS whole
				  INTO checked
				  FROM dbadvisor.count_orphans(candidate.relid, candidate.attnum, candidate.referenced, candidate.referenced_attnum, 100) o;
				CONTINUE WHEN checked.orphans > max_orphans * checked.rows_checked;
			END IF;
		EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column THEN
			RAISE NOTICE 'could not look at %.%: %', candidate.relid::regclass, candidate.attname, SQLERRM;
			CONTINUE;
		END;
		relation := candidate.relid;
		column_name := candidate.attname;
		referenced := candidate.referenced;
		referenced_column := candidate.key_name;
		score := candidate.score;
		parts := candidate.parts;
		rows_checked := checked.rows_checked;
		orphans := checked.orphans;
		whole_table := checked.whole;
		-- without a name, numbers may lie within those of a key by chance
		ambiguous := (candidate.parts ->> 'name')::double precision = 0 AND candidate.parts ->> 'type' = 'integer'
			OR COALESCE(candidate.score + candidate.behind - candidate.second, 1) <= 0.1
			AND candidate.rivals > 1;
		-- one that is a question is no advice
		apply_sql := CASE WHEN NOT ambiguous THEN pg_catalog.format(
			E'ALTER TABLE %1$s ADD CONSTRAINT %2$I FOREIGN KEY (%3$I) REFERENCES %4$s (%5$I) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
			dbadvisor.relation_identity(candidate.relid),
			pg_catalog.left(candidate.relname || '_' || candidate.attname, 58) || '_fkey',
			candidate.attname, dbadvisor.relation_identity(candidate.referenced), candidate.key_name) END;
		RETURN NEXT;
	END LOOP;
	IF skipped > 0 THEN
		RAISE NOTICE '% columns were not looked at: the time limit has passed', skipped;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision) IS
'Foreign keys that a schema seems to lack: chosen by names and statistics, verified by looking for rows without a partner, of which a share max_orphans may exist. Tables beyond verify_bytes are verified on a sample. ambiguous: another key serves nearly as well, or only the range of numbers speaks for it';

REVOKE ALL ON FUNCTION dbadvisor.name_words(text),
	dbadvisor.name_singular(text),
	dbadvisor.reference_name_score(text, text, text, text),
	dbadvisor.column_range(oid, smallint),
	dbadvisor.inclusion_candidates(regnamespace),
	dbadvisor.count_orphans(oid, smallint, oid, smallint, double precision),
	dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.name_words(text),
	dbadvisor.name_singular(text),
	dbadvisor.reference_name_score(text, text, text, text),
	dbadvisor.column_range(oid, smallint),
	dbadvisor.inclusion_candidates(regnamespace),
	dbadvisor.count_orphans(oid, smallint, oid, smallint, double precision),
	dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision)
	TO dbadvisor_reader;
