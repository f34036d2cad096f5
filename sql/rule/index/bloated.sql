-- index.bloated: an index that takes much more than a new one would
--
-- Fires for a B-tree whose size exceeds the one that is predicted for building
-- it anew by min_wasted_share of its size and min_wasted_bytes, and whose pages,
-- of which some are read, say so as well.  Wrong when the statistics of the table
-- are old (then it is silent), or when the index will soon fill up again:
-- half-empty pages of a busy index are used again.
SELECT dbadvisor.register_rule(
	rule => 'index.bloated',
	title => 'An index takes much more space than its rows need',
	why => 'Half-empty pages take space and cache, and each scan reads more of them.',
	severity => 'low',
	thresholds => '{"min_wasted_share": 0.5, "min_wasted_bytes": 16777216, "max_changed_share": 0.1, "max_pages": 1000}',
	doc => 'The prediction comes from the what-if engine: key widths, duplicates and fill factor count. Pages of a B-tree that is written in random order are about a third empty in the long run: that is no bloat. max_changed_share is the share of the table''s rows that may have changed since its statistics were gathered. max_pages is how many pages of an index are read to confirm the prediction, where the caller may; the lower end of the 95 % interval counts.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_bloated WITH (security_invoker = true) AS
WITH candidate AS MATERIALIZED (
	SELECT u.indexrelid,
		   u.relid,
		   u.full_name,
		   dbadvisor.threshold('index.bloated', 'min_wasted_share', u.full_name)::double precision AS min_share,
		   dbadvisor.threshold('index.bloated', 'min_wasted_bytes', u.full_name)::bigint AS min_bytes,
		   GREATEST(s.last_analyze, s.last_autoanalyze) IS NOT NULL
		   AND s.n_mod_since_analyze
			   <= dbadvisor.threshold('index.bloated', 'max_changed_share', u.full_name) * GREATEST(c.reltuples, 0)::numeric AS is_fresh
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_class c ON c.oid = u.relid
	  JOIN pg_catalog.pg_stat_all_tables s ON s.relid = u.relid
	 WHERE u.relkind = 'i'
	   AND u.am = 'btree'
	   AND u.is_usable
	   AND NOT u.is_temporary
	   AND NOT u.is_exclusion
	   AND NOT u.is_extension_member
	   AND u.bytes >= dbadvisor.threshold('index.bloated', 'min_wasted_bytes', u.full_name)
), measured AS MATERIALIZED (
	SELECT c.*,
		   dbadvisor.index_size(c.indexrelid) AS size_bytes,
		   CASE WHEN c.is_fresh THEN dbadvisor.predicted_index_size(c.indexrelid) END AS fresh_bytes
	  FROM candidate c
)
SELECT a.*
  FROM measured m
 CROSS JOIN LATERAL dbadvisor.page_sample(
		   CASE
		   WHEN m.size_bytes - m.fresh_bytes >= m.min_bytes
				AND 1 - m.fresh_bytes::double precision / NULLIF(m.size_bytes, 0) >= m.min_share
		   THEN m.indexrelid
		   END,
		   dbadvisor.threshold('index.bloated', 'max_pages', m.full_name)::integer) s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.bloated',
		   relid => m.indexrelid,
		   title => pg_catalog.format('Rebuild index %s: %s %% of it is empty', m.full_name,
									  pg_catalog.round((1 - m.fresh_bytes::numeric / m.size_bytes) * 100)),
		   detail => pg_catalog.format('It takes %s; built anew it would take about %s%s.',
									   pg_catalog.pg_size_pretty(m.size_bytes),
									   pg_catalog.pg_size_pretty(m.fresh_bytes),
									   CASE
									   WHEN s.problem IS NULL
									   THEN pg_catalog.format(', by a sample of %s of its pages %s', s.pages_sampled, pg_catalog.pg_size_pretty(s.fresh_bytes))
									   END),
		   evidence => pg_catalog.jsonb_build_object(
						   'size_bytes', m.size_bytes,
						   'fresh_bytes', m.fresh_bytes,
						   'measured_fresh_bytes', s.fresh_bytes,
						   'pages_sampled', s.pages_sampled,
						   'wasted_bytes', m.size_bytes - m.fresh_bytes,
						   'wasted_share', 1 - m.fresh_bytes::double precision / m.size_bytes,
						   'confidence_reason', CASE
												WHEN s.problem IS NULL THEN 'size predicted from statistics that are fresh, and confirmed on a sample of pages'
												ELSE 'size predicted from statistics that are fresh; pages not read: ' || s.problem
												END),
		   benefit_bytes => m.size_bytes - m.fresh_bytes,
		   confidence => CASE WHEN s.problem IS NULL THEN 0.95 ELSE 0.8 END,
		   proof => 'sample',
		   apply_sql => 'REINDEX INDEX CONCURRENTLY ' || m.full_name,
		   impact => pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock on %s: reads and writes go on. Needs about %s more while both are there, reads the table twice and waits for transactions that are older; cannot run inside a transaction block.',
									   dbadvisor.relation_identity(m.relid),
									   pg_catalog.pg_size_pretty(m.fresh_bytes))) a
 WHERE m.size_bytes - m.fresh_bytes >= m.min_bytes
   AND 1 - m.fresh_bytes::double precision / NULLIF(m.size_bytes, 0) >= m.min_share
   AND (s.problem IS NOT NULL OR s.size_bytes - s.fresh_bytes_high >= LEAST(m.min_bytes, m.min_share * s.size_bytes))
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.count(*) FILTER (WHERE NOT m.is_fresh) AS stale,
			   pg_catalog.count(*) FILTER (WHERE m.is_fresh AND (m.fresh_bytes IS NULL OR m.size_bytes IS NULL)) AS unknown
		  FROM measured m) c
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'index.bloated',
		   CASE WHEN c.stale + c.unknown > 0 THEN 'degraded' ELSE 'ok' END,
		   NULLIF(pg_catalog.concat_ws(
					  '; ',
					  CASE WHEN c.stale > 0 THEN pg_catalog.format('statistics of the tables of %s large indexes are missing or old', c.stale) END,
					  CASE WHEN c.unknown > 0 THEN pg_catalog.format('%s large indexes could not be looked at', c.unknown) END), '')) n;
COMMENT ON VIEW dbadvisor.rule_index_bloated IS
'Indexes that take much more than they would if they were built anew, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_bloated TO dbadvisor_reader;
