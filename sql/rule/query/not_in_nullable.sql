-- query.not_in_nullable: NOT IN over a list that may hold NULL
--
-- Fires for NOT IN (SELECT ...) whose list may hold a NULL: by a column that is
-- not NOT NULL and not tested for it, or by an outer join.  Wrong where the data
-- never has one; then it is only slow.
SELECT dbadvisor.register_rule(
	rule => 'query.not_in_nullable',
	title => 'NOT IN asks a list that may hold NULL',
	why => 'One NULL in the list makes the condition unknown for every row, and nothing is returned; nor can it be planned as an anti-join.',
	severity => 'medium',
	thresholds => '{"min_share": 0, "min_mean_ms": 0}',
	doc => 'Fires whatever time the statement takes, since what it returns is at stake. A NOT NULL constraint, IS NOT NULL in the subquery or NOT EXISTS silences it; NOT EXISTS returns rows where NOT IN does not, which is mostly what was meant. schema.not_null_candidate tells whether the column ever is NULL.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_not_in_nullable WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.not_in_nullable') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.not_in_nullable',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Ask %s with NOT EXISTS instead of NOT IN', t.name),
		   detail => 'has NOT IN over a subquery whose column may be NULL: a single NULL there makes it return nothing. Write NOT EXISTS (SELECT FROM ... WHERE key = outer.key), which is planned as an anti-join.',
		   evidence => pg_catalog.jsonb_build_object(
						   'not_in_nullable', (s.features ->> 'not_in_nullable')::integer,
						   'confidence_reason', 'nullability is read from the catalog and the statement; whether a NULL is there is not known'),
		   proof => 'catalog',
		   confidence => 0.8) a
 WHERE (s.features ->> 'not_in_nullable')::integer > 0;
COMMENT ON VIEW dbadvisor.rule_query_not_in_nullable IS
'Statements with NOT IN over a subquery that may return NULL';

GRANT SELECT ON dbadvisor.rule_query_not_in_nullable TO dbadvisor_reader;
