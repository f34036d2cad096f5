-- Other servers of the cluster, registered by the DBA: usage figures of a
-- standby are known there alone.
CREATE TABLE dbadvisor.node (
	node text PRIMARY KEY,
	server_name name,
	role text NOT NULL DEFAULT 'standby'
		CHECK (role IN ('primary', 'standby')),
	added_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
	last_seen timestamptz
);
COMMENT ON TABLE dbadvisor.node IS
'Other servers with the same data, registered by hand; while there is a standby whose usage of indexes is not known, no index is proposed to be dropped';
COMMENT ON COLUMN dbadvisor.node.node IS
'Name to know it by';
COMMENT ON COLUMN dbadvisor.node.server_name IS
'Foreign server (CREATE SERVER) that leads to its database; null while evidence is not collected from it';
COMMENT ON COLUMN dbadvisor.node.role IS
'primary or standby';
COMMENT ON COLUMN dbadvisor.node.added_at IS
'When it was registered';
COMMENT ON COLUMN dbadvisor.node.last_seen IS
'When evidence last came from it; null for never';

SELECT pg_catalog.pg_extension_config_dump('dbadvisor.node', '');

GRANT SELECT ON dbadvisor.node TO dbadvisor_reader;
GRANT INSERT, UPDATE, DELETE ON dbadvisor.node TO dbadvisor_admin;
