-- Which dependencies are design, and which are accident.
--
-- Nearly all minimal dependencies of a table are accidents of its rows.  Three
-- figures tell, without knowing what the names mean: how many rows repeat the
-- determinant, how improbable the dependency is by chance, and how improbable per
-- repeated row.  Names, types and sizes then order what is left.
--
-- One wrong row hides a dependency, so those that hold but for a few rows are looked
-- for, too: they say which rows to look at, and keep larger determinants that happen
-- to tell the wrong rows apart from being taken for design.

-- n choose k, as a binary logarithm.
CREATE OR REPLACE FUNCTION dbadvisor.choose_bits(n integer, k integer)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.sum(pg_catalog.ln((n - i + 1)::double precision / i)) / pg_catalog.ln(2.0::double precision), 0)
	  FROM pg_catalog.generate_series(1, LEAST(k, n)) i;
$$;
COMMENT ON FUNCTION dbadvisor.choose_bits(integer, integer) IS
'Binary logarithm of the number of ways to choose k of n';

CREATE OR REPLACE FUNCTION dbadvisor.column_widths(
	relation regclass,
	OUT column_name text,
	OUT attnum smallint,
	OUT width double precision,
	OUT null_share double precision)
RETURNS SETOF record
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT a.attname::text,
		   a.attnum,
		   COALESCE(s.avg_width, CASE WHEN a.attlen > 0 THEN a.attlen ELSE 16 END)::double precision,
		   COALESCE(s.null_frac, 0)::double precision
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
	  LEFT JOIN dbadvisor.statistics_rows(relation) s
		ON s.attnum = a.attnum
	   AND s.inherited = (c.relkind = 'p')
	 WHERE c.oid = relation
	   AND a.attnum > 0
	   AND NOT a.attisdropped;
END;
$$;
COMMENT ON FUNCTION dbadvisor.column_widths(regclass) IS
'Columns of a table with their mean width in bytes, by the statistics or else by their type, and the share of nulls';

-- What the catalog says of the columns of a table.
CREATE OR REPLACE FUNCTION dbadvisor.column_traits(relation regclass)
RETURNS TABLE (
	column_name text,
	attnum smallint,
	definition text,
	width double precision,
	null_share double precision,
	commonest_share double precision,
	is_measure boolean,
	is_time boolean,
	is_partition_key boolean,
	key_quality double precision)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH word AS MATERIALIZED (
		SELECT a.attnum,
			   dbadvisor.name_words(a.attname::text) AS words
		  FROM pg_catalog.pg_attribute a
		 WHERE a.attrelid = relation
		   AND a.attnum > 0
		   AND NOT a.attisdropped
	)
	SELECT b.column_name,
		   b.attnum,
		   pg_catalog.format_type(a.atttypid, a.atttypmod),
		   b.width,
		   b.null_share,
		   GREATEST(b.null_share, s.common_shares[1])::double precision,
		   t.typname IN ('float4', 'float8', 'money')
		   OR (t.typname = 'numeric' AND a.atttypmod >= 4 AND (a.atttypmod - 4) & 65535 > 0)
		   -- without a scale, values with fractions tell
		   OR (t.typname = 'numeric' AND a.atttypmod < 4
			   AND pg_catalog.concat(dbadvisor.column_values(relation, a.attnum, s.inherited, true), dbadvisor.column_values(relation, a.attnum, s.inherited, false)) ~ '\.\d*[1-9]')
		   -- what an attribute has, not what has attributes
		   OR w.words ~ '(^|_)(val|value)$',
		   t.typcategory IN ('D', 'T'),
		   EXISTS (SELECT
					 FROM pg_catalog.pg_partitioned_table p
					WHERE p.partrelid = a.attrelid AND a.attnum = ANY (p.partattrs::smallint[])),
		   CASE WHEN t.typname IN ('int2', 'int4', 'int8', 'uuid') THEN 0.6
				WHEN t.typcategory IN ('S', 'E') AND b.width <= 16 THEN 0.5
				ELSE 0.2 END
		   + CASE WHEN w.words ~ '(^|_)(id|code|no|nr|key|number|sku|isbn)$' THEN 0.4
				  -- a number in the plural counts something
				  WHEN t.typcategory = 'N' AND dbadvisor.name_singular(a.attname::text) <> w.words THEN -0.3
				  WHEN t.typname IN ('int2', 'int4', 'int8', 'uuid') AND NOT a.attname ~ '_' THEN 0.1
				  ELSE 0 END
		   -- others are named after it
		   + CASE WHEN EXISTS (SELECT
								 FROM word o
								WHERE pg_catalog.starts_with(o.words, w.words || '_')) THEN 0.2 ELSE 0 END
		   -- somebody has declared that it identifies something
		   + CASE WHEN EXISTS (SELECT
								 FROM pg_catalog.pg_constraint k
								WHERE k.conrelid = a.attrelid AND k.contype IN ('p', 'u', 'f') AND a.attnum = ANY (k.conkey)) THEN 0.3 ELSE 0 END
	  FROM dbadvisor.column_widths(relation) b
	  JOIN word w ON w.attnum = b.attnum
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = b.attnum
	  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
	  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
	  LEFT JOIN dbadvisor.statistics_rows(relation) s
		ON s.attnum = a.attnum
	   AND s.inherited = (c.relkind = 'p');
