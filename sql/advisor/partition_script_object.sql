-- What a table has beside its columns, and what a partitioned table in its place needs.
--
-- In the names here "parted" is the partitioned table as long as it stands beside the
-- old one; the old one becomes "first", its first partition, or "old", kept for the way
-- back.  Statements that are run after the change of names are those of the old table.

-- A unique key that does not contain the partition key is extended by it: "wide" is the
-- index on the old table that holds what the extended key asks for.
CREATE OR REPLACE FUNCTION dbadvisor.partition_keys(relation oid, attnum smallint)
RETURNS TABLE (
	indexrelid oid,
	key_name text,
	is_primary boolean,
	is_constraint boolean,
	constraint_oid oid,
	is_extended boolean,
	key_columns text,
	extended_columns text,
	extended_to text,
	build_sql text,
	wide_sql text,
	narrow_sql text,
	wide_name text,
	adopt_sql text,
	restore_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH key AS MATERIALIZED (
		SELECT i.indexrelid,
			   COALESCE(k.conname, c.relname) AS name,
			   n.nspname,
			   i.indisprimary,
			   k.oid AS constraint_oid,
			   k.contype,
			   CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END AS deferrable,
			   i.indisunique AND NOT partition_keys.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS is_extended,
			   dbadvisor.column_list(i.indrelid, k.conkey) AS constraint_columns,
			   (SELECT pg_catalog.string_agg(dbadvisor.index_key_text(i.indexrelid, p), ', ' ORDER BY p) FROM pg_catalog.generate_series(1, i.indnkeyatts) p) AS columns,
			   (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, p, false), ', ' ORDER BY p)
				  FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) p
				 WHERE i.indkey[p - 1] <> partition_keys.attnum) AS included,
			   dbadvisor.column_list(i.indrelid, ARRAY[partition_keys.attnum]) AS partition_key,
			   dbadvisor.relation_identity(i.indrelid) AS full_name,
			   dbadvisor.sibling_name(i.indrelid, 'parted') AS parted
		  FROM pg_catalog.pg_index i
		  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		  LEFT JOIN pg_catalog.pg_constraint k
			ON k.conindid = i.indexrelid
		   AND k.contype IN ('p', 'u')
		 WHERE i.indrelid = relation
		   AND i.indisvalid
		   AND NOT i.indisexclusion
	), extended AS (
		SELECT k.*,
			   k.columns || CASE WHEN k.is_extended THEN ', ' || k.partition_key ELSE '' END AS all_columns,
			   k.constraint_columns || CASE WHEN k.is_extended THEN ', ' || k.partition_key ELSE '' END AS all_constraint_columns
		  FROM key k
	)
	SELECT e.indexrelid,
		   e.name,
		   e.indisprimary,
		   e.constraint_oid IS NOT NULL,
		   e.constraint_oid,
		   e.is_extended,
		   COALESCE(e.constraint_columns, e.columns),
		   COALESCE(e.all_constraint_columns, e.all_columns),
		   CASE WHEN e.is_extended THEN pg_catalog.format('%I (%s) to (%s)', e.name, COALESCE(e.constraint_columns, e.columns), COALESCE(e.all_constraint_columns, e.all_columns)) END,
		   CASE
		   WHEN e.constraint_oid IS NULL THEN dbadvisor.index_statement(e.indexrelid, dbadvisor.suffixed_name(e.name, 'parted'), e.parted, e.all_columns, e.included)
		   ELSE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s %s;', e.parted, dbadvisor.suffixed_name(e.name, 'parted'),
								  pg_catalog.replace(dbadvisor.constraint_definition(e.constraint_oid),
													 '(' || e.constraint_columns || ')', '(' || e.all_constraint_columns || ')'))
		   END,
		   CASE WHEN e.is_extended THEN dbadvisor.index_statement(e.indexrelid, 'CONCURRENTLY ' || dbadvisor.suffixed_name(e.name, 'wide'), e.full_name, e.all_columns, e.included) END,
		   CASE WHEN e.is_extended THEN dbadvisor.index_statement(e.indexrelid, 'CONCURRENTLY ' || dbadvisor.suffixed_name(e.name, 'narrow'), e.full_name, e.columns, e.included) END,
		   CASE WHEN e.is_extended THEN pg_catalog.format('%I.%s', e.nspname, dbadvisor.suffixed_name(e.name, 'wide')) END,
		   CASE
		   WHEN NOT e.is_extended THEN dbadvisor.partition_rename_sql(e.indexrelid, e.full_name, pg_catalog.quote_ident(e.name), dbadvisor.suffixed_name(e.name, 'first'))
		   WHEN e.constraint_oid IS NULL
		   THEN pg_catalog.format(E'DROP INDEX %I.%I;\nALTER INDEX %1$I.%3$s RENAME TO %4$s;', e.nspname, e.name, dbadvisor.suffixed_name(e.name, 'wide'), dbadvisor.suffixed_name(e.name, 'first'))
		   ELSE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %s %s USING INDEX %s%s;', e.full_name, e.name,
								  dbadvisor.suffixed_name(e.name, 'first'), CASE e.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
								  dbadvisor.suffixed_name(e.name, 'wide'), e.deferrable)
		   END,
		   CASE
		   WHEN NOT e.is_extended THEN NULL
		   WHEN e.constraint_oid IS NULL
		   THEN pg_catalog.format(E'DROP INDEX %I.%s;\nALTER INDEX %1$I.%3$s RENAME TO %4$I;', e.nspname, dbadvisor.suffixed_name(e.name, 'first'), dbadvisor.suffixed_name(e.name, 'narrow'), e.name)
		   ELSE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %I %s USING INDEX %s%s;', e.full_name,
								  dbadvisor.suffixed_name(e.name, 'first'), e.name, CASE e.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
								  dbadvisor.suffixed_name(e.name, 'narrow'), e.deferrable)
		   END
	  FROM extended e
	 ORDER BY NOT e.indisprimary, e.name;
