-- settings.shared_buffers_size: shared buffers are too small, or too large
--
-- Fires for less than min_memory_share of the memory where this database reads at
-- least min_reads_per_second pages, more than max_read_share of what it needs, and
-- there is more data than buffers; and for more than max_memory_share of the memory.
-- Wrong on a machine that has other work to do: set dbadvisor.host_memory.
SELECT dbadvisor.register_rule(
	rule => 'settings.shared_buffers_size',
	title => 'Shared buffers do not fit the memory of the machine',
	why => 'Pages are read again and again that would stay; or the rest of the memory is too small for sessions and for what the kernel keeps of files.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_memory_share": 0.15, "memory_share": 0.25, "max_memory_share": 0.4, "min_reads_per_second": 1000, "max_read_share": 0.02}',
	doc => 'memory_share is what is proposed, no more than all databases take: where the documentation says to begin, with more than 40 % unlikely to be better. Low where they are too large. A low share of hits alone is no reason: what is read now and then is best left to the kernel.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_shared_buffers_size WITH (security_invoker = true) AS
WITH memory AS MATERIALIZED (
	SELECT b.memory_bytes AS bytes,
		   b.memory_confidence AS confidence,
		   b.shared_bytes,
		   b.shared_bytes > b.memory_bytes * dbadvisor.threshold('settings.shared_buffers_size', 'max_memory_share')::double precision AS is_large,
		   b.shared_bytes < b.memory_bytes * dbadvisor.threshold('settings.shared_buffers_size', 'min_memory_share')::double precision AS is_small,
		   b.memory_bytes * dbadvisor.threshold('settings.shared_buffers_size', 'memory_share')::double precision AS wanted
	  FROM dbadvisor.memory_budget(0, 0) b
), pressed AS MATERIALIZED (
	SELECT (t.figures ->> 'blks_read')::double precision / t.seconds AS reads_per_second,
		   (t.figures ->> 'blks_read')::double precision
		   / NULLIF((t.figures ->> 'blks_read')::double precision + (t.figures ->> 'blks_hit')::double precision, 0) AS read_share,
		   t.since
	  FROM dbadvisor.server_totals('settings.shared_buffers_size', 'database') t
), evicted AS (
	SELECT (t.figures ->> 'evictions')::double precision / t.seconds AS per_second
	  FROM dbadvisor.server_totals('settings.shared_buffers_size', 'io') t
	 WHERE t.name = 'client backend/relation/normal'
), small AS MATERIALIZED (
	SELECT m.*,
		   p.*,
		   d.bytes AS data_bytes
	  FROM memory m
	 CROSS JOIN pressed p
	 CROSS JOIN LATERAL dbadvisor.databases_bytes() d (bytes)
	 WHERE m.is_small
	   AND p.reads_per_second >= dbadvisor.threshold('settings.shared_buffers_size', 'min_reads_per_second')::double precision
	   AND p.read_share > dbadvisor.threshold('settings.shared_buffers_size', 'max_read_share')::double precision
), told AS (
	SELECT LEAST(s.wanted, s.data_bytes) AS wanted,
		   NULL::text AS severity,
		   pg_catalog.format('They take %s of %s of memory, the databases %s. This one reads %s pages a second from files, %s %% of those that it needs.',
							 pg_catalog.pg_size_pretty(s.shared_bytes::bigint), pg_catalog.pg_size_pretty(s.bytes::bigint), pg_catalog.pg_size_pretty(s.data_bytes),
							 pg_catalog.round(s.reads_per_second::numeric), pg_catalog.round((s.read_share * 100)::numeric, 1)) AS detail,
		   pg_catalog.jsonb_build_object(
			   'reads_per_second', pg_catalog.round(s.reads_per_second::numeric, 1),
			   'read_share', pg_catalog.round(s.read_share::numeric, 4),
			   'evictions_per_second', pg_catalog.round(e.per_second::numeric, 1),
			   'data_bytes', s.data_bytes,
			   'formula', 'least(memory_share * memory, size of the databases)',
			   'failure_prevented', 'pages that are read again and again') AS evidence,
		   s.confidence * 0.8 AS confidence,
		   s.since,
		   s.bytes
	  FROM small s
	  LEFT JOIN evicted e ON true
	 WHERE s.data_bytes > s.shared_bytes
	 UNION ALL
	SELECT m.wanted,
		   'low',
		   pg_catalog.format('They take %s of %s of memory: what is left has to do for sessions and for the kernel.', pg_catalog.pg_size_pretty(m.shared_bytes::bigint), pg_catalog.pg_size_pretty(m.bytes::bigint)),
		   pg_catalog.jsonb_build_object('formula', 'memory_share * memory', 'failure_prevented', 'a server that the kernel kills for want of memory'),
		   m.confidence * 0.8,
		   NULL,
		   m.bytes
	  FROM memory m
	 WHERE m.is_large
)
SELECT a.*
  FROM told t
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.shared_buffers_size',
		   setting => 'shared_buffers',
		   recommended => dbadvisor.megabytes_text(t.wanted),
		   severity => t.severity,
		   title => 'Set shared_buffers to {value}',
		   detail => t.detail,
		   evidence => pg_catalog.jsonb_strip_nulls(t.evidence) || pg_catalog.jsonb_build_object(
						   'memory_bytes', t.bytes,
						   'confidence_reason', 'how far the memory of the machine is known, and that it is for this server'),
		   confidence => t.confidence,
		   evidence_since => t.since) a
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.shared_buffers_size') n;
COMMENT ON VIEW dbadvisor.rule_settings_shared_buffers_size IS
'shared_buffers, where they do not fit the memory and what is read, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_shared_buffers_size TO dbadvisor_reader;