$$;
COMMENT ON FUNCTION dbadvisor.column_traits(regclass) IS
'Columns of a table as a designer sees them: width in bytes, share of nulls and of the value that most rows have, whether it measures or tells a time, and from 0 to 1 how much it looks like a key';

-- Columns lie one after the other, each at a multiple of its alignment, and short texts
-- anywhere; a row begins at a multiple of eight.  A column that is dropped stays as a null.
CREATE OR REPLACE FUNCTION dbadvisor.row_bytes(relation regclass, names text[], dropped integer DEFAULT 0)
RETURNS double precision
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bytes double precision := 24;
	col record;
BEGIN
	FOR col IN
		SELECT w.width,
			   w.null_share,
			   CASE WHEN a.attlen = -1 AND w.width < 127 THEN 1
					ELSE CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END END AS alignment,
			   pg_catalog.row_number() OVER (ORDER BY a.attnum) AS place,
			   pg_catalog.count(*) OVER () AS count,
			   pg_catalog.max(w.null_share) OVER () > 0 AS has_nulls
		  FROM dbadvisor.column_widths(relation) w
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = w.attnum
		 WHERE w.column_name = ANY (names)
		 ORDER BY a.attnum
	LOOP
		-- the header, with a bit for each column where some are null
		IF col.place = 1 AND (col.has_nulls OR dropped > 0) THEN
			bytes := pg_catalog.ceil((23 + pg_catalog.ceil((col.count + dropped) / 8.0)) / 8) * 8;
		END IF;
		bytes := bytes * col.null_share
				 + (pg_catalog.ceil(bytes / col.alignment) * col.alignment + col.width) * (1 - col.null_share);
	END LOOP;
	-- and its place in the page
	RETURN pg_catalog.ceil(bytes / 8) * 8 + 4;
END;
$$;
COMMENT ON FUNCTION dbadvisor.row_bytes(regclass, text[], integer) IS
'Bytes that a row with these columns of a table, and some that are dropped, takes in a page, by the statistics';

-- Minimal dependencies with what tells design from accident.
CREATE OR REPLACE FUNCTION dbadvisor.judge_dependencies(
	relation regclass,
	sample_rows bigint,
	min_redundancy double precision,
	time_limit interval,
	verify_bytes bigint,
	max_lhs integer)
