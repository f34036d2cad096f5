-- Columns that the tables of a database could be distributed over several machines by,
-- told from the catalog, the statistics and the recorded statements.
--
-- A key is a column that many tables have under one name, as "tenant_id", together with
-- the column that it refers to.  Entry point: distribution_keys().

-- Only the extension's own view is asked: anybody could have made another of that name.
CREATE OR REPLACE FUNCTION dbadvisor.distributed_tables()
RETURNS SETOF oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	citus regclass := (SELECT c.oid
						 FROM pg_catalog.pg_class c
						 JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
						 JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.oid = d.refobjid
						WHERE e.extname = 'citus'
						  AND c.relname = 'citus_tables'
						LIMIT 1);
BEGIN
	IF citus IS NOT NULL THEN
		RETURN QUERY EXECUTE pg_catalog.format('SELECT t.table_name::oid FROM %s t WHERE t.citus_table_type <> ''local''', dbadvisor.relation_identity(citus));
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.distributed_tables() IS
'Tables that Citus has distributed or holds on all nodes already; none without Citus';

-- A column that is unique by itself says nothing that two tables could share, and a time
-- sends all that is new to one place.
CREATE OR REPLACE FUNCTION dbadvisor.distribution_columns()
RETURNS TABLE (
	key name,
	relid oid,
	attnum smallint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH reference AS MATERIALIZED (
		SELECT k.relid,
			   k.columns[1] AS attnum,
			   k.referenced,
			   k.referenced_columns[1] AS referenced_attnum
		  FROM dbadvisor.user_constraint k
		 WHERE k.contype = 'f'
		   AND pg_catalog.cardinality(k.columns) = 1
	), typed AS (
		SELECT c.column_name AS key,
			   c.base_type,
			   c.relid,
			   c.attnum,
			   pg_catalog.count(*) OVER (PARTITION BY c.column_name, c.base_type) AS alike
		  FROM dbadvisor.user_column c
		 WHERE c.relkind IN ('r', 'p')
		   AND NOT c.is_partition
		   AND NOT c.is_inherited
		   AND NOT c.is_generated
		   AND c.base_type IN ('smallint'::pg_catalog.regtype, 'integer'::pg_catalog.regtype, 'bigint'::pg_catalog.regtype,
							   'text'::pg_catalog.regtype, 'varchar'::pg_catalog.regtype, 'uuid'::pg_catalog.regtype)
		   AND (c.relid, c.attnum) NOT IN (SELECT i.indrelid, i.indkey[0]
											 FROM pg_catalog.pg_index i
											WHERE i.indisunique
											  AND i.indnkeyatts = 1
											  AND i.indpred IS NULL)
	), named AS MATERIALIZED (
		SELECT t.*,
			   pg_catalog.first_value(t.base_type) OVER (PARTITION BY t.key ORDER BY t.alike DESC, t.base_type) AS usual_type
		  FROM typed t
	), member AS (
		SELECT n.key, n.relid, n.attnum
		  FROM named n
		 WHERE n.base_type = n.usual_type
		 UNION
		SELECT n.key, r.referenced, r.referenced_attnum
		  FROM named n
		  JOIN reference r ON r.relid = n.relid AND r.attnum = n.attnum
		 WHERE n.base_type = n.usual_type
	)
	SELECT m.key, m.relid, m.attnum
	  FROM (SELECT o.*, pg_catalog.count(*) OVER (PARTITION BY o.key) AS tables
			  FROM (SELECT DISTINCT ON (d.key, d.relid) d.*
					  FROM member d
					 WHERE d.relid NOT IN (SELECT t FROM dbadvisor.distributed_tables() t)
					 ORDER BY d.key, d.relid, d.attnum) o) m
	 WHERE m.tables > 1;
$$;
COMMENT ON FUNCTION dbadvisor.distribution_columns() IS
'Columns that at least two tables have under one name and that are unique in none by themselves, and those that they refer to';

-- The rows of the most common values go where the hash of hash partitions sends them, the
-- rest evenly: that foretells the fullest of m shards to some percent.  The hash of Citus
-- is another one, of which the same holds in the mean.
CREATE OR REPLACE FUNCTION dbadvisor.distribution_skew(
	relid oid,
	attnum smallint,
	shards integer,
	OUT distinct_values double precision,
	OUT skew double precision,
	OUT largest_share double precision)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	hash_seed CONSTANT bigint := 8816678312871386365;	-- HASH_PARTITION_SEED in partition.h
	k record;
BEGIN
	SELECT CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * t.rows ELSE s.n_distinct END AS distinct_values,
		   s.most_common_vals::text::text[] AS common,
		   s.most_common_freqs AS shares,
		   pg_catalog.format_type(a.atttypid, NULL) AS type,
		   (SELECT p.amproc
			  FROM pg_catalog.pg_opclass o
			  JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod AND m.amname = 'hash'
			  JOIN pg_catalog.pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocnum = 2
			 WHERE o.opcdefault
			   AND o.opcintype = CASE a.atttypid WHEN 'varchar'::pg_catalog.regtype THEN 'text'::pg_catalog.regtype ELSE a.atttypid END) AS hash
	  INTO k
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = distribution_skew.attnum
	  LEFT JOIN dbadvisor.user_table t ON t.relid = c.oid
	  LEFT JOIN pg_catalog.pg_stats s
		ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND s.inherited = (c.relkind = 'p')
	 WHERE c.oid = distribution_skew.relid
	   AND a.atttypid < 16384;
	distinct_values := k.distinct_values;
	IF k.common IS NULL OR k.hash IS NULL THEN
		RETURN;
	END IF;
	largest_share := k.shares[1];
	-- what hash_combine64() adds to the first column's hash, modulo 2^64
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.max(s.share) * $3 + 1 - (SELECT pg_catalog.sum(f) FROM pg_catalog.unnest($2) f)
		   FROM (SELECT pg_catalog.sum(v.share) AS share
				   FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) v (value, share)
				  GROUP BY pg_catalog.mod(pg_catalog.mod(%s(v.value::%s%s, $4)::numeric + 18446744073709551616 + 5305509591434766563, 18446744073709551616), $3)) s', k.hash, k.type, CASE WHEN k.type IN ('text', 'character varying') THEN ' COLLATE "C"' END)
	   INTO skew
	  USING k.common, k.shares, shards, hash_seed;
