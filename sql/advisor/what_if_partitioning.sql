-- what_if_partitioning(): what the workload would cost with a table partitioned.

CREATE OR REPLACE FUNCTION dbadvisor.price_partitioning(
	relation regclass,
	key text,
	strategy text,
	bounds text[],
	partitions integer,
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT calls double precision,
	OUT ms_per_day double precision,
	OUT window_days double precision,
	OUT cost_before double precision,
	OUT cost_after double precision,
	OUT ratio double precision,
	OUT partitions_left double precision,
	OUT partitions_started double precision,
	OUT partitions_total double precision,
	OUT overhead_ms double precision,
	OUT ms_before double precision,
	OUT ms_after double precision,
	OUT loses boolean,
	OUT reason text,
	OUT deletes boolean)
RETURNS SETOF record
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_price_partitioning';
COMMENT ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer) IS
'Plan every statement of the workload that touches a table, each as its own user, as the database is and as if the table were partitioned by these inner bounds of ranges, values of a list, or into so many partitions by hash; empty tables are created for it and rolled back';

CREATE OR REPLACE FUNCTION dbadvisor.what_if_partitioning(
	relation regclass,
	key text,
	strategy text DEFAULT 'range',
	"interval" text DEFAULT NULL,
	partitions integer DEFAULT NULL,
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT calls double precision,
	OUT ms_per_day double precision,
	OUT window_days double precision,
	OUT cost_before double precision,
	OUT cost_after double precision,
	OUT ratio double precision,
	OUT partitions_left double precision,
	OUT partitions_started double precision,
	OUT partitions_total double precision,
	OUT overhead_ms double precision,
	OUT ms_before double precision,
	OUT ms_after double precision,
	OUT loses boolean,
	OUT reason text,
	OUT deletes boolean)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.*
	  FROM dbadvisor.price_partitioning(
			   relation, key, strategy,
			   dbadvisor.partition_bounds(relation, key, strategy, "interval", partitions),
			   COALESCE(partitions, 0)) p;
$$;
COMMENT ON FUNCTION dbadvisor.what_if_partitioning(regclass, text, text, text, integer) IS
'What every statement of the workload that touches a table costs now and would cost with the table partitioned by range (an interval such as 1 month, a step such as 1000000, or a number of equal partitions), by list (the common values and one partition for the rest) or by hash (a number of partitions): planner cost and their ratio, partitions left after pruning by the planner and when execution has started, milliseconds per call with what planning and starting more partitions takes (overhead_ms), whether it loses, why there is no figure, and whether all it does is to delete rows of the table';

REVOKE ALL ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer),
	dbadvisor.what_if_partitioning(regclass, text, text, text, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer),
	dbadvisor.what_if_partitioning(regclass, text, text, text, integer)
	TO dbadvisor_admin;
