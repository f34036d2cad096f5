-- What scripts of migrations that run beside reads and writes share.

-- Rows that come later are the business of a trigger.
CREATE OR REPLACE FUNCTION dbadvisor.each_blocks_sql(full_name text, statements text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
		E'DO $batch$\nBEGIN\n\tFOR block IN 0 .. pg_catalog.pg_relation_size(%L::regclass) / pg_catalog.current_setting(''block_size'')::bigint BY 1000 LOOP\n%s\t\tCOMMIT;\n\tEND LOOP;\nEND\n$batch$;',
		full_name,
		pg_catalog.replace(statements, '$rows', 'ctid >= pg_catalog.format(''(%s,0)'', block)::tid AND ctid < pg_catalog.format(''(%s,0)'', block + 1000)::tid'));
$$;
COMMENT ON FUNCTION dbadvisor.each_blocks_sql(text, text) IS
'A block that runs statements for 1000 blocks of a table at a time, each in a transaction of its own; in the statements $rows stands for the condition on the rows';

-- Who queues for a lock while he holds another one may close a circle, and the server ends
-- one of those in it: perhaps a writer.  So only the first table is queued for, the others
-- are asked for again and again, which is no wait that the server knows.  Who holds a table
-- that is not to be had may wait for one that was locked before it: the next attempt begins
-- with that table.  Attempts are short and many, since no patience opens a circle.  One that
-- is never free has to be queued for in the end; then whoever is behind us for less than
-- deadlock_timeout does not look for a deadlock yet.
CREATE OR REPLACE FUNCTION dbadvisor.locked_sql(tables text[], mode text, statements text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'DO $step$\n#variable_conflict use_column\nDECLARE\n\tplace bigint;\n\tcalled boolean;\n\twanted text;\n\tpatience timestamptz;\n\ttables text[] := %1$L;\nBEGIN\n\tFOR attempt IN 1 .. 600 LOOP\n\t\tBEGIN\n\t\t\tPERFORM pg_catalog.set_config(''lock_timeout'', ''%2$s'', true);\n'
			   '\t\t\tFOREACH wanted IN ARRAY tables LOOP\n\t\t\t\tIF wanted = ANY (tables[1:2]) THEN\n\t\t\t\t\tpatience := pg_catalog.clock_timestamp() + pg_catalog.random() * interval ''%2$s ms'';\n\t\t\t\tEND IF;\n\t\t\t\tLOOP\n\t\t\t\t\tBEGIN\n'
			   '\t\t\t\t\t\tEXECUTE pg_catalog.concat(''LOCK TABLE '', wanted, '' IN %3$s MODE'', CASE WHEN attempt <= 100 AND (wanted <> tables[1] OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = wanted::regclass AND relkind <> ''r'')) THEN '' NOWAIT'' END);\n'
			   '\t\t\t\t\t\tEXIT;\n\t\t\t\t\tEXCEPTION WHEN lock_not_available THEN\n\t\t\t\t\t\tIF pg_catalog.clock_timestamp() > patience THEN\n\t\t\t\t\t\t\tRAISE;\n\t\t\t\t\t\tEND IF;\n\t\t\t\t\tEND;\n\t\t\t\t\tPERFORM pg_catalog.pg_sleep(0.005);\n\t\t\t\tEND LOOP;\n\t\t\tEND LOOP;\n'
			   '\t\t\twanted := NULL;\n%4$s\n\t\t\tRETURN;\n\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\ttables := pg_catalog.array_remove(wanted || pg_catalog.array_remove(tables, wanted), NULL);\n\t\tEND;\n\t\tCOMMIT;\n\t\tPERFORM pg_catalog.pg_sleep(pg_catalog.random() / 4);\n\tEND LOOP;\n\tRAISE lock_not_available USING MESSAGE = ''others have the tables in use, nothing was changed: try again later'';\nEND\n$step$;',
			   tables,
			   GREATEST(g.setting::integer * 8 / 10 / GREATEST(pg_catalog.cardinality(tables), 1), 1),
			   mode,
			   statements)
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'deadlock_timeout';
$$;
COMMENT ON FUNCTION dbadvisor.locked_sql(text[], text, text) IS
'A block that runs statements under a lock on tables, all or nothing: it waits less than deadlock_timeout at a time and tries again, so that nobody else waits long or is chosen as the victim of a deadlock. Statements may use the variables place and called';

