-- What standbys run: their workload is part of that of the cluster.

ALTER TABLE dbadvisor.node
	ADD COLUMN statements_since timestamptz,
	ADD COLUMN statements_problem text;
COMMENT ON COLUMN dbadvisor.node.statements_since IS
'Since when its pg_stat_statements counts; null while its workload is not known';
COMMENT ON COLUMN dbadvisor.node.statements_problem IS
'Why its workload could not be read the last time; null when it could';

CREATE TABLE dbadvisor.node_statement (
	node text NOT NULL REFERENCES dbadvisor.node ON UPDATE CASCADE ON DELETE CASCADE,
	userid oid NOT NULL,
	queryid bigint NOT NULL,
	query text,
	calls double precision NOT NULL,
	total_ms double precision NOT NULL,
	rows double precision NOT NULL,
	PRIMARY KEY (node, userid, queryid)
);
COMMENT ON TABLE dbadvisor.node_statement IS
'Statements that ran on other servers, as of node.last_seen; rows are seen by those who may see the statements here';
COMMENT ON COLUMN dbadvisor.node_statement.node IS
'Server';
COMMENT ON COLUMN dbadvisor.node_statement.userid IS
'Role: a standby has the same numbers';
COMMENT ON COLUMN dbadvisor.node_statement.queryid IS
'Statement, as in pg_stat_statements: the same on a standby';
COMMENT ON COLUMN dbadvisor.node_statement.query IS
'Text; null where it is very long';
COMMENT ON COLUMN dbadvisor.node_statement.calls IS
'Executions since node.statements_since';
COMMENT ON COLUMN dbadvisor.node_statement.total_ms IS
'Execution time, ms';
COMMENT ON COLUMN dbadvisor.node_statement.rows IS
'Rows returned';

-- As pg_stat_statements itself does it.
ALTER TABLE dbadvisor.node_statement ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON dbadvisor.node_statement FOR SELECT
	USING (userid = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER)
		   OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'));
CREATE POLICY writable ON dbadvisor.node_statement
	USING (pg_catalog.pg_has_role('dbadvisor_admin', 'USAGE'));
COMMENT ON POLICY visible ON dbadvisor.node_statement IS
'Those who may see the statements in pg_stat_statements';
COMMENT ON POLICY writable ON dbadvisor.node_statement IS
'Those who may ask the other servers';

GRANT SELECT ON dbadvisor.node_statement TO dbadvisor_reader;
GRANT INSERT, UPDATE, DELETE ON dbadvisor.node_statement TO dbadvisor_admin;
