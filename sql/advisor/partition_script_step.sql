-- The steps of partition_script(): what stands beside the table until the switch, the
-- switch, and the way back.

-- The partitioned table and its partitions, without a lock that anybody meets.
CREATE OR REPLACE FUNCTION dbadvisor.partition_build_sql(
	relation oid,
	attnum smallint,
	strategy text,
	partitions text[],
	bounds text[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.locked_sql(
			   ARRAY[t.full_name], 'ACCESS SHARE',
			   pg_catalog.concat_ws(
				   E'\n',
				   pg_catalog.format(E'CREATE TABLE %1$s (LIKE %2$s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS INCLUDING STATISTICS) PARTITION BY %3$s (%4$s);\nALTER TABLE %1$s OWNER TO %5$I;',
									 t.parted, t.full_name, pg_catalog.upper(strategy), dbadvisor.column_list(relation, ARRAY[attnum]), r.rolname),
				   (SELECT pg_catalog.string_agg(dbadvisor.partition_constraint_sql(k.oid, t.parted, dbadvisor.constraint_definition(k.oid)), E'\n' ORDER BY k.conname)
					  FROM pg_catalog.pg_constraint k
					 WHERE k.conrelid = relation
					   AND k.contype = 'c'),
				   (SELECT pg_catalog.string_agg(
							   pg_catalog.concat_ws(
								   E'\n',
								   k.build_sql,
								   pg_catalog.format(CASE WHEN k.is_constraint THEN 'COMMENT ON CONSTRAINT %1$s ON %2$s IS ' ELSE 'COMMENT ON INDEX %3$I.%1$s IS ' END,
													 dbadvisor.suffixed_name(k.key_name, 'parted'), t.parted, n.nspname)
								   || pg_catalog.quote_literal(CASE WHEN k.is_constraint THEN pg_catalog.obj_description(k.constraint_oid, 'pg_constraint') ELSE pg_catalog.obj_description(k.indexrelid, 'pg_class') END) || ';'), E'\n')
					  FROM dbadvisor.partition_keys(relation, attnum) k),
				   (SELECT pg_catalog.string_agg(
							   pg_catalog.concat_ws(
								   E'\n',
								   pg_catalog.format('CREATE TABLE %I.%s PARTITION OF %s %s', n.nspname, p.name, t.parted, p.bound) || dbadvisor.partition_storage(relation) || ';',
								   pg_catalog.format('ALTER TABLE %I.%s OWNER TO %I;', n.nspname, p.name, r.rolname),
								   dbadvisor.partition_identity_sql(relation, pg_catalog.format('%I.%s', n.nspname, p.name))), E'\n' ORDER BY p.place)
					  FROM ROWS FROM (pg_catalog.unnest(partitions), pg_catalog.unnest(bounds)) WITH ORDINALITY p (name, bound, place)),
				   dbadvisor.partition_identity_sql(relation, t.parted),
				   (SELECT pg_catalog.string_agg(dbadvisor.column_settings_sql(a.attrelid, a.attnum, t.parted, pg_catalog.quote_ident(a.attname)), E'\n' ORDER BY a.attnum)
					  FROM pg_catalog.pg_attribute a
					 WHERE a.attrelid = relation
					   AND a.attnum > 0
					   AND NOT a.attisdropped),
				   pg_catalog.format('COMMENT ON TABLE %s IS ', t.parted) || pg_catalog.quote_literal(pg_catalog.obj_description(relation, 'pg_class')) || ';'))
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(c.oid),
			   dbadvisor.sibling_name(c.oid, 'parted')) t (full_name, parted)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_build_sql(oid, smallint, text, text[], text[]) IS
'Statements that make the partitioned table beside the old one, with these partitions';

-- Options of storage are those of partitions; a partitioned table has none.
CREATE OR REPLACE FUNCTION dbadvisor.partition_storage(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.concat(
			   CASE WHEN m.amname <> pg_catalog.current_setting('default_table_access_method') THEN pg_catalog.format(' USING %I', m.amname) END,
			   ' WITH (' || (SELECT pg_catalog.string_agg(o.option, ', ')
							   FROM (SELECT pg_catalog.unnest(c.reloptions)
									  UNION ALL
									 SELECT 'toast.' || pg_catalog.unnest(t.reloptions)) o (option)) || ')',
			   ' TABLESPACE ' || pg_catalog.quote_ident(s.spcname))
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_am m ON m.oid = c.relam
	  LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
	  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_storage(oid) IS
'Access method, options and tablespace of a table, as CREATE TABLE takes them';

CREATE OR REPLACE FUNCTION dbadvisor.partition_identity_sql(relation oid, target text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s;', target, CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
	  FROM pg_catalog.pg_class c
	 WHERE c.oid = relation
	   AND c.relreplident IN ('f', 'n');
$$;
COMMENT ON FUNCTION dbadvisor.partition_identity_sql(oid, text) IS
'Statement that gives a table the replica identity of another one; null for the default';

CREATE OR REPLACE FUNCTION dbadvisor.partition_foreign_keys_sql(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   dbadvisor.locked_sql(ARRAY[dbadvisor.relation_identity(k.confrelid)], 'SHARE ROW EXCLUSIVE',
									dbadvisor.partition_constraint_sql(k.oid, dbadvisor.sibling_name(relation, 'parted'), dbadvisor.constraint_definition(k.oid))),
			   E'\n' ORDER BY k.conname)
	  FROM pg_catalog.pg_constraint k
	 WHERE k.conrelid = relation
	   AND k.contype = 'f'
	   AND k.conparentid = 0;
$$;
COMMENT ON FUNCTION dbadvisor.partition_foreign_keys_sql(oid) IS
'Statements that give the partitioned table, while it is empty, the foreign keys of the old one; null for none';

-- Who gives the copy spares the look-up; what is given wrongly the foreign key refuses.
-- It is there before the first copy, since it also carries changes of the key over.  A
-- change of another column must not wait for who deletes what the row refers to: he waits
-- for the row.  The copy is left to the next batch then.
--
-- Only the foreign key has two tables locked, the one that is referred to first: who
-- changes rows that refer to it reads it, which goes on, so that he is soon done with the
-- other one.
CREATE OR REPLACE FUNCTION dbadvisor.partition_child_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.concat_ws(
				   E'\n',
				   dbadvisor.locked_sql(
					   ARRAY[r.child_name], 'ACCESS EXCLUSIVE',
					   pg_catalog.format('ALTER TABLE %s ADD COLUMN %s %s;', r.child_name, r.copy_column, pg_catalog.format_type(a.atttypid, a.atttypmod))),
				   dbadvisor.locked_sql(ARRAY[n.full_name, r.child_name], 'SHARE ROW EXCLUSIVE', r.keyed_sql),
				   dbadvisor.locked_sql(
					   ARRAY[r.child_name], 'SHARE ROW EXCLUSIVE',
					   pg_catalog.format(
						   E'CREATE FUNCTION %3$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $key$\nBEGIN\n'
						   '\tIF NOT (ROW(%4$s) IS NOT NULL) THEN\n\t\tNEW.%2$s := NULL;\n'
						   '\tELSIF (NEW.%2$s IS NULL AND OLD.%2$s IS NOT NULL) OR (NEW.%2$s IS NOT DISTINCT FROM OLD.%2$s AND ROW(%4$s) IS DISTINCT FROM ROW(%5$s)) THEN\n'
						   '\t\tSELECT p.%6$I INTO NEW.%2$s FROM %7$s p WHERE %8$s FOR KEY SHARE;\n'
						   '\t\tIF NOT FOUND THEN\n\t\t\tRAISE foreign_key_violation USING MESSAGE = %9$L, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = %10$L;\n\t\tEND IF;\n'
						   '\tELSIF NEW.%2$s IS NULL THEN\n\t\tSELECT p.%6$I INTO NEW.%2$s FROM %7$s p WHERE %8$s FOR KEY SHARE SKIP LOCKED;\n\tEND IF;\n\tRETURN NEW;\nEND\n$key$;\n'
						   'ALTER FUNCTION %3$s() OWNER TO %11$I;\nREVOKE ALL ON FUNCTION %3$s() FROM PUBLIC;\n'
						   'CREATE TRIGGER %12$s BEFORE INSERT OR UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION %3$s();\nALTER TABLE %1$s ENABLE ALWAYS TRIGGER %12$s;',
						   r.child_name, r.copy_column, r.fill_function,
						   dbadvisor.name_list(r.child_columns, 'NEW.'), dbadvisor.name_list(r.child_columns, 'OLD.'),
						   a.attname, n.full_name, dbadvisor.foreign_key_match(r.constraint_oid, 'NEW.'),
						   pg_catalog.format('insert or update on table "%s" violates foreign key constraint "%s"', r.child_name, r.constraint_name),
						   r.constraint_name, o.rolname, r.fill_trigger))), E'\n')
	  FROM dbadvisor.partition_references(relation, attnum) r
	  JOIN pg_catalog.pg_class c ON c.oid = relation
	  JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = partition_child_sql.attnum
	 CROSS JOIN LATERAL dbadvisor.relation_identity(relation) n (full_name)
	 WHERE r.copy_column IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_child_sql(oid, smallint) IS
'Statements that give referring tables a copy of the partition key, a trigger that fills it and the foreign key with it; null where none needs it';

-- The rows' own triggers must not take this for a change of the row.
CREATE OR REPLACE FUNCTION dbadvisor.partition_child_fill_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   dbadvisor.each_batch_sql(r.child_name, pg_catalog.replace(f.fill, '$which', '$rows'))
			   || E'\n'
			   || dbadvisor.each_rest_sql(pg_catalog.replace(f.fill, '$which', 'true LIMIT 1000'), 'SELECT FROM ' || u.remaining || ' AND ' || dbadvisor.referenced_exists(r.constraint_oid, 'c.')), E'\n')
	  FROM dbadvisor.partition_references(relation, attnum) r
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = partition_child_fill_sql.attnum
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.format('%s c WHERE %s IS NULL AND ROW(%s) IS NOT NULL', r.child_name, r.copy_column, dbadvisor.name_list(r.child_columns, 'c.'))) u (remaining)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.format(
				   E'%1$s\t\t\tUPDATE %2$s c SET %3$s = (SELECT p.%4$I FROM %5$s p WHERE %6$s FOR KEY SHARE)\n\t\t\t WHERE ctid = ANY (ARRAY(SELECT ctid FROM %7$s AND %8$s AND $which FOR NO KEY UPDATE SKIP LOCKED));',
				   CASE
				   WHEN EXISTS (SELECT
								  FROM pg_catalog.pg_trigger g
								 WHERE g.tgrelid = r.child
								   AND NOT g.tgisinternal
								   AND g.tgenabled = 'O'
								   AND g.tgtype & 16 <> 0)
				   THEN E'\t\t\tPERFORM pg_catalog.set_config(''session_replication_role'', ''replica'', true);\n'
				   END,
				   r.child_name, r.copy_column, a.attname, dbadvisor.relation_identity(relation), dbadvisor.foreign_key_match(r.constraint_oid, 'c.'),
				   u.remaining, dbadvisor.referenced_locked(r.constraint_oid, 'c.'))) f (fill)
	 WHERE r.copy_column IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_child_fill_sql(oid, smallint) IS