$$;
COMMENT ON FUNCTION dbadvisor.partition_keys(oid, smallint) IS
'Indexes of a table with the statements that build them on the partitioned table, that build their extended form and the old one on the table, and that give both their places';

CREATE OR REPLACE FUNCTION dbadvisor.partition_rename_sql(
	indexrelid oid,
	on_table text,
	old_name text,
	new_name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE
		   WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u'))
		   THEN pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s;', on_table, old_name, new_name)
		   ELSE pg_catalog.format('ALTER INDEX %I.%s RENAME TO %s;', n.nspname, old_name, new_name)
		   END
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE c.oid = partition_rename_sql.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.partition_rename_sql(oid, text, text, text) IS
'Statement that renames the counterpart of an index, or of its constraint, on another table';

CREATE OR REPLACE FUNCTION dbadvisor.column_names(relid oid, columns smallint[])
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT a.attname::text
				   FROM pg_catalog.unnest(columns) WITH ORDINALITY u (attnum, place)
				   JOIN pg_catalog.pg_attribute a
					 ON a.attrelid = column_names.relid
					AND a.attnum = u.attnum
				  ORDER BY u.place);
$$;
COMMENT ON FUNCTION dbadvisor.column_names(oid, smallint[]) IS
'Names of columns in the order given';

