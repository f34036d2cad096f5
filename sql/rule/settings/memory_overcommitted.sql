-- settings.memory_overcommitted: the server may take more memory than there is
--
-- Fires where shared_buffers, autovacuum, sessions and a sort and a hash in each
-- session that was at work in 95 of 100 samples come to more than max_share of the
-- memory.  Measured sessions count, not max_connections: what nobody uses takes
-- nothing.
SELECT dbadvisor.register_rule(
	rule => 'settings.memory_overcommitted',
	title => 'The server may take more memory than the machine has',
	why => 'The kernel ends a process for want of memory, and the server restarts with all its sessions gone.',
	severity => 'high',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_share": 0.9}',
	doc => 'Proposed is the work_mem with which four fifths of the memory would do. Where even none would, nothing is proposed: fewer sessions (dbadvisor.pool_size()), or less for shared_buffers and maintenance_work_mem.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_memory_overcommitted WITH (security_invoker = true) AS
WITH budget AS MATERIALIZED (
	SELECT b.*,
		   n.high AS sessions,
		   w.high AS active,
		   w.since,
		   b.work_mem_bytes >= 1048576 AS has_room
	  FROM dbadvisor.server_samples('settings.memory_overcommitted', 'sessions') n
	 CROSS JOIN dbadvisor.server_samples('settings.memory_overcommitted', 'active_sessions') w
	 CROSS JOIN LATERAL dbadvisor.memory_budget(n.high, w.high) b
)
SELECT a.*
  FROM budget b
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.memory_overcommitted',
		   setting => 'work_mem',
		   recommended => CASE WHEN b.has_room THEN dbadvisor.megabytes_text(b.work_mem_bytes) ELSE pg_catalog.current_setting('work_mem') END,
		   title => CASE WHEN b.has_room THEN 'Lower work_mem to {value}' ELSE 'Let fewer sessions in, or give the server less shared memory' END,
		   detail => pg_catalog.format('It may come to take %s of %s: %s for shared_buffers, %s for autovacuum, %s for %s sessions and %s for the work of %s of them.',
									   pg_catalog.pg_size_pretty(b.committed_bytes::bigint), pg_catalog.pg_size_pretty(b.memory_bytes::bigint),
									   pg_catalog.pg_size_pretty(b.shared_bytes::bigint), pg_catalog.pg_size_pretty(b.vacuum_bytes::bigint),
									   pg_catalog.pg_size_pretty(b.session_bytes::bigint), pg_catalog.ceil(b.sessions), pg_catalog.pg_size_pretty(b.statement_bytes::bigint), pg_catalog.ceil(b.active)),
		   evidence => pg_catalog.jsonb_build_object(
						   'memory_bytes', b.memory_bytes,
						   'committed_bytes', pg_catalog.round(b.committed_bytes::numeric),
						   'shared_bytes', b.shared_bytes,
						   'vacuum_bytes', b.vacuum_bytes,
						   'session_bytes', b.session_bytes,
						   'statement_bytes', b.statement_bytes,
						   'sessions', b.sessions,
						   'active_sessions', b.active,
						   'formula', '(0.8 * memory - shared_buffers - autovacuum_max_workers * its memory - sessions * 10 MB) / (active sessions * (1 + hash_mem_multiplier))',
						   'confidence_reason', 'what statements really take is not measured; a sort and a hash each is assumed',
						   'failure_prevented', 'a server that the kernel kills for want of memory'),
		   effect => 'Sorts and hashes that need more go to disk.',
		   confidence => b.memory_confidence * 0.8,
		   evidence_since => b.since,
		   always => true) a
 WHERE b.committed_bytes > b.memory_bytes * dbadvisor.threshold('settings.memory_overcommitted', 'max_share')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.memory_overcommitted') n;
COMMENT ON VIEW dbadvisor.rule_settings_memory_overcommitted IS
'work_mem, where the server may take more memory than there is, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_memory_overcommitted TO dbadvisor_reader;
