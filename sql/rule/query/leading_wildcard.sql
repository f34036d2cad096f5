-- query.leading_wildcard: searches that no B-tree serves
--
-- Fires for LIKE and the like with a pattern that begins with a wildcard, as
-- written or by values given or sampled, on a table of some size.  Wrong where
-- another condition of the statement leaves few rows.
SELECT dbadvisor.register_rule(
	rule => 'query.leading_wildcard',
	title => 'A pattern begins with a wildcard',
	why => 'No B-tree finds what is inside of a string: each search reads all rows that other conditions leave.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_table_bytes": 1048576}',
	doc => 'min_table_bytes is the size of the table. Patterns are seen where they are constants of the statement or values that were given or sampled; pg_stat_statements alone does not keep them. index.missing prices a trigram index where pg_trgm is installed, index.extension_missing proposes it where it is not; for words, full text search is the answer.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_leading_wildcard WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.leading_wildcard') s
 CROSS JOIN LATERAL (
	SELECT (e.value ->> 'relid')::oid AS relid,
		   e.value ->> 'column' AS name,
		   e.value ->> 'operator' AS operator
	  FROM pg_catalog.jsonb_array_elements(s.features -> 'comparisons') e
	 WHERE (e.value ->> 'leading_wildcard')::boolean
	   AND e.value ? 'relid'
	   AND e.value ->> 'operator' NOT LIKE '!%'
	 ORDER BY 1, 2
	 LIMIT 1) c
 CROSS JOIN LATERAL dbadvisor.relation_identity(c.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.leading_wildcard',
		   queryid => s.queryid,
		   query => s.query,
		   relid => c.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Search inside of %I of %s with a trigram index', c.name, t.name),
		   detail => 'looks for a pattern that begins with a wildcard, which no B-tree serves. A GIN index with gin_trgm_ops of pg_trgm does; if the pattern means whole words, so does full text search.',
		   evidence => pg_catalog.jsonb_build_object(
						   'column', c.name,
						   'operator', c.operator,
						   'confidence_reason', 'the pattern is known from the statement or from values that were used'),
		   proof => 'catalog',
		   confidence => 0.8) a
 WHERE (dbadvisor.table_estimate(c.relid)).bytes >= dbadvisor.threshold('query.leading_wildcard', 'min_table_bytes');
COMMENT ON VIEW dbadvisor.rule_query_leading_wildcard IS
'Statements that look for a pattern that begins with a wildcard';

GRANT SELECT ON dbadvisor.rule_query_leading_wildcard TO dbadvisor_reader;
