-- query.union_distinct: duplicates are looked for
--
-- Fires for UNION without ALL: its whole result is sorted or hashed to remove
-- duplicates.  Wrong where there can be some and they must go.
SELECT dbadvisor.register_rule(
	rule => 'query.union_distinct',
	title => 'UNION looks for duplicates',
	why => 'The whole result is sorted or hashed; UNION ALL passes rows on as they come.',
	severity => 'info',
	thresholds => '{"min_share": 0.01, "min_mean_ms": 1}',
	doc => 'Whether the parts can overlap is not known: UNION ALL is right where a constant or a key tells them apart, or a duplicate does no harm. Duplicates within one part go as well, which DISTINCT there does alone.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_union_distinct WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.union_distinct') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.union_distinct',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('See whether UNION ALL is enough for the statement on %s', t.name),
		   detail => 'removes duplicates from its whole result. If its parts cannot overlap, UNION ALL gives the same.',
		   evidence => pg_catalog.jsonb_build_object(
						   'rows_per_call', s.rows_per_call,
						   'temp_blks_written', (s.counters ->> 'temp_blks_written')::double precision,
						   'confidence_reason', 'whether the parts overlap is not known'),
		   proof => 'heuristic',
		   confidence => 0.4) a
 WHERE (s.features ->> 'union_distinct')::boolean;
COMMENT ON VIEW dbadvisor.rule_query_union_distinct IS
'Statements with UNION that may need only UNION ALL';

GRANT SELECT ON dbadvisor.rule_query_union_distinct TO dbadvisor_reader;
