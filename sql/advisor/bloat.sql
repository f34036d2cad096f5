-- How much of a relation is empty: predicted from statistics, and measured on a
-- sample of its pages.

CREATE OR REPLACE FUNCTION dbadvisor.page_sample(
	relation oid,
	max_pages integer,
	OUT size_bytes bigint,
	OUT pages_sampled integer,
	OUT live_bytes bigint,
	OUT dead_bytes bigint,
	OUT kept_bytes bigint,
	OUT free_bytes bigint,
	OUT recyclable_pages bigint,
	OUT fresh_bytes bigint,
	OUT fresh_bytes_low bigint,
	OUT fresh_bytes_high bigint,
	OUT problem text)
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_page_sample';
COMMENT ON FUNCTION dbadvisor.page_sample(oid, integer) IS
'What the pages of a table or B-tree hold, from a random sample of at most max_pages, and what the content would take anew with a 95 % confidence interval; problem says why nothing was measured';

CREATE OR REPLACE FUNCTION dbadvisor.predicted_table_size(relation oid)
RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_predicted_table_size';
COMMENT ON FUNCTION dbadvisor.predicted_table_size(oid) IS
'Bytes that the rows of a table would take if they were written anew, from the statistics of its columns; null where some are missing';

CREATE OR REPLACE FUNCTION dbadvisor.measure_bloat(
	relation regclass,
	max_pages integer DEFAULT 1000,
	OUT relation_name text,
	OUT kind text,
	OUT size_bytes bigint,
	OUT estimated_fresh_bytes bigint,
	OUT estimated_wasted_bytes bigint,
	OUT measured_fresh_bytes bigint,
	OUT measured_wasted_bytes bigint,
	OUT measured_wasted_bytes_low bigint,
	OUT measured_wasted_bytes_high bigint,
	OUT live_bytes bigint,
	OUT dead_bytes bigint,
	OUT kept_bytes bigint,
	OUT free_bytes bigint,
	OUT recyclable_pages bigint,
	OUT pages_sampled integer,
	OUT problem text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH RECURSIVE tree AS (
		SELECT relation::oid AS relid
		 UNION ALL
		SELECT i.inhrelid
		  FROM tree t
		  JOIN pg_catalog.pg_class c ON c.oid = t.relid AND c.relkind IN ('p', 'I')
		  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
	), part AS (
		SELECT t.relid
		  FROM tree t
		 UNION
		SELECT i.indexrelid
		  FROM tree t
		  JOIN pg_catalog.pg_index i ON i.indrelid = t.relid
		 UNION
		SELECT c.reltoastrelid
		  FROM tree t
		  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	)
	SELECT dbadvisor.relation_identity(c.oid),
		   CASE c.relkind WHEN 'i' THEN m.amname || ' index' WHEN 't' THEN 'TOAST table' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
		   s.size_bytes,
		   e.fresh_bytes,
		   s.size_bytes - e.fresh_bytes,
		   s.fresh_bytes,
		   s.size_bytes - s.fresh_bytes,
		   s.size_bytes - s.fresh_bytes_high,
		   s.size_bytes - s.fresh_bytes_low,
		   s.live_bytes,
		   s.dead_bytes,
		   s.kept_bytes,
		   s.free_bytes,
		   s.recyclable_pages,
		   s.pages_sampled,
		   s.problem
	  FROM part p
	  JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind NOT IN ('p', 'I')
	  LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
	 CROSS JOIN LATERAL (
		SELECT CASE c.relkind
			   WHEN 'i' THEN dbadvisor.predicted_index_size(c.oid)
			   ELSE dbadvisor.predicted_table_size(c.oid)
			   END) e (fresh_bytes)
	 CROSS JOIN LATERAL dbadvisor.page_sample(c.oid, max_pages) s
	 ORDER BY c.relkind = 'i',
		   c.relkind = 't',
		   1;
$$;
COMMENT ON FUNCTION dbadvisor.measure_bloat(regclass, integer) IS
'How much of a relation is empty, of a table also its TOAST table and indexes, and of a partitioned one all partitions: as statistics predict it, and as at most max_pages pages of each, read at random, say. kept_bytes is dead but visible to some transaction; problem says why one was not measured';

REVOKE ALL ON FUNCTION dbadvisor.page_sample(oid, integer),
	dbadvisor.predicted_table_size(oid),
	dbadvisor.measure_bloat(regclass, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.page_sample(oid, integer),
	dbadvisor.predicted_table_size(oid),
	dbadvisor.measure_bloat(regclass, integer)
	TO dbadvisor_reader;
