-- Which column a table could be partitioned by, told from the recorded
-- statements and the catalog alone: works on a standby.

-- A statement counts with its time, and with its calls.  Inserts are left out:
-- they are sent to their partition at no cost worth speaking of.
CREATE OR REPLACE FUNCTION dbadvisor.partition_key_use(
	relation regclass DEFAULT NULL,
	OUT relid oid,
	OUT attnum smallint,
	OUT statements integer,
	OUT prune_share double precision,
	OUT prune_call_share double precision,
	OUT range_share double precision,
	OUT join_share double precision,
	OUT quick_miss_share double precision,
	OUT update_share double precision,
	OUT expires boolean,
	OUT expired_rows_per_day double precision)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH statement AS MATERIALIZED (
		SELECT pg_catalog.row_number() OVER () AS number,
			   r.relid,
			   w.features ->> 'command' AS command,
			   (w.features ->> 'target')::oid AS target,
			   w.features -> 'changed_columns' AS changed,
			   w.features -> 'comparisons' AS comparisons,
			   COALESCE(w.total_ms, 0) AS ms,
			   COALESCE(w.calls, 0) AS calls,
			   w.rows / NULLIF(w.calls, 0) AS rows_per_call,
			   w.rows * w.ms_per_day / NULLIF(w.total_ms, 0) AS rows_per_day,
			   -- a descent into each partition is felt by such
			   w.total_ms < 5 * w.calls AS is_quick
		  FROM dbadvisor.workload_features() w
		 CROSS JOIN LATERAL pg_catalog.unnest(w.relations) r (relid)
		 WHERE w.features ->> 'command' <> 'insert'
		   AND (relation IS NULL OR r.relid = relation)
	), total AS (
		SELECT s.relid,
			   NULLIF(pg_catalog.sum(s.ms), 0) AS ms,
			   NULLIF(pg_catalog.sum(s.calls), 0) AS calls,
			   pg_catalog.sum(s.calls) FILTER (WHERE s.is_quick) AS quick_calls
		  FROM statement s
		 GROUP BY s.relid
	), compared AS (
		SELECT s.number,
			   s.relid,
			   c.attnum,
			   pg_catalog.bool_or(c.compared_with <> 'column' AND c.operator IN ('=', '<', '<=', '>', '>=')) AS prunes,
			   pg_catalog.bool_or(c.compared_with <> 'column' AND c.operator IN ('<', '<=', '>', '>=')) AS is_range,
			   pg_catalog.bool_or(c.compared_with = 'column' AND c.operator = '=') AS joins
		  FROM statement s
		 CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(s.comparisons)
				   AS c (relid oid, attnum smallint, operator text, compared_with text, wrapped_in text)
		 WHERE c.relid = s.relid
		   AND c.attnum > 0
		   AND c.wrapped_in IS NULL
		   AND c.compared_with IN ('constant', 'parameter', 'expression', 'column')
		 GROUP BY s.number, s.relid, c.attnum
	)
	SELECT c.relid,
		   c.attnum,
		   pg_catalog.count(*) FILTER (WHERE c.prunes)::integer,
		   COALESCE(pg_catalog.sum(s.ms) FILTER (WHERE c.prunes) / t.ms, 0),
		   COALESCE(pg_catalog.sum(s.calls) FILTER (WHERE c.prunes) / t.calls, 0),
		   COALESCE(pg_catalog.sum(s.ms) FILTER (WHERE c.is_range) / t.ms, 0),
		   COALESCE(pg_catalog.sum(s.ms) FILTER (WHERE c.joins) / t.ms, 0),
		   COALESCE((t.quick_calls - COALESCE(pg_catalog.sum(s.calls) FILTER (WHERE c.prunes AND s.is_quick), 0)) / t.calls, 0),
		   COALESCE((SELECT pg_catalog.sum(u.calls)
					   FROM statement u
					   JOIN pg_catalog.pg_attribute a ON a.attrelid = u.relid AND a.attnum = c.attnum
					  WHERE u.relid = c.relid
						AND u.command = 'update'
						AND u.target = u.relid
						AND u.changed ? a.attname::text) / t.calls, 0),
		   COALESCE(pg_catalog.bool_or(e.expires), false),
		   pg_catalog.sum(s.rows_per_day) FILTER (WHERE e.expires)
	  FROM compared c
	  JOIN statement s ON s.number = c.number
	  JOIN total t ON t.relid = c.relid
	 CROSS JOIN LATERAL (
		-- few rows at a time are no retention; where rows were not counted the
		-- statement's shape must do
		SELECT s.command = 'delete' AND s.target = c.relid AND c.is_range
			   AND COALESCE(s.rows_per_call, 1000) >= 1000) e (expires)
	 GROUP BY c.relid, c.attnum, t.ms, t.calls, t.quick_calls;
