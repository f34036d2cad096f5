-- index.duplicate: an index that another one repeats
--
-- Fires for the weaker of two indexes with the same keys, operator classes,
-- collations, order (or all of it the other way round), included columns and
-- rows; of three or more, for all but one.  Wrong when both are wanted for a
-- while, as when one is built to replace the other.
SELECT dbadvisor.register_rule(
	rule => 'index.duplicate',
	title => 'An index repeats another one',
	why => 'Each write maintains both, and both take space and cache, for what one of them does.',
	severity => 'medium',
	thresholds => '{"max_cost_increase": 0.01, "min_window_days": 0, "min_workload_days": 0, "time_limit_s": 10}',
	doc => 'The one that stays is what other objects rely upon, else the unique, the smaller, the older one. max_cost_increase is the share by which the planner''s cost of a recorded statement may rise without the index. The window of usage does not matter, as the other index serves every statement as well.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_duplicate WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT d.*,
		   dbadvisor.relation_identity(d.indexrelid) AS index_name,
		   dbadvisor.relation_identity(d.covered_by) AS other_name
	  FROM dbadvisor.index_drops('index.duplicate') d
)
SELECT a.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.duplicate',
		   indexrelid => s.indexrelid,
		   title => pg_catalog.format('Drop index %s: %s is the same', s.index_name, s.other_name),
		   detail => pg_catalog.format(
						 '%s has the same columns%s. The planner''s cost of the %s recorded statements that touch the table does not rise without it, and nothing else stands on it.',
						 s.other_name,
						 CASE s.cover WHEN 'reversed' THEN ' in the opposite order, which it can be read in as well' ELSE ' in the same order' END,
						 s.gates #>> '{planner,statements}'),
		   evidence => pg_catalog.jsonb_build_object('covered_by', s.other_name, 'cover', s.cover, 'gates', s.gates,
													 'confidence_reason', 'compared in the catalog, and planned without it'),
		   proof => 'planner',
		   confidence => 0.98,
		   since => s.since,
		   covered_by => s.covered_by) a
 WHERE s.passed
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', s.index_name, 'covered_by', s.other_name, 'gates', s.gates))
		  FROM suspect s
		 WHERE NOT s.passed) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.duplicate', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_duplicate IS
'Indexes that another one repeats, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_duplicate TO dbadvisor_reader;
