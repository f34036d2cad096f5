-- How the statements of the workload read partitioned tables.

CREATE OR REPLACE FUNCTION dbadvisor.partition_reads(
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT relid oid,
	OUT partitions_read integer,
	OUT overhead_ms double precision,
	OUT cost double precision,
	OUT cost_partitionwise double precision,
	OUT reason text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_partition_reads';
COMMENT ON FUNCTION dbadvisor.partition_reads() IS
'Partitions that the statements of the workload read, each planned as its own user: one row per statement and partitioned table, with the partitions that the planner leaves (of the place in the query that reads most; 0 where they are chosen when it runs), what planning and starting so many takes per call (milliseconds), the cost of the statement and the one with enable_partitionwise_join where it joins several partitioned tables and that is off, or why there is no plan';

REVOKE ALL ON FUNCTION dbadvisor.partition_reads() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_reads() TO dbadvisor_reader;
