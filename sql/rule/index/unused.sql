-- index.unused: an index that no statement reads
--
-- Fires for an index that is not unique and was not scanned over at least
-- min_window_days, on a table that was read or written meanwhile, when no
-- recorded statement is planned otherwise without it and no other server could
-- use it.  Wrong when the statement that needs it runs more seldom than that:
-- the evidence names the window.
SELECT dbadvisor.register_rule(
	rule => 'index.unused',
	title => 'No statement reads this index',
	why => 'Each write maintains it, it takes space and cache, and it may keep updates from being HOT.',
	severity => 'low',
	thresholds => '{"max_cost_increase": 0.001, "min_window_days": 30, "min_workload_days": 1, "min_size_bytes": 1048576, "min_table_activity": 1000, "time_limit_s": 10}',
	doc => 'The catalog does not tell when an index was created: it is known to be there since the first run of analyze() that saw it, or since its commit timestamp. So the rule speaks when analyze() has run for min_window_days. min_table_activity is the number of scans of the table and rows written to it. Statements that run once a quarter are not seen by a window of a month: raise it where there are some.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_unused WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT d.*,
		   u.bytes,
		   u.table_scans,
		   u.table_writes,
		   dbadvisor.relation_identity(d.indexrelid) AS index_name,
		   dbadvisor.relation_identity(u.relid) AS table_name
	  FROM dbadvisor.index_drops('index.unused') d
	  JOIN dbadvisor.user_index u ON u.indexrelid = d.indexrelid
)
SELECT a.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.unused',
		   indexrelid => s.indexrelid,
		   title => pg_catalog.format('Drop index %s: nothing reads it', s.index_name),
		   detail => pg_catalog.format(
						 'It was not scanned while %s saw %s scans and %s rows written (%s). It takes %s. None of the %s recorded statements that touch the table is planned otherwise without it, and nothing else stands on it.',
						 s.table_name, s.table_scans, s.table_writes,
						 s.gates #>> '{window,detail}',
						 pg_catalog.pg_size_pretty(s.bytes),
						 s.gates #>> '{planner,statements}'),
		   evidence => pg_catalog.jsonb_build_object('gates', s.gates,
													 'confidence_reason', 'counters of this server over the window'),
		   proof => 'counters',
		   confidence => 0.8,
		   since => s.since) a
 WHERE s.passed
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', s.index_name, 'gates', s.gates))
		  FROM suspect s
		 WHERE NOT s.passed) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.unused', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_unused IS
'Indexes that no statement reads, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_unused TO dbadvisor_reader;
