-- query.low_cache_hit: time goes into reading
--
-- Fires for a statement that spent min_read_share of its time waiting for pages
-- to be read.  Needs track_io_timing; silent without.  The share of hits alone
-- says nothing.
SELECT dbadvisor.register_rule(
	rule => 'query.low_cache_hit',
	title => 'A statement waits for pages to be read',
	why => 'What it needs is not in memory when it runs; less to read or more memory makes it faster, nothing else does.',
	severity => 'low',
	thresholds => '{"min_share": 0.01, "min_mean_ms": 1, "min_read_share": 0.5, "min_calls": 5}',
	doc => 'min_read_share is the part of the execution time. Wrong for what runs once a day and cannot be in memory. Reads that the operating system answers are quick and count little, which is why time is measured and not a ratio of hits. index.missing says whether an index would read less, maintenance.table_bloat whether pages are half empty.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_low_cache_hit WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.low_cache_hit') s
 CROSS JOIN LATERAL (
	SELECT COALESCE((s.counters ->> 'shared_blk_read_time')::double precision,
					(s.counters ->> 'blk_read_time')::double precision) AS ms) r
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.low_cache_hit',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Let the statement on %s read less', t.name),
		   detail => pg_catalog.format('spent %s %% of its time on reading %s pages per call. See whether an index reads fewer, whether its tables are bloated, and what shared_buffers allows.', pg_catalog.round((r.ms / s.total_ms * 100)::numeric), pg_catalog.round(((s.counters ->> 'shared_blks_read')::double precision / s.calls)::numeric, 1)),
		   evidence => pg_catalog.jsonb_build_object(
						   'read_share', r.ms / s.total_ms,
						   'blocks_read_per_call', (s.counters ->> 'shared_blks_read')::double precision / s.calls,
						   'blocks_per_call', s.blocks_per_call,
						   'confidence_reason', 'times are measured; what can be spared is not known'),
		   proof => 'counters',
		   confidence => 0.6) a
 WHERE r.ms >= s.total_ms * dbadvisor.threshold('query.low_cache_hit', 'min_read_share')::double precision
   AND s.calls >= dbadvisor.threshold('query.low_cache_hit', 'min_calls');
COMMENT ON VIEW dbadvisor.rule_query_low_cache_hit IS
'Statements that wait for pages to be read';

GRANT SELECT ON dbadvisor.rule_query_low_cache_hit TO dbadvisor_reader;
