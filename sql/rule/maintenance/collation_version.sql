-- maintenance.collation_version: indexes sorted by rules of another library
--
-- Fires for the database or a collation whose version differs from what the
-- operating system's library says now: since an upgrade of libc or ICU, indexes
-- on text may be in the wrong order.  The indexes that use it are counted, and
-- the statements rebuild them before they note the new version.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.collation_version',
	title => 'The rules of a collation have changed since its indexes were built',
	why => 'Searches miss rows that are there, and unique indexes let duplicates in, without an error.',
	severity => 'high',
	doc => 'Collations that no index uses are low. The database''s own collation is that of all columns without another one.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_collation_version WITH (security_invoker = true) AS
WITH changed AS (
	SELECT d.oid,
		   true AS is_database,
		   100::oid AS collation,
		   d.datcollversion AS version,
		   pg_catalog.pg_database_collation_actual_version(d.oid) AS actual
	  FROM pg_catalog.pg_database d
	 WHERE d.datname = pg_catalog.current_database()
	 UNION ALL
	SELECT c.oid,
		   false,
		   c.oid,
		   c.collversion,
		   pg_catalog.pg_collation_actual_version(c.oid)
	  FROM pg_catalog.pg_collation c
	 WHERE c.collversion IS NOT NULL
), used AS (
	SELECT c.*,
		   CASE
		   WHEN c.is_database THEN dbadvisor.object_identity('pg_catalog.pg_database', c.oid)
		   ELSE dbadvisor.object_identity('pg_catalog.pg_collation', c.oid)
		   END AS name,
		   (SELECT pg_catalog.array_agg(dbadvisor.relation_identity(i.indexrelid) ORDER BY i.indexrelid)
			  FROM pg_catalog.pg_index i
			  JOIN pg_catalog.pg_class k ON k.oid = i.indexrelid AND k.relkind = 'i'
			 WHERE c.collation = ANY (i.indcollation::oid[])
			   AND i.indrelid >= 16384) AS indexes
	  FROM changed c
	 WHERE c.version IS DISTINCT FROM c.actual
	   AND c.actual IS NOT NULL
)
SELECT a.*
  FROM used u
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.collation_version',
		   object_type => CASE WHEN u.is_database THEN 'database' ELSE 'collation' END,
		   object_name => u.name,
		   severity => CASE WHEN u.indexes IS NULL THEN 'low' END,
		   title => pg_catalog.format('Rebuild the %s indexes sorted by %s, whose rules have changed', COALESCE(pg_catalog.cardinality(u.indexes), 0), u.name),
		   detail => pg_catalog.format('They were built under version %s, and the library now says %s.', COALESCE(u.version, 'unknown'), u.actual),
		   evidence => pg_catalog.jsonb_build_object('version', u.version, 'actual_version', u.actual, 'indexes', u.indexes),
		   affected_count => COALESCE(pg_catalog.cardinality(u.indexes), 0),
		   apply_sql => pg_catalog.concat_ws(
							E';\n',
							(SELECT pg_catalog.string_agg(pg_catalog.format('REINDEX INDEX CONCURRENTLY %s', i), E';\n') FROM pg_catalog.unnest(u.indexes) i),
							CASE
							WHEN u.is_database THEN pg_catalog.format('ALTER DATABASE %s REFRESH COLLATION VERSION', u.name)
							ELSE pg_catalog.format('ALTER COLLATION %s REFRESH VERSION', u.name)
							END),
		   impact => 'Each index is built anew beside the old one: reads and writes go on, and the space is needed twice. A unique index with duplicates cannot be built until they are gone. Cannot run inside a transaction block.') a;
COMMENT ON VIEW dbadvisor.rule_maintenance_collation_version IS
'The database or collations whose version is not that of the library any more';

GRANT SELECT ON dbadvisor.rule_maintenance_collation_version TO dbadvisor_reader;
