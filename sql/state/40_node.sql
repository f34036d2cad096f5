-- Other servers of the cluster, registered by the DBA: usage figures of a
-- standby are known there alone.
CREATE TABLE dbadvisor.node (
	node text PRIMARY KEY,
	server_name name,
	role text NOT NULL DEFAULT 'standby'
		CHECK (role IN ('primary', 'standby')),
	added_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
	last_seen timestamptz,
	usage_since timestamptz,
	slot_name text,
	downstream integer,
	problem text
);
COMMENT ON TABLE dbadvisor.node IS
'Other servers with the same data, registered by hand; while there is a standby whose usage of indexes is not known, no index is proposed to be dropped. A node is taken for the standby that is attached under its name (application_name), or through the slot that it names or is named like';
COMMENT ON COLUMN dbadvisor.node.node IS
'Name to know it by: the application_name or the replication slot of the standby';
COMMENT ON COLUMN dbadvisor.node.server_name IS
'Foreign server (CREATE SERVER, with a user mapping for the owner of the extension) that leads to its copy of this database; null while evidence is not collected from it';
COMMENT ON COLUMN dbadvisor.node.role IS
'primary or standby';
COMMENT ON COLUMN dbadvisor.node.added_at IS
'When it was registered';
COMMENT ON COLUMN dbadvisor.node.last_seen IS
'When evidence last came from it; null for never';

COMMENT ON COLUMN dbadvisor.node.usage_since IS
'Since when it counts the usage of its indexes';
COMMENT ON COLUMN dbadvisor.node.slot_name IS
'Replication slot that it says it receives WAL through';
COMMENT ON COLUMN dbadvisor.node.downstream IS
'Standbys that receive WAL from it in turn';
COMMENT ON COLUMN dbadvisor.node.problem IS
'Why no evidence came from it the last time; null when some did';

-- Where a server is restored, its standbys are other ones: nothing of it is
-- dumped.
CREATE TABLE dbadvisor.node_index (
	node text NOT NULL REFERENCES dbadvisor.node ON UPDATE CASCADE ON DELETE CASCADE,
	indexrelid oid NOT NULL,
	scans bigint NOT NULL,
	last_scan timestamptz,
	PRIMARY KEY (node, indexrelid)
);
COMMENT ON TABLE dbadvisor.node_index IS
'Indexes that were used on a standby, as of node.last_seen; an index without a row was not';
COMMENT ON COLUMN dbadvisor.node_index.node IS
'Server';
COMMENT ON COLUMN dbadvisor.node_index.indexrelid IS
'Index: a standby has the same numbers';
COMMENT ON COLUMN dbadvisor.node_index.scans IS
'Scans since node.usage_since';
COMMENT ON COLUMN dbadvisor.node_index.last_scan IS
'The latest scan, where the server counts it (16 and later)';

SELECT pg_catalog.pg_extension_config_dump('dbadvisor.node', '');

GRANT SELECT ON dbadvisor.node, dbadvisor.node_index TO dbadvisor_reader;
GRANT INSERT, UPDATE, DELETE ON dbadvisor.node, dbadvisor.node_index TO dbadvisor_admin;
