-- query.distinct_after_join: a join multiplies rows that DISTINCT removes
--
-- Fires for DISTINCT over a join of several tables without groups.  Wrong where
-- columns of all of them are returned and can repeat.
SELECT dbadvisor.register_rule(
	rule => 'query.distinct_after_join',
	title => 'DISTINCT removes what a join has multiplied',
	why => 'Rows are made by the join, then sorted or hashed to be removed.',
	severity => 'info',
	thresholds => '{"min_share": 0.01, "min_mean_ms": 1}',
	doc => 'What the join multiplies is not known: where only columns of one table are returned, EXISTS for the others gives each row once. Wrong where several tables give columns.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_distinct_after_join WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.distinct_after_join') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.distinct_after_join',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Ask for rows beside %s with EXISTS instead of a join and DISTINCT', t.name),
		   detail => pg_catalog.format('joins %s tables and removes duplicates. A table that gives no column is better asked with EXISTS.', s.features ->> 'tables'),
		   evidence => pg_catalog.jsonb_build_object(
						   'tables', (s.features ->> 'tables')::integer,
						   'rows_per_call', s.rows_per_call,
						   'confidence_reason', 'what the join multiplies is not known'),
		   proof => 'heuristic',
		   confidence => 0.4) a
 WHERE (s.features ->> 'distinct')::boolean
   AND (s.features ->> 'tables')::integer >= 2
   AND NOT (s.features ->> 'grouped')::boolean
   AND NOT (s.features ->> 'aggregated')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_distinct_after_join IS
'Statements with DISTINCT over a join';

GRANT SELECT ON dbadvisor.rule_query_distinct_after_join TO dbadvisor_reader;
