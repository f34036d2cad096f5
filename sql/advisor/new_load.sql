-- New load: statements that take much more time since the last snapshot than
-- they did in any window of the day before.
--
-- Nothing is written.  Most looks end after one pass over the counters; history
-- and the trees of statements are asked about the few that stand out.

CREATE OR REPLACE FUNCTION dbadvisor.load_categories()
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.array_agg(DISTINCT r.category ORDER BY r.category), '{}')
	  FROM dbadvisor.rule r
	 WHERE r.category IN ('index', 'query');
$$;
COMMENT ON FUNCTION dbadvisor.load_categories() IS
'Categories of rules that background workers run when they have found new load';

-- The counters of now against those of the last snapshot; sums over what was run
-- directly and from within functions.
CREATE OR REPLACE FUNCTION dbadvisor.load_since_snapshot(
	OUT userid oid,
	OUT queryid bigint,
	OUT ms double precision,
	OUT share double precision,
	OUT was_known boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema_name name := dbadvisor.extension_schema('pg_stat_statements');
	last dbadvisor.counter_snapshot;
BEGIN
	SELECT s.* INTO last FROM dbadvisor.counter_snapshot s LIMIT 1;
	IF schema_name IS NULL OR last.has_statements IS NOT TRUE THEN
		RETURN;
	END IF;
	RETURN QUERY EXECUTE pg_catalog.format(
		'SELECT g.userid, g.queryid, g.ms, g.ms / NULLIF(pg_catalog.sum(g.ms) OVER (), 0), g.was_known
		   FROM (SELECT s.userid, s.queryid,
						pg_catalog.sum(CASE WHEN s.total_exec_time >= o.counters[2]
											THEN s.total_exec_time - o.counters[2]
											ELSE s.total_exec_time END) AS ms,
						pg_catalog.bool_or(o.queryid IS NOT NULL) AS was_known
				   FROM %I.pg_stat_statements(false) s
				   LEFT JOIN dbadvisor.counter_statement o
					 ON o.generation = $1
					AND o.userid = s.userid
					AND o.queryid = s.queryid
					AND o.toplevel = s.toplevel
				  WHERE s.queryid IS NOT NULL
					AND s.dbid = (SELECT d.oid
									FROM pg_catalog.pg_database d
								   WHERE d.datname = pg_catalog.current_database())
				  GROUP BY 1, 2) g', schema_name)
		USING last.generation;
EXCEPTION WHEN object_not_in_prerequisite_state OR insufficient_privilege THEN
	RETURN;
END;
$$;
COMMENT ON FUNCTION dbadvisor.load_since_snapshot() IS
'Time of each statement since the last snapshot, its share of the time of all, and whether that snapshot knew it; no rows without a snapshot or pg_stat_statements';

CREATE OR REPLACE FUNCTION dbadvisor.new_load(
	min_ms double precision DEFAULT 500,
	min_share double precision DEFAULT 0.05,
	min_growth double precision DEFAULT 4,
	OUT userid oid,
	OUT queryid bigint,
	OUT ms double precision,
	OUT share double precision,
	OUT ms_before double precision)
RETURNS SETOF record
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH last AS MATERIALIZED (
		SELECT s.taken_at,
			   GREATEST(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.taken_at)::double precision, 15) AS seconds,
			   EXISTS (SELECT
						 FROM dbadvisor.history_snapshot h
						WHERE h.taken_at = s.taken_at
						  AND h.since IS NOT NULL) AS has_window
		  FROM dbadvisor.counter_snapshot s
	), candidate AS MATERIALIZED (
		SELECT n.*,
			   n.ms / l.seconds AS ms_per_second
		  FROM last l
		 CROSS JOIN dbadvisor.load_since_snapshot() n
		 WHERE n.ms >= min_ms
		   AND n.share >= min_share
		   AND (l.has_window OR NOT n.was_known)
	), grown AS MATERIALIZED (
		SELECT c.*,
			   b.ms AS ms_before
		  FROM candidate c
		 CROSS JOIN LATERAL (
			SELECT COALESCE(pg_catalog.max(h.total_ms), 0),
				   COALESCE(pg_catalog.max(h.total_ms / GREATEST(EXTRACT(epoch FROM h.taken_at - h.since)::double precision, 15)), 0)
			  FROM dbadvisor.history_statement h
			 WHERE h.queryid = c.queryid
			   AND h.userid = c.userid
			   AND h.taken_at > pg_catalog.clock_timestamp() - interval '1 day') b (ms, ms_per_second)
		 WHERE c.ms >= b.ms * min_growth
		   AND c.ms_per_second >= b.ms_per_second * min_growth
	)
	SELECT g.userid, g.queryid, g.ms, g.share, g.ms_before
	  FROM dbadvisor.workload_features(ARRAY(SELECT DISTINCT g.queryid FROM grown g)) f
	  JOIN grown g
		ON g.queryid = f.queryid
	   AND g.userid = f.userid
	 WHERE f.state = 'plannable'
	   AND EXISTS (SELECT FROM grown)
	 ORDER BY g.ms DESC;
$$;
COMMENT ON FUNCTION dbadvisor.new_load(double precision, double precision, double precision) IS
'Statements that have taken at least min_ms and min_share of the time of all since the last snapshot, and min_growth times what they took in any window of history of the last day (ms_before), by amount and by rate: new ones, and those that have become slow or frequent. Background workers look every dbadvisor.watch_interval where a database is busy';

REVOKE ALL ON FUNCTION dbadvisor.load_categories(),
	dbadvisor.load_since_snapshot(),
	dbadvisor.new_load(double precision, double precision, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.load_categories(),
	dbadvisor.load_since_snapshot(),
	dbadvisor.new_load(double precision, double precision, double precision)
	TO dbadvisor_admin;
