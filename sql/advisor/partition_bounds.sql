-- Where a table would be cut: from what ANALYZE knows of the key's values.

-- The smallest and the largest value, and values between that cut the rows into
-- equal parts, as ANALYZE saw them.
CREATE OR REPLACE FUNCTION dbadvisor.key_range(
	relation regclass,
	key text,
	OUT type oid,
	OUT lowest text,
	OUT highest text,
	OUT steps text[],
	OUT common text[],
	OUT common_share double precision,
	OUT distinct_values double precision)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	seen text[];
	ends text[];
BEGIN
	SELECT a.atttypid,
		   COALESCE(s.histogram_bounds::text::text[], '{}'),
		   COALESCE(s.most_common_vals::text::text[], '{}'),
		   COALESCE((SELECT pg_catalog.sum(f) FROM pg_catalog.unnest(s.most_common_freqs) f), 0),
		   CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * GREATEST(c.reltuples, 0) ELSE s.n_distinct END
	  INTO type, steps, common, common_share, distinct_values
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = key_range.key AND a.attnum > 0
	  LEFT JOIN pg_catalog.pg_stats s
		ON s.schemaname = n.nspname
	   AND s.tablename = c.relname
	   AND s.attname = a.attname
	   AND NOT s.inherited
	 WHERE c.oid = key_range.relation;
	seen := steps || common;
	IF type IS NULL OR seen = '{}' THEN
		RETURN;
	END IF;
	-- only types of the server: its input function is nobody else's
	IF type < 16384 THEN
		EXECUTE pg_catalog.format(
			'SELECT ARRAY[(pg_catalog.array_agg(v ORDER BY v))[1]::text, (pg_catalog.array_agg(v ORDER BY v DESC))[1]::text]
			   FROM pg_catalog.unnest($1) t (s)
			  CROSS JOIN LATERAL (SELECT t.s::%s) c (v)
			  WHERE t.s NOT IN (''infinity'', ''-infinity'', ''NaN'')', pg_catalog.format_type(type, NULL))
		   INTO ends
		  USING seen;
		lowest := ends[1];
		highest := ends[2];
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.key_range(regclass, text) IS
'What the statistics say of a column: type, smallest and largest value, values that cut the rows that are not common into equal parts, common values with their share of all rows, and the number of different values; null where there are none';

-- Bounds lie where people would put them: at the start of a month, at round
-- numbers.
CREATE OR REPLACE FUNCTION dbadvisor.time_bounds(
	type oid,
	lowest text,
	highest text,
	"interval" interval)
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	days double precision := EXTRACT(epoch FROM "interval") / 86400;
	unit text := CASE
				 WHEN days >= 365 THEN 'year'
				 WHEN days >= 28 THEN 'month'
				 WHEN days >= 7 THEN 'week'
				 WHEN days >= 1 THEN 'day'
				 ELSE 'hour'
				 END;
BEGIN
	IF type = 'pg_catalog.timestamptz'::pg_catalog.regtype THEN
		RETURN ARRAY(SELECT b::text
					   FROM pg_catalog.generate_series(
								pg_catalog.date_trunc(unit, lowest::timestamptz) + "interval",
								highest::timestamptz, "interval") b);
	END IF;
	RETURN ARRAY(SELECT CASE
						WHEN type = 'pg_catalog.date'::pg_catalog.regtype THEN b::date::text
						ELSE b::text
						END
				   FROM pg_catalog.generate_series(
							pg_catalog.date_trunc(unit, lowest::timestamp) + "interval",
							highest::timestamp, "interval") b);
END;
$$;
COMMENT ON FUNCTION dbadvisor.time_bounds(oid, text, text, interval) IS
'Bounds between two points in time, one interval apart, at the start of an hour, day, week, month or year';

CREATE OR REPLACE FUNCTION dbadvisor.number_bounds(
	type oid,
	lowest numeric,
	highest numeric,
	step numeric)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT b::text
				   FROM pg_catalog.generate_series(
							(pg_catalog.floor(lowest / step) + 1) * step,
							highest, step) b);
$$;
COMMENT ON FUNCTION dbadvisor.number_bounds(oid, numeric, numeric, numeric) IS
'Multiples of a step between two numbers';