'Statements that fill the copies of the partition key in batches; null where none is needed';

-- Only now can no row be without a copy; what refuses such a row before would refuse a
-- change of it.
CREATE OR REPLACE FUNCTION dbadvisor.partition_child_prove_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(
			   dbadvisor.locked_sql(
				   ARRAY[r.child_name], 'ACCESS EXCLUSIVE',
				   pg_catalog.format('ALTER TABLE %1$s DROP CONSTRAINT IF EXISTS %2$s, ADD CONSTRAINT %2$s CHECK (%3$s IS NOT NULL OR NOT (ROW(%4$s) IS NOT NULL)) NOT VALID;',
									 r.child_name, r.copy_check, r.copy_column, dbadvisor.name_list(r.child_columns)))
			   || pg_catalog.format(E'\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s;\nALTER TABLE %1$s VALIDATE CONSTRAINT %3$s;', r.child_name, r.copy_check, r.keyed_name), E'\n')
	  FROM dbadvisor.partition_references(relation, attnum) r
	 WHERE r.copy_column IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_child_prove_sql(oid, smallint) IS
'Statements that prove that the copies of the partition key are complete and right; null where there are none';

CREATE OR REPLACE FUNCTION dbadvisor.partition_child_undo_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   dbadvisor.locked_sql(
				   ARRAY[dbadvisor.relation_identity(relation), r.child_name], 'ACCESS EXCLUSIVE',
				   pg_catalog.format(E'ALTER TABLE %1$s DROP CONSTRAINT IF EXISTS %2$s;\nDROP TRIGGER IF EXISTS %3$s ON %1$s;\nDROP FUNCTION IF EXISTS %4$s();\nALTER TABLE %1$s DROP COLUMN IF EXISTS %5$s;',
									 r.child_name, r.keyed_name, r.fill_trigger, r.fill_function, r.copy_column)), E'\n')
	  FROM dbadvisor.partition_references(relation, attnum) r
	 WHERE r.copy_column IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.partition_child_undo_sql(oid, smallint) IS
