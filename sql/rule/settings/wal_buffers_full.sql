-- settings.wal_buffers_full: sessions write WAL because its buffers are full
--
-- Fires where that happened more than max_per_second times a second and wal_buffers
-- has room to grow: at most most_bytes, beyond which nothing is gained by it.
SELECT dbadvisor.register_rule(
	rule => 'settings.wal_buffers_full',
	title => 'Sessions have to write WAL because its buffers are full',
	why => 'A statement that only changes rows waits for the disk in the middle of its work.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_per_second": 1, "most_bytes": 67108864}',
	doc => 'The server takes a 32nd of shared_buffers by itself, 16 MB at most; four times as much is proposed, 16 MB at least. Many large transactions at a time fill any buffer: then the disk of pg_wal is what counts.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_wal_buffers_full WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT (t.figures ->> 'wal_buffers_full')::double precision / t.seconds AS per_second,
		   t.since,
		   b.bytes,
		   LEAST(GREATEST(4 * b.bytes, 16777216), dbadvisor.threshold('settings.wal_buffers_full', 'most_bytes')::double precision) AS wanted
	  FROM dbadvisor.server_totals('settings.wal_buffers_full', 'wal') t
	 CROSS JOIN (SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_buffers'))::double precision) b (bytes)
)
SELECT a.*
  FROM counted c
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.wal_buffers_full',
		   setting => 'wal_buffers',
		   recommended => dbadvisor.megabytes_text(c.wanted),
		   title => 'Raise wal_buffers to {value}',
		   detail => pg_catalog.format('%s times a second a session found the buffers full, %s of them.', pg_catalog.round(c.per_second::numeric, 1), pg_catalog.pg_size_pretty(c.bytes::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'full_per_second', pg_catalog.round(c.per_second::numeric, 2),
						   'wal_buffers_bytes', c.bytes,
						   'formula', 'four times wal_buffers, from 16 MB to most_bytes',
						   'failure_prevented', 'writes that wait for the disk before they commit'),
		   evidence_since => c.since) a
 WHERE c.per_second > dbadvisor.threshold('settings.wal_buffers_full', 'max_per_second')::double precision
   AND c.wanted > c.bytes
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.wal_buffers_full') n;
COMMENT ON VIEW dbadvisor.rule_settings_wal_buffers_full IS
'wal_buffers, where sessions find them full, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_wal_buffers_full TO dbadvisor_reader;
