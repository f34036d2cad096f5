-- query.order_by_random: rows in random order
--
-- Fires for ORDER BY random() and the like, which is evaluated for each row.
-- Wrong for small tables, which the thresholds leave out.
SELECT dbadvisor.register_rule(
	rule => 'query.order_by_random',
	title => 'Rows are sorted by chance',
	why => 'Every row is read and sorted to return some of them.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1}',
	doc => 'Fires only where the sort key is volatile and has no column. For any row: a random point of an indexed key, WHERE id >= $1 ORDER BY id LIMIT 1; for a sample: TABLESAMPLE, which takes rows of whole pages with SYSTEM and single ones with BERNOULLI.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_order_by_random WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.order_by_random') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.order_by_random',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Pick rows of %s without sorting them all', t.name),
		   detail => 'sorts by a random number. Take TABLESAMPLE, or start at a random point of an indexed key.',
		   evidence => pg_catalog.jsonb_build_object(
						   'limit', s.features ->> 'limit',
						   'confidence_reason', 'seen in the tree of the statement'),
		   proof => 'catalog',
		   confidence => 0.9) a
 WHERE (s.features ->> 'order_by_random')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_order_by_random IS
'Statements that sort by chance';

GRANT SELECT ON dbadvisor.rule_query_order_by_random TO dbadvisor_reader;
