-- What advice is computed from, and what had to be left out and why
CREATE OR REPLACE VIEW dbadvisor.workload WITH (security_invoker = true) AS
SELECT w.queryid,
       w.userid,
       w.query,
       w.source,
       w.state,
       w.reason,
       w.calls,
       w.total_ms,
       w.mean_ms,
       w.rows,
       w.since,
       w.search_path,
       w.repaired_query,
       w.parameter_types,
       w.parameters,
       w.parameter_sets,
       w.parameter_sensitive,
       w.counters
  FROM dbadvisor.workload_statements() w;

COMMENT ON VIEW dbadvisor.workload IS
'Statements of the current database from pg_stat_statements and by hand: whether each can be planned, and if not, why';
COMMENT ON COLUMN dbadvisor.workload.queryid IS
'as in pg_stat_statements; null for a statement by hand or a hidden one';
COMMENT ON COLUMN dbadvisor.workload.userid IS
'role whose statement it is; it is planned with the rights of this role';
COMMENT ON COLUMN dbadvisor.workload.query IS
'text as captured; null where the caller may not see it';
COMMENT ON COLUMN dbadvisor.workload.source IS
'pg_stat_statements or manual';
COMMENT ON COLUMN dbadvisor.workload.state IS
'plannable, or why advice cannot use it: utility, own, system, hidden, truncated, multiple, unparsable, undefined, timed_out, locked, failed';
COMMENT ON COLUMN dbadvisor.workload.reason IS
'what is behind the state, with the SQLSTATE of the error if there was one';
COMMENT ON COLUMN dbadvisor.workload.calls IS
'executions since "since"';
COMMENT ON COLUMN dbadvisor.workload.total_ms IS
'execution time of all calls, in milliseconds';
COMMENT ON COLUMN dbadvisor.workload.mean_ms IS
'execution time of one call, in milliseconds';
COMMENT ON COLUMN dbadvisor.workload.rows IS
'rows returned or changed by all calls';
COMMENT ON COLUMN dbadvisor.workload.since IS
'since when the counters count';
COMMENT ON COLUMN dbadvisor.workload.search_path IS
'search path under which it is analysed: that of its role and database, extended where its relations are not on it';
COMMENT ON COLUMN dbadvisor.workload.repaired_query IS
'text that was analysed where the captured one is not valid SQL';
COMMENT ON COLUMN dbadvisor.workload.parameter_types IS
'types of $1, $2, ... as inferred';
COMMENT ON COLUMN dbadvisor.workload.parameters IS
'what it is planned with: generic (no values), statistics (values chosen so that the rows agree with those counted), sampled (values it ran with) or given (values given with workload_add()); null without parameters';
COMMENT ON COLUMN dbadvisor.workload.parameter_sets IS
'sets of values that its cost is the weighted mean of; 0 for a generic plan, null without parameters';
COMMENT ON COLUMN dbadvisor.workload.parameter_sensitive IS
'whether a common and a rare value of a compared column, with an index on it, lead to different plans whose costs differ ten times or more';
COMMENT ON COLUMN dbadvisor.workload.counters IS
'all counters of pg_stat_statements, by their names there';

REVOKE ALL ON dbadvisor.workload FROM PUBLIC;
GRANT SELECT ON dbadvisor.workload TO dbadvisor_reader, dbadvisor_admin;