CREATE OR REPLACE FUNCTION dbadvisor.refuse_partitioning(message text, detail text, hint text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '%', message
		USING ERRCODE = 'invalid_parameter_value',
			  DETAIL = detail,
			  HINT = hint;
END;
$$;
COMMENT ON FUNCTION dbadvisor.refuse_partitioning(text, text, text) IS
'Raise the error for a scheme that makes no partitions';

-- As many equal parts as were asked for, of a type without calendar or numbers.
CREATE OR REPLACE FUNCTION dbadvisor.equal_bounds(steps text[], partitions integer)
RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT steps[1 + (pg_catalog.cardinality(steps) - 1) * i / partitions]
				   FROM pg_catalog.generate_series(1, partitions - 1) i);
$$;
COMMENT ON FUNCTION dbadvisor.equal_bounds(text[], integer) IS
'Values that cut the rows into as many equal parts';

-- More bounds than a table could bear are not worth computing.
CREATE OR REPLACE FUNCTION dbadvisor.partition_bounds(
	relation regclass,
	key text,
	strategy text,
	"interval" text,
	partitions integer)
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most constant integer := 10000;
	r record;
	category "char";
	count double precision;
BEGIN
	-- of others than these two there are none, or they are refused elsewhere
	IF strategy NOT IN ('range', 'list') THEN
		RETURN '{}';
	END IF;
	SELECT * INTO r FROM dbadvisor.key_range(relation, key);
	IF r.lowest IS NULL THEN
		PERFORM dbadvisor.refuse_partitioning(
			pg_catalog.format('nothing is known of the values of column "%s"', key),
			'Partitions are made for the values that are there.',
			'Run ANALYZE, or use a column of a type of the server.');
	END IF;
	IF strategy = 'list' THEN
		RETURN r.common;
	END IF;
	category := (SELECT t.typcategory FROM pg_catalog.pg_type t WHERE t.oid = r.type);
	IF "interval" IS NULL AND partitions IS NULL THEN
		"interval" := (SELECT s."interval" FROM dbadvisor.partition_scheme(relation, key, true) s WHERE s.strategy = 'range');
	END IF;
	IF "interval" IS NULL THEN
		IF partitions IS NULL OR pg_catalog.cardinality(r.steps) <= partitions THEN
			PERFORM dbadvisor.refuse_partitioning(
				'neither an interval nor a number of partitions is given',
				'Or the statistics have too few values to cut the rows into so many equal parts.',
				'Give an interval such as ''1 month'' or ''1000000'', or fewer partitions.');
		END IF;
		RETURN dbadvisor.equal_bounds(r.steps, partitions);
	END IF;
	IF category = 'D' THEN
		count := EXTRACT(epoch FROM r.highest::timestamp - r.lowest::timestamp)
				 / NULLIF(EXTRACT(epoch FROM "interval"::interval), 0);
	ELSIF category = 'N' THEN
		count := (r.highest::numeric - r.lowest::numeric) / NULLIF("interval"::numeric, 0);
	END IF;
	IF count IS NULL OR count < 0 OR count > most THEN
		PERFORM dbadvisor.refuse_partitioning(
			pg_catalog.format('column "%s" cannot be cut into intervals of %s', key, "interval"),
			pg_catalog.format('That makes none, or more than %s partitions.', most),
			'Use an interval for a point in time, a step for a number, and a number of partitions for others.');
	END IF;
	RETURN CASE category
		   WHEN 'D' THEN dbadvisor.time_bounds(r.type, r.lowest, r.highest, "interval"::interval)
		   ELSE dbadvisor.number_bounds(r.type, r.lowest::numeric, r.highest::numeric, "interval"::numeric)
		   END;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_bounds(regclass, text, text, text, integer) IS
'Inner bounds of the ranges, or values of the list, that a table would be partitioned by; without interval and number of partitions, by the interval that dbadvisor.partition_scheme() chooses';

REVOKE ALL ON FUNCTION dbadvisor.key_range(regclass, text),
	dbadvisor.time_bounds(oid, text, text, interval),
	dbadvisor.number_bounds(oid, numeric, numeric, numeric),
	dbadvisor.refuse_partitioning(text, text, text),
	dbadvisor.equal_bounds(text[], integer),
	dbadvisor.partition_bounds(regclass, text, text, text, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.key_range(regclass, text),
	dbadvisor.time_bounds(oid, text, text, interval),
	dbadvisor.number_bounds(oid, numeric, numeric, numeric),
	dbadvisor.refuse_partitioning(text, text, text),
	dbadvisor.equal_bounds(text[], integer),
	dbadvisor.partition_bounds(regclass, text, text, text, integer)
	TO dbadvisor_admin;