-- Batches of rows that others must not change meanwhile: short ones, in steps that
-- follow the time they take.  Statements must not wait for a lock while they hold rows:
-- whoever waits for one of those may have that lock.  Should they, the batch gives way
-- long before he looks for a deadlock.
CREATE OR REPLACE FUNCTION dbadvisor.each_batch_sql(full_name text, statements text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'DO $batch$\n#variable_conflict use_column\n<<dbadvisor_batch>>\nDECLARE\n\tblock bigint := 0;\n\twidth bigint := 1;\n\tblocks bigint := pg_catalog.pg_relation_size(%L::regclass) / pg_catalog.current_setting(''block_size'')::bigint;\n\tstarted timestamptz;\n\tdone boolean;\nBEGIN\n\tWHILE block <= blocks LOOP\n\t\tdone := false;\n\t\tstarted := pg_catalog.clock_timestamp();\n\t\tBEGIN\n\t\t\tPERFORM pg_catalog.set_config(''lock_timeout'', ''%s'', true);\n%s\n\t\t\tdone := true;\n\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\tNULL;\n\t\tEND;\n\t\tCOMMIT;\n\t\tIF NOT done THEN\n\t\t\twidth := GREATEST(width / 2, 1);\n\t\t\tPERFORM pg_catalog.pg_sleep(pg_catalog.random() / 10);\n\t\t\tCONTINUE;\n\t\tEND IF;\n\t\tblock := block + width;\n\t\twidth := CASE WHEN pg_catalog.clock_timestamp() - started < interval ''30 ms'' THEN LEAST(width * 2, 1000) ELSE GREATEST(width / 2, 1) END;\n\tEND LOOP;\nEND\n$batch$;',
			   full_name,
			   GREATEST(g.setting::integer / 20, 1),
			   pg_catalog.replace(statements, '$rows', 'ctid >= pg_catalog.format(''(%s,0)'', dbadvisor_batch.block)::tid AND ctid < pg_catalog.format(''(%s,0)'', dbadvisor_batch.block + dbadvisor_batch.width)::tid'))
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'deadlock_timeout';
$$;
COMMENT ON FUNCTION dbadvisor.each_batch_sql(text, text) IS
'A block that runs statements for as many blocks of a table at a time as take some hundredths of a second, each in a transaction of its own that is tried again when it meets a lock; in the statements $rows stands for the condition on the rows';

-- What the batches have left out, since somebody had it locked.
CREATE OR REPLACE FUNCTION dbadvisor.each_rest_sql(statements text, remaining text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'DO $rest$\nBEGIN\n\tLOOP\n\t\tBEGIN\n\t\t\tPERFORM pg_catalog.set_config(''lock_timeout'', ''%s'', true);\n%s\n'
			   '\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\tNULL;\n\t\tEND;\n\t\tCOMMIT;\n'
			   '\t\tEXIT WHEN NOT EXISTS (%s);\n\t\tPERFORM pg_catalog.pg_sleep(0.1);\n\tEND LOOP;\nEND\n$rest$;',
			   GREATEST(g.setting::integer / 20, 1),
			   statements,
			   remaining)
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'deadlock_timeout';
$$;
COMMENT ON FUNCTION dbadvisor.each_rest_sql(text, text) IS
'A block that runs statements, each time in a transaction of its own, until a query returns no row';

