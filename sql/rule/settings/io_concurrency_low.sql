-- settings.io_concurrency_low: storage that can do much at a time is asked for one page
--
-- Fires where effective_io_concurrency is 1 or less, the storage of the data does not
-- rotate with a confidence of min_confidence, and this database reads at least
-- min_reads_per_second pages.  From PostgreSQL 18 on the default is 16.
SELECT dbadvisor.register_rule(
	rule => 'settings.io_concurrency_low',
	title => 'Storage that can do much at a time is asked for one page after the other',
	why => 'A bitmap scan waits for each page in turn, though an SSD gives a hundred of them in the same time.',
	severity => 'low',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_reads_per_second": 100, "min_confidence": 0.5, "concurrency": 200}',
	doc => 'Bitmap heap scans alone use it before PostgreSQL 17. Set dbadvisor.host_storage where the storage does not say what it is.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_io_concurrency_low WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT (t.figures ->> 'blks_read')::double precision / t.seconds AS reads_per_second,
		   t.since
	  FROM dbadvisor.server_totals('settings.io_concurrency_low', 'database') t
)
SELECT a.*
  FROM counted c
 CROSS JOIN pg_catalog.pg_settings g
  JOIN dbadvisor.host h
	ON h.fact = 'rotational'
   AND h.object = 'data_directory'
   AND h.value = 'off'
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.io_concurrency_low',
		   setting => g.name,
		   recommended => dbadvisor.threshold_text('settings.io_concurrency_low', 'concurrency'),
		   title => 'Raise effective_io_concurrency to {value}',
		   detail => pg_catalog.format('The storage of the data does not rotate (%s), and %s pages a second are read from it.', h.source, pg_catalog.round(c.reads_per_second::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'reads_per_second', pg_catalog.round(c.reads_per_second::numeric, 1),
						   'storage_source', h.source,
						   'formula', 'the threshold concurrency, for storage that does not rotate',
						   'confidence_reason', 'what the storage says of itself',
						   'failure_prevented', 'bitmap scans that wait for one page after the other'),
		   proof => 'heuristic',
		   confidence => h.confidence * 0.8,
		   evidence_since => c.since) a
 WHERE g.name = 'effective_io_concurrency'
   AND g.reset_val::integer <= 1
   AND h.confidence >= dbadvisor.threshold('settings.io_concurrency_low', 'min_confidence')::double precision
   AND c.reads_per_second >= dbadvisor.threshold('settings.io_concurrency_low', 'min_reads_per_second')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.io_concurrency_low') n;
COMMENT ON VIEW dbadvisor.rule_settings_io_concurrency_low IS
'effective_io_concurrency, where storage that does not rotate is asked for one page at a time, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_io_concurrency_low TO dbadvisor_reader;
