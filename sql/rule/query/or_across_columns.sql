-- query.or_across_columns: alternatives in several columns
--
-- Fires for OR between conditions on different columns when the statement reads
-- most pages of its table and returns few of its rows.  Wrong where the rows are
-- read for another part of the statement.
SELECT dbadvisor.register_rule(
	rule => 'query.or_across_columns',
	title => 'OR between columns reads the whole table',
	why => 'Only when each side has an index can these be combined; otherwise all rows are read.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_pages_share": 0.5, "max_rows_share": 0.05, "min_table_bytes": 1048576}',
	doc => 'min_pages_share is the part of the pages of the table that a call reads, max_rows_share the part of its rows that it returns; both are means by the counters, so a statement that no counters are known of is left out. An index for each side lets the planner combine them; UNION ALL of two searches allows different ones and an order.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_or_across_columns WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.or_across_columns') s
 CROSS JOIN LATERAL (
	SELECT b.bytes,
		   (SELECT pg_catalog.sum(GREATEST(c.reltuples, 0))
			  FROM pg_catalog.pg_class c
			 WHERE c.oid = s.relid
				OR c.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(s.relid) p WHERE p.isleaf)) AS rows
	  FROM dbadvisor.table_estimate(s.relid) b) e
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.or_across_columns',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Search %s by each column of OR by itself', t.name),
		   detail => pg_catalog.format('combines conditions on several columns by OR and reads %s pages to return %s rows. Give each column an index, or make it a UNION ALL of two searches.', pg_catalog.round(s.blocks_per_call::numeric), pg_catalog.round(s.rows_per_call::numeric, 1)),
		   evidence => pg_catalog.jsonb_build_object(
						   'blocks_per_call', s.blocks_per_call,
						   'rows_per_call', s.rows_per_call,
						   'table_bytes', e.bytes,
						   'confidence_reason', 'pages and rows are counted; which condition costs is not known'),
		   proof => 'counters',
		   confidence => 0.6) a
 WHERE (s.features ->> 'or_across_columns')::integer > 0
   AND e.bytes >= dbadvisor.threshold('query.or_across_columns', 'min_table_bytes')
   AND s.blocks_per_call * pg_catalog.current_setting('block_size')::integer >= e.bytes * dbadvisor.threshold('query.or_across_columns', 'min_pages_share')::double precision
   AND s.rows_per_call <= e.rows * dbadvisor.threshold('query.or_across_columns', 'max_rows_share')::double precision;
COMMENT ON VIEW dbadvisor.rule_query_or_across_columns IS
'Statements whose OR makes them read the whole table';

GRANT SELECT ON dbadvisor.rule_query_or_across_columns TO dbadvisor_reader;
