-- what_if_partitioning(): what the workload would cost with a table partitioned.

CREATE OR REPLACE FUNCTION dbadvisor.price_partitioning(
	relation regclass,
	key text,
	strategy text,
	bounds text[],
	partitions integer,
	sub_key text,
	sub_partitions integer,
	lookups text[],
	lookup_calls double precision[],
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
COMMENT ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer, text, integer, text[], double precision[]) IS
'Plan every statement of the workload that touches a table, each as its own user, and look-ups with the number of their calls, as the database is and as if the table were partitioned by these inner bounds of ranges, values of a list, or into so many partitions by hash, and each of these by the hash of a second column (an empty name and 0: not); empty tables are created for it and rolled back';

-- A foreign key to a partitioned table contains the partition key, so its own check reads
-- one partition.  But who gives no copy of the key has it looked up, in all of them: once
-- per row that is inserted, or that refers to another one.
CREATE OR REPLACE FUNCTION dbadvisor.partition_lookups(relation regclass, key text)
RETURNS TABLE (
	foreign_key text,
	referring text,
	columns text[],
	copy_column text,
	obstacle text,
	query text,
	calls double precision)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH written AS MATERIALIZED (
		SELECT (f.features ->> 'target')::oid AS target,
			   f.features ->> 'command' AS command,
			   f.features -> 'changed_columns' AS changed,
			   GREATEST(f.rows, f.calls, 0) AS rows
		  FROM dbadvisor.workload_features() f
		 WHERE f.features ->> 'command' IN ('insert', 'update')
	)
	SELECT r.constraint_name,
		   r.child_name,
		   r.child_columns,
		   r.copy_column,
		   r.obstacle,
		   pg_catalog.format('SELECT p.%I FROM %s p WHERE %s FOR KEY SHARE', a.attname, dbadvisor.relation_identity(relation),
							 (SELECT pg_catalog.string_agg(pg_catalog.format('p.%I = $%s', u.name, u.place), ' AND ' ORDER BY u.place)
								FROM pg_catalog.unnest(r.referenced_columns) WITH ORDINALITY u (name, place))),
		   (SELECT COALESCE(pg_catalog.sum(w.rows), 0)
			  FROM written w
			 WHERE w.target = r.child
			   AND (w.command = 'insert' OR w.changed ?| r.child_columns))
	  FROM pg_catalog.pg_attribute a
	 CROSS JOIN LATERAL dbadvisor.partition_references(relation, a.attnum) r
	 WHERE a.attrelid = relation
	   AND a.attname = key
	   AND a.attnum > 0
	   AND NOT a.attisdropped
	   AND r.copy_column IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_lookups(regclass, text) IS
'Foreign keys to a table that lack the column by which it is to be partitioned: the columns of the referring table, the one that has to be added to them for a copy of the key, what is in the way of that (null: nothing), the statement that looks the key up for who does not give it, and how many rows were written that need it';

CREATE OR REPLACE FUNCTION dbadvisor.what_if_partitioning(
	relation regclass,
	key text,
	strategy text DEFAULT 'range',
	"interval" text DEFAULT NULL,
	partitions integer DEFAULT NULL,
	sub_key text DEFAULT NULL,
	sub_partitions integer DEFAULT NULL,
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
	OUT deletes boolean,
	OUT lookup_of text[])
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH lookup AS MATERIALIZED (
		SELECT k.query, k.calls, pg_catalog.format('%s of %s', k.foreign_key, k.referring) AS name
		  FROM dbadvisor.partition_lookups(relation, key) k
		 ORDER BY k.referring, k.foreign_key
	)
	SELECT p.*,
		   CASE WHEN p.queryid IS NULL THEN (SELECT pg_catalog.array_agg(k.name) FROM lookup k WHERE k.query = p.query) END
	  FROM (SELECT COALESCE(pg_catalog.array_agg(k.query), '{}'),
				   COALESCE(pg_catalog.array_agg(k.calls), '{}')
			  FROM lookup k) l (queries, calls)
	 CROSS JOIN LATERAL dbadvisor.price_partitioning(
			   relation, key, strategy,
			   dbadvisor.partition_bounds(relation, key, strategy, "interval", partitions),
			   COALESCE(partitions, 0), COALESCE(sub_key, ''), COALESCE(sub_partitions, 0), l.queries, l.calls) p;
$$;
COMMENT ON FUNCTION dbadvisor.what_if_partitioning(regclass, text, text, text, integer, text, integer) IS
'What every statement of the workload that touches a table costs now and would cost with the table partitioned by range (an interval such as 1 month, a step such as 1000000, or a number of equal partitions), by list (the common values and one partition for the rest) or by hash (a number of partitions), and the ranges or values by the hash of a second column, sub_key, into sub_partitions each: planner cost and their ratio, partitions left after pruning by the planner and when execution has started, milliseconds per call, which follow the cost but for what the kinds of scan take with their pages in memory, with what planning and starting more partitions takes (overhead_ms), whether it loses, why there is no figure, and whether all it does is to delete rows of the table. Look-ups of the key by rows that refer to the table without it are among them, with the number of such rows, no queryid and the names of the foreign keys (lookup_of)';

REVOKE ALL ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer, text, integer, text[], double precision[]),
	dbadvisor.partition_lookups(regclass, text),
	dbadvisor.what_if_partitioning(regclass, text, text, text, integer, text, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.price_partitioning(regclass, text, text, text[], integer, text, integer, text[], double precision[]),
	dbadvisor.partition_lookups(regclass, text),
	dbadvisor.what_if_partitioning(regclass, text, text, text, integer, text, integer)
	TO dbadvisor_admin;
