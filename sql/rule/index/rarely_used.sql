-- index.rarely_used: an index that costs far more than it gives
--
-- Fires for an index that is not unique, of some size, when entries were written
-- to it max_scans_per_write times as often as it was scanned, over min_days.
-- HOT updates write no entry and are not counted.  Wrong when the few scans are
-- those that somebody waits for, as of a monthly report: it proposes nothing but
-- to look at them.
SELECT dbadvisor.register_rule(
	rule => 'index.rarely_used',
	title => 'An index is written far more often than read',
	why => 'Each write of a row that is not HOT makes an entry in it, writes WAL and takes cache.',
	severity => 'info',
	thresholds => '{"max_scans_per_write": 0.001, "min_writes": 10000, "min_size_bytes": 10485760, "min_days": 7}',
	doc => 'Counters of the server since their last reset, which must be min_days ago. index.unused speaks of indexes without any scan, and proposes to drop them.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_rarely_used
WITH (security_invoker = true) AS
WITH counted AS (
	SELECT u.*,
		   dbadvisor.usage_since() AS since
	  FROM dbadvisor.user_index u
	 WHERE u.is_usable
	   AND NOT u.is_unique
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND NOT u.backs_constraint
	   AND u.scans > 0
	   AND u.bytes >= dbadvisor.threshold('index.rarely_used', 'min_size_bytes')
)
SELECT a.*
  FROM counted c
 CROSS JOIN LATERAL dbadvisor.relation_identity(c.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.rarely_used',
		   relid => c.indexrelid,
		   title => pg_catalog.format('Look whether index %s is worth its writes', c.full_name),
		   detail => pg_catalog.format(
						 'It was scanned %s times while about %s entries were written to it since %s, and takes %s. Whether the statements that read it can do without it tells dbadvisor.what_if_workload(hide_indexes => %L).',
						 c.scans, c.entries_written, c.since::date, pg_catalog.pg_size_pretty(c.bytes), pg_catalog.format('{%s}', c.full_name)),
		   evidence => pg_catalog.jsonb_build_object(
						   'scans', c.scans,
						   'last_scan', c.last_scan,
						   'entries_written', c.entries_written,
						   'size_bytes', c.bytes,
						   'confidence_reason', 'counters of this server'),
		   benefit_bytes => c.bytes,
		   confidence => 0.5,
		   proof => 'counters',
		   evidence_since => c.since,
		   affected_count => c.leaf_count) a
 WHERE c.entries_written >= dbadvisor.threshold('index.rarely_used', 'min_writes', c.full_name)
   AND c.scans <= c.entries_written * dbadvisor.threshold('index.rarely_used', 'max_scans_per_write', c.full_name)
   AND c.since <= pg_catalog.clock_timestamp()
				  - pg_catalog.make_interval(days => 1) * dbadvisor.threshold('index.rarely_used', 'min_days', c.full_name)::double precision;
COMMENT ON VIEW dbadvisor.rule_index_rarely_used IS
'Rule index.rarely_used: indexes that are written far more often than read';

GRANT SELECT ON dbadvisor.rule_index_rarely_used TO dbadvisor_reader;
