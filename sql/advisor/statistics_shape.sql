-- Statistics that findings ask for, found again in the catalog.
--
-- Advice carries them under evidence.statistics: {"columns", "kinds"} for
-- extended ones, the columns as pg_get_statisticsobjdef_columns() writes them,
-- constants blotted out; {"column", "target"} for those of a single column.

CREATE OR REPLACE FUNCTION dbadvisor.statistics_exist(relid oid, statistics jsonb)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (
		SELECT
		  FROM pg_catalog.pg_statistic_ext e
		 WHERE e.stxrelid = statistics_exist.relid
		   AND statistics ? 'columns'
		   AND dbadvisor.without_constants(pg_catalog.pg_get_statisticsobjdef_columns(e.oid))
			   = statistics ->> 'columns'
		   AND NOT EXISTS (
			   SELECT
				 FROM pg_catalog.jsonb_array_elements_text(statistics -> 'kinds') k
				WHERE CASE k WHEN 'ndistinct' THEN 'd' WHEN 'dependencies' THEN 'f' WHEN 'mcv' THEN 'm' END
					  <> ALL (e.stxkind))
		 UNION ALL
		SELECT
		  FROM pg_catalog.pg_attribute t
		 WHERE t.attrelid = statistics_exist.relid
		   AND pg_catalog.quote_ident(t.attname) = statistics ->> 'column'
		   AND t.attstattarget >= (statistics ->> 'target')::integer);
$$;
COMMENT ON FUNCTION dbadvisor.statistics_exist(oid, jsonb) IS
'Whether a table has extended statistics on these columns with all of these kinds, or a column this statistics target';

REVOKE ALL ON FUNCTION dbadvisor.statistics_exist(oid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.statistics_exist(oid, jsonb) TO dbadvisor_reader;
