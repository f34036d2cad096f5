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

-- One partition goes in statements of its own, since concurrent detaching cannot run in a
-- function or a block.  Waiting for transactions that know the partition holds up nobody,
-- but then the foreign keys of the partition are made anew, under a lock on the tables that
-- it refers to: where it does, detaching gives up after a while, and is ended by a later
-- run.  What was detached here and not dropped, that knows by its comment.
CREATE OR REPLACE FUNCTION dbadvisor.partition_drop_sql(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.locked_sql(
			   ARRAY['$partition'] || dbadvisor.partition_referenced(relation), 'ACCESS EXCLUSIVE',
			   E'\t\t\tIF EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = tables[1]::regclass) THEN\n\t\t\t\tRAISE object_not_in_prerequisite_state USING MESSAGE = tables[1] || '' is still attached'';\n\t\t\tEND IF;\n'
			   '\t\t\tDROP TABLE $partition;');
$$;
COMMENT ON FUNCTION dbadvisor.partition_drop_sql(oid) IS
'A block that drops a partition of a table once it is detached; $partition stands for its name';

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
			   E'SELECT s.sql\n  FROM pg_catalog.pg_class c\n  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n  LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid\n'
			   ' CROSS JOIN LATERAL (SELECT pg_catalog.format(''%%I.%%I'', n.nspname, c.relname)) p (name)\n CROSS JOIN LATERAL (VALUES\n'
			   '\t(1, CASE WHEN i.inhparent IS NOT NULL THEN %6$L END),\n'
			   '\t(2, CASE WHEN i.inhparent IS NOT NULL THEN pg_catalog.format(''ALTER TABLE %1$s DETACH PARTITION %%s %%s'', p.name, CASE WHEN i.inhdetachpending THEN ''FINALIZE'' ELSE ''CONCURRENTLY'' END) END),\n'
			   '\t(3, CASE WHEN i.inhparent IS NOT NULL THEN %7$L END),\n'
			   '\t(4, CASE WHEN i.inhparent IS NOT NULL THEN pg_catalog.format(''DO $mark$BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = %%L::regclass) THEN COMMENT ON TABLE %%s IS %%L; END IF; END$mark$'', p.name, p.name, %5$L) END),\n'
			   '\t(5, pg_catalog.replace(pg_catalog.replace(%8$L, ''{$partition'', ''{"'' || pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(p.name, ''\\'', ''\\\\''), ''"'', ''\\"''), '''''''', '''''''''''') || ''"''), ''$partition'', p.name))) s (place, sql)\n'
			   ' WHERE (i.inhparent = %2$L::regclass AND pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), ''TO \\(''''?([^'''']+)''''?\\)'')::%3$s <= %4$s\n'
			   '\t\tOR i.inhparent IS NULL AND c.relkind IN (''r'', ''p'') AND pg_catalog.obj_description(c.oid, ''pg_class'') = %5$L)\n'
			   '   AND s.sql IS NOT NULL\n ORDER BY c.relname, s.place;',
			   pg_catalog.replace(t.full_name, '''', ''''''), t.full_name, f.type,
			   CASE
			   WHEN f.is_time THEN pg_catalog.format('pg_catalog.now() - interval %L', retention)
			   ELSE pg_catalog.format('(SELECT pg_catalog.max(%I) FROM %s) - %L::bigint', a.attname, t.full_name, retention)
			   END,
			   pg_catalog.format('A partition of %s past retention, to be dropped', t.full_name),
			   w.set_sql, w.reset_sql,
			   dbadvisor.partition_drop_sql(relation))
	  FROM pg_catalog.pg_attribute a
	 CROSS JOIN LATERAL (SELECT pg_catalog.format_type(a.atttypid, NULL), a.atttypid NOT IN (20, 21, 23)) f (type, is_time)
	 CROSS JOIN LATERAL (SELECT dbadvisor.relation_identity(relation)) t (full_name)
	  LEFT JOIN (VALUES ('SET lock_timeout = ''5s''', 'RESET lock_timeout')) w (set_sql, reset_sql)
		ON pg_catalog.cardinality(dbadvisor.partition_referenced(relation)) > 0
	 WHERE a.attrelid = relation
	   AND a.attnum = partition_retention_sql.attnum
	   AND retention IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_retention_sql(oid, smallint, text) IS
'A query that returns the statements which drop the partitions that are past retention, or were when an earlier run was interrupted, each to be run by itself; null without retention';

REVOKE ALL ON FUNCTION dbadvisor.partition_future_sql(oid, smallint, text, integer),
	dbadvisor.partition_drop_sql(oid),
	dbadvisor.partition_retention_sql(oid, smallint, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_future_sql(oid, smallint, text, integer),
	dbadvisor.partition_drop_sql(oid),
	dbadvisor.partition_retention_sql(oid, smallint, text)
	TO dbadvisor_reader;
