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
	initials text;
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
	initials := pg_catalog.regexp_replace(pg_catalog.substring(ref, '^(.+)_[^_]+$'), '([^_])[^_]*_?', '\1', 'g');
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
		   -- words of which only the first letter is left, before one that is cut off
		   WHEN core <> col
				AND cut_word LIKE initials || '___%'
				AND last_word LIKE pg_catalog.substr(cut_word, pg_catalog.length(initials) + 1) || '%' THEN 0.6
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
		   -- part of a word does not make the rows of one table those of another
		   AND (NOT p.is_key OR p.name_score >= 0.7)
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

-- What is left of the candidates of a table, with their rows that are not null and how
-- many of them have no partner.  "percent" of its blocks are read, once for all of them.
-- Policies could run functions of the table's owner: such a table is refused.  The cost
-- is overestimated, so without jit.
CREATE OR REPLACE FUNCTION dbadvisor.count_orphans(
	relid oid,
	candidates jsonb,
	percent double precision,
	max_orphans double precision)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET lock_timeout = '100ms'
SET work_mem = '4MB'
SET jit = off
AS $$
DECLARE
	looked_up text;
	names text;
	filled text;
	unmatched text;
	kept jsonb;
BEGIN
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	-- each candidate may have a table of all keys in memory
	PERFORM pg_catalog.set_config('work_mem', GREATEST(64, pg_catalog.floor(
				pg_catalog.pg_size_bytes(dbadvisor.setting('work_mem')) / 1024
				/ pg_catalog.current_setting('hash_mem_multiplier')::double precision
				/ pg_catalog.jsonb_array_length(candidates))) || 'kB', true);
	-- OFFSET 0: beneath the aggregate, where the planner knows that it is done for each row
	SELECT pg_catalog.string_agg(pg_catalog.format(
			   'd.%1$I, d.%1$I IS NOT NULL AND NOT EXISTS (SELECT FROM %2$s r WHERE r.%3$I = d.%1$I%4$s)',
			   a.attname, r.oid::regclass, k.attname,
			   -- as a foreign key compares; two collations in one comparison are an error
			   (SELECT pg_catalog.format(' COLLATE %I.%I', n.nspname, o.collname)
				  FROM pg_catalog.pg_collation o
				  JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace
				 WHERE o.oid = k.attcollation)), ', ' ORDER BY c.number),
		   pg_catalog.string_agg(pg_catalog.format('value_%1$s, is_orphan_%1$s', c.number), ', ' ORDER BY c.number),
		   pg_catalog.string_agg(pg_catalog.format('pg_catalog.count(value_%s)', c.number), ', ' ORDER BY c.number),
		   pg_catalog.string_agg(pg_catalog.format('pg_catalog.count(*) FILTER (WHERE is_orphan_%s)', c.number), ', ' ORDER BY c.number)
	  INTO looked_up, names, filled, unmatched
	  FROM pg_catalog.jsonb_array_elements(candidates) WITH ORDINALITY c (candidate, number)
	  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = relid AND a.attnum = (c.candidate -> 'attnum')::smallint
	  LEFT JOIN pg_catalog.pg_class r ON r.oid = (c.candidate ->> 'referenced')::oid
	  LEFT JOIN pg_catalog.pg_attribute k ON k.attrelid = r.oid AND k.attnum = (c.candidate -> 'referenced_attnum')::smallint;
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.jsonb_agg(c.candidate || pg_catalog.jsonb_build_object(''rows_checked'', n.filled, ''orphans'', n.unmatched) ORDER BY c.number)
		   FROM (SELECT ARRAY[%s], ARRAY[%s] FROM (SELECT %s FROM %s d %s OFFSET 0) o (%s)) t (filled, unmatched)
		  CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(t.filled), pg_catalog.unnest(t.unmatched)) WITH ORDINALITY n (filled, unmatched, number)
		   JOIN pg_catalog.jsonb_array_elements($1) WITH ORDINALITY c (candidate, number) USING (number)
		  WHERE n.unmatched <= $2 * n.filled',
		filled, unmatched, looked_up, relid::regclass,
		CASE WHEN percent < 100 THEN pg_catalog.format('TABLESAMPLE SYSTEM (%s) REPEATABLE (1)', percent) END,
		names)
	   INTO kept
	  USING candidates, max_orphans;
	RETURN kept;
END;
$$;
COMMENT ON FUNCTION dbadvisor.count_orphans(oid, jsonb, double precision, double precision) IS
'Those candidates of a table, an array of rows of inclusion_candidates(), of whose rows that are not null at most a share max_orphans has no partner in a percentage of the blocks, with the numbers of both; null where none is left';

CREATE OR REPLACE FUNCTION dbadvisor.discover_inclusions(
	schema regnamespace DEFAULT NULL,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648,
	max_orphans double precision DEFAULT 0.001,
	max_checks integer DEFAULT 50)
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
	percent double precision;
	left_over jsonb;
	deadline timestamptz := pg_catalog.clock_timestamp() + time_limit;
	checks integer := 0;
	too_many integer := 0;
	too_late integer := 0;
