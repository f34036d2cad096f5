-- Partitions by ranges, in their order.

-- Bounds are printed and read with the same settings; a timestamp without a time
-- zone gets none, so that no bound is moved by a change of clocks.  A bound has no
-- columns: without the table's OID no lock is taken on it.
CREATE OR REPLACE FUNCTION dbadvisor.range_ends(
	relation oid,
	key_type oid,
	OUT lower_end text,
	OUT upper_end text,
	OUT lower_at numeric,
	OUT upper_at numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
	SELECT m.part[1],
		   m.part[2],
		   CASE
		   WHEN m.part[1] = 'MINVALUE' THEN '-Infinity'::numeric
		   WHEN range_ends.key_type = 'timestamptz'::pg_catalog.regtype THEN EXTRACT(epoch FROM m.part[1]::timestamptz)
		   WHEN range_ends.key_type IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype) THEN EXTRACT(epoch FROM m.part[1]::timestamp)
		   ELSE m.part[1]::numeric
		   END,
		   CASE
		   WHEN m.part[2] = 'MAXVALUE' THEN 'Infinity'::numeric
		   WHEN range_ends.key_type = 'timestamptz'::pg_catalog.regtype THEN EXTRACT(epoch FROM m.part[2]::timestamptz)
		   WHEN range_ends.key_type IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype) THEN EXTRACT(epoch FROM m.part[2]::timestamp)
		   ELSE m.part[2]::numeric
		   END
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL pg_catalog.regexp_match(
			   pg_catalog.pg_get_expr(c.relpartbound, 0),
			   '^FOR VALUES FROM \(''?([^'']+)''?\) TO \(''?([^'']+)''?\)$') m (part)
	 WHERE c.oid = range_ends.relation;
$$;
COMMENT ON FUNCTION dbadvisor.range_ends(oid, oid) IS
'Ends of a partition by a range of one date, point in time or whole number, as text and as a number to order by (seconds for a time); null for a default partition';

-- The planner may not read bounds before it knows which column is the key: OFFSET.
CREATE OR REPLACE VIEW dbadvisor.range_partition WITH (security_invoker = true) AS
WITH key AS NOT MATERIALIZED (
	SELECT p.partrelid,
		   p.partdefid,
		   a.atttypid
	  FROM pg_catalog.pg_partitioned_table p
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = p.partrelid
	   AND a.attnum = p.partattrs[0]
	   AND a.atttypid IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype,
						  'int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)
	 WHERE p.partstrat = 'r'
	   AND p.partnatts = 1
	OFFSET 0
)
SELECT k.partrelid AS parent,
	   i.inhrelid AS partition,
	   k.atttypid AS key_type,
	   k.atttypid IN ('date'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype) AS is_time,
	   e.lower_end,
	   e.upper_end,
	   e.lower_at,
	   e.upper_at
  FROM key k
  JOIN pg_catalog.pg_inherits i
	ON i.inhparent = k.partrelid
   AND i.inhrelid <> k.partdefid
   AND NOT i.inhdetachpending
 CROSS JOIN LATERAL dbadvisor.range_ends(i.inhrelid, k.atttypid) e;
COMMENT ON VIEW dbadvisor.range_partition IS
'Partitions by ranges of one date, point in time or whole number with their ends; without the default one';

GRANT SELECT ON dbadvisor.range_partition TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.range_ends(oid, oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.range_ends(oid, oid) TO dbadvisor_reader;
