-- The background workers and whatever else analyses, as they are now.

CREATE OR REPLACE VIEW dbadvisor.progress WITH (security_invoker = true) AS
SELECT p.pid,
	   p.kind,
	   p.database,
	   p.phase,
	   p.done,
	   p.total,
	   p.object,
	   p.started_at,
	   p.changed_at
  FROM dbadvisor.progress_rows() p;
COMMENT ON VIEW dbadvisor.progress IS
'Analyses that run now, by background workers and by sessions, and what the launcher of the workers is at; empty unless dbadvisor is in shared_preload_libraries';
COMMENT ON COLUMN dbadvisor.progress.pid IS
'Process, as in pg_stat_activity';
COMMENT ON COLUMN dbadvisor.progress.kind IS
'session, worker or launcher';
COMMENT ON COLUMN dbadvisor.progress.database IS
'Database that is analysed; null for the launcher';
COMMENT ON COLUMN dbadvisor.progress.phase IS
'Rule or step that runs; why a worker pauses; what the launcher waits for';
COMMENT ON COLUMN dbadvisor.progress.done IS
'Parts that are done; null where there are none to count';
COMMENT ON COLUMN dbadvisor.progress.total IS
'Parts that there are; null where there are none to count';
COMMENT ON COLUMN dbadvisor.progress.object IS
'What is in hand; null where nothing is told';
COMMENT ON COLUMN dbadvisor.progress.started_at IS
'Since when there is something to tell';
COMMENT ON COLUMN dbadvisor.progress.changed_at IS
'When this was told';

CREATE OR REPLACE VIEW dbadvisor.worker WITH (security_invoker = true) AS
SELECT w.database,
	   w.state,
	   w.pid,
	   w.requested,
	   w.last_snapshot,
	   w.last_analysis,
	   w.failures,
	   w.retry_at,
	   w.problem
  FROM dbadvisor.worker_rows() w;
COMMENT ON VIEW dbadvisor.worker IS
'Databases as the background workers know them, and what became of the latest worker; empty unless dbadvisor is in shared_preload_libraries';
COMMENT ON COLUMN dbadvisor.worker.database IS
'Database; templates and those that refuse connections are left out';
COMMENT ON COLUMN dbadvisor.worker.state IS
'not chosen (dbadvisor.databases), not looked at, looking, not installed, waiting, working, out of the way (of a command such as DROP DATABASE), failed';
COMMENT ON COLUMN dbadvisor.worker.pid IS
'Process that works there now';
COMMENT ON COLUMN dbadvisor.worker.requested IS
'Whether request_analysis() waits for a worker';
COMMENT ON COLUMN dbadvisor.worker.last_snapshot IS
'Latest snapshot of the counters';
COMMENT ON COLUMN dbadvisor.worker.last_analysis IS
'Start of the latest analysis of everything that ended';
COMMENT ON COLUMN dbadvisor.worker.failures IS
'Workers in a row that failed; counts one that still works';
COMMENT ON COLUMN dbadvisor.worker.retry_at IS
'No worker before, after a failure';
COMMENT ON COLUMN dbadvisor.worker.problem IS
'Error of the latest worker; null when it was well';

GRANT SELECT ON dbadvisor.progress, dbadvisor.worker TO dbadvisor_reader;