CREATE OR REPLACE FUNCTION dbadvisor.partition_constraint_sql(constraint_oid oid, target text, definition text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.concat_ws(
			   E'\n',
			   pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s;', target, k.conname, definition),
			   pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS ', k.conname, target) || pg_catalog.quote_literal(pg_catalog.obj_description(k.oid, 'pg_constraint')) || ';')
	  FROM pg_catalog.pg_constraint k
	 WHERE k.oid = constraint_oid;
$$;
COMMENT ON FUNCTION dbadvisor.partition_constraint_sql(oid, text, text) IS
'Statements that add a constraint of this definition to a table, with the name and the comment of another one';

-- A foreign key to the table has to contain the partition key, as the key that it refers
-- to does: the referring table gets a copy of it, which a trigger fills.
CREATE OR REPLACE FUNCTION dbadvisor.partition_references(relation oid, attnum smallint)
RETURNS TABLE (
	child oid,
	child_name text,
	constraint_oid oid,
	constraint_name text,
	keyed_name text,
	is_valid boolean,
	copy_column text,
	copy_check text,
	fill_function text,
	fill_trigger text,
	child_columns text[],
	referenced_columns text[],
	final_sql text,
	keyed_sql text,
	plain_sql text,
	obstacle text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT k.conrelid,
		   t.child,
		   k.oid,
		   pg_catalog.quote_ident(k.conname),
		   dbadvisor.suffixed_name(k.conname, 'keyed'),
		   k.convalidated,
		   y.copy,
		   CASE WHEN y.copy IS NOT NULL THEN dbadvisor.suffixed_name(k.conname, 'key') END,
		   CASE WHEN y.copy IS NOT NULL THEN pg_catalog.format('%I.%s', n.nspname, dbadvisor.suffixed_name(k.conname, 'key')) END,
		   CASE WHEN y.copy IS NOT NULL THEN pg_catalog.quote_ident('zzz_' || pg_catalog.left(k.conname, 50)) END,
		   t.child_columns,
		   t.referenced_columns,
		   dbadvisor.partition_constraint_sql(k.oid, t.child, COALESCE(y.definition, d.definition) || ' NOT VALID'),
		   pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s ', t.child, dbadvisor.suffixed_name(k.conname, 'keyed')) || y.definition || ' NOT VALID;',
		   dbadvisor.partition_constraint_sql(k.oid, t.child, d.definition || ' NOT VALID'),
		   CASE
		   WHEN k.conrelid = relation THEN 'refers to its own table'
		   WHEN c.relkind <> 'r' OR c.relispartition OR c.relhassubclass THEN 'is on a table with partitions or heirs'
		   WHEN y.copy IS NULL THEN NULL
		   WHEN k.condeferrable THEN 'is deferrable'
		   WHEN k.confmatchtype <> 's' THEN 'is not MATCH SIMPLE'
		   WHEN 'd' IN (k.confdeltype, k.confupdtype) OR k.confdelsetcols IS NOT NULL THEN 'sets a default or some columns only'
		   WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute x WHERE x.attrelid = k.conrelid AND pg_catalog.quote_ident(x.attname) = y.copy)
		   THEN pg_catalog.format('would need a column %s, which is there', y.copy)
		   END
	  FROM pg_catalog.pg_constraint k
	  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_attribute p ON p.attrelid = relation AND p.attnum = partition_references.attnum
	  JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1]
	 CROSS JOIN LATERAL dbadvisor.constraint_definition(k.oid) d (definition)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(k.conrelid),
			   dbadvisor.column_names(k.conrelid, k.conkey),
			   dbadvisor.column_names(k.confrelid, k.confkey)) t (child, child_columns, referenced_columns)
	  LEFT JOIN LATERAL (
		SELECT x.copy,
			   pg_catalog.format('FOREIGN KEY (%s, %s) REFERENCES %s (%s, %I) ON UPDATE CASCADE%s', dbadvisor.name_list(t.child_columns), x.copy,
								 dbadvisor.relation_identity(relation), dbadvisor.name_list(t.referenced_columns), p.attname,
								 CASE k.confdeltype WHEN 'c' THEN ' ON DELETE CASCADE' WHEN 'n' THEN ' ON DELETE SET NULL' WHEN 'r' THEN ' ON DELETE RESTRICT' END)
		  FROM dbadvisor.suffixed_name(pg_catalog.left(f.attname, 40)::name, pg_catalog.left(p.attname, 20)) x (copy)
		 WHERE NOT partition_references.attnum = ANY (k.confkey)) y (copy, definition) ON true
	 WHERE k.contype = 'f'
	   AND k.conparentid = 0
	   AND k.confrelid = relation
	 ORDER BY 2, 4;
$$;
COMMENT ON FUNCTION dbadvisor.partition_references(oid, smallint) IS
'Foreign keys to a table that is to be partitioned: what the key will be, as it is to be beside the old one (keyed) and as it is (plain); with the column that holds a copy of the partition key where it has to';

