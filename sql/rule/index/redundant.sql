-- index.redundant: an index that a wider one makes needless
--
-- Fires for an index that is not unique when another one of its table begins
-- with the same keys, has more included columns, or more rows, and serves all
-- recorded statements at about the same cost.  Wrong when a statement that was
-- not recorded reads only the index and is in a hurry.
SELECT dbadvisor.register_rule(
	rule => 'index.redundant',
	title => 'A wider index does what this one does',
	why => 'Each write maintains both, and both take space and cache.',
	severity => 'low',
	thresholds => '{"max_cost_increase": 0.05, "min_window_days": 1, "min_workload_days": 1, "time_limit_s": 10}',
	doc => 'max_cost_increase is the share by which the planner''s cost of a recorded statement may rise without the index: a wider one costs a little more to read. min_window_days and min_workload_days are the days that the counters of usage and the recorded statements must cover.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_redundant WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT d.*,
		   dbadvisor.relation_identity(d.indexrelid) AS index_name,
		   dbadvisor.relation_identity(d.covered_by) AS other_name
	  FROM dbadvisor.index_drops('index.redundant') d
)
SELECT a.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.redundant',
		   indexrelid => s.indexrelid,
		   title => pg_catalog.format('Drop index %s: %s does its work', s.index_name, s.other_name),
		   detail => pg_catalog.format(
						 '%s %s. Of the %s recorded statements that touch the table the one that suffers most costs %s instead of %s without it, and nothing else stands on it.',
						 s.other_name,
						 CASE s.cover
						 WHEN 'prefix' THEN 'begins with the same key columns'
						 WHEN 'include' THEN 'has the same key columns and more included ones'
						 ELSE 'has the same columns for more rows'
						 END,
						 s.gates #>> '{planner,statements}',
						 COALESCE(s.gates #>> '{planner,worst,cost_after}', '0'),
						 COALESCE(s.gates #>> '{planner,worst,cost_before}', '0')),
		   evidence => pg_catalog.jsonb_build_object('covered_by', s.other_name, 'cover', s.cover, 'gates', s.gates,
													 'confidence_reason', 'recorded statements planned without it'),
		   proof => 'planner',
		   confidence => 0.9,
		   since => s.since,
		   covered_by => s.covered_by) a
 WHERE s.passed
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', s.index_name, 'covered_by', s.other_name, 'gates', s.gates))
		  FROM suspect s
		 WHERE NOT s.passed) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.redundant', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_redundant IS
'Indexes that a wider one makes needless, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_redundant TO dbadvisor_reader;
