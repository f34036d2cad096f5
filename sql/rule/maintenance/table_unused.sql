-- maintenance.table_unused: a table that nobody reads or writes
--
-- Fires for a table of some size without any scan, insert, update or delete since
-- the counters began, if that is min_days ago.  Its indexes count.  With standbys
-- connected nothing is said, since their reads are counted there.  Wrong for what
-- is read once a year: the evidence names the window.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.table_unused',
	title => 'A table is neither read nor written',
	why => 'It is vacuumed, backed up and migrated for nobody.',
	severity => 'info',
	thresholds => '{"min_days": 90, "min_bytes": 10485760}',
	doc => 'Tables that a foreign key refers to are left alone: checks of the key read them. No statement is given, as dropping a table loses data; what stands on it is in the evidence.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_table_unused WITH (security_invoker = true) AS
WITH guard AS (
	SELECT dbadvisor.usage_since() AS since,
		   EXISTS (SELECT FROM pg_catalog.pg_stat_replication) AS has_standby
)
SELECT a.*
  FROM guard g
 CROSS JOIN dbadvisor.user_table t
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0), ', ')
	  FROM pg_catalog.pg_depend d
	 WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refobjid = t.relid
	   AND d.deptype = 'n') x (dependents)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.table_unused',
		   relid => t.relid,
		   title => pg_catalog.format('Nobody has used %s for %s days', t.full_name, EXTRACT(day FROM pg_catalog.now() - g.since)),
		   detail => pg_catalog.format('No scan and no change since %s. It takes %s.%s',
									   pg_catalog.to_char(g.since, 'YYYY-MM-DD'),
									   pg_catalog.pg_size_pretty(t.bytes),
									   ' Stands on it: ' || x.dependents || '.'),
		   evidence => pg_catalog.jsonb_build_object('size_bytes', t.bytes, 'rows', t.rows, 'dependents', x.dependents,
													 'confidence_reason', 'the window may be too short for it'),
		   benefit_bytes => t.bytes,
		   proof => 'counters',
		   confidence => 0.5,
		   evidence_since => g.since,
		   affected_count => t.leaf_count) a
 WHERE NOT g.has_standby
   AND t.relkind IN ('r', 'p', 'm')
   AND NOT t.is_partition
   AND t.scans = 0
   AND t.rows_inserted + t.rows_updated + t.rows_deleted = 0
   AND NOT EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					WHERE i.indrelid = t.relid
					  AND pg_catalog.pg_stat_get_numscans(i.indexrelid) > 0)
   AND NOT EXISTS (SELECT
					 FROM pg_catalog.pg_constraint k
					WHERE k.confrelid = t.relid)
   AND t.bytes >= dbadvisor.threshold('maintenance.table_unused', 'min_bytes', t.full_name)
   AND g.since <= pg_catalog.now() - pg_catalog.make_interval(secs => dbadvisor.threshold('maintenance.table_unused', 'min_days', t.full_name)::double precision * 86400)
 UNION ALL
SELECT n.*
  FROM guard g
 CROSS JOIN LATERAL (
	SELECT CASE
		   WHEN g.has_standby THEN 'standbys are connected, and their reads are not counted here'
		   WHEN g.since IS NULL THEN 'it is not known since when the counters count'
		   WHEN g.since > pg_catalog.now() - pg_catalog.make_interval(secs => dbadvisor.threshold('maintenance.table_unused', 'min_days')::double precision * 86400)
		   THEN pg_catalog.format('counters are %s days old, %s are wanted', EXTRACT(day FROM pg_catalog.now() - g.since), dbadvisor.threshold('maintenance.table_unused', 'min_days'))
		   END) r (reason)
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'maintenance.table_unused',
		   CASE WHEN r.reason IS NULL THEN 'ok' ELSE 'skipped' END,
		   r.reason) n;
COMMENT ON VIEW dbadvisor.rule_maintenance_table_unused IS
'Tables that nobody has read or written since the counters began, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_table_unused TO dbadvisor_reader;