RETURNS TABLE (
	determinant text[],
	dependent text,
	distinct_determinants bigint,
	redundant_rows bigint,
	rows_checked bigint,
	exceptions bigint,
	whole_table boolean,
	bits double precision,
	need double precision,
	is_design boolean,
	summary jsonb)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH found AS MATERIALIZED (
		SELECT d.*
		  FROM dbadvisor.discover_dependencies(
				   relation,
				   max_lhs => judge_dependencies.max_lhs,
				   sample_rows => judge_dependencies.sample_rows,
				   min_redundancy => judge_dependencies.min_redundancy,
				   time_limit => 0.75 * judge_dependencies.time_limit,
				   verify_bytes => judge_dependencies.verify_bytes) d
	), near AS MATERIALIZED (
		SELECT d.*
		  FROM dbadvisor.discover_dependencies(
				   relation,
				   max_lhs => LEAST(judge_dependencies.max_lhs, 2),
				   max_error => 0.005,
				   sample_rows => judge_dependencies.sample_rows / 2,
				   min_redundancy => judge_dependencies.min_redundancy,
				   time_limit => 0.25 * judge_dependencies.time_limit) d
		  JOIN dbadvisor.column_traits(relation) t ON t.column_name = d.dependent
		 WHERE d.error > 0
		   -- few of the rows that repeat the determinant, and few of those that err
		   -- without it
		   AND d.error * d.rows_checked <= 0.02 * d.redundant_rows
		   AND d.error <= 0.02 * (1 - t.commonest_share)
	), judged AS (
		SELECT f.*,
			   20 + dbadvisor.choose_bits((s.summary ->> 'columns')::integer, 1)
				  + dbadvisor.choose_bits((s.summary ->> 'columns')::integer - 1, pg_catalog.cardinality(f.determinant)) AS need
		  FROM (SELECT * FROM found UNION ALL SELECT * FROM near) f
		  JOIN found s ON s.step = 0
		 WHERE f.step > 0
		   AND NOT f.declared
		   AND f.surprise_bits IS NOT NULL
		   AND f.redundant_rows > 0
	)
	SELECT j.determinant, j.dependent, j.distinct_determinants, j.redundant_rows, j.rows_checked,
		   pg_catalog.round(j.error * j.rows_checked)::bigint, j.whole_table,
		   j.surprise_bits, j.need,
		   -- bits per repeated row: sizes of the whole table, surprise of the rows read
		   j.surprise_bits >= j.need
		   AND j.surprise_bits / LEAST(j.redundant_rows, r.rows_read) >= 0.25,
		   NULL::jsonb
	  FROM judged j
	 CROSS JOIN (SELECT (s.summary ->> 'rows_read')::bigint AS rows_read FROM found s WHERE s.step = 0) r
	 UNION ALL
	SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, s.summary
	  FROM found s
	 WHERE s.step = 0;
$$;
COMMENT ON FUNCTION dbadvisor.judge_dependencies(regclass, bigint, double precision, interval, bigint, integer) IS
'Dependencies that no key declares, with the bits of surprise that they have and need: is_design where they are improbable by chance, both as a whole and per repeated row. Those of at most two columns that hold but for a few rows are among them: exceptions is how many contradict. A row without a determinant has the summary of the search';

-- Compiling this statement takes longer than all the rest.
CREATE OR REPLACE FUNCTION dbadvisor.rank_dependencies(
	relation regclass,
	min_redundancy double precision DEFAULT 0.05,
	min_bytes bigint DEFAULT 1048576,
	sample_rows bigint DEFAULT 100000,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648,
	max_lhs integer DEFAULT 3)
