-- index.too_many: a table with more index than table
--
-- Fires for a table with at least min_indexes indexes that together take
-- min_size_share times what the table does, and min_size_bytes.  It names none to
-- drop: index.redundant, index.unused and index.rarely_used do.  Wrong for tables
-- that are read in many ways and seldom written.
SELECT dbadvisor.register_rule(
	rule => 'index.too_many',
	title => 'A table has many and large indexes',
	why => 'Each row written makes an entry in each of them, and they compete for cache.',
	severity => 'info',
	thresholds => '{"min_indexes": 10, "min_size_share": 1.5, "min_size_bytes": 104857600}',
	doc => 'All three thresholds must be reached. It proves nothing about any one index and proposes no DROP: the fewest scans are named as a place to start, and index.unused, index.redundant and index.rarely_used say what can go. Wrong for search tables that are loaded once and read by many combinations of columns.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_too_many
WITH (security_invoker = true) AS
WITH counted AS (
	SELECT t.relid,
		   t.full_name,
		   t.bytes,
		   t.rows_inserted,
		   t.rows_updated,
		   t.leaf_count,
		   pg_catalog.count(*) AS indexes,
		   pg_catalog.sum(u.bytes)::bigint AS index_bytes,
		   (pg_catalog.array_agg(pg_catalog.quote_ident(u.index_name) || ' (' || u.scans || ')' ORDER BY u.scans, u.bytes DESC))[1:5] AS least_used
	  FROM dbadvisor.user_table t
	  JOIN dbadvisor.user_index u ON u.relid = t.relid
	 WHERE NOT t.is_partition
	 GROUP BY t.relid, t.full_name, t.bytes, t.rows_inserted, t.rows_updated, t.leaf_count
)
SELECT a.*
  FROM counted c
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.too_many',
		   relid => c.relid,
		   title => pg_catalog.format('Look whether %s needs its %s indexes', c.full_name, c.indexes),
		   detail => pg_catalog.format('They take %s, the table %s. Those with the fewest scans: %s.',
									   pg_catalog.pg_size_pretty(c.index_bytes), pg_catalog.pg_size_pretty(c.bytes),
									   pg_catalog.array_to_string(c.least_used, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'indexes', c.indexes,
						   'index_bytes', c.index_bytes,
						   'table_bytes', c.bytes,
						   'rows_inserted', c.rows_inserted,
						   'rows_updated', c.rows_updated,
						   'least_used', c.least_used,
						   'confidence_reason', 'read from the catalog; what is worth its writes is not known'),
		   confidence => 0.5,
		   affected_count => c.leaf_count) a
 WHERE c.indexes >= dbadvisor.threshold('index.too_many', 'min_indexes', c.full_name)
   AND c.index_bytes >= dbadvisor.threshold('index.too_many', 'min_size_bytes', c.full_name)
   AND c.index_bytes >= c.bytes * dbadvisor.threshold('index.too_many', 'min_size_share', c.full_name);
COMMENT ON VIEW dbadvisor.rule_index_too_many IS
'Rule index.too_many: tables with many and large indexes';

GRANT SELECT ON dbadvisor.rule_index_too_many TO dbadvisor_reader;
