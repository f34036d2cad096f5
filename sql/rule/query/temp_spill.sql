-- query.temp_spill: sorts and hashes that go to disk
--
-- Fires for a statement that wrote at least min_bytes of temporary files per
-- call.  Wrong for a large report that is run by night.
SELECT dbadvisor.register_rule(
	rule => 'query.temp_spill',
	title => 'A statement writes temporary files',
	why => 'What does not fit into work_mem is written and read again, which takes a multiple of the time.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0, "min_bytes": 8388608, "min_calls": 2}',
	doc => 'min_bytes is the mean per call. What spills (sort, hash, materialised WITH) the plan tells; what memory it needs is about twice to three times what was written, per node and worker, so set it for the role or the statement and not for the server. An index in the order that is wanted needs no sort.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_temp_spill WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.temp_spill') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.temp_spill',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Keep the statement on %s from writing temporary files', t.name),
		   detail => pg_catalog.format('writes %s of temporary files per call, with work_mem at %s here. Give the role that runs it more work_mem (ALTER ROLE ... SET), or the sort an index in its order.', pg_catalog.pg_size_pretty(((s.counters ->> 'temp_blks_written')::numeric / s.calls::numeric * pg_catalog.current_setting('block_size')::integer)::bigint), pg_catalog.current_setting('work_mem')),
		   evidence => pg_catalog.jsonb_build_object(
						   'temp_bytes_per_call', ((s.counters ->> 'temp_blks_written')::numeric / s.calls::numeric * pg_catalog.current_setting('block_size')::integer)::bigint,
						   'work_mem', pg_catalog.current_setting('work_mem'),
						   'confidence_reason', 'counted; work_mem is that of this session'),
		   proof => 'counters',
		   confidence => 0.9) a
 WHERE (s.counters ->> 'temp_blks_written')::double precision / NULLIF(s.calls, 0) * pg_catalog.current_setting('block_size')::integer >= dbadvisor.threshold('query.temp_spill', 'min_bytes')
   AND s.calls >= dbadvisor.threshold('query.temp_spill', 'min_calls');
COMMENT ON VIEW dbadvisor.rule_query_temp_spill IS
'Statements that write temporary files';

GRANT SELECT ON dbadvisor.rule_query_temp_spill TO dbadvisor_reader;
