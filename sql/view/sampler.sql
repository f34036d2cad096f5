-- What the sampler has, and how it is.

CREATE OR REPLACE VIEW dbadvisor.parameter_sample WITH (security_invoker = true) AS
SELECT s.queryid,
	   s.userid,
	   s.search_path,
	   s.parameters,
	   s.parameter_types,
	   s.constant,
	   s.kept,
	   s.frequent_share,
	   s.execution_ms,
	   s.rows,
	   s.executed_at
  FROM dbadvisor.parameter_samples() s;
COMMENT ON VIEW dbadvisor.parameter_sample IS
'Executions of statements in this database, chosen at random, with the parameter values that they had: those of one''s own, of everybody to members of pg_read_all_stats; empty unless dbadvisor is in shared_preload_libraries';
COMMENT ON COLUMN dbadvisor.parameter_sample.queryid IS
'Statement, as in pg_stat_statements';
COMMENT ON COLUMN dbadvisor.parameter_sample.userid IS
'Role that executed it';
COMMENT ON COLUMN dbadvisor.parameter_sample.search_path IS
'search_path in force; empty where it was too long to be kept';
COMMENT ON COLUMN dbadvisor.parameter_sample.parameters IS
'Values of $1, $2, ... in the text of pg_stat_statements, bound ones and constants alike; null for null and for a value that was not kept';
COMMENT ON COLUMN dbadvisor.parameter_sample.parameter_types IS
'Types of the values; unknown for a string in the text';
COMMENT ON COLUMN dbadvisor.parameter_sample.constant IS
'True for a constant in the text, false for a value bound by the client';
COMMENT ON COLUMN dbadvisor.parameter_sample.kept IS
'False for a value that was too long, or that has no text';
COMMENT ON COLUMN dbadvisor.parameter_sample.frequent_share IS
'Share of the sampled executions that had the most frequent value of each parameter; null where not known';
COMMENT ON COLUMN dbadvisor.parameter_sample.execution_ms IS
'Execution time, in milliseconds';
COMMENT ON COLUMN dbadvisor.parameter_sample.rows IS
'Rows returned or changed';
COMMENT ON COLUMN dbadvisor.parameter_sample.executed_at IS
'When the statement arrived';

CREATE OR REPLACE VIEW dbadvisor.sampler WITH (security_invoker = true) AS
SELECT s.state,
	   s.statements,
	   s.capacity,
	   s.sets,
	   s.value_bytes,
	   s.recorded,
	   s.evicted,
	   s.lost_busy,
	   s.lost_too_long,
	   s.lost_unknown
  FROM dbadvisor.sampler_status() s;
COMMENT ON VIEW dbadvisor.sampler IS
'Whether parameter values are sampled, and how full the sampler is; of all databases together';
COMMENT ON COLUMN dbadvisor.sampler.state IS
'on, off (dbadvisor.sampler or a rate of 0), no query identifiers (compute_query_id is off), no memory (dbadvisor.sampler_size), or not preloaded';
COMMENT ON COLUMN dbadvisor.sampler.statements IS
'Statements with samples; null, as the following columns, unless there is memory for some';
COMMENT ON COLUMN dbadvisor.sampler.capacity IS
'Statements for which there is room';
COMMENT ON COLUMN dbadvisor.sampler.sets IS
'Executions that are kept';
COMMENT ON COLUMN dbadvisor.sampler.value_bytes IS
'Bytes of their values, with types and search paths';
COMMENT ON COLUMN dbadvisor.sampler.recorded IS
'Executions that were sampled since the server started';
COMMENT ON COLUMN dbadvisor.sampler.evicted IS
'Statements that made room for others since then';
COMMENT ON COLUMN dbadvisor.sampler.lost_busy IS
'Samples given up since another session had the lock';
COMMENT ON COLUMN dbadvisor.sampler.lost_too_long IS
'Samples given up for too many parameters or too long a text';
COMMENT ON COLUMN dbadvisor.sampler.lost_unknown IS
'Samples given up since it was not known where the statement has its constants';

REVOKE ALL ON dbadvisor.parameter_sample, dbadvisor.sampler FROM PUBLIC;
GRANT SELECT ON dbadvisor.parameter_sample, dbadvisor.sampler
   TO dbadvisor_reader, dbadvisor_admin;