BEGIN
	IF max_checks < 1 THEN
		RAISE EXCEPTION 'max_checks must be at least 1'
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = pg_catalog.format('It is %s.', max_checks),
				  HINT = 'One check reads one table, for all columns of it. Null is no limit.';
	END IF;
	FOR candidate IN
		SELECT i.relid,
			   pg_catalog.jsonb_agg(i ORDER BY i.score DESC, i.attnum) AS of_table,
			   pg_catalog.count(DISTINCT i.attnum) AS columns,
			   b.percents
		  FROM (SELECT i.*,
					   i.score - pg_catalog.max(i.score) OVER (PARTITION BY i.relid, i.attnum) AS behind
				  FROM (SELECT schema WHERE schema IS NOT NULL
						 UNION ALL
						SELECT u.schema FROM dbadvisor.user_schema u WHERE discover_inclusions.schema IS NULL) s (oid)
				 CROSS JOIN LATERAL dbadvisor.inclusion_candidates(s.oid::regnamespace) i) i
		  JOIN pg_catalog.pg_class c ON c.oid = i.relid
		 CROSS JOIN LATERAL (SELECT pg_catalog.pg_table_size(i.relid)) t (bytes)
		 CROSS JOIN LATERAL (SELECT LEAST(100, 100 * 8388608.0 / GREATEST(t.bytes, 1))::double precision) p (part)
		 -- of a large table a part first: where all have orphans there, the rest need not be read
		 CROSS JOIN LATERAL (SELECT CASE WHEN t.bytes > verify_bytes THEN ARRAY[p.part]
										 WHEN p.part < 4 THEN ARRAY[p.part, 100]
										 ELSE ARRAY[100] END::double precision[]) b (percents)
		 WHERE i.behind >= -0.1
		 GROUP BY i.relid, c.relname, b.percents
		 ORDER BY pg_catalog.max(i.score) DESC, pg_catalog.sum(i.score) DESC, c.relname
	LOOP
		IF checks + pg_catalog.cardinality(candidate.percents) > max_checks THEN
			too_many := too_many + candidate.columns;
			CONTINUE;
		ELSIF pg_catalog.clock_timestamp() > deadline THEN
			too_late := too_late + candidate.columns;
			CONTINUE;
		END IF;
		left_over := candidate.of_table;
		BEGIN
			FOREACH percent IN ARRAY candidate.percents LOOP
				checks := checks + 1;
				left_over := dbadvisor.count_orphans(candidate.relid, left_over, percent, max_orphans);
				EXIT WHEN left_over IS NULL;
			END LOOP;
		EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column THEN
			RAISE NOTICE 'could not look at %: %', candidate.relid::regclass, SQLERRM;
			CONTINUE;
		END;
		RETURN QUERY
		SELECT candidate.relid::regclass, a.attname, l.referenced::regclass, k.attname, l.score, l.parts, l.rows_checked, l.orphans, percent >= 100, q.ambiguous,
			   -- one that is a question is no advice
			   CASE WHEN NOT q.ambiguous THEN pg_catalog.format(
				   E'ALTER TABLE %1$s ADD CONSTRAINT %2$I FOREIGN KEY (%3$I) REFERENCES %4$s (%5$I) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
				   dbadvisor.relation_identity(c.oid), pg_catalog.left(c.relname || '_' || a.attname, 58) || '_fkey',
				   a.attname, dbadvisor.relation_identity(l.referenced), k.attname) END
		  FROM (SELECT r.*,
					   pg_catalog.count(*) OVER (PARTITION BY r.attnum) AS rivals
				  FROM pg_catalog.jsonb_to_recordset(left_over)
						   r (attnum smallint, referenced oid, referenced_attnum smallint, score double precision, behind double precision,
							  parts jsonb, rows_checked bigint, orphans bigint)) l
		  JOIN pg_catalog.pg_class c ON c.oid = candidate.relid
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = l.attnum
		  JOIN pg_catalog.pg_attribute k ON k.attrelid = l.referenced AND k.attnum = l.referenced_attnum
		 -- without a name, numbers may lie within those of a key by chance
		 CROSS JOIN LATERAL (SELECT (l.parts -> 'name')::double precision = 0 AND l.parts ->> 'type' = 'integer'
									OR l.behind < 0 OR l.rivals > 1) q (ambiguous)
		 ORDER BY l.score DESC, l.attnum;
	END LOOP;
	IF too_many > 0 THEN
		RAISE NOTICE '% columns were not looked at: max_checks is %', too_many, max_checks
			USING HINT = 'One check reads one table, for all columns of it.';
	END IF;
	IF too_late > 0 THEN
		RAISE NOTICE '% columns were not looked at: the time limit has passed', too_late;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision, integer) IS
'Foreign keys that a schema (null: any of the database, each by itself) seems to lack: chosen by names and statistics, verified by looking for rows without a partner, of which a share max_orphans may exist. At most max_checks tables are read (null: any number), those with the best candidates first, each for all of its columns; a large one may count twice, as a part of it is read first. Tables beyond verify_bytes are verified on a sample. A notice says how many columns were not looked at. ambiguous: another key serves nearly as well, or only the range of numbers speaks for it';

REVOKE ALL ON FUNCTION dbadvisor.name_words(text),
	dbadvisor.name_singular(text),
	dbadvisor.reference_name_score(text, text, text, text),
	dbadvisor.column_range(oid, smallint),
	dbadvisor.inclusion_candidates(regnamespace),
	dbadvisor.count_orphans(oid, jsonb, double precision, double precision),
	dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.name_words(text),
	dbadvisor.name_singular(text),
	dbadvisor.reference_name_score(text, text, text, text),
	dbadvisor.column_range(oid, smallint),
	dbadvisor.inclusion_candidates(regnamespace),
	dbadvisor.count_orphans(oid, jsonb, double precision, double precision),
	dbadvisor.discover_inclusions(regnamespace, interval, bigint, double precision, integer)
	TO dbadvisor_reader;
