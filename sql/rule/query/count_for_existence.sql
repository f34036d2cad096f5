-- query.count_for_existence: counting where one row would do
--
-- Fires for a statement that returns how a count compares, as in count(*) > 0.
-- Wrong where the number that it is compared with is large.
SELECT dbadvisor.register_rule(
	rule => 'query.count_for_existence',
	title => 'Rows are counted to see whether there are any',
	why => 'All rows are counted, though the first one answers.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0.1}',
	doc => 'The number that it is compared with is not known where pg_stat_statements has taken it out: "more than 100" needs LIMIT 101 in a subquery, not EXISTS. Counts that are compared by the application are not seen here: query.counting_poll has those.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_count_for_existence WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.count_for_existence') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.count_for_existence',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Ask %s with EXISTS instead of counting', t.name),
		   detail => 'compares a count. EXISTS (SELECT FROM ... WHERE ...) stops at the first row.',
		   evidence => pg_catalog.jsonb_build_object(
						   'blocks_per_call', s.blocks_per_call,
						   'confidence_reason', 'seen in the tree of the statement; with what it is compared may not be known'),
		   proof => 'catalog',
		   confidence => 0.7) a
 WHERE (s.features ->> 'count_compared')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_count_for_existence IS
'Statements that count to see whether there is a row';

GRANT SELECT ON dbadvisor.rule_query_count_for_existence TO dbadvisor_reader;
