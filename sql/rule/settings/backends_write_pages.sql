-- settings.backends_write_pages: sessions write pages that others should write
--
-- Fires where sessions wrote more than max_backend_share of all pages, and at least
-- min_pages_per_second, while the background writer had to stop at
-- bgwriter_lru_maxpages in more than max_stopped_share of its rounds, or was not
-- told to write that much.  Before PostgreSQL 16 new pages of a table count as
-- written by its session, which they are in any case.
SELECT dbadvisor.register_rule(
	rule => 'settings.backends_write_pages',
	title => 'Sessions have to write pages before they can read others',
	why => 'A statement that reads waits until a page of somebody else has been written out.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_backend_share": 0.2, "max_stopped_share": 0.1, "min_pages_per_second": 100}',
	doc => 'Writes of COPY, VACUUM and large scans through their ring of buffers are not counted from PostgreSQL 16 on. Where settings.shared_buffers_size fires as well, begin there.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_backends_write_pages WITH (security_invoker = true) AS
WITH background AS MATERIALIZED (
	SELECT t.figures,
		   t.seconds,
		   t.since,
		   COALESCE((t.figures ->> 'maxwritten_clean')::double precision, 0)
		   / (t.seconds * 1000 / pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'bgwriter_delay')) AS stopped_share,
		   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'bgwriter_delay') AS delay_ms,
		   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'bgwriter_lru_maxpages') AS maxpages,
		   pg_catalog.max(g.setting::double precision) FILTER (WHERE g.name = 'bgwriter_lru_multiplier') AS multiplier
	  FROM dbadvisor.server_totals('settings.backends_write_pages', 'bgwriter') t
	 CROSS JOIN pg_catalog.pg_settings g
	 WHERE g.name IN ('bgwriter_delay', 'bgwriter_lru_maxpages', 'bgwriter_lru_multiplier')
	 GROUP BY t.figures, t.seconds, t.since
), by_kind AS MATERIALIZED (
	SELECT pg_catalog.sum((t.figures ->> 'writes')::double precision) FILTER (WHERE t.name = 'client backend/relation/normal') AS backend,
		   pg_catalog.sum((t.figures ->> 'writes')::double precision) AS written
	  FROM dbadvisor.server_totals('settings.backends_write_pages', 'io') t
	 WHERE t.name LIKE '%/relation/%'
), judged AS (
	SELECT b.*,
		   COALESCE(k.backend, (b.figures ->> 'buffers_backend')::double precision) AS backend,
		   COALESCE(k.written, (b.figures ->> 'buffers_backend')::double precision + COALESCE((b.figures ->> 'buffers_clean')::double precision, 0)
					+ COALESCE((b.figures ->> 'buffers_checkpoint')::double precision, 0)) AS written,
		   b.stopped_share > dbadvisor.threshold('settings.backends_write_pages', 'max_stopped_share')::double precision AS is_stopped
	  FROM background b
	 CROSS JOIN by_kind k
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.backends_write_pages',
		   setting => CASE WHEN j.is_stopped THEN 'bgwriter_lru_maxpages' ELSE 'bgwriter_lru_multiplier' END,
		   recommended => CASE
						  WHEN j.is_stopped THEN pg_catalog.ceil(j.maxpages + 2 * j.backend / j.seconds * j.delay_ms / 1000)::text
						  ELSE (2 * j.multiplier)::text
						  END,
		   title => pg_catalog.format('Let the background writer write more: set %s to {value}', CASE WHEN j.is_stopped THEN 'bgwriter_lru_maxpages' ELSE 'bgwriter_lru_multiplier' END),
		   detail => pg_catalog.format('Sessions wrote %s %% of all pages themselves, %s a second; the background writer had to stop in %s %% of its rounds.',
									   pg_catalog.round((j.backend / j.written * 100)::numeric), pg_catalog.round((j.backend / j.seconds)::numeric), pg_catalog.round((j.stopped_share * 100)::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'backend_pages_per_second', pg_catalog.round((j.backend / j.seconds)::numeric, 1),
						   'backend_share', pg_catalog.round((j.backend / j.written)::numeric, 3),
						   'stopped_share', pg_catalog.round(j.stopped_share::numeric, 3),
						   'formula', CASE WHEN j.is_stopped THEN 'bgwriter_lru_maxpages + twice what sessions write in bgwriter_delay' ELSE 'twice bgwriter_lru_multiplier' END,
						   'failure_prevented', 'reads that wait for writes of others'),
		   effect => 'Pages that are changed often are written more often.',
		   confidence => 0.7,
		   evidence_since => j.since) a
 WHERE j.backend > dbadvisor.threshold('settings.backends_write_pages', 'max_backend_share')::double precision * j.written
   AND j.backend / j.seconds >= dbadvisor.threshold('settings.backends_write_pages', 'min_pages_per_second')::double precision
   AND (j.is_stopped OR j.multiplier < 4)
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.backends_write_pages') n;
COMMENT ON VIEW dbadvisor.rule_settings_backends_write_pages IS
'Settings of the background writer, where sessions write pages instead, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_backends_write_pages TO dbadvisor_reader;
