-- index.collation_changed: indexes whose order the operating system has changed
--
-- Fires for a collation, or the database's own, whose recorded version is not the
-- one that the library has now, when indexes depend on it: they were built in
-- another order, so searches may miss rows and unique indexes take duplicates.
-- Wrong when everything was built anew and only the version was not refreshed.
SELECT dbadvisor.register_rule(
	rule => 'index.collation_changed',
	title => 'The order of a collation has changed under its indexes',
	why => 'An index in another order than the library''s finds some rows no longer, and a unique one lets duplicates in.',
	severity => 'critical',
	doc => 'Build all indexes of the collation again, then refresh the version. Partitions by range over text depend on the order, too: their rows must be checked. The C locale and the builtin provider have no version.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_collation_changed
WITH (security_invoker = true) AS
WITH changed AS MATERIALIZED (
	SELECT k.oid,
		   k.collversion AS recorded,
		   pg_catalog.pg_collation_actual_version(k.oid) AS actual,
		   'collation' AS type,
		   o.identity,
		   pg_catalog.format('ALTER COLLATION %s REFRESH VERSION', o.identity) AS refresh
	  FROM pg_catalog.pg_collation k
	 CROSS JOIN LATERAL pg_catalog.pg_identify_object('pg_catalog.pg_collation'::pg_catalog.regclass, k.oid, 0) o
	 WHERE k.collversion IS NOT NULL
	   AND k.collversion <> pg_catalog.pg_collation_actual_version(k.oid)
	 UNION ALL
	SELECT 100,
		   d.datcollversion,
		   pg_catalog.pg_database_collation_actual_version(d.oid),
		   'database',
		   pg_catalog.quote_ident(d.datname),
		   pg_catalog.format('ALTER DATABASE %I REFRESH COLLATION VERSION', d.datname)
	  FROM pg_catalog.pg_database d
	 WHERE d.datname = pg_catalog.current_database()
	   AND d.datcollversion <> pg_catalog.pg_database_collation_actual_version(d.oid)
), touched AS (
	SELECT c.oid,
		   pg_catalog.count(*) AS indexes,
		   pg_catalog.count(*) FILTER (WHERE u.is_unique) AS unique_indexes,
		   pg_catalog.sum(u.bytes)::bigint AS bytes,
		   pg_catalog.string_agg('REINDEX INDEX CONCURRENTLY ' || dbadvisor.relation_identity(u.indexrelid) || E';\n', '' ORDER BY u.is_unique DESC, u.bytes, u.indexrelid) AS rebuild
	  FROM changed c
	  JOIN pg_catalog.pg_index i ON c.oid = ANY (i.indcollation::oid[])
	  JOIN dbadvisor.user_index u ON u.indexrelid = i.indexrelid
	 WHERE u.relkind = 'i'
	   AND NOT u.is_exclusion
	 GROUP BY c.oid
)
SELECT a.*
  FROM changed c
  JOIN touched t ON t.oid = c.oid
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.collation_changed',
		   object_type => c.type,
		   object_name => c.identity,
		   severity => CASE WHEN t.unique_indexes > 0 THEN 'critical' ELSE 'high' END,
		   title => pg_catalog.format('Build %s %s again: the order of %s %s has changed', t.indexes,
									  CASE t.indexes WHEN 1 THEN 'index' ELSE 'indexes' END, c.type, c.identity),
		   detail => pg_catalog.format('They were built with version %s of the collation, the library now has %s. %s of them are unique and may have taken duplicates.',
									   c.recorded, c.actual, t.unique_indexes),
		   evidence => pg_catalog.jsonb_build_object(
						   'recorded_version', c.recorded,
						   'actual_version', c.actual,
						   'indexes', t.indexes,
						   'unique_indexes', t.unique_indexes,
						   'index_bytes', t.bytes,
						   'confidence_reason', 'versions differ; whether the order of the values there are does is not known'),
		   confidence => 0.8,
		   affected_count => t.indexes::integer,
		   apply_sql => t.rebuild || c.refresh,
		   impact => pg_catalog.format('Each takes a SHARE UPDATE EXCLUSIVE lock on its table: reads and writes go on. About %s are written anew; where a unique index fails, its duplicates must be resolved first. Cannot run inside a transaction block.', pg_catalog.pg_size_pretty(t.bytes))) a;
COMMENT ON VIEW dbadvisor.rule_index_collation_changed IS
'Rule index.collation_changed: collations whose version differs from the one that indexes were built with';

GRANT SELECT ON dbadvisor.rule_index_collation_changed TO dbadvisor_reader;
