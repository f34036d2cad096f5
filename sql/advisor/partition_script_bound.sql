-- Bounds and names of the partitions that partition_script() makes.

CREATE OR REPLACE FUNCTION dbadvisor.time_bound_format(type regtype)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE type
		   WHEN 'date'::pg_catalog.regtype THEN 'YYYY-MM-DD'
		   WHEN 'timestamp'::pg_catalog.regtype THEN 'YYYY-MM-DD HH24:MI:SS'
		   WHEN 'timestamptz'::pg_catalog.regtype THEN 'YYYY-MM-DD HH24:MI:SSTZH:TZM'
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.time_bound_format(regtype) IS
'How to_char() prints a bound of a partition by time; null for other types';

-- Months count from January 2000, which divides years and quarters, and shorter
-- periods from its first Monday.
CREATE OR REPLACE FUNCTION dbadvisor.period_start(at timestamp, width interval)
RETURNS timestamp
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN m.months > 0
		   THEN timestamp '2000-01-01'
				+ pg_catalog.make_interval(months => (pg_catalog.floor(((EXTRACT(year FROM at) - 2000) * 12 + EXTRACT(month FROM at) - 1) / m.months) * m.months)::integer)
		   ELSE pg_catalog.date_bin(width, at, timestamp '2000-01-03')
		   END
	  FROM (SELECT EXTRACT(year FROM width) * 12 + EXTRACT(month FROM width)) m (months);
$$;
COMMENT ON FUNCTION dbadvisor.period_start(timestamp, interval) IS
'Start of the period of this width, in the calendar, that a moment lies in';

