-- settings.effective_cache_size: the planner is told of another cache than there is
--
-- Fires where it is less than shared_buffers, or differs from memory_share of the
-- memory by more than max_factor, and the tables and indexes of this database are
-- larger than the smaller of both: below that the planner's formula for repeated
-- index scans gives the same with either.
SELECT dbadvisor.register_rule(
	rule => 'settings.effective_cache_size',
	title => 'The planner is told of another cache than there is',
	why => 'With too small a value index scans that come back to the same pages look dear, and whole tables are read instead; with too large a one they look cheap.',
	severity => 'low',
	thresholds => '{"memory_share": 0.75, "max_factor": 2}',
	doc => 'Nothing is allocated by it. memory_share is what shared buffers and the cache of the kernel have together on a machine for this server.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_effective_cache_size WITH (security_invoker = true) AS
WITH present AS MATERIALIZED (
	SELECT dbadvisor.setting_bytes('effective_cache_size') AS bytes,
		   b.shared_bytes,
		   b.memory_confidence,
		   b.memory_bytes,
		   b.memory_bytes * dbadvisor.threshold('settings.effective_cache_size', 'memory_share')::double precision AS wanted,
		   dbadvisor.threshold('settings.effective_cache_size', 'max_factor')::double precision AS factor
	  FROM dbadvisor.memory_budget(0, 0) b
), data AS (
	SELECT pg_catalog.sum(c.relpages::bigint) * pg_catalog.current_setting('block_size')::integer AS bytes
	  FROM pg_catalog.pg_class c
)
SELECT a.*
  FROM present p
 CROSS JOIN data d
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.effective_cache_size',
		   setting => 'effective_cache_size',
		   recommended => dbadvisor.megabytes_text(p.wanted),
		   title => 'Set effective_cache_size to {value}',
		   detail => pg_catalog.format('It is %s, with %s of memory; the tables and indexes of this database have %s.', pg_catalog.pg_size_pretty(p.bytes::bigint),
									   pg_catalog.pg_size_pretty(p.memory_bytes::bigint), pg_catalog.pg_size_pretty(d.bytes::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'memory_bytes', p.memory_bytes,
						   'data_bytes', d.bytes,
						   'formula', 'memory_share * memory',
						   'confidence_reason', 'how far the memory of the machine is known, and that it is for this server',
						   'failure_prevented', 'plans that read whole tables for a few rows'),
		   effect => 'Plans may change.',
		   proof => 'heuristic',
		   confidence => p.memory_confidence * 0.8) a
 WHERE d.bytes > LEAST(p.bytes, p.wanted)
   AND (p.bytes < p.shared_bytes OR p.bytes * p.factor < p.wanted OR p.bytes > p.wanted * p.factor);
COMMENT ON VIEW dbadvisor.rule_settings_effective_cache_size IS
'effective_cache_size, where it is far from the memory that there is and tables are so large that it matters';

GRANT SELECT ON dbadvisor.rule_settings_effective_cache_size TO dbadvisor_reader;