$$;
COMMENT ON FUNCTION dbadvisor.partition_key_use(regclass) IS
'How recorded statements use the columns of each table: shares of the time and calls of the table''s statements that restrict the column so that partitions could be left out, that restrict it to a range, that join on it, that are quick and do not restrict it, and that change it; whether a DELETE of many rows goes by it, and how many rows that takes per day';

-- Unique keys of which the values come from a sequence or are random do not need
-- a check over all partitions; others do.
CREATE OR REPLACE FUNCTION dbadvisor.partition_key_obstacles(
	relation regclass,
	attnum smallint,
	OUT vetoes text[],
	OUT notes text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH key AS (
		SELECT a.attrelid, a.attnum, a.attname, a.attnotnull, a.attgenerated, t.oid AS type, t.typcategory
		  FROM pg_catalog.pg_attribute a
		  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		 WHERE a.attrelid = partition_key_obstacles.relation
		   AND a.attnum = partition_key_obstacles.attnum
	), unique_key AS (
		SELECT dbadvisor.column_list(i.indrelid, i.indkey::smallint[]) AS columns,
			   EXISTS (SELECT
						 FROM pg_catalog.pg_attribute u
						 LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = u.attrelid AND d.adnum = u.attnum
						WHERE u.attrelid = i.indrelid
						  AND u.attnum = ANY (i.indkey::smallint[])
						  AND (u.attidentity <> ''
							   OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval|uuid')) AS is_made
		  FROM pg_catalog.pg_index i, key k
		 WHERE i.indrelid = k.attrelid
		   AND (i.indisunique OR i.indisexclusion)
		   AND k.attnum <> ALL ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
	), veto (reason) AS (
		SELECT pg_catalog.format('%I is a generated column', k.attname)
		  FROM key k
		 WHERE k.attgenerated <> ''
		 UNION ALL
		SELECT pg_catalog.format('%I has a type that is none of the server''s with an order', k.attname)
		  FROM key k
		 WHERE k.type >= 16384
			OR k.typcategory NOT IN ('D', 'N', 'S', 'U')
		 UNION ALL
		SELECT pg_catalog.format('the unique key (%s) would no longer hold over all rows, as it would need %I', u.columns, k.attname)
		  FROM unique_key u, key k
		 WHERE NOT u.is_made
		 UNION ALL
		SELECT pg_catalog.format('the foreign key %s of %s cannot be extended by %I: it %s', r.constraint_name, r.child_name, k.attname, r.obstacle)
		  FROM key k
		 CROSS JOIN LATERAL dbadvisor.partition_references(k.attrelid, k.attnum) r
		 WHERE r.copy_column IS NOT NULL
		   AND r.obstacle IS NOT NULL
	), note (reason) AS (
		SELECT pg_catalog.format('the unique key (%s) must be extended by %I', u.columns, k.attname)
		  FROM unique_key u, key k
		 WHERE u.is_made
		 UNION ALL
		SELECT pg_catalog.format('the foreign key %s (%s) of %s must be extended by a copy of %I', r.constraint_name, dbadvisor.name_list(r.child_columns), r.child_name, k.attname)
		  FROM key k
		 CROSS JOIN LATERAL dbadvisor.partition_references(k.attrelid, k.attnum) r
		 WHERE r.copy_column IS NOT NULL
		   AND r.obstacle IS NULL
		 UNION ALL
		SELECT pg_catalog.format('%I must become NOT NULL', k.attname)
		  FROM key k
		 WHERE NOT k.attnotnull
	)
	SELECT ARRAY(SELECT v.reason FROM veto v),
		   ARRAY(SELECT n.reason FROM note n);
$$;
COMMENT ON FUNCTION dbadvisor.partition_key_obstacles(regclass, smallint) IS
'What forbids to partition a table by a column, and what must be changed for it';

-- Sizes are those of the last VACUUM or ANALYZE.
CREATE OR REPLACE FUNCTION dbadvisor.partition_growth(
	relation regclass,
	span_days double precision,
	OUT bytes bigint,
	OUT index_bytes bigint,
	OUT index_count integer,
	OUT bytes_per_day double precision,
	OUT source text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_count double precision;
	inserts double precision;
BEGIN
	SELECT c.reltuples,
		   (c.relpages + COALESCE(pg_catalog.sum(i.relpages), 0)) * b.size,
		   COALESCE(pg_catalog.sum(i.relpages), 0) * b.size,
		   pg_catalog.count(i.oid)::integer
	  INTO row_count, bytes, index_bytes, index_count
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL (SELECT pg_catalog.current_setting('block_size')::bigint) b (size)
	  LEFT JOIN pg_catalog.pg_index x ON x.indrelid = c.oid
	  LEFT JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
	 WHERE c.oid = relation
	 GROUP BY c.oid, c.reltuples, c.relpages, b.size;
	inserts := (SELECT r.inserts_per_day
				  FROM dbadvisor.relation_rates() r
				 WHERE r.relid = relation
				   AND r.seconds >= 86400);
	source := CASE WHEN inserts IS NULL THEN 'span of the key' ELSE 'history' END;
	bytes_per_day := COALESCE(inserts * bytes / NULLIF(GREATEST(row_count, 0), 0), bytes / NULLIF(span_days, 0));
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_growth(regclass, double precision) IS
'Size of a table with its indexes, and how much it grows per day: by a day of history, else by the days that its key spans';

-- How many partitions a table bears: they are files, locks and planning time of
-- every statement that does not leave them out.
CREATE OR REPLACE FUNCTION dbadvisor.partition_limit(index_count integer)
RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN GREATEST(2, LEAST(
		dbadvisor.threshold('partition.missing', 'max_partitions'),
		-- each relation is an open file of the backend
		pg_catalog.current_setting('max_files_per_process')::integer / (1 + index_count),
		-- ten statements at a time may lock them all, in half of the lock table
		pg_catalog.current_setting('max_locks_per_transaction')::integer
		* (pg_catalog.current_setting('max_connections')::integer
		   + pg_catalog.current_setting('max_prepared_transactions')::integer) / 20 / (1 + index_count)))::integer;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_limit(integer) IS
'Most partitions that a table with so many indexes should have on this server';

-- The largest unit of the calendar with which the indexes that are written fit
-- into a quarter of shared_buffers, a partition has a gigabyte, or a day, and
-- rows are kept a quarter too long at most; larger where that makes too many.
CREATE OR REPLACE FUNCTION dbadvisor.time_interval(
	span_days double precision,
	bytes_per_day double precision,
	index_share double precision,
	most integer,
	OUT "interval" text,
	OUT partitions integer)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH unit (name, days) AS (
		VALUES ('1 hour', 1.0 / 24), ('6 hours', 0.25), ('1 day', 1), ('7 days', 7),
			   ('1 month', 30.44), ('3 months', 91.31), ('1 year', 365.25)
	), wish AS (
		SELECT LEAST(0.25 * pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers'))
					 / NULLIF(bytes_per_day * index_share, 0),
					 GREATEST(1, 1073741824 / NULLIF(bytes_per_day, 0)),
					 span_days / 4) AS days
	)
	SELECT u.name,
		   pg_catalog.ceil(span_days / u.days)::integer
	  FROM unit u, wish w
	 WHERE span_days / u.days <= most
	 ORDER BY u.days <= w.days DESC,
		   CASE WHEN u.days <= w.days THEN -u.days ELSE u.days END
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.time_interval(double precision, double precision, double precision, integer) IS
'Unit of the calendar to partition by, and how many partitions there are then; null where even years are too many';

-- Steps of 1, 2 or 5 and zeros, for partitions of some ten gigabytes and a few at
-- least.
CREATE OR REPLACE FUNCTION dbadvisor.number_step(
	span numeric,
	bytes bigint,
	most integer,
	OUT "interval" text,
	OUT partitions integer)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.step::text,
		   pg_catalog.ceil(span / s.step)::integer
	  FROM (SELECT span / LEAST(most, GREATEST(8, bytes / 10737418240))) w (width)
	 CROSS JOIN LATERAL (SELECT pg_catalog.power(10::numeric, pg_catalog.floor(pg_catalog.log(GREATEST(w.width, 1)))::integer)) z (unit)
	 CROSS JOIN LATERAL (SELECT pg_catalog.trunc(z.unit * m.factor) AS step
						   FROM (VALUES (1), (2), (5), (10)) m (factor)
						  WHERE z.unit * m.factor >= w.width
						  ORDER BY m.factor
						  LIMIT 1) s
	 WHERE span > 0;
$$;
COMMENT ON FUNCTION dbadvisor.number_step(numeric, bigint, integer) IS
'Step to partition numbers by, and how many partitions there are then';

CREATE OR REPLACE FUNCTION dbadvisor.partition_scheme(
	relation regclass,
	key text,
	is_range boolean,
	OUT strategy text,
	OUT "interval" text,
	OUT partitions integer,
	OUT bytes_per_day double precision,
	OUT growth_source text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r record;
	g record;
	category "char";
	span double precision;
	most integer;
BEGIN
	SELECT * INTO r FROM dbadvisor.key_range(relation, key);
	category := (SELECT t.typcategory FROM pg_catalog.pg_type t WHERE t.oid = r.type);
	IF category = 'D' AND r.lowest IS NOT NULL THEN
		span := EXTRACT(epoch FROM r.highest::timestamp - r.lowest::timestamp) / 86400;
	END IF;
	SELECT * INTO g FROM dbadvisor.partition_growth(relation, span);
	bytes_per_day := g.bytes_per_day;
	growth_source := g.source;
	most := dbadvisor.partition_limit(g.index_count);
	IF is_range AND span > 0 THEN
		strategy := 'range';
		SELECT t."interval", t.partitions
		  INTO "interval", partitions
		  FROM dbadvisor.time_interval(span, g.bytes_per_day, g.index_bytes::double precision / NULLIF(g.bytes, 0), most) t;
	ELSIF is_range AND category = 'N' AND r.highest::numeric > r.lowest::numeric THEN
		strategy := 'range';
		SELECT t."interval", t.partitions
		  INTO "interval", partitions
		  FROM dbadvisor.number_step(r.highest::numeric - r.lowest::numeric, g.bytes, most) t;
	ELSIF r.distinct_values BETWEEN 2 AND 50 AND r.common_share >= 0.99 THEN
		strategy := 'list';
		partitions := pg_catalog.cardinality(r.common) + 1;
	ELSE
		strategy := 'hash';
		partitions := LEAST(16, most);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_scheme(regclass, text, boolean) IS
'How to partition a table by a column: by range where statements ask for ranges of times or numbers, by list where it has few values and hardly any other (2 to 50 with 99 of 100 rows), else by hash; with the interval by growth and size';

CREATE OR REPLACE FUNCTION dbadvisor.partition_candidates(
	relation regclass DEFAULT NULL,
	OUT relid oid,
	OUT table_name text,
	OUT key text,
	OUT strategy text,
	OUT "interval" text,
	OUT partitions integer,
	OUT score double precision,
	OUT vetoes text[],
	OUT notes text[],
	OUT expires boolean,
	OUT expired_rows_per_day double precision,
	OUT correlation double precision,
	OUT use jsonb)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT u.relid,
		   t.full_name,
		   a.attname::text,
		   s.strategy,
		   s."interval",
		   s.partitions,
		   0.35 * u.prune_share + 0.15 * u.prune_call_share + 0.3 * u.expires::integer
		   + 0.1 * u.join_share + 0.1 * COALESCE(pg_catalog.abs(k.correlation), 0) - 0.5 * u.quick_miss_share,
		   o.vetoes
		   || CASE WHEN u.update_share >= 0.001 THEN ARRAY[pg_catalog.format('%I is updated, which would move rows between partitions', a.attname)] ELSE '{}' END
		   || CASE WHEN u.prune_call_share < 0.5 AND u.prune_share < 0.5 AND NOT u.expires
				   THEN ARRAY[pg_catalog.format('most statements do not restrict %I', a.attname)] ELSE '{}' END,
		   o.notes,
		   u.expires,
		   u.expired_rows_per_day,
		   k.correlation::double precision,
		   pg_catalog.to_jsonb(u) - 'relid' - 'attnum'
		   || pg_catalog.jsonb_build_object('bytes_per_day', s.bytes_per_day, 'growth_source', s.growth_source)
	  FROM dbadvisor.partition_key_use(partition_candidates.relation) u
	  JOIN dbadvisor.user_table t ON t.relid = u.relid AND t.relkind = 'r' AND NOT t.is_partition AND NOT t.is_inheritor
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = u.relid AND a.attnum = u.attnum
	  LEFT JOIN pg_catalog.pg_stats k
		ON k.schemaname = t.schema_name AND k.tablename = t.table_name AND k.attname = a.attname AND NOT k.inherited
	 CROSS JOIN LATERAL dbadvisor.partition_key_obstacles(u.relid, u.attnum) o
	 CROSS JOIN LATERAL dbadvisor.partition_scheme(u.relid, a.attname::text, u.range_share > 0 OR u.expires) s
	 WHERE u.statements > 0
	 ORDER BY u.relid, 7 DESC;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_candidates(regclass) IS
'Columns that recorded statements restrict, as keys to partition their tables by, the best of each table first: how (strategy, interval, partitions), a score that only orders them, what forbids it (vetoes), what must be changed for it (notes), and how statements use the column. Told from statements and catalog alone, so it works on a standby; what it brings tells dbadvisor.what_if_partitioning()';

REVOKE ALL ON FUNCTION dbadvisor.partition_key_use(regclass),
	dbadvisor.partition_key_obstacles(regclass, smallint),
	dbadvisor.partition_growth(regclass, double precision),
	dbadvisor.partition_limit(integer),
	dbadvisor.time_interval(double precision, double precision, double precision, integer),
	dbadvisor.number_step(numeric, bigint, integer),
	dbadvisor.partition_scheme(regclass, text, boolean),
	dbadvisor.partition_candidates(regclass)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_key_use(regclass),
	dbadvisor.partition_key_obstacles(regclass, smallint),
	dbadvisor.partition_growth(regclass, double precision),
	dbadvisor.partition_limit(integer),
	dbadvisor.time_interval(double precision, double precision, double precision, integer),
	dbadvisor.number_step(numeric, bigint, integer),
	dbadvisor.partition_scheme(regclass, text, boolean),
	dbadvisor.partition_candidates(regclass)
	TO dbadvisor_admin;
