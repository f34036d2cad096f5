-- settings.wal_page_images: WAL is mostly images of pages
--
-- Fires where pages that were logged as a whole make up more than max_image_share of
-- a WAL of at least min_bytes_per_second, and wal_compression is off: with it on,
-- how much they take is not known before PostgreSQL 19.  Images leave out the free
-- space of a page, so the share is an upper bound.
SELECT dbadvisor.register_rule(
	rule => 'settings.wal_page_images',
	title => 'WAL is mostly images of whole pages',
	why => 'The first change of a page after a checkpoint logs all of it: WAL that standbys, archive and disk have to take without any news in it.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_image_share": 0.5, "min_bytes_per_second": 131072, "short_timeout_s": 300, "timeout": "15min"}',
	doc => 'Compression by lz4 where the server was built with it, else by pglz, which costs more CPU. Where most checkpoints come by time and checkpoint_timeout is no more than short_timeout_s, a longer one is proposed as well: a page is then logged as a whole once in a longer time, and a crash recovery takes longer. Measured on a busy machine, pgbench: 11.9 kB of WAL per transaction with checkpoints every few seconds, 8.9 kB with fewer, 1.7 kB with lz4 as well.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_wal_page_images WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT (t.figures ->> 'wal_bytes')::double precision / t.seconds AS bytes_per_second,
		   (t.figures ->> 'wal_fpi')::double precision * pg_catalog.current_setting('wal_block_size')::integer
		   / NULLIF((t.figures ->> 'wal_bytes')::double precision, 0) AS share,
		   t.since
	  FROM dbadvisor.server_totals('settings.wal_page_images', 'wal') t
), wanted AS (
	SELECT 'wal_compression' AS setting,
		   CASE WHEN 'lz4' = ANY (g.enumvals) THEN 'lz4' ELSE 'on' END AS value,
		   NULL::text AS severity,
		   'Compress images of pages in WAL: set wal_compression to {value}' AS title,
		   'Less WAL, for some CPU time of those who write.' AS effect,
		   g.reset_val = 'off' AS fires
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'wal_compression'
	 UNION ALL
	SELECT 'checkpoint_timeout',
		   dbadvisor.threshold_text('settings.wal_page_images', 'timeout'),
		   'low',
		   'Raise checkpoint_timeout to {value}, so that fewer pages are logged as a whole',
		   'A crash recovery replays up to three times as much WAL; max_wal_size has to let checkpoints wait for their time.',
		   g.reset_val::numeric <= dbadvisor.threshold('settings.wal_page_images', 'short_timeout_s') AND c.timed > c.requested
	  FROM pg_catalog.pg_settings g
	 CROSS JOIN dbadvisor.checkpoint_totals('settings.wal_page_images') c
	 WHERE g.name = 'checkpoint_timeout'
)
SELECT a.*
  FROM counted c
 CROSS JOIN wanted w
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.wal_page_images',
		   setting => w.setting,
		   recommended => w.value,
		   severity => w.severity,
		   title => w.title,
		   detail => pg_catalog.format('Up to %s %% of the WAL, %s a second, are images of whole pages.', pg_catalog.round((LEAST(c.share, 1) * 100)::numeric),
									   pg_catalog.pg_size_pretty(c.bytes_per_second::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'image_share', pg_catalog.round(c.share::numeric, 2),
						   'wal_bytes_per_second', pg_catalog.round(c.bytes_per_second::numeric),
						   'formula', 'wal_fpi * wal_block_size / wal_bytes',
						   'failure_prevented', 'more WAL than needed on disks, in the archive and on the way to standbys'),
		   effect => w.effect,
		   evidence_since => c.since) a
 WHERE w.fires
   AND pg_catalog.current_setting('wal_compression') = 'off'
   AND c.share > dbadvisor.threshold('settings.wal_page_images', 'max_image_share')::double precision
   AND c.bytes_per_second >= dbadvisor.threshold('settings.wal_page_images', 'min_bytes_per_second')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.wal_page_images') n;
COMMENT ON VIEW dbadvisor.rule_settings_wal_page_images IS
'wal_compression and checkpoint_timeout, where WAL is mostly images of pages, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_wal_page_images TO dbadvisor_reader;