CREATE OR REPLACE FUNCTION dbadvisor.referenced_exists(constraint_oid oid, prefix text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('EXISTS (SELECT FROM %s p WHERE %s)', dbadvisor.relation_identity(k.confrelid), dbadvisor.foreign_key_match(k.oid, prefix))
	  FROM pg_catalog.pg_constraint k
	 WHERE k.oid = constraint_oid;
$$;
COMMENT ON FUNCTION dbadvisor.referenced_exists(oid, text) IS
'The condition that the row which a foreign key refers to is there; the prefix stands before columns of the key';

-- Rows are locked in the order of those who delete: first what is referred to, then what
-- refers to it.
CREATE OR REPLACE FUNCTION dbadvisor.referenced_locked(constraint_oid oid, prefix text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.regexp_replace(dbadvisor.referenced_exists(constraint_oid, prefix), '\)$', ' FOR KEY SHARE SKIP LOCKED)');
$$;
COMMENT ON FUNCTION dbadvisor.referenced_locked(oid, text) IS
'A condition that locks the row which a foreign key refers to, and is false where somebody is deleting that; the prefix stands before columns of the key';

CREATE OR REPLACE FUNCTION dbadvisor.suffixed_name(name name, suffix text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.quote_ident(pg_catalog.left(name, 54) || '_' || suffix);
$$;
COMMENT ON FUNCTION dbadvisor.suffixed_name(name, text) IS
'Name of what stands beside something, or in its place, during a migration, quoted';

CREATE OR REPLACE FUNCTION dbadvisor.sibling_name(relid oid, suffix text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('%I.%s', n.nspname, dbadvisor.suffixed_name(c.relname, suffix))
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE c.oid = sibling_name.relid;
$$;
COMMENT ON FUNCTION dbadvisor.sibling_name(oid, text) IS
'Name of a relation with a suffix, with its schema, quoted';

CREATE OR REPLACE FUNCTION dbadvisor.identity_move_sql(
	relid oid,
	columnno smallint,
	from_table text,
	to_table text,
	to_column text,
	least_maximum bigint DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(E'SELECT last_value, is_called INTO place, called FROM %1$s;\nALTER TABLE %2$s ALTER COLUMN %3$I DROP IDENTITY;\nALTER TABLE %14$s ALTER COLUMN %4$s ADD GENERATED %5$s AS IDENTITY (SEQUENCE NAME %1$s START WITH %6$s INCREMENT BY %7$s MINVALUE %8$s MAXVALUE %9$s CACHE %10$s%11$s);\nPERFORM pg_catalog.setval(%12$L, place, called);%13$s',
							 s.sequence_name, from_table, a.attname, to_column,
							 CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
							 s.start, s.increment, s.minimum,
							 GREATEST(s.maximum, least_maximum),
							 q.seqcache, CASE WHEN s.is_cycle THEN ' CYCLE' END, s.sequence_name,
							 E'\n' || dbadvisor.grants_sql(s.sequence),
							 to_table)
	  FROM pg_catalog.pg_attribute a
	  JOIN dbadvisor.user_sequence s ON s.relid = a.attrelid AND s.attnum = a.attnum
	  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.sequence
	 WHERE a.attrelid = identity_move_sql.relid
	   AND a.attnum = identity_move_sql.columnno
	   AND a.attidentity <> '';
$$;
COMMENT ON FUNCTION dbadvisor.identity_move_sql(oid, smallint, text, text, text, bigint) IS
'Statements, for locked_sql(), that make another column the identity column and go on counting; null for a column that is none';

CREATE OR REPLACE FUNCTION dbadvisor.owned_sequences_sql(
	relid oid,
	columnno smallint,
	to_table text,
	to_column text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%s;', dbadvisor.relation_identity(d.objid), to_table, to_column), E'\n')
	  FROM pg_catalog.pg_depend d
	 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refobjid = owned_sequences_sql.relid
	   AND d.refobjsubid = owned_sequences_sql.columnno
	   AND d.deptype = 'a'
	   AND d.objid IN (SELECT q.seqrelid FROM pg_catalog.pg_sequence q);
$$;
COMMENT ON FUNCTION dbadvisor.owned_sequences_sql(oid, smallint, text, text) IS
'Statements that make another column the owner of the sequences of a column';

-- Options other than these two are the server's own.
CREATE OR REPLACE FUNCTION dbadvisor.column_settings_sql(
	relid oid,
	columnno smallint,
	to_table text,
	to_column text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT NULLIF(pg_catalog.concat_ws(
			   E'\n',
			   pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS ', to_table, to_column) || NULLIF(a.attstattarget, -1) || ';',
			   pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET (', to_table, to_column) || (SELECT pg_catalog.string_agg(o, ', ') FROM pg_catalog.unnest(a.attoptions) o WHERE o LIKE 'n\_distinct%') || ');',
			   (SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (%s) ON %s TO %s%s;', e.privilege_type, to_column, to_table, dbadvisor.role_list(ARRAY[e.grantee]),
															   CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END), E'\n' ORDER BY e.grantee, e.privilege_type)
				  FROM pg_catalog.aclexplode(a.attacl) e)), '')
	  FROM pg_catalog.pg_attribute a
	 WHERE a.attrelid = column_settings_sql.relid
	   AND a.attnum = column_settings_sql.columnno;
$$;
COMMENT ON FUNCTION dbadvisor.column_settings_sql(oid, smallint, text, text) IS
'Statements that give another column the statistics settings and privileges of a column; null for none';

-- A new relation has the default privileges, which may be more than the old one had.
CREATE OR REPLACE FUNCTION dbadvisor.grants_sql(relid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT NULLIF(pg_catalog.concat_ws(
			   E'\n',
			   pg_catalog.format('REVOKE ALL ON %s FROM ', t.name)
			   || (SELECT dbadvisor.role_list(pg_catalog.array_agg(e.grantee))
					 FROM pg_catalog.pg_default_acl d
					CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) e
					WHERE d.defaclobjtype = CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END
					  AND e.grantee <> c.relowner) || ';',
			   (SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s ON %s TO %s%s;', e.privileges, t.name, dbadvisor.role_list(ARRAY[e.grantee]),
															   CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END), E'\n' ORDER BY e.grantee, e.is_grantable)
				  FROM (SELECT x.grantee,
							   x.is_grantable,
							   pg_catalog.string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS privileges
						  FROM pg_catalog.aclexplode(c.relacl) x
						 WHERE x.grantee <> c.relowner
						 GROUP BY x.grantee, x.is_grantable) e)), '')
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL (
		SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || dbadvisor.relation_identity(c.oid)) t (name)
	 WHERE c.oid = grants_sql.relid;
$$;
COMMENT ON FUNCTION dbadvisor.grants_sql(oid) IS
'Statements that give another relation of the same name the privileges of a relation; null for none';

REVOKE ALL ON FUNCTION dbadvisor.each_blocks_sql(text, text),
	dbadvisor.locked_sql(text[], text, text),
	dbadvisor.each_batch_sql(text, text),
	dbadvisor.each_rest_sql(text, text),
	dbadvisor.referenced_exists(oid, text),
	dbadvisor.referenced_locked(oid, text),
	dbadvisor.suffixed_name(name, text),
	dbadvisor.sibling_name(oid, text),
	dbadvisor.identity_move_sql(oid, smallint, text, text, text, bigint),
	dbadvisor.owned_sequences_sql(oid, smallint, text, text),
	dbadvisor.column_settings_sql(oid, smallint, text, text),
	dbadvisor.grants_sql(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.each_blocks_sql(text, text),
	dbadvisor.locked_sql(text[], text, text),
	dbadvisor.each_batch_sql(text, text),
	dbadvisor.each_rest_sql(text, text),
	dbadvisor.referenced_exists(oid, text),
	dbadvisor.referenced_locked(oid, text),
	dbadvisor.suffixed_name(name, text),
	dbadvisor.sibling_name(oid, text),
	dbadvisor.identity_move_sql(oid, smallint, text, text, text, bigint),
	dbadvisor.owned_sequences_sql(oid, smallint, text, text),
	dbadvisor.column_settings_sql(oid, smallint, text, text),
	dbadvisor.grants_sql(oid)
	TO dbadvisor_reader;