-- The statistics say it without reading the table.
CREATE OR REPLACE FUNCTION dbadvisor.column_ends(
	relation oid,
	attnum smallint,
	OUT lowest text,
	OUT highest text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	type text := (SELECT pg_catalog.format_type(a.atttypid, NULL) FROM pg_catalog.pg_attribute a
				   WHERE a.attrelid = relation AND a.attnum = column_ends.attnum);
BEGIN
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.min(v.value::%1$s), pg_catalog.max(v.value::%1$s)
		   FROM pg_catalog.pg_stats s
		   JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
		   JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
		   JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
		  CROSS JOIN LATERAL pg_catalog.unnest(s.histogram_bounds::text::text[] || s.most_common_vals::text::text[]) v (value)
		  WHERE c.oid = $1
			AND a.attnum = $2
			AND NOT s.inherited', type)
	   INTO lowest, highest
	  USING relation, attnum;
END;
$$;
COMMENT ON FUNCTION dbadvisor.column_ends(oid, smallint) IS
'The least and the greatest value of a column that its statistics have; null without statistics';

-- By time: the first partition takes all that is older than its end, so that no old row
-- is refused.
CREATE OR REPLACE FUNCTION dbadvisor.partition_times(
	relation oid,
	attnum smallint,
	width interval,
	first_ends timestamp,
	premake integer)
RETURNS TABLE (
	partition_name text,
	lower_bound text,
	upper_bound text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.suffixed_name(pg_catalog.left(c.relname, 45)::name,
								   pg_catalog.to_char(g.starts, 'pYYYYMMDD') || CASE WHEN width < interval '1 day' THEN pg_catalog.to_char(g.starts, '_HH24MI') ELSE '' END),
		   CASE WHEN g.starts < first_ends THEN NULL ELSE pg_catalog.quote_literal(b.lower_bound) END,
		   pg_catalog.quote_literal(b.upper_bound)
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partition_times.attnum
	 CROSS JOIN LATERAL pg_catalog.generate_series(first_ends - width, dbadvisor.period_start(GREATEST(first_ends - width, LOCALTIMESTAMP), width) + premake * width, width) g (starts)
	 CROSS JOIN LATERAL (
		SELECT CASE WHEN f.is_zoned THEN pg_catalog.to_char(g.starts::timestamptz, f.format) ELSE pg_catalog.to_char(g.starts, f.format) END,
			   CASE WHEN f.is_zoned THEN pg_catalog.to_char((g.starts + width)::timestamptz, f.format) ELSE pg_catalog.to_char(g.starts + width, f.format) END
		  FROM (SELECT a.atttypid = 'timestamptz'::pg_catalog.regtype, dbadvisor.time_bound_format(a.atttypid)) f (is_zoned, format)) b (lower_bound, upper_bound)
	 WHERE c.oid = relation
	 ORDER BY g.starts;
$$;
COMMENT ON FUNCTION dbadvisor.partition_times(oid, smallint, interval, timestamp, integer) IS
'Partitions by time up to some periods ahead; the first one has no lower bound';

CREATE OR REPLACE FUNCTION dbadvisor.partition_numbers(
	relation oid,
	width bigint,
	first_ends bigint,
	last_starts bigint)
RETURNS TABLE (
	partition_name text,
	lower_bound text,
	upper_bound text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.suffixed_name(pg_catalog.left(c.relname, 40)::name, 'p' || g.starts),
		   CASE WHEN g.starts < first_ends THEN NULL ELSE g.starts::text END,
		   (g.starts + width)::text
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL pg_catalog.generate_series(first_ends - width, last_starts, width) g (starts)
	 WHERE c.oid = relation
	 ORDER BY g.starts;
$$;
COMMENT ON FUNCTION dbadvisor.partition_numbers(oid, bigint, bigint, bigint) IS
'Partitions by ranges of a number; the first one has no lower bound';

-- In recipe "attach" the first partition is the table itself, and ends where no row
-- will be before the switch.
CREATE OR REPLACE FUNCTION dbadvisor.partition_ranges(
	relation oid,
	attnum smallint,
	interval_width text,
	recipe text,
	premake integer,
	lead interval)
RETURNS TABLE (
	partition_name text,
	lower_bound text,
	upper_bound text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	type regtype := (SELECT a.atttypid FROM pg_catalog.pg_attribute a
					  WHERE a.attrelid = relation AND a.attnum = partition_ranges.attnum);
	ends record;
BEGIN
	SELECT * INTO ends FROM dbadvisor.column_ends(relation, attnum);
	IF ends.highest IS NULL AND (recipe = 'copy' OR type IN (20, 21, 23)) THEN
		RAISE object_not_in_prerequisite_state
			USING MESSAGE = pg_catalog.format('nothing is known of the values of %s.%s', dbadvisor.relation_identity(relation), dbadvisor.column_list(relation, ARRAY[attnum])),
				  HINT = pg_catalog.format('Run ANALYZE %s.', dbadvisor.relation_identity(relation));
	END IF;
	IF type IN (20, 21, 23) THEN
		RETURN QUERY
		SELECT n.*
		  FROM (SELECT interval_width::bigint,
					   pg_catalog.floor(ends.lowest::numeric / interval_width::bigint)::bigint,
					   pg_catalog.floor(GREATEST(ends.highest::numeric, (SELECT dbadvisor.sequence_value(s.sequence) FROM dbadvisor.user_sequence s WHERE s.relid = relation AND s.attnum = partition_ranges.attnum))
										/ interval_width::bigint)::bigint) w (width, first, last)
		 CROSS JOIN LATERAL dbadvisor.partition_numbers(relation, w.width, CASE recipe WHEN 'attach' THEN (w.last + 2) * w.width ELSE (w.first + 1) * w.width END,
														(w.last + premake + CASE recipe WHEN 'attach' THEN 1 ELSE 0 END) * w.width) n;
	ELSE
		RETURN QUERY
		SELECT t.*
		  FROM dbadvisor.partition_times(
				   relation, attnum, interval_width::interval,
				   dbadvisor.period_start(CASE recipe WHEN 'attach' THEN LOCALTIMESTAMP + lead ELSE LEAST(ends.lowest::timestamptz::timestamp, LOCALTIMESTAMP) END, interval_width::interval)
				   + interval_width::interval,
				   premake) t;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_ranges(oid, smallint, text, text, integer, interval) IS
'Partitions by range that partition_script() makes: from the oldest row, or from the end of the table that is to be attached, to some periods ahead';

CREATE OR REPLACE FUNCTION dbadvisor.partition_list(
	relation oid,
	attnum smallint,
	strategy text,
	interval_width text,
	recipe text,
	premake integer,
	lead interval)
RETURNS TABLE (
	place bigint,
	partition_name text,
	bound text,
	upper_bound text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.row_number() OVER (),
		   p.*
	  FROM (SELECT r.partition_name,
				   pg_catalog.format('FOR VALUES FROM (%s) TO (%s)', COALESCE(r.lower_bound, 'MINVALUE'), r.upper_bound),
				   r.upper_bound
			  FROM dbadvisor.partition_ranges(relation, attnum, CASE strategy WHEN 'range' THEN interval_width END, recipe, premake, lead) r
			 WHERE strategy = 'range'
			 UNION ALL
			SELECT dbadvisor.suffixed_name(pg_catalog.left(c.relname, 50)::name, 'h' || g.remainder),
				   pg_catalog.format('FOR VALUES WITH (MODULUS %s, REMAINDER %s)', CASE strategy WHEN 'hash' THEN interval_width END::integer, g.remainder),
				   NULL
			  FROM pg_catalog.pg_class c
			 CROSS JOIN LATERAL pg_catalog.generate_series(0, CASE strategy WHEN 'hash' THEN interval_width END::integer - 1) g (remainder)
			 WHERE c.oid = relation
			 UNION ALL
			SELECT dbadvisor.suffixed_name(pg_catalog.left(c.relname, 50)::name, 'l' || u.place),
				   pg_catalog.format('FOR VALUES IN (%L)', u.value),
				   NULL
			  FROM pg_catalog.pg_class c
			 CROSS JOIN LATERAL pg_catalog.unnest(CASE strategy WHEN 'list' THEN interval_width END::text[]) WITH ORDINALITY u (value, place)
			 WHERE c.oid = relation
			 UNION ALL
			SELECT dbadvisor.suffixed_name(pg_catalog.left(c.relname, 50)::name, 'rest'),
				   'DEFAULT',
				   NULL
			  FROM pg_catalog.pg_class c
			 WHERE c.oid = relation
			   AND strategy = 'list') p (partition_name, bound, upper_bound);
$$;
COMMENT ON FUNCTION dbadvisor.partition_list(oid, smallint, text, text, text, integer, interval) IS
'Partitions that partition_script() makes, with their bounds';

REVOKE ALL ON FUNCTION dbadvisor.time_bound_format(regtype),
	dbadvisor.period_start(timestamp, interval),
	dbadvisor.column_ends(oid, smallint),
	dbadvisor.partition_times(oid, smallint, interval, timestamp, integer),
	dbadvisor.partition_numbers(oid, bigint, bigint, bigint),
	dbadvisor.partition_ranges(oid, smallint, text, text, integer, interval),
	dbadvisor.partition_list(oid, smallint, text, text, text, integer, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.time_bound_format(regtype),
	dbadvisor.period_start(timestamp, interval),
	dbadvisor.column_ends(oid, smallint),
	dbadvisor.partition_times(oid, smallint, interval, timestamp, integer),
	dbadvisor.partition_numbers(oid, bigint, bigint, bigint),
	dbadvisor.partition_ranges(oid, smallint, text, text, integer, interval),
	dbadvisor.partition_list(oid, smallint, text, text, text, integer, interval)
	TO dbadvisor_reader;
