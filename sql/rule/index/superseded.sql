-- index.superseded: an index that a recommended one makes needless
--
-- Fires for an index that is not unique when an index that index.missing
-- recommends begins with the same keys, or contains it otherwise, and the
-- recorded statements cost no more once the one is there and the other gone.
-- To be applied after that finding.  Wrong as index.redundant is.
SELECT dbadvisor.register_rule(
	rule => 'index.superseded',
	title => 'An index to be created does what this one does',
	why => 'Replacing the index instead of adding one keeps writes and space as they are.',
	severity => 'low',
	thresholds => '{"max_cost_increase": 0.05, "min_window_days": 1, "min_workload_days": 1, "time_limit_s": 10}',
	doc => 'Looks at the open findings of index.missing, so analyze() must have found some; only those on plain columns for all rows are looked at. depends_on names the finding to be applied before. Thresholds as for index.redundant; the cost is compared with the one that the recommended index brings.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_superseded WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT d.*,
		   dbadvisor.relation_identity(d.indexrelid) AS index_name,
		   f.title AS creation
	  FROM dbadvisor.index_drops('index.superseded') d
	  LEFT JOIN dbadvisor.finding f ON f.fingerprint = d.fingerprint
)
SELECT a.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.superseded',
		   indexrelid => s.indexrelid,
		   title => pg_catalog.format('Drop index %s once a recommended one replaces it', s.index_name),
		   detail => pg_catalog.format(
						 'First apply "%s": that index %s. With it, the costliest change among the %s recorded statements that touch the table is from %s to %s, and nothing else stands on the old index.',
						 s.creation,
						 CASE s.cover
						 WHEN 'prefix' THEN 'begins with the same key columns'
						 WHEN 'include' THEN 'has the same key columns and more included ones'
						 WHEN 'rows' THEN 'has the same columns for more rows'
						 ELSE 'has the same columns'
						 END,
						 s.gates #>> '{planner,statements}',
						 COALESCE(s.gates #>> '{planner,worst,cost_before}', '0'),
						 COALESCE(s.gates #>> '{planner,worst,cost_after}', '0')),
		   evidence => pg_catalog.jsonb_build_object('covered_by_finding', s.fingerprint, 'cover', s.cover, 'gates', s.gates,
													 'confidence_reason', 'recorded statements planned with the new index and without the old one'),
		   proof => 'planner',
		   confidence => 0.8,
		   since => s.since,
		   depends_on => ARRAY[s.fingerprint]) a
 WHERE s.passed
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', s.index_name, 'covered_by_finding', s.fingerprint, 'gates', s.gates))
		  FROM suspect s
		 WHERE NOT s.passed) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.superseded', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_superseded IS
'Indexes that a recommended one makes needless, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_superseded TO dbadvisor_reader;
