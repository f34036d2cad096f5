-- Where the planner was wrong, and which plans statements had.

CREATE OR REPLACE VIEW dbadvisor.misestimates WITH (security_invoker = true) AS
SELECT e.queryid,
	   e.userid,
	   e.node,
	   e.relid::pg_catalog.regclass AS relation,
	   e.clause,
	   e.executions,
	   e.estimated_rows,
	   e.actual_rows,
	   e.factor,
	   e.removed_rows,
	   e.spills,
	   e.spilled_kb,
	   e.executed_at
  FROM dbadvisor.estimate_rows() e
 WHERE e.factor >= 2
	OR e.spills > 0;
COMMENT ON VIEW dbadvisor.misestimates IS
'Clauses for which the planner expected less than half, or more than twice, the rows that came, and sorts and hashes that went to disk, in sampled executions; of one''s own statements, of all for members of pg_read_all_stats';
COMMENT ON COLUMN dbadvisor.misestimates.queryid IS
'Statement, as in pg_stat_statements';
COMMENT ON COLUMN dbadvisor.misestimates.userid IS
'Role that executed it';
COMMENT ON COLUMN dbadvisor.misestimates.node IS
'scan, sort, hash or aggregate';
COMMENT ON COLUMN dbadvisor.misestimates.relation IS
'Table that is scanned; null for the others';
COMMENT ON COLUMN dbadvisor.misestimates.clause IS
'Its conditions, with ? for constants and parameters; null without any';
COMMENT ON COLUMN dbadvisor.misestimates.executions IS
'Executions that the following are means of';
COMMENT ON COLUMN dbadvisor.misestimates.estimated_rows IS
'Rows that the planner expected, per turn of a loop';
COMMENT ON COLUMN dbadvisor.misestimates.actual_rows IS
'Rows that came, per turn of a loop';
COMMENT ON COLUMN dbadvisor.misestimates.factor IS
'The larger of the two through the smaller, in the geometric mean; fewer rows than one count as one';
COMMENT ON COLUMN dbadvisor.misestimates.removed_rows IS
'Rows that were read and removed by the conditions, per turn of a loop';
COMMENT ON COLUMN dbadvisor.misestimates.spills IS
'Executions that wrote to disk for want of work_mem';
COMMENT ON COLUMN dbadvisor.misestimates.spilled_kb IS
'Most that one of them wrote, in kilobytes';
COMMENT ON COLUMN dbadvisor.misestimates.executed_at IS
'When the last of them arrived';

CREATE OR REPLACE VIEW dbadvisor.statement_plan WITH (security_invoker = true) AS
SELECT p.queryid,
	   p.userid,
	   p.plan_id,
	   p.shape,
	   p.executions,
	   p.mean_ms,
	   p.slowest_ms,
	   p.first_seen,
	   p.last_seen,
	   pg_catalog.count(*) OVER statement AS plans,
	   p.mean_ms / nullif(pg_catalog.min(p.mean_ms) OVER statement, 0) AS times_slower,
	   p.mean_rows,
	   p.mean_cost
  FROM dbadvisor.plan_rows() p
WINDOW statement AS (PARTITION BY p.queryid, p.userid);
COMMENT ON VIEW dbadvisor.statement_plan IS
'Plans that statements were executed with, in sampled executions; of one''s own statements, of all for members of pg_read_all_stats';
COMMENT ON COLUMN dbadvisor.statement_plan.queryid IS
'Statement, as in pg_stat_statements';
COMMENT ON COLUMN dbadvisor.statement_plan.userid IS
'Role that executed it';
COMMENT ON COLUMN dbadvisor.statement_plan.plan_id IS
'Tells plans apart by their nodes, tables and indexes';
COMMENT ON COLUMN dbadvisor.statement_plan.shape IS
'Nodes of the plan, the children of each in brackets; cut off where it is long';
COMMENT ON COLUMN dbadvisor.statement_plan.executions IS
'Sampled executions with this plan';
COMMENT ON COLUMN dbadvisor.statement_plan.mean_ms IS
'Their mean execution time, in milliseconds';
COMMENT ON COLUMN dbadvisor.statement_plan.slowest_ms IS
'Time of the slowest of them, in milliseconds';
COMMENT ON COLUMN dbadvisor.statement_plan.first_seen IS
'When the first of them arrived';
COMMENT ON COLUMN dbadvisor.statement_plan.last_seen IS
'When the last of them arrived';
COMMENT ON COLUMN dbadvisor.statement_plan.plans IS
'Plans that the statement had';
COMMENT ON COLUMN dbadvisor.statement_plan.times_slower IS
'Mean time compared with that of the statement''s fastest plan';
COMMENT ON COLUMN dbadvisor.statement_plan.mean_rows IS
'Rows that they returned or changed, in the mean';
COMMENT ON COLUMN dbadvisor.statement_plan.mean_cost IS
'Cost that the planner expected of them, in the mean';

REVOKE ALL ON dbadvisor.misestimates, dbadvisor.statement_plan FROM PUBLIC;
GRANT SELECT ON dbadvisor.misestimates, dbadvisor.statement_plan
   TO dbadvisor_reader, dbadvisor_admin;
