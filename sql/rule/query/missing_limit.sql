-- query.missing_limit: results without an end
--
-- Fires for a SELECT without LIMIT that returned at least min_rows rows per call
-- in at least min_calls calls.  Wrong for exports and reports that need all rows.
SELECT dbadvisor.register_rule(
	rule => 'query.missing_limit',
	title => 'Very many rows are returned at once',
	why => 'Client and server keep them in memory, and the snapshot is held until the last one is sent.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0, "min_rows": 10000, "min_calls": 10}',
	doc => 'min_rows is the mean per call. Wrong for exports, which a cursor or COPY serves better, and for data that a cache loads as a whole. A cursor reads part by part but is counted by its FETCH, which is no SELECT and not seen here.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_missing_limit WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.missing_limit') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.missing_limit',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Read %s in parts', t.name),
		   detail => pg_catalog.format('returns %s rows per call and has no LIMIT. Read pages by key, or with a cursor; let the server sum up what is summed up in the end.', pg_catalog.round(s.rows_per_call::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'rows_per_call', s.rows_per_call,
						   'confidence_reason', 'rows are counted; who needs them is not known'),
		   proof => 'counters',
		   confidence => 0.5) a
 WHERE s.features ->> 'command' = 'select'
   AND NOT s.features ? 'limit'
   AND s.rows_per_call >= dbadvisor.threshold('query.missing_limit', 'min_rows')
   AND s.calls >= dbadvisor.threshold('query.missing_limit', 'min_calls');
COMMENT ON VIEW dbadvisor.rule_query_missing_limit IS
'Statements that return very many rows';

GRANT SELECT ON dbadvisor.rule_query_missing_limit TO dbadvisor_reader;