'Statements that take back what partition_child_sql() made; null where it made nothing';

-- What is done first and last is the same on both ways: "leaving" stops to be the table
-- of the name, "coming" begins to be it.
CREATE OR REPLACE FUNCTION dbadvisor.partition_detach_sql(relation oid, attnum smallint, back boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT NULLIF(pg_catalog.concat_ws(
			   E'\n',
			   (SELECT pg_catalog.string_agg(p.drop_sql, E'\n') FROM dbadvisor.partition_publications(relation) p),
			   (SELECT pg_catalog.string_agg(
						   pg_catalog.concat_ws(
							   E'\n',
							   pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s;', r.child_name, r.constraint_name),
							   CASE WHEN r.copy_column IS NOT NULL AND NOT back THEN pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s;', r.child_name, r.keyed_name) END), E'\n')
				  FROM dbadvisor.partition_references(relation, attnum) r),
			   (SELECT pg_catalog.string_agg(pg_catalog.format('DROP TRIGGER %I ON %s;', g.tgname, dbadvisor.relation_identity(relation)), E'\n' ORDER BY g.tgname)
				  FROM pg_catalog.pg_trigger g
				 WHERE g.tgrelid = relation
				   AND NOT g.tgisinternal),
			   (SELECT pg_catalog.string_agg(pg_catalog.format('DROP POLICY %I ON %s;', p.polname, dbadvisor.relation_identity(relation)), E'\n' ORDER BY p.polname)
				  FROM pg_catalog.pg_policy p
				 WHERE p.polrelid = relation
				   AND back)), '');
$$;
COMMENT ON FUNCTION dbadvisor.partition_detach_sql(oid, smallint, boolean) IS
'Statements that free the table which has the name from publications, foreign keys to it and triggers';

CREATE OR REPLACE FUNCTION dbadvisor.partition_attach_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT NULLIF(pg_catalog.concat_ws(
			   E'\n',
			   dbadvisor.partition_trigger_sql(relation),
			   (SELECT pg_catalog.string_agg(v.replace_sql, E'\n' ORDER BY v.view_name) FROM dbadvisor.partition_views(relation) v),
			   (SELECT pg_catalog.string_agg(p.add_sql, E'\n') FROM dbadvisor.partition_publications(relation) p)), '');
$$;
COMMENT ON FUNCTION dbadvisor.partition_attach_sql(oid, smallint) IS
'Statements that give the table which has got the name triggers, views and publications';

CREATE OR REPLACE FUNCTION dbadvisor.partition_names_sql(relation oid, attnum smallint, kept_suffix text, back boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE
		   WHEN back
		   THEN pg_catalog.concat_ws(
					E'\n', k.parted_back,
					pg_catalog.format(E'ALTER TABLE %s RENAME TO %s;\nALTER TABLE %s RENAME TO %I;', t.full_name, t.parted, dbadvisor.sibling_name(relation, kept_suffix), c.relname),
					k.kept_back)
		   ELSE pg_catalog.concat_ws(
					E'\n', k.kept,
					pg_catalog.format(E'ALTER TABLE %s RENAME TO %s;\nALTER TABLE %s RENAME TO %I;', t.full_name, dbadvisor.suffixed_name(c.relname, kept_suffix), dbadvisor.sibling_name(relation, 'parted'), c.relname),
					k.parted)
		   END
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(c.oid),
			   dbadvisor.suffixed_name(c.relname, 'parted')) t (full_name, parted)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(CASE kept_suffix WHEN 'first' THEN i.adopt_sql ELSE dbadvisor.partition_rename_sql(i.indexrelid, t.full_name, q.name, q.kept) END, E'\n'),
			   pg_catalog.string_agg(dbadvisor.partition_rename_sql(i.indexrelid, t.full_name, q.kept, q.name), E'\n') FILTER (WHERE kept_suffix <> 'first' OR NOT i.is_extended),
			   pg_catalog.string_agg(dbadvisor.partition_rename_sql(i.indexrelid, t.full_name, q.parted, q.name), E'\n'),
			   pg_catalog.string_agg(dbadvisor.partition_rename_sql(i.indexrelid, t.full_name, q.name, q.parted), E'\n')
		  FROM dbadvisor.partition_keys(relation, attnum) i
		 CROSS JOIN LATERAL (
			SELECT pg_catalog.quote_ident(i.key_name),
				   dbadvisor.suffixed_name(i.key_name::name, kept_suffix),
				   dbadvisor.suffixed_name(i.key_name::name, 'parted')) q (name, kept, parted)) k (kept, kept_back, parted, parted_back)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_names_sql(oid, smallint, text, boolean) IS
'Statements that have a table and the partitioned one, with their indexes, change names';

CREATE OR REPLACE FUNCTION dbadvisor.partition_sequences_sql(relation oid, from_table text, to_table text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   NULLIF(pg_catalog.concat_ws(
						  E'\n',
						  dbadvisor.identity_move_sql(a.attrelid, a.attnum, from_table, to_table, pg_catalog.quote_ident(a.attname)),
						  dbadvisor.owned_sequences_sql(a.attrelid, a.attnum, to_table, pg_catalog.quote_ident(a.attname))), ''), E'\n' ORDER BY a.attnum)
	  FROM pg_catalog.pg_attribute a
	 WHERE a.attrelid = relation
	   AND a.attnum > 0
	   AND NOT a.attisdropped
	   AND (a.attidentity <> '' OR a.atthasdef);
$$;
COMMENT ON FUNCTION dbadvisor.partition_sequences_sql(oid, text, text) IS
'Statements that hand the sequences of a table over, to go on counting; null for none';

-- A table that is kept in step by the trigger of another one with the same foreign keys
-- needs none.  With them, rows would go from here first when what they refer to is deleted,
-- and from the other table first when they are changed: two who do that wait for each other.
CREATE OR REPLACE FUNCTION dbadvisor.partition_kept_keys(
	relation oid,
	OUT drop_sql text,
	OUT add_sql text,
	OUT validate_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', dbadvisor.sibling_name(relation, 'old'), k.conname), E'\n' ORDER BY k.conname),
		   pg_catalog.string_agg(dbadvisor.partition_constraint_sql(k.oid, n.full_name, dbadvisor.constraint_definition(k.oid) || ' NOT VALID'), E'\n' ORDER BY k.conname),
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', n.full_name, k.conname), E'\n' ORDER BY k.conname) FILTER (WHERE k.convalidated)
	  FROM pg_catalog.pg_constraint k
	 CROSS JOIN LATERAL dbadvisor.relation_identity(k.conrelid) n (full_name)
	 WHERE k.conrelid = relation
	   AND k.contype = 'f'
	   AND k.conparentid = 0;
$$;
COMMENT ON FUNCTION dbadvisor.partition_kept_keys(oid) IS
'Statements that take the foreign keys from the old table after the switch, that give them back when it has its name again, and that validate them; null for none';

CREATE OR REPLACE FUNCTION dbadvisor.partition_switch_sql(
	relation oid,
	attnum smallint,
	recipe text,
	first_bound text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.locked_sql(
			   dbadvisor.partition_locks(relation, ARRAY[t.full_name, dbadvisor.sibling_name(relation, 'parted')]), 'ACCESS EXCLUSIVE',
			   pg_catalog.concat_ws(
				   E'\n',
				   CASE recipe WHEN 'copy' THEN dbadvisor.partition_unsync_sql(relation, t.full_name) END,
				   dbadvisor.partition_detach_sql(relation, attnum, false),
				   dbadvisor.partition_names_sql(relation, attnum, t.suffix, false),
				   dbadvisor.partition_sequences_sql(relation, t.kept, t.full_name),
				   CASE recipe
				   WHEN 'copy' THEN pg_catalog.concat_ws(E'\n', k.drop_sql, dbadvisor.partition_sync_sql(relation, attnum, t.full_name, t.kept))
				   ELSE pg_catalog.format(E'ALTER TABLE %s ATTACH PARTITION %s %s;\nALTER TABLE %2$s DROP CONSTRAINT %4$s;', t.full_name, t.kept, first_bound, dbadvisor.suffixed_name(c.relname, 'bound'))
				   END,
				   dbadvisor.grants_sql(relation),
				   dbadvisor.partition_policy_sql(relation),
				   (SELECT pg_catalog.string_agg(p.root_sql, E'\n') FROM dbadvisor.partition_publications(relation) p),
				   dbadvisor.partition_attach_sql(relation, attnum),
				   (SELECT pg_catalog.string_agg(r.final_sql, E'\n') FROM dbadvisor.partition_references(relation, attnum) r)))
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(c.oid),
			   dbadvisor.sibling_name(c.oid, s.suffix),
			   s.suffix
		  FROM (SELECT CASE recipe WHEN 'copy' THEN 'old' ELSE 'first' END) s (suffix)) t (full_name, kept, suffix)
	 CROSS JOIN dbadvisor.partition_kept_keys(relation) k
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_switch_sql(oid, smallint, text, text) IS
'Statements that put the partitioned table in the place of the old one, with all that stands on it';

-- Narrow keys are built again beside writers, in recipe "attach": until then the keyed
-- foreign keys stand guard.
CREATE OR REPLACE FUNCTION dbadvisor.partition_back_sql(relation oid, attnum smallint, recipe text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.concat_ws(
			   E'\n',
			   dbadvisor.locked_sql(
				   dbadvisor.partition_locks(relation, CASE recipe WHEN 'copy' THEN ARRAY[t.full_name, t.kept] ELSE ARRAY[t.full_name] END), 'ACCESS EXCLUSIVE',
				   pg_catalog.concat_ws(
					   E'\n',
					   CASE recipe WHEN 'copy' THEN dbadvisor.partition_unsync_sql(relation, t.full_name) END,
					   dbadvisor.partition_detach_sql(relation, attnum, true),
					   CASE recipe
					   WHEN 'attach'
					   THEN pg_catalog.format(E'ALTER TABLE %1$s DETACH PARTITION %2$s;\nINSERT INTO %2$s (%3$s) SELECT %3$s FROM %1$s;\nTRUNCATE %1$s;', t.full_name, t.kept, dbadvisor.name_list(x.columns))
					   END,
					   dbadvisor.partition_sequences_sql(relation, t.full_name, t.kept),
					   dbadvisor.partition_names_sql(relation, attnum, t.suffix, true),
					   CASE recipe WHEN 'copy' THEN f.add_sql END,
					   dbadvisor.partition_attach_sql(relation, attnum),
					   (SELECT pg_catalog.string_agg(p.leaf_sql, E'\n') FROM dbadvisor.partition_publications(relation) p),
					   (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(E'\n', r.keyed_sql, CASE WHEN recipe = 'copy' OR r.copy_column IS NULL THEN r.plain_sql END), E'\n')
						  FROM dbadvisor.partition_references(relation, attnum) r))),
			   CASE
			   WHEN recipe = 'attach' AND k.narrow IS NOT NULL
			   THEN k.narrow || E'\n'
					|| dbadvisor.locked_sql(
						   ARRAY(SELECT DISTINCT r.child_name FROM dbadvisor.partition_references(relation, attnum) r WHERE r.copy_column IS NOT NULL ORDER BY 1) || t.full_name, 'ACCESS EXCLUSIVE',
						   pg_catalog.concat_ws(
							   E'\n',
							   (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s;', r.child_name, r.keyed_name), E'\n')
								  FROM dbadvisor.partition_references(relation, attnum) r
								 WHERE r.copy_column IS NOT NULL),
							   k.restore,
							   (SELECT pg_catalog.string_agg(r.plain_sql, E'\n')
								  FROM dbadvisor.partition_references(relation, attnum) r
								 WHERE r.copy_column IS NOT NULL)))
			   END,
			   CASE recipe WHEN 'copy' THEN f.validate_sql END,
			   dbadvisor.partition_validate_sql(relation, attnum))
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(c.oid),
			   dbadvisor.sibling_name(c.oid, s.suffix),
			   s.suffix
		  FROM (SELECT CASE recipe WHEN 'copy' THEN 'old' ELSE 'first' END) s (suffix)) t (full_name, kept, suffix)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(i.narrow_sql, E'\n'),
			   pg_catalog.string_agg(i.restore_sql, E'\n')
		  FROM dbadvisor.partition_keys(relation, attnum) i) k (narrow, restore)
	 CROSS JOIN LATERAL dbadvisor.partition_sync_columns(relation, attnum) x
	 CROSS JOIN dbadvisor.partition_kept_keys(relation) f
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_back_sql(oid, smallint, text) IS
'Statements that put the old table back in its place, with what was written meanwhile';

CREATE OR REPLACE FUNCTION dbadvisor.partition_validate_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %s;', r.child_name, r.constraint_name), E'\n')
	  FROM dbadvisor.partition_references(relation, attnum) r
	 WHERE r.is_valid;
$$;
COMMENT ON FUNCTION dbadvisor.partition_validate_sql(oid, smallint) IS
'Statements that validate the foreign keys to a table which were valid before; null for none';

REVOKE ALL ON FUNCTION dbadvisor.partition_build_sql(oid, smallint, text, text[], text[]),
	dbadvisor.partition_storage(oid),
	dbadvisor.partition_identity_sql(oid, text),
	dbadvisor.partition_foreign_keys_sql(oid),
	dbadvisor.partition_child_sql(oid, smallint),
	dbadvisor.partition_child_fill_sql(oid, smallint),
	dbadvisor.partition_child_prove_sql(oid, smallint),
	dbadvisor.partition_child_undo_sql(oid, smallint),
	dbadvisor.partition_detach_sql(oid, smallint, boolean),
	dbadvisor.partition_attach_sql(oid, smallint),
	dbadvisor.partition_names_sql(oid, smallint, text, boolean),
	dbadvisor.partition_sequences_sql(oid, text, text),
	dbadvisor.partition_kept_keys(oid),
	dbadvisor.partition_switch_sql(oid, smallint, text, text),
	dbadvisor.partition_back_sql(oid, smallint, text),
	dbadvisor.partition_validate_sql(oid, smallint)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_build_sql(oid, smallint, text, text[], text[]),
	dbadvisor.partition_storage(oid),
	dbadvisor.partition_identity_sql(oid, text),
	dbadvisor.partition_foreign_keys_sql(oid),
	dbadvisor.partition_child_sql(oid, smallint),
	dbadvisor.partition_child_fill_sql(oid, smallint),
	dbadvisor.partition_child_prove_sql(oid, smallint),
	dbadvisor.partition_child_undo_sql(oid, smallint),
	dbadvisor.partition_detach_sql(oid, smallint, boolean),
	dbadvisor.partition_attach_sql(oid, smallint),
	dbadvisor.partition_names_sql(oid, smallint, text, boolean),
	dbadvisor.partition_sequences_sql(oid, text, text),
	dbadvisor.partition_kept_keys(oid),
	dbadvisor.partition_switch_sql(oid, smallint, text, text),
	dbadvisor.partition_back_sql(oid, smallint, text),
	dbadvisor.partition_validate_sql(oid, smallint)
	TO dbadvisor_reader;