END;
$$;
COMMENT ON FUNCTION dbadvisor.distribution_skew(oid, smallint, integer) IS
'How many values a column has, how full the fullest of so many shards is, in times of the mean, when rows go by its hash, and the share of the rows with its most common value; null where the statistics do not say';

-- Where the statements of the workload go when all tables that have the key are distributed
-- by it.  A table without it is held by each machine where it is small and hardly written
-- beside being joined; else it stays on one machine.
CREATE OR REPLACE FUNCTION dbadvisor.distribution_keys(
	OUT key name,
	OUT tables oid[],
	OUT columns smallint[],
	OUT reference_tables oid[],
	OUT other_tables oid[],
	OUT carried_share double precision,
	OUT routed_share double precision,
	OUT colocated_share double precision,
	OUT spread_share double precision,
	OUT spread jsonb,
	OUT is_updated boolean)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH parameter AS (
		SELECT 10 AS most_keys,
			   5 AS most_shown,
			   1073741824 AS reference_bytes,	-- what each machine can as well hold itself
			   0.05 AS reference_written		-- a write goes to all machines
	), relation AS MATERIALIZED (
		SELECT t.relid, t.bytes
		  FROM dbadvisor.user_table t
		 WHERE t.relkind IN ('r', 'p')
		   AND NOT t.is_partition
		   AND t.relid NOT IN (SELECT d FROM dbadvisor.distributed_tables() d)
	), statement AS MATERIALIZED (
		SELECT pg_catalog.row_number() OVER () AS number,
			   w.queryid,
			   w.features ->> 'command' AS command,
			   (w.features ->> 'target')::oid AS target,
			   (w.features ->> 'insert_rows')::integer AS insert_rows,
			   (w.features ->> 'or_across_columns')::integer > 0 AS is_loose,
			   w.features -> 'changed_columns' AS changed,
			   w.features -> 'comparisons' AS comparisons,
			   COALESCE(w.calls, 0) AS calls,
			   COALESCE(w.total_ms, 0) AS ms,
			   ARRAY(SELECT r FROM pg_catalog.unnest(w.relations) r WHERE r IN (SELECT x.relid FROM relation x)) AS relations
		  FROM dbadvisor.workload_features() w
	), compared AS MATERIALIZED (
		SELECT s.number,
			   c.relid,
			   c.attnum,
			   pg_catalog.bool_or(c.compared_with <> 'column' AND COALESCE(c.elements, 1) = 1) AND NOT s.is_loose AS is_fixed
		  FROM statement s
		 CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(s.comparisons)
				   AS c (relid oid, attnum smallint, operator text, compared_with text, wrapped_in text, elements integer)
		 WHERE c.operator = '='
		   AND c.wrapped_in IS NULL
		   AND c.compared_with IN ('constant', 'parameter', 'expression', 'column')
		 GROUP BY s.number, c.relid, c.attnum, s.is_loose
	), used AS MATERIALIZED (
		SELECT r.relid,
			   r.bytes,
			   r.bytes <= p.reference_bytes
			   AND COALESCE(pg_catalog.sum(s.calls) FILTER (WHERE s.target = r.relid), 0) <= p.reference_written * pg_catalog.sum(s.calls)
			   AND (pg_catalog.bool_or(pg_catalog.cardinality(s.relations) > 1)
					OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.confrelid = r.relid AND k.conrelid <> r.relid AND k.contype = 'f')) AS may_be_reference
		  FROM relation r
		 CROSS JOIN parameter p
		  LEFT JOIN statement s ON r.relid = ANY (s.relations)
		 GROUP BY r.relid, r.bytes, p.reference_bytes, p.reference_written
	), member AS MATERIALIZED (
		SELECT d.key, d.relid, d.attnum, r.bytes
		  FROM dbadvisor.distribution_columns() d
		  JOIN relation r ON r.relid = d.relid
	), candidate AS MATERIALIZED (
		SELECT m.key,
			   pg_catalog.array_agg(m.relid ORDER BY m.bytes DESC, m.relid) AS tables,
			   pg_catalog.array_agg(m.attnum ORDER BY m.bytes DESC, m.relid) AS columns,
			   pg_catalog.sum(m.bytes) AS bytes
		  FROM member m
		 GROUP BY m.key
		 ORDER BY bytes DESC, m.key
		 LIMIT (SELECT p.most_keys FROM parameter p)
	), touched AS (
		SELECT c.key,
			   s.number,
			   pg_catalog.count(m.relid) AS distributed,
			   pg_catalog.count(m.relid) FILTER (WHERE e.relid IS NOT NULL OR (s.command = 'insert' AND s.target = m.relid AND s.insert_rows > 0)) AS bound,
			   pg_catalog.bool_or(COALESCE(e.is_fixed, false) OR (s.command = 'insert' AND s.target = m.relid AND s.insert_rows = 1)) AS is_fixed,
			   pg_catalog.count(*) FILTER (WHERE m.relid IS NULL AND NOT u.may_be_reference) AS elsewhere,
			   pg_catalog.bool_or(m.relid IS NULL AND u.may_be_reference AND s.target = u.relid) AS writes_reference,
			   COALESCE(pg_catalog.bool_or(s.command = 'update' AND s.target = m.relid AND s.changed ? a.attname::text), false) AS moves
		  FROM candidate c
		 CROSS JOIN statement s
		 CROSS JOIN LATERAL pg_catalog.unnest(s.relations) r (relid)
		  JOIN used u ON u.relid = r.relid
		  LEFT JOIN member m ON m.key = c.key AND m.relid = r.relid
		  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relid AND a.attnum = m.attnum
		  LEFT JOIN compared e ON e.number = s.number AND e.relid = m.relid AND e.attnum = m.attnum
		 GROUP BY c.key, s.number
	), placed AS (
		SELECT t.key,
			   t.moves,
			   s.queryid, s.calls, s.ms,
			   t.distributed > 0 AS is_concerned,
			   t.distributed > 1 AS is_join,
			   t.distributed = t.bound AS is_bound,
			   CASE
			   WHEN t.writes_reference THEN 'writes to all machines'
			   WHEN t.distributed = 0 THEN NULL
			   WHEN t.elsewhere > 0 THEN 'joins with a table that is on one machine'
			   WHEN t.distributed = t.bound AND t.is_fixed THEN NULL
			   WHEN t.distributed = 1 OR t.distributed = t.bound THEN 'asks all shards'
			   ELSE 'moves rows between machines'
			   END AS problem
		  FROM touched t
		  JOIN statement s ON s.number = t.number
		 -- the others go on where they are now
		 WHERE t.distributed > 0
			OR t.elsewhere = 0
	), summed AS (
		SELECT p.key,
			   COALESCE(pg_catalog.sum(p.calls) FILTER (WHERE p.problem IS NULL), 0) / NULLIF(pg_catalog.sum(p.calls), 0) AS routed,
			   pg_catalog.sum(p.ms) FILTER (WHERE p.problem IS NOT NULL) / NULLIF(pg_catalog.sum(p.ms), 0) AS spread,
			   pg_catalog.sum(p.ms) FILTER (WHERE p.is_join AND p.is_bound) / NULLIF(pg_catalog.sum(p.ms) FILTER (WHERE p.is_join), 0) AS colocated,
			   pg_catalog.bool_or(p.moves) AS moves
		  FROM placed p
		 GROUP BY p.key
		HAVING pg_catalog.bool_or(p.is_concerned)
	)
	SELECT c.key,
		   c.tables,
		   c.columns,
		   ARRAY(SELECT u.relid FROM used u WHERE u.relid <> ALL (c.tables) AND u.may_be_reference ORDER BY u.relid),
		   ARRAY(SELECT u.relid FROM used u WHERE u.relid <> ALL (c.tables) AND u.may_be_reference IS NOT TRUE ORDER BY u.bytes DESC, u.relid),
		   (c.bytes / NULLIF((SELECT pg_catalog.sum(u.bytes) FROM used u WHERE u.relid = ANY (c.tables) OR u.may_be_reference IS NOT TRUE), 0))::double precision,
		   s.routed,
		   COALESCE(s.colocated, 1),
		   COALESCE(s.spread, 0),
		   COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('queryid', COALESCE(x.queryid, 0), 'calls', x.calls, 'time_share', pg_catalog.round(x.time_share::numeric, 3), 'problem', x.problem) ORDER BY x.time_share DESC, x.calls DESC, x.problem)
					   FROM (SELECT p.*, p.ms / NULLIF(pg_catalog.sum(p.ms) OVER (), 0) AS time_share
							   FROM placed p
							  WHERE p.key = c.key
							  ORDER BY p.problem IS NULL, p.ms DESC, p.calls DESC, p.problem
							  LIMIT (SELECT q.most_shown FROM parameter q)) x
					  WHERE x.problem IS NOT NULL), '[]'),
		   COALESCE(s.moves, false)
	  FROM candidate c
	  LEFT JOIN summed s ON s.key = c.key;
$$;
COMMENT ON FUNCTION dbadvisor.distribution_keys() IS
'Columns to distribute the tables of this database by: the tables that have each, largest first, and their columns; small, joined and hardly written tables that each machine would hold; other tables; the share of the bytes that is distributed; the share of the calls that one shard or any machine answers, null where no statement uses the tables; the share of the time of joins that stay within shards; the share of the time of statements that ask several machines, with the longest of them and why; whether statements change the column';

REVOKE ALL ON FUNCTION dbadvisor.distributed_tables(),
	dbadvisor.distribution_columns(),
	dbadvisor.distribution_skew(oid, smallint, integer),
	dbadvisor.distribution_keys()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.distributed_tables(),
	dbadvisor.distribution_columns(),
	dbadvisor.distribution_skew(oid, smallint, integer),
	dbadvisor.distribution_keys()
	TO dbadvisor_admin;
