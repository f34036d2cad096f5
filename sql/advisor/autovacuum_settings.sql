-- autovacuum_settings(): how often autovacuum has to come to a table, by what is
-- written to it.

-- Down to two digits that count: a figure from history has no more.
CREATE OR REPLACE FUNCTION dbadvisor.two_digits(number double precision)
RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.trim_scale(pg_catalog.trunc(number::numeric, 1 - pg_catalog.floor(pg_catalog.log(number))::integer));
$$;
COMMENT ON FUNCTION dbadvisor.two_digits(double precision) IS
'A positive number with its first two digits';

CREATE OR REPLACE FUNCTION dbadvisor.autovacuum_settings(
	relation regclass,
	every interval DEFAULT '4 hours',
	within interval DEFAULT '7 days',
	OUT full_name text,
	OUT option text,
	OUT current_value double precision,
	OUT recommended_value numeric,
	OUT changes_per_hour double precision,
	OUT comes_every interval,
	OUT remark text,
	OUT apply_sql text,
	OUT revert_sql text)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH written AS (
		SELECT v.full_name,
			   v.rows,
			   v.options,
			   v.vacuum_at,
			   v.vacuum_scale,
			   v.analyze_at,
			   COALESCE(v.options ->> 'autovacuum_vacuum_threshold', pg_catalog.current_setting('autovacuum_vacuum_threshold'))::double precision AS vacuum_base,
			   COALESCE(v.options ->> 'autovacuum_analyze_scale_factor', pg_catalog.current_setting('autovacuum_analyze_scale_factor'))::double precision AS analyze_scale,
			   r.since,
			   (r.updates_per_day + r.deletes_per_day) / 24 AS deaths_per_hour,
			   (r.inserts_per_day + r.updates_per_day + r.deletes_per_day) / 24 AS changes_per_hour
		  FROM dbadvisor.table_vacuum v
		  LEFT JOIN dbadvisor.relation_rates(autovacuum_settings.within) r ON r.relid = v.relid
		 WHERE autovacuum_settings.relation IN (v.relid, v.root)
	), computed AS (
		SELECT w.*,
			   CASE WHEN d.rows > 0 THEN dbadvisor.two_digits(LEAST(GREATEST(d.rows / NULLIF(w.rows, 0), 0.001), 0.2)) END AS factor
		  FROM written w
		 CROSS JOIN LATERAL (SELECT w.deaths_per_hour * EXTRACT(epoch FROM autovacuum_settings.every)::double precision / 3600 - w.vacuum_base) d (rows)
	), told AS (
		SELECT c.full_name,
			   c.options,
			   c.since,
			   o.*,
			   COALESCE(o.wanted < 0.9 * o.present, false) AS is_change
		  FROM computed c
		 CROSS JOIN LATERAL (VALUES
			('autovacuum_vacuum_scale_factor', c.vacuum_scale, c.factor, c.deaths_per_hour, c.vacuum_at),
			-- statistics grow old with inserts as well, and ANALYZE is cheap
			('autovacuum_analyze_scale_factor', c.analyze_scale, dbadvisor.two_digits(c.factor / 2.0), c.changes_per_hour, c.analyze_at))
			o (option, present, wanted, per_hour, comes_at)
	)
	SELECT t.full_name,
		   t.option,
		   t.present,
		   CASE WHEN t.is_change THEN t.wanted ELSE t.present::numeric END,
		   t.per_hour,
		   dbadvisor.seconds_interval(t.comes_at / NULLIF(t.per_hour, 0) * 3600),
		   CASE
		   WHEN t.since IS NULL THEN 'history has seen nothing written to it'
		   WHEN t.wanted IS NULL THEN 'fewer rows die meanwhile than the threshold'
		   WHEN t.is_change THEN pg_catalog.format('the rows that die in %s at the rate since %s, less the threshold, as a share of the table; half of it for ANALYZE', every, pg_catalog.to_char(t.since, 'YYYY-MM-DD HH24:MI'))
		   ELSE 'it comes often enough'
		   END,
		   CASE WHEN t.is_change THEN pg_catalog.format('ALTER TABLE %s SET (%s = %s)', t.full_name, t.option, t.wanted) END,
		   CASE
		   WHEN NOT t.is_change THEN NULL
		   WHEN t.options ? t.option THEN pg_catalog.format('ALTER TABLE %s SET (%s = %s)', t.full_name, t.option, t.options ->> t.option)
		   ELSE pg_catalog.format('ALTER TABLE %s RESET (%s)', t.full_name, t.option)
		   END
	  FROM told t
	 ORDER BY t.full_name, t.option DESC;
$$;
COMMENT ON FUNCTION dbadvisor.autovacuum_settings(regclass, interval, interval) IS
'Scale factors with which autovacuum comes to a table, or to each of its partitions, about once in an interval, at the rate at which history has seen it written; between 0.001 and 0.2, and never less often than now';

REVOKE ALL ON FUNCTION dbadvisor.two_digits(double precision),
	dbadvisor.autovacuum_settings(regclass, interval, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.two_digits(double precision),
	dbadvisor.autovacuum_settings(regclass, interval, interval)
	TO dbadvisor_reader;
