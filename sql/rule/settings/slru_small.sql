-- settings.slru_small: states of transactions are read from files all the time
--
-- Fires for a cache of subtransactions, multixacts or the like that reads more than
-- min_reads_per_second pages and finds less than min_hit_share of what it looks for.
SELECT dbadvisor.register_rule(
	rule => 'settings.slru_small',
	title => 'A small cache of the server reads its files all the time',
	why => 'All sessions that look at such rows wait for one another at the cache, and for the disk.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "min_reads_per_second": 1000, "min_hit_share": 0.95}',
	doc => 'From PostgreSQL 17 on their sizes are settings; twice as much is proposed. Before, only the cause helps: many savepoints or PL/pgSQL blocks with EXCEPTION in transactions that stay open (Subtrans), many sessions that lock the same rows (MultiXact).',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_slru_small WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT t.name,
		   (t.figures ->> 'blks_read')::double precision / t.seconds AS reads_per_second,
		   COALESCE((t.figures ->> 'blks_hit')::double precision, 0)
		   / ((t.figures ->> 'blks_read')::double precision + COALESCE((t.figures ->> 'blks_hit')::double precision, 0)) AS hit_share,
		   t.since,
		   pg_catalog.current_setting(t.name || '_buffers', true) AS present
	  FROM dbadvisor.server_totals('settings.slru_small', 'slru') t
	 WHERE (t.figures ->> 'blks_read')::double precision / t.seconds >= dbadvisor.threshold('settings.slru_small', 'min_reads_per_second')::double precision
), found AS (
	SELECT c.*,
		   c.name || '_buffers' AS setting,
		   pg_catalog.format('Cache %s reads %s pages a second and finds %s %% of what it looks for.', c.name,
							 pg_catalog.round(c.reads_per_second::numeric), pg_catalog.round((c.hit_share * 100)::numeric, 1)) AS detail,
		   pg_catalog.jsonb_build_object(
			   'reads_per_second', pg_catalog.round(c.reads_per_second::numeric),
			   'hit_share', pg_catalog.round(c.hit_share::numeric, 4),
			   'failure_prevented', 'sessions that wait for one another at a cache') AS evidence
	  FROM counted c
	 WHERE c.hit_share < dbadvisor.threshold('settings.slru_small', 'min_hit_share')::double precision
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.slru_small',
		   setting => f.setting,
		   recommended => dbadvisor.setting_text(2 * pg_catalog.pg_size_bytes(f.present)::numeric / 1024, 'kB'),
		   title => pg_catalog.format('Raise %s to {value}', f.setting),
		   detail => f.detail,
		   evidence => f.evidence || pg_catalog.jsonb_build_object('formula', 'twice what there is'),
		   evidence_since => f.since) a
 WHERE f.present IS NOT NULL
 UNION ALL
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'settings.slru_small',
		   object_type => 'configuration',
		   object_name => f.name,
		   title => CASE
					WHEN f.name = 'Subtrans' THEN 'Open fewer subtransactions: savepoints, and PL/pgSQL blocks with EXCEPTION'
					WHEN f.name LIKE 'MultiXact%' THEN 'Let fewer sessions lock the same rows at a time'
					ELSE pg_catalog.format('See who reads old rows: cache %s is read all the time', f.name)
					END,
		   detail => f.detail,
		   evidence => f.evidence,
		   proof => 'counters',
		   confidence => 0.8,
		   evidence_since => f.since) a
 WHERE f.present IS NULL
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.slru_small') n;
COMMENT ON VIEW dbadvisor.rule_settings_slru_small IS
'Caches of transaction states that read their files all the time, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_slru_small TO dbadvisor_reader;
