-- query.null_comparison: a comparison that is never true
--
-- Fires for column = NULL and the like, which is unknown for every row.  Where
-- constants were taken out of the text, it cannot be seen.
SELECT dbadvisor.register_rule(
	rule => 'query.null_comparison',
	title => 'A column is compared with NULL',
	why => 'The result is unknown for every row: the condition never holds, not even for rows that are NULL.',
	severity => 'medium',
	thresholds => '{"min_share": 0, "min_mean_ms": 0}',
	doc => 'pg_stat_statements takes constants out of texts, NULL among them: only statements given by hand or whose NULL is left are seen. Wrong with transform_null_equals on, which makes IS NULL of it.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_null_comparison WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.null_comparison') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.null_comparison',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Ask %s with IS NULL instead of = NULL', t.name),
		   detail => 'compares with NULL by an operator, which is never true. Write IS NULL, IS NOT NULL or IS [NOT] DISTINCT FROM.',
		   evidence => pg_catalog.jsonb_build_object(
						   'null_comparisons', (s.features ->> 'null_comparisons')::integer,
						   'confidence_reason', 'seen in the tree of the statement'),
		   proof => 'catalog',
		   confidence => 0.95) a
 WHERE (s.features ->> 'null_comparisons')::integer > 0
   AND NOT pg_catalog.current_setting('transform_null_equals')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_null_comparison IS
'Statements that compare a column with NULL';

GRANT SELECT ON dbadvisor.rule_query_null_comparison TO dbadvisor_reader;
