-- How much a finding matters and what its fix does: what rules share.

-- Whatever is wrong with a table of some pages is soon mended, with one of many
-- gigabytes it is an operation.
CREATE OR REPLACE FUNCTION dbadvisor.severity_at_size(severity text, bytes bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (ARRAY['info', 'low', 'medium', 'high'])[
			   LEAST(GREATEST(dbadvisor.severity_rank(severity)
							  + CASE
								WHEN bytes >= 10737418240 THEN 1
								WHEN bytes > 0 AND bytes < 1048576 THEN -1
								ELSE 0
								END, 1), 4)];
$$;
COMMENT ON FUNCTION dbadvisor.severity_at_size(text, bigint) IS
'Severity one step lower for tables below 1 MB, one higher from 10 GB on, high at most; of an empty or unknown size as it is';

CREATE OR REPLACE FUNCTION dbadvisor.is_small_lookup(rows bigint, limit_rows numeric)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(rows > 0 AND rows < limit_rows, false);
$$;
COMMENT ON FUNCTION dbadvisor.is_small_lookup(bigint, numeric) IS
'Whether a table is known to hold some rows, and fewer than a limit';

CREATE OR REPLACE FUNCTION dbadvisor.create_index_impact(
	definition text,
	size_bytes bigint,
	table_bytes bigint,
	partitions integer)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN definition LIKE '% CONCURRENTLY %'
		   THEN pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock: reads and writes go on. Reads the table (%s) twice, writes about %s, and waits for transactions that are older; if it fails it leaves an invalid index to drop.',
								  pg_catalog.pg_size_pretty(table_bytes),
								  pg_catalog.pg_size_pretty(size_bytes))
		   ELSE pg_catalog.format('Takes a SHARE lock on a partitioned table: writes to its %s partitions (%s) wait until about %s of index are built. To keep them going, create the index ON ONLY the parent, then CONCURRENTLY on each partition, and attach these.',
								  partitions,
								  pg_catalog.pg_size_pretty(table_bytes),
								  pg_catalog.pg_size_pretty(size_bytes))
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.create_index_impact(text, bigint, bigint, integer) IS
'What creating an index does to others meanwhile';

CREATE OR REPLACE FUNCTION dbadvisor.include_values()
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE((SELECT s.setting::boolean
					   FROM pg_catalog.pg_settings s
					  WHERE s.name = 'dbadvisor.include_values'), false);
$$;
COMMENT ON FUNCTION dbadvisor.include_values() IS
'dbadvisor.include_values; off for those who may not know';

-- From the catalog alone: asking for real sizes takes locks.
CREATE OR REPLACE FUNCTION dbadvisor.table_estimate(
	relid oid,
	OUT partitions integer,
	OUT bytes bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE tree AS (
		SELECT c.oid, c.relkind, c.relpages
		  FROM pg_catalog.pg_class c
		 WHERE c.oid = table_estimate.relid
		 UNION ALL
		SELECT c.oid, c.relkind, c.relpages
		  FROM tree t
		  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
		  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
		 WHERE t.relkind = 'p'
	)
	SELECT pg_catalog.count(*)::integer,
		   COALESCE(pg_catalog.sum(t.relpages), 0)::bigint
		   * pg_catalog.current_setting('block_size')::bigint
	  FROM tree t
	 WHERE t.relkind <> 'p';
$$;
COMMENT ON FUNCTION dbadvisor.table_estimate(oid) IS
'Number of tables that hold a table''s rows, itself or its partitions, and their size as of the last VACUUM or ANALYZE';

REVOKE ALL ON FUNCTION dbadvisor.severity_at_size(text, bigint),
	dbadvisor.is_small_lookup(bigint, numeric),
	dbadvisor.create_index_impact(text, bigint, bigint, integer),
	dbadvisor.include_values(),
	dbadvisor.table_estimate(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.severity_at_size(text, bigint),
	dbadvisor.is_small_lookup(bigint, numeric),
	dbadvisor.create_index_impact(text, bigint, bigint, integer),
	dbadvisor.include_values(),
	dbadvisor.table_estimate(oid)
	TO dbadvisor_reader;