-- The names are those of the old table, so these run when the new one has its name.
CREATE OR REPLACE FUNCTION dbadvisor.partition_trigger_sql(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.concat_ws(
				   E'\n',
				   pg_catalog.pg_get_triggerdef(g.oid) || ';',
				   CASE
				   WHEN g.tgenabled <> 'O'
				   THEN pg_catalog.format('ALTER TABLE %s %s TRIGGER %I;', dbadvisor.relation_identity(relation),
										  CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, g.tgname)
				   END,
				   pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS ', g.tgname, dbadvisor.relation_identity(relation))
				   || pg_catalog.quote_literal(pg_catalog.obj_description(g.oid, 'pg_trigger')) || ';'), E'\n' ORDER BY g.tgname)
	  FROM pg_catalog.pg_trigger g
	 WHERE g.tgrelid = relation
	   AND NOT g.tgisinternal;
$$;
COMMENT ON FUNCTION dbadvisor.partition_trigger_sql(oid) IS
'Statements that make the triggers of a table on another one of the same name; null for none';

CREATE OR REPLACE FUNCTION dbadvisor.partition_policy_sql(relation oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT NULLIF(pg_catalog.concat_ws(
			   E'\n',
			   CASE WHEN c.relrowsecurity THEN pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', t.name) END,
			   CASE WHEN c.relforcerowsecurity THEN pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', t.name) END,
			   (SELECT pg_catalog.string_agg(
						   pg_catalog.concat_ws(
							   E'\n',
							   dbadvisor.policy_definition(p.oid) || ';',
							   pg_catalog.format('COMMENT ON POLICY %I ON %s IS ', p.polname, t.name)
							   || pg_catalog.quote_literal(pg_catalog.obj_description(p.oid, 'pg_policy')) || ';'), E'\n' ORDER BY p.polname)
				  FROM pg_catalog.pg_policy p
				 WHERE p.polrelid = c.oid)), '')
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL dbadvisor.relation_identity(c.oid) t (name)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_policy_sql(oid) IS
'Statements that give another table of the same name the row-level security of a table; null for none';

-- A view keeps the table that it was made on, whatever that is called.
CREATE OR REPLACE FUNCTION dbadvisor.partition_views(relation oid)
RETURNS TABLE (
	view_name text,
	relkind "char",
	is_rule boolean,
	replace_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT DISTINCT
		   dbadvisor.relation_identity(c.oid),
		   c.relkind,
		   w.rulename <> '_RETURN',
		   CASE
		   WHEN c.relkind = 'v' AND w.rulename = '_RETURN'
		   THEN pg_catalog.format('CREATE OR REPLACE VIEW %s%s AS %s', dbadvisor.relation_identity(c.oid),
								  ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
								  pg_catalog.pg_get_viewdef(c.oid))
		   END
	  FROM pg_catalog.pg_depend d
	  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
	  JOIN pg_catalog.pg_class c ON c.oid = w.ev_class
	 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
	   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
	   AND d.refobjid = relation
	   AND c.oid <> relation
	 ORDER BY 1;
$$;
COMMENT ON FUNCTION dbadvisor.partition_views(oid) IS
'Views, materialized views and rules that read a table, with the statement that makes a view read another one of the same name';

CREATE OR REPLACE FUNCTION dbadvisor.partition_publications(relation oid)
RETURNS TABLE (
	publication name,
	drop_sql text,
	add_sql text,
	root_sql text,
	leaf_sql text,
	is_general boolean,
	has_other boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT p.pubname,
		   CASE WHEN r.oid IS NOT NULL THEN pg_catalog.format('ALTER PUBLICATION %I DROP TABLE %s;', p.pubname, dbadvisor.relation_identity(relation)) END,
		   CASE
		   WHEN r.oid IS NOT NULL
		   THEN pg_catalog.format('ALTER PUBLICATION %I ADD TABLE %s%s%s;', p.pubname, dbadvisor.relation_identity(relation),
								  ' (' || dbadvisor.column_list(relation, r.prattrs::smallint[]) || ')',
								  ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, relation) || ')')
		   END,
		   CASE WHEN NOT p.pubviaroot THEN pg_catalog.format('ALTER PUBLICATION %I SET (publish_via_partition_root = true);', p.pubname) END,
		   CASE WHEN NOT p.pubviaroot THEN pg_catalog.format('ALTER PUBLICATION %I SET (publish_via_partition_root = false);', p.pubname) END,
		   r.oid IS NULL,
		   NOT p.pubviaroot
		   AND EXISTS (SELECT
						 FROM pg_catalog.pg_get_publication_tables(p.pubname) t
						 JOIN pg_catalog.pg_class c ON c.oid = t.relid
						WHERE c.relispartition)
	  FROM pg_catalog.pg_publication p
	  LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = relation
	 WHERE p.puballtables
		OR r.oid IS NOT NULL
		OR EXISTS (SELECT
					 FROM pg_catalog.pg_publication_namespace n
					 JOIN pg_catalog.pg_class c ON c.relnamespace = n.pnnspid
					WHERE n.pnpubid = p.oid
					  AND c.oid = relation)
	 ORDER BY p.pubname;
$$;
COMMENT ON FUNCTION dbadvisor.partition_publications(oid) IS
'Publications that have a table, with the statements that take it out, put another one of the same name in, and have partitions published as their table; is_general for those of all tables or of a schema, has_other where other tables'' partitions are published by themselves';

CREATE OR REPLACE FUNCTION dbadvisor.partition_referenced(relation oid)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT DISTINCT dbadvisor.relation_identity(k.confrelid)
				   FROM pg_catalog.pg_constraint k
				  WHERE k.contype = 'f'
					AND k.conparentid = 0
					AND k.conrelid = relation
				  ORDER BY 1);
$$;
COMMENT ON FUNCTION dbadvisor.partition_referenced(oid) IS
'Tables that a table refers to';

-- In the order of most writers: who reads a view has locked it before its tables, and
-- who writes a row has locked its table before that which the row refers to.
CREATE OR REPLACE FUNCTION dbadvisor.partition_locks(relation oid, names text[])
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT ARRAY(SELECT v.view_name FROM dbadvisor.partition_views(relation) v WHERE v.replace_sql IS NOT NULL ORDER BY 1)
		   || ARRAY(SELECT DISTINCT dbadvisor.relation_identity(k.conrelid)
					  FROM pg_catalog.pg_constraint k
					 WHERE k.contype = 'f'
					   AND k.confrelid = relation
					 ORDER BY 1)
		   || names
		   || ARRAY(SELECT r
					  FROM pg_catalog.unnest(dbadvisor.partition_referenced(relation)) r
					 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = relation AND dbadvisor.relation_identity(k.conrelid) = r));
