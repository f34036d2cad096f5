-- settings.random_page_cost: the planner takes the storage for a slow disk
--
-- Fires where random_page_cost is at least min_cost times seq_page_cost and this
-- database, over min_pages pages, read one in less than max_read_ms.  What the disk
-- says of itself does not count: virtual disks lie.  The time of a read that the
-- kernel had in its cache counts, as it does in what the planner is told.
SELECT dbadvisor.register_rule(
	rule => 'settings.random_page_cost',
	title => 'Random reads are quicker than the planner believes',
	why => 'With 4 the planner expects of an index scan what a turning disk takes, and reads whole tables instead.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_cost": 4, "max_read_ms": 0.5, "fast_read_ms": 0.1, "min_pages": 100000}',
	doc => 'Needs track_io_timing. Proposed is 2, and 1.1 where a read takes less than fast_read_ms. A tablespace can have its own: ALTER TABLESPACE ... SET (random_page_cost = ...). Large reports may be read in order more quickly than the cost says: compare plans before and after.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_random_page_cost WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT (t.figures ->> 'blks_read')::double precision AS pages,
		   (t.figures ->> 'blk_read_time')::double precision / NULLIF((t.figures ->> 'blks_read')::double precision, 0) AS read_ms,
		   t.since
	  FROM dbadvisor.server_totals('settings.random_page_cost', 'database') t
), present AS (
	SELECT pg_catalog.max(g.reset_val::double precision) FILTER (WHERE g.name = 'random_page_cost') AS random,
		   pg_catalog.max(g.reset_val::double precision) FILTER (WHERE g.name = 'seq_page_cost') AS sequential
	  FROM pg_catalog.pg_settings g
	 WHERE g.name IN ('random_page_cost', 'seq_page_cost')
)
SELECT a.*
  FROM counted c
 CROSS JOIN present p
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.random_page_cost',
		   setting => 'random_page_cost',
		   recommended => (p.sequential * CASE WHEN c.read_ms < dbadvisor.threshold('settings.random_page_cost', 'fast_read_ms')::double precision THEN 1.1 ELSE 2 END)::text,
		   title => 'Lower random_page_cost to {value}',
		   detail => pg_catalog.format('Reading a page took %s ms on average, over %s pages.', pg_catalog.round(c.read_ms::numeric, 3), c.pages),
		   evidence => pg_catalog.jsonb_build_object(
						   'read_ms', pg_catalog.round(c.read_ms::numeric, 4),
						   'pages_read', c.pages,
						   'formula', 'seq_page_cost times 1.1 below fast_read_ms, else times 2',
						   'confidence_reason', 'reads in order and at random are not told apart',
						   'failure_prevented', 'whole tables that are read for a few rows'),
		   effect => 'Plans change: more index scans.',
		   confidence => 0.7,
		   evidence_since => c.since) a
 WHERE p.random >= p.sequential * dbadvisor.threshold('settings.random_page_cost', 'min_cost')::double precision
   AND c.pages >= dbadvisor.threshold('settings.random_page_cost', 'min_pages')::double precision
   AND c.read_ms < dbadvisor.threshold('settings.random_page_cost', 'max_read_ms')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.random_page_cost') n;
COMMENT ON VIEW dbadvisor.rule_settings_random_page_cost IS
'random_page_cost, where reads are measured to be quick, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_random_page_cost TO dbadvisor_reader;