RETURNS TABLE (
	determinant text[],
	dependents text[],
	proposed boolean,
	score double precision,
	parts jsonb,
	vetoes text[],
	distinct_determinants bigint,
	redundant_rows bigint,
	rows_checked bigint,
	exceptions bigint,
	whole_table boolean,
	net_bytes bigint,
	referenced regclass,
	summary jsonb)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH trait AS MATERIALIZED (
		SELECT t.* FROM dbadvisor.column_traits(relation) t
	), judged AS MATERIALIZED (
		SELECT j.*
		  FROM dbadvisor.judge_dependencies(relation, rank_dependencies.sample_rows, rank_dependencies.min_redundancy,
											rank_dependencies.time_limit, rank_dependencies.verify_bytes, rank_dependencies.max_lhs) j
	), measured AS MATERIALIZED (
		SELECT j.*,
			   (SELECT pg_catalog.avg(t.key_quality) / pg_catalog.count(*) FROM trait t WHERE t.column_name = ANY (j.determinant)) AS quality
		  FROM judged j
		 WHERE j.is_design
		   AND NOT EXISTS (SELECT FROM trait t WHERE t.column_name = ANY (j.determinant) AND t.is_measure)
		   AND EXISTS (SELECT FROM trait t WHERE t.column_name = ANY (j.determinant) AND NOT t.is_time)
	), equivalent AS (
		-- columns that determine each other: the better key speaks for both
		SELECT b.determinant
		  FROM measured a
		  JOIN measured b ON b.determinant = ARRAY[a.dependent] AND ARRAY[b.dependent] = a.determinant
		 WHERE (a.quality, b.determinant[1]) > (b.quality, a.determinant[1])
	), reversed AS (
		-- several columns determine one, and it nearly them, as its values are many
		SELECT a.determinant
		  FROM measured a
		  JOIN measured b ON a.determinant = ARRAY[b.dependent] AND a.dependent = ANY (b.determinant)
		 WHERE pg_catalog.cardinality(b.determinant) > 1
		   AND a.exceptions > b.exceptions
	), exact_reach AS MATERIALIZED (
		-- what a determinant says without exception
		SELECT d.determinant,
			   d.determinant || ARRAY(SELECT DISTINCT s.dependent FROM measured s WHERE s.exceptions = 0 AND s.determinant <@ d.determinant) AS columns
		  FROM (SELECT DISTINCT m.determinant FROM measured m
				 WHERE m.exceptions = 0
				   AND NOT EXISTS (SELECT FROM equivalent e WHERE e.determinant <@ m.determinant)) d
	), kept AS MATERIALIZED (
		SELECT m.*
		  FROM measured m
		 WHERE NOT EXISTS (SELECT FROM equivalent e WHERE e.determinant <@ m.determinant)
		   AND m.determinant NOT IN (SELECT r.determinant FROM reversed r)
		   -- where something determines both sides without exception, those columns of it
		   -- nearly determine each other by chance
		   AND NOT (m.exceptions > 0
					AND EXISTS (SELECT
								  FROM exact_reach o
								 WHERE NOT o.determinant <@ m.determinant
								   AND m.determinant || m.dependent <@ o.columns))
	), reach AS MATERIALIZED (
		SELECT d.determinant,
			   d.determinant || ARRAY(SELECT DISTINCT s.dependent FROM kept s WHERE s.determinant <@ d.determinant) AS columns
		  FROM (SELECT DISTINCT k.determinant FROM kept k) d
	), followed AS MATERIALIZED (
		SELECT k.*, r.columns FROM kept k JOIN reach r ON r.determinant = k.determinant
	), nearest AS MATERIALIZED (
		-- what follows through another determinant belongs to that one
		SELECT k.*
		  FROM followed k
		 WHERE NOT EXISTS (
				   SELECT
					 FROM followed o
					WHERE o.dependent = k.dependent
					  AND o.determinant <> k.determinant
					  AND o.determinant <@ k.columns
					  AND NOT k.determinant <@ o.columns)
	), implied AS MATERIALIZED (
		SELECT k.determinant,
			   k.dependent,
			   k.exceptions,
			   o.determinant AS source,
			   CASE WHEN o.exceptions > 0 THEN 0.02 ELSE 0 END AS max_error
		  FROM nearest k
		  JOIN judged o
			ON o.is_design
		   AND o.dependent = k.dependent
		   AND NOT o.determinant <@ k.determinant
		   AND o.determinant <@ k.columns
		   AND NOT EXISTS (SELECT FROM kept s WHERE s.determinant = ARRAY[k.dependent] AND s.dependent = ANY (o.determinant))
	), formula AS MATERIALIZED (
		SELECT a.*
		  FROM (SELECT DISTINCT i.source, i.dependent, i.max_error FROM implied i) a
		 WHERE dbadvisor.computed_from(relation, a.source, a.dependent, max_error => a.max_error) IS NOT NULL
	), direct AS (
		-- as does what is computed from columns that follow, measures or not
		SELECT k.*
		  FROM nearest k
		 WHERE NOT EXISTS (
				   SELECT
					 FROM implied i
					 JOIN formula f USING (source, dependent, max_error)
					WHERE i.determinant = k.determinant
					  AND i.dependent = k.dependent
					  AND i.exceptions = k.exceptions)
	), grouped AS MATERIALIZED (
		SELECT d.determinant,
			   pg_catalog.array_agg(d.dependent ORDER BY t.attnum) AS dependents,
			   pg_catalog.min(d.distinct_determinants) AS distinct_determinants,
			   pg_catalog.max(d.redundant_rows) AS redundant_rows,
			   pg_catalog.min(d.rows_checked) AS rows_checked,
			   pg_catalog.max(d.exceptions) AS exceptions,
			   pg_catalog.bool_and(d.whole_table) AS whole_table,
			   pg_catalog.min(d.bits) AS bits,
			   pg_catalog.max(d.need) AS need,
			   pg_catalog.max(d.quality) AS quality,
			   pg_catalog.sum(pg_catalog.ceil(t.width / 4) * 4 * (1 - t.null_share)) AS width
		  FROM direct d
		  JOIN trait t ON t.column_name = d.dependent
		 GROUP BY d.determinant, d.exceptions > 0
	), sized AS (
		SELECT g.*,
			   x.width AS key_width,
			   x.null_share,
			   x.first,
			   g.redundant_rows * f.factor * g.width AS removed,
			   -- what the rows lose beyond what the groups before take, less the new table, the
			   -- index of its key, and pages that a table, its toast table and an index begin with
			   f.tuples * (dbadvisor.row_bytes(relation, w.before, pg_catalog.cardinality(x.all_names) - pg_catalog.cardinality(w.before))
						   - dbadvisor.row_bytes(relation, w.after, pg_catalog.cardinality(x.all_names) - pg_catalog.cardinality(w.after)))
			   - g.distinct_determinants * dbadvisor.row_bytes(relation, g.determinant || g.dependents)
			   - g.distinct_determinants * (12 + pg_catalog.ceil(x.width / 8) * 8) / 0.9
			   - 3 * pg_catalog.current_setting('block_size')::integer AS net,
			   f.tuples,
			   f.table_bytes,
			   f.writes,
			   (SELECT k.confrelid
				  FROM pg_catalog.pg_constraint k
				 WHERE k.conrelid = relation AND k.contype = 'f'
				   AND ARRAY(SELECT t.column_name FROM trait t WHERE t.attnum = ANY (k.conkey)) <@ g.determinant
				   AND pg_catalog.cardinality(k.conkey) = pg_catalog.cardinality(g.determinant)
				 ORDER BY k.oid LIMIT 1) AS referenced,
			   (SELECT pg_catalog.bool_or(t.is_partition_key) FROM trait t WHERE t.column_name = ANY (g.determinant || g.dependents)) AS splits_partitions
		  FROM grouped g
		 CROSS JOIN LATERAL (SELECT pg_catalog.sum(t.width) FILTER (WHERE t.column_name = ANY (g.determinant)) AS width,
									pg_catalog.max(t.null_share) FILTER (WHERE t.column_name = ANY (g.determinant)) AS null_share,
									pg_catalog.min(dbadvisor.name_words(t.column_name)) FILTER (WHERE t.column_name = ANY (g.determinant)) AS first,
									pg_catalog.array_agg(t.column_name) AS all_names
							   FROM trait t) x
		 CROSS JOIN LATERAL (SELECT ARRAY(SELECT n FROM pg_catalog.unnest(x.all_names) n WHERE n <> ALL (b.names)) AS before,
									ARRAY(SELECT n FROM pg_catalog.unnest(x.all_names) n WHERE n <> ALL (b.names || g.dependents)) AS after
							   FROM (SELECT ARRAY(SELECT pg_catalog.unnest(o.dependents) FROM grouped o
												   WHERE o.exceptions = 0 AND o.determinant < g.determinant) AS names) b) w
		 CROSS JOIN LATERAL (SELECT GREATEST(c.reltuples::double precision, g.rows_checked) AS tuples,
									GREATEST(c.reltuples::double precision, g.rows_checked) / g.rows_checked AS factor,
									pg_catalog.pg_table_size(c.oid) AS table_bytes,
									pg_catalog.pg_stat_get_tuples_updated(c.oid) AS writes
							   FROM pg_catalog.pg_class c WHERE c.oid = relation) f
	), scored AS (
		SELECT s.*,
			   pg_catalog.jsonb_build_object(
				   'net_bytes', pg_catalog.round((35 * LEAST(GREATEST(pg_catalog.log(GREATEST(s.net, 1)) - 6, 0) / 4, 1))::numeric, 1),
				   'confidence', CASE WHEN s.exceptions > 0 THEN 8 WHEN s.whole_table THEN 20 ELSE 14 END,
				   'determinant', pg_catalog.round((15 * LEAST(s.quality, 1))::numeric, 1),
				   'coherence', pg_catalog.round(10 * (SELECT pg_catalog.avg((pg_catalog.split_part(dbadvisor.name_words(d), '_', 1)
																			 = pg_catalog.split_part(s.first, '_', 1))::integer)
														FROM pg_catalog.unnest(s.dependents) d), 1),
				   'dependents', CASE WHEN pg_catalog.cardinality(s.dependents) >= 2 THEN 5 ELSE 0 END,
				   'updates', CASE WHEN s.writes > 0 THEN 10 ELSE 0 END,
				   'entity_exists', CASE WHEN s.referenced IS NOT NULL THEN 5 ELSE 0 END) AS score_parts,
			   pg_catalog.array_remove(ARRAY[
				   CASE WHEN s.tuples < 1000 THEN 'fewer than 1000 rows' END,
				   CASE WHEN s.removed < min_bytes THEN 'saves too little' END,
				   -- where most rows repeat others, what they say can come to differ
				   CASE WHEN s.net < 0 AND s.redundant_rows < 0.5 * s.rows_checked THEN 'costs more than it saves' END,
				   CASE WHEN s.null_share > 0.05 THEN 'the determinant is often null' END,
				   CASE WHEN s.splits_partitions THEN 'a partition key is concerned' END,
				   CASE WHEN NOT EXISTS (SELECT
										   FROM pg_catalog.unnest(s.dependents) d
										  WHERE dbadvisor.computed_from(relation, s.determinant, d, max_error => CASE WHEN s.exceptions > 0 THEN 0.02 ELSE 0 END) IS NULL)
						THEN 'computed from the determinant' END,
				   CASE WHEN s.exceptions > 0 THEN 'some rows contradict it' END], NULL) AS vetoes
		  FROM sized s
	)
	SELECT s.determinant,
		   s.dependents,
		   s.vetoes = '{}',
		   (SELECT pg_catalog.sum(p.value::double precision) FROM pg_catalog.jsonb_each_text(s.score_parts) p) AS total,
		   s.score_parts || pg_catalog.jsonb_build_object('surprise_bits', pg_catalog.round(s.bits::numeric, 1),
														  'needed_bits', pg_catalog.round(s.need::numeric, 1)),
		   s.vetoes,
		   s.distinct_determinants,
		   s.redundant_rows,
		   s.rows_checked,
		   s.exceptions,
		   s.whole_table,
		   s.net::bigint,
		   s.referenced,
		   NULL::jsonb
	  FROM scored s
	 UNION ALL
	SELECT NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, j.summary
	  FROM judged j
	 WHERE j.determinant IS NULL
	 ORDER BY 3 DESC, 4 DESC NULLS LAST, 1;
