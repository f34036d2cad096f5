-- index_entry_cost(): what one more entry of an index costs, by the model that
-- weighs writes in index advice.

CREATE OR REPLACE FUNCTION dbadvisor.index_entry_cost(
	index regclass,
	entries float8 DEFAULT 1,
	seconds float8 DEFAULT NULL,
	OUT cost float8,
	OUT wal_bytes float8,
	OUT vacuum_cost float8)
RETURNS record
LANGUAGE c
STABLE
PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_index_entry_cost';

COMMENT ON FUNCTION dbadvisor.index_entry_cost(regclass, float8, float8) IS
'What one entry of an existing index costs when there are so many in so many seconds (null: between two checkpoints): planner cost units, bytes of WAL, and cost units of VACUUM once it is dead';

REVOKE ALL ON FUNCTION dbadvisor.index_entry_cost(regclass, float8, float8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.index_entry_cost(regclass, float8, float8)
	TO dbadvisor_reader;
