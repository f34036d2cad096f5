-- architecture.old_rows_kept: a large table is a log whose old rows nobody changes
--
-- Fires for a table that is not partitioned, has at least min_bytes or
-- min_database_share of the database and min_share_bytes, gets its rows in the order
-- of a column of dates, and had less than max_change_share changes per inserted row
-- over min_hours of history.
SELECT dbadvisor.register_rule(
	rule => 'architecture.old_rows_kept',
	title => 'A large table only grows, in the order of time',
	why => 'Backups, VACUUM and every new index take longer each month, for rows that are hardly looked at; deleting them row by row costs as much again.',
	severity => 'low',
	thresholds => '{"window_hours": 336, "min_hours": 168, "min_bytes": 107374182400, "min_database_share": 0.3, "min_share_bytes": 10737418240, "min_correlation": 0.95, "max_change_share": 0.01}',
	doc => 'Partitioned by that column old rows go by DETACH PARTITION and DROP TABLE, in a moment, or to cheaper storage first. Whether they may go is not known. Reads of old rows are not told from reads of new ones.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_architecture_old_rows_kept WITH (security_invoker = true) AS
WITH large AS MATERIALIZED (
	SELECT t.relid,
		   t.schema_name,
		   t.table_name,
		   t.full_name,
		   t.bytes,
		   t.bytes / NULLIF(pg_catalog.sum(t.bytes) OVER (), 0) AS share
	  FROM dbadvisor.user_table t
	 WHERE t.relkind = 'r'
	   AND NOT t.is_partition
), written AS MATERIALIZED (
	SELECT h.relid,
		   pg_catalog.sum(h.inserts) AS inserts,
		   pg_catalog.sum(h.updates + h.deletes) AS changes,
		   pg_catalog.min(w.since) AS since
	  FROM dbadvisor.query_windows('architecture.old_rows_kept') w
	  JOIN dbadvisor.history_relation h ON h.taken_at = w.taken_at
	 WHERE NOT h.is_index
	   AND EXISTS (SELECT FROM dbadvisor.server_samples('architecture.old_rows_kept', 'sessions') s WHERE s.samples > 0)
	 GROUP BY h.relid
), ordered AS (
	SELECT l.*,
		   w.inserts,
		   w.changes,
		   w.since,
		   c.column_name,
		   c.correlation
	  FROM large l
	  JOIN written w ON w.relid = l.relid
	 CROSS JOIN LATERAL (
		SELECT a.attname AS column_name,
			   s.correlation
		  FROM pg_catalog.pg_stats s
		  JOIN pg_catalog.pg_attribute a
			ON a.attrelid = l.relid
		   AND a.attname = s.attname
		 WHERE s.schemaname = l.schema_name
		   AND s.tablename = l.table_name
		   AND NOT s.inherited
		   AND a.atttypid IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype)
		   AND s.correlation >= dbadvisor.threshold('architecture.old_rows_kept', 'min_correlation', l.full_name)::double precision
		 ORDER BY s.correlation DESC, a.attnum
		 LIMIT 1) c
	 WHERE w.inserts > 0
	   AND w.changes < w.inserts * dbadvisor.threshold('architecture.old_rows_kept', 'max_change_share', l.full_name)::double precision
	   AND (l.bytes >= dbadvisor.threshold('architecture.old_rows_kept', 'min_bytes', l.full_name)
			OR (l.share >= dbadvisor.threshold('architecture.old_rows_kept', 'min_database_share', l.full_name)
				AND l.bytes >= dbadvisor.threshold('architecture.old_rows_kept', 'min_share_bytes', l.full_name)))
)
SELECT a.*
  FROM ordered o
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'architecture.old_rows_kept',
		   relid => o.relid,
		   title => pg_catalog.format('Partition %s by %I and let old rows go', o.full_name, o.column_name),
		   detail => pg_catalog.format('It has %s, %s %% of the database. In the history %s rows came and %s were changed; it is in the order of %I.',
									   pg_catalog.pg_size_pretty(o.bytes), pg_catalog.round((o.share * 100)::numeric), o.inserts, o.changes, o.column_name),
		   evidence => pg_catalog.jsonb_build_object(
						   'bytes', o.bytes,
						   'database_share', pg_catalog.round(o.share::numeric, 3),
						   'column', o.column_name,
						   'correlation', pg_catalog.round(o.correlation::numeric, 3),
						   'rows_inserted', o.inserts,
						   'rows_changed', o.changes,
						   'gates_passed', ARRAY['large', 'in the order of time', 'rows are not changed'],
						   'confidence_reason', 'whether old rows are read, and may go, is not known',
						   'failure_prevented', 'maintenance that takes longer each month'),
		   proof => 'counters',
		   confidence => 0.5,
		   evidence_since => o.since,
		   impact => 'The table is copied into partitions once.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('architecture.old_rows_kept') n;
COMMENT ON VIEW dbadvisor.rule_architecture_old_rows_kept IS
'Large tables that only grow in the order of time, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_architecture_old_rows_kept TO dbadvisor_reader;