$$;
COMMENT ON FUNCTION dbadvisor.partition_locks(oid, text[]) IS
'What is to be locked before a table and a partitioned one change places, in order';

REVOKE ALL ON FUNCTION dbadvisor.partition_keys(oid, smallint),
	dbadvisor.partition_rename_sql(oid, text, text, text),
	dbadvisor.column_names(oid, smallint[]),
	dbadvisor.partition_constraint_sql(oid, text, text),
	dbadvisor.partition_references(oid, smallint),
	dbadvisor.partition_trigger_sql(oid),
	dbadvisor.partition_policy_sql(oid),
	dbadvisor.partition_views(oid),
	dbadvisor.partition_publications(oid),
	dbadvisor.partition_referenced(oid),
	dbadvisor.partition_locks(oid, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_keys(oid, smallint),
	dbadvisor.partition_rename_sql(oid, text, text, text),
	dbadvisor.column_names(oid, smallint[]),
	dbadvisor.partition_constraint_sql(oid, text, text),
	dbadvisor.partition_references(oid, smallint),
	dbadvisor.partition_trigger_sql(oid),
	dbadvisor.partition_policy_sql(oid),
	dbadvisor.partition_views(oid),
	dbadvisor.partition_publications(oid),
	dbadvisor.partition_referenced(oid),
	dbadvisor.partition_locks(oid, text[])
	TO dbadvisor_reader;