$$;
COMMENT ON FUNCTION dbadvisor.rank_dependencies(regclass, double precision, bigint, bigint, interval, bigint, integer) IS
'Groups of columns that depend on the same determinant and look designed, the best first, each dependent under the determinant that it directly follows from: score from 0 to 100 with its parts, and the vetoes for which a group is not proposed; exceptions is how many rows contradict a group that holds but for them, which have to be mended first; net_bytes is what a table of its own would save, referenced a table that the determinant already refers to. The last row, without a determinant, has the summary of the search of all determinants of up to max_lhs columns, as discover_dependencies() gives it';

REVOKE ALL ON FUNCTION dbadvisor.choose_bits(integer, integer),
	dbadvisor.column_widths(regclass),
	dbadvisor.column_traits(regclass),
	dbadvisor.row_bytes(regclass, text[], integer),
	dbadvisor.judge_dependencies(regclass, bigint, double precision, interval, bigint, integer),
	dbadvisor.rank_dependencies(regclass, double precision, bigint, bigint, interval, bigint, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.choose_bits(integer, integer),
	dbadvisor.column_widths(regclass),
	dbadvisor.column_traits(regclass),
	dbadvisor.row_bytes(regclass, text[], integer),
	dbadvisor.judge_dependencies(regclass, bigint, double precision, interval, bigint, integer),
	dbadvisor.rank_dependencies(regclass, double precision, bigint, bigint, interval, bigint, integer)
	TO dbadvisor_reader;
