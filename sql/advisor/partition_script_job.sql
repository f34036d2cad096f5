-- What is to be run regularly once a table is partitioned by ranges: partitions ahead of
-- the rows, and retention.  Two jobs, so that one that fails does not stop the other.

-- Attached, not created in place: that needs no ACCESS EXCLUSIVE lock.  A new partition
-- is empty, so nothing is scanned.
CREATE OR REPLACE FUNCTION dbadvisor.partition_future_sql(
	relation oid,
	attnum smallint,
	interval_width text,
	premake integer)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.locked_sql(
			   ARRAY[t.full_name]
			   || dbadvisor.partition_referenced(relation),
			   'SHARE UPDATE EXCLUSIVE',
			   pg_catalog.format(
				   E'DECLARE\n\tstarts %1$s := (\n\t\tSELECT pg_catalog.max(pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), ''TO \\(''''?([^'''')]+)''''?\\)'')::%1$s)\n\t\t  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %2$L::regclass);\n\tpart text;\nBEGIN\n'
				   '\tWHILE starts < %3$s LOOP\n\t\tpart := pg_catalog.format(''%%I.%%I'', %4$L, %5$L || %6$s);\n'
				   '\t\tEXECUTE pg_catalog.format(''CREATE TABLE %%s (LIKE %7$s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE INCLUDING COMPRESSION)%8$s'', part);\n'
				   '\t\tEXECUTE pg_catalog.format(''ALTER TABLE %%s OWNER TO %9$s'', part);\n%10$s'
				   '\t\tEXECUTE pg_catalog.format(''ALTER TABLE %7$s ATTACH PARTITION %%s FOR VALUES FROM (%%L) TO (%%L)'', part, starts, %11$s);\n\t\tstarts := %11$s;\n\tEND LOOP;\nEND;',
				   f.type, t.full_name,
				   CASE
				   WHEN f.is_time THEN pg_catalog.format('pg_catalog.now() + %s * interval %L', premake, interval_width)
				   ELSE pg_catalog.format('(SELECT COALESCE(pg_catalog.max(%I), 0) FROM %s) + %s * %s', a.attname, t.full_name, premake, interval_width)
				   END,
				   n.nspname, pg_catalog.left(c.relname, CASE WHEN f.is_time THEN 45 ELSE 40 END) || '_p',
				   CASE
				   WHEN NOT f.is_time THEN 'starts'
				   ELSE pg_catalog.format('pg_catalog.to_char(starts, %L)', CASE WHEN interval_width::interval < interval '1 day' THEN 'YYYYMMDD_HH24MI' ELSE 'YYYYMMDD' END)
				   END,
				   pg_catalog.replace(t.full_name, '''', ''''''), pg_catalog.replace(dbadvisor.partition_storage(relation), '''', ''''''),
				   pg_catalog.replace(pg_catalog.quote_ident(r.rolname), '''', ''''''),
				   E'\t\tEXECUTE pg_catalog.format(''' || pg_catalog.rtrim(dbadvisor.partition_identity_sql(relation, '%s'), ';') || E''', part);\n',
				   CASE
				   WHEN f.is_time THEN pg_catalog.format('(starts + interval %L)::%s', interval_width, f.type)
				   ELSE 'starts + ' || interval_width
				   END))
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partition_future_sql.attnum
	 CROSS JOIN LATERAL (SELECT pg_catalog.format_type(a.atttypid, NULL), a.atttypid NOT IN (20, 21, 23)) f (type, is_time)
	 CROSS JOIN LATERAL (SELECT dbadvisor.relation_identity(c.oid)) t (full_name)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_future_sql(oid, smallint, text, integer) IS
'A block that makes the partitions of a table that will be needed next; run regularly';

-- Concurrent detaching cannot run in a function or a block.
CREATE OR REPLACE FUNCTION dbadvisor.partition_retention_sql(
	relation oid,
	attnum smallint,
	retention text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(
			   E'SELECT s.sql\n  FROM pg_catalog.pg_inherits i\n  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid\n CROSS JOIN LATERAL (VALUES\n'
			   '\t(1, pg_catalog.format(CASE WHEN i.inhdetachpending THEN ''ALTER TABLE %1$s DETACH PARTITION %%s FINALIZE'' ELSE ''ALTER TABLE %1$s DETACH PARTITION %%s CONCURRENTLY'' END, c.oid::regclass)),\n'
			   '\t(2, pg_catalog.format(''DROP TABLE %%s'', c.oid::regclass))) s (place, sql)\n'
			   ' WHERE i.inhparent = %2$L::regclass\n   AND pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), ''TO \\(''''?([^'''')]+)''''?\\)'')::%3$s <= %4$s\n ORDER BY c.relname, s.place;',
			   pg_catalog.replace(t.full_name, '''', ''''''), t.full_name, f.type,
			   CASE
			   WHEN f.is_time THEN pg_catalog.format('pg_catalog.now() - interval %L', retention)
			   ELSE pg_catalog.format('(SELECT pg_catalog.max(%I) FROM %s) - %L::bigint', a.attname, t.full_name, retention)
			   END)
	  FROM pg_catalog.pg_attribute a
	 CROSS JOIN LATERAL (SELECT pg_catalog.format_type(a.atttypid, NULL), a.atttypid NOT IN (20, 21, 23)) f (type, is_time)
	 CROSS JOIN LATERAL (SELECT dbadvisor.relation_identity(relation)) t (full_name)
	 WHERE a.attrelid = relation
	   AND a.attnum = partition_retention_sql.attnum
	   AND retention IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_retention_sql(oid, smallint, text) IS
'A query that returns the statements which drop the partitions that are past retention, each to be run by itself; null without retention';

REVOKE ALL ON FUNCTION dbadvisor.partition_future_sql(oid, smallint, text, integer),
	dbadvisor.partition_retention_sql(oid, smallint, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_future_sql(oid, smallint, text, integer),
	dbadvisor.partition_retention_sql(oid, smallint, text)
	TO dbadvisor_reader;
