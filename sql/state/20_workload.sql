-- Statements of the workload that were given by hand
--
-- A row is planned with the rights of the role it names, so nobody but the
-- owner may write the table: dbadvisor.workload_add() puts in the caller.
CREATE TABLE dbadvisor.workload_statement (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	query text NOT NULL,
	role_name name NOT NULL,
	search_path text NOT NULL,
	calls float8 NOT NULL CHECK (calls >= 0),
	mean_ms float8 CHECK (mean_ms >= 0),
	parameters jsonb,
	added_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

COMMENT ON TABLE dbadvisor.workload_statement IS
'Statements given by hand with workload_add(), beside those of pg_stat_statements';
COMMENT ON COLUMN dbadvisor.workload_statement.id IS
'what workload_add() returned and workload_remove() takes';
COMMENT ON COLUMN dbadvisor.workload_statement.query IS
'text of one statement; parameters as $1, $2, ...';
COMMENT ON COLUMN dbadvisor.workload_statement.role_name IS
'who added it; it is planned with the rights of this role';
COMMENT ON COLUMN dbadvisor.workload_statement.search_path IS
'search path at the time it was added; it is planned under it';
COMMENT ON COLUMN dbadvisor.workload_statement.calls IS
'how often it is expected to run, since it was added';
COMMENT ON COLUMN dbadvisor.workload_statement.mean_ms IS
'measured or expected execution time of one call; null if unknown';
COMMENT ON COLUMN dbadvisor.workload_statement.parameters IS
'sets of example values to plan it with, as given to workload_add(); null without any';
COMMENT ON COLUMN dbadvisor.workload_statement.added_at IS
'when it was added';

SELECT pg_catalog.pg_extension_config_dump('dbadvisor.workload_statement', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.workload_statement_id_seq', '');

REVOKE ALL ON dbadvisor.workload_statement FROM PUBLIC;
GRANT SELECT ON dbadvisor.workload_statement TO dbadvisor_reader;
GRANT SELECT, DELETE ON dbadvisor.workload_statement TO dbadvisor_admin;
