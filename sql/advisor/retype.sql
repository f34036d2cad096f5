-- A wider integer type for a key and all that refers to it, while reads and writes
-- go on: new columns that a trigger fills, then the rows that are there, indexes
-- and foreign keys beside the old ones, and a switch of moments.
--
-- Entry points: retype_obstacles() says what is in the way, retype_script() prints
-- the steps, retype_sql() those that are to be run as one text.  The way back is the
-- same script with the types that the columns have now.

-- Columns that refer to the column must be able to take its values: those that are
-- narrower than the new type go with it.
CREATE OR REPLACE FUNCTION dbadvisor.retype_columns(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS TABLE (
	relid oid,
	columnno smallint,
	full_name text,
	old_column text,
	new_column text,
	old_type text,
	wide_type text,
	is_not_null boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH RECURSIVE member AS (
		SELECT relation AS relid, attnum
		 UNION
		SELECT k.conrelid, u.child
		  FROM member m
		  JOIN pg_catalog.pg_constraint k
			ON k.contype = 'f'
		   AND k.conparentid = 0
		   AND k.confrelid = m.relid
		 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) u (child, parent)
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.child
		  JOIN pg_catalog.pg_type t ON t.oid = new_type
		 WHERE u.parent = m.attnum
		   AND a.atttypid IN (21, 23)
		   AND a.attlen < t.typlen
	)
	SELECT m.relid,
		   m.attnum,
		   dbadvisor.relation_identity(m.relid),
		   pg_catalog.quote_ident(a.attname),
		   pg_catalog.quote_ident(pg_catalog.left(a.attname, 54) || '_retyped'),
		   pg_catalog.format_type(a.atttypid, NULL),
		   pg_catalog.format_type(new_type, NULL),
		   a.attnotnull
	  FROM member m
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relid AND a.attnum = m.attnum
	 ORDER BY 3, 2;
$$;
COMMENT ON FUNCTION dbadvisor.retype_columns(oid, smallint, regtype) IS
'A column that is to get a wider type and those that refer to it and are narrower, with the names of their successors meanwhile';

CREATE OR REPLACE FUNCTION dbadvisor.retype_obstacles(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH member AS MATERIALIZED (
		SELECT r.*, c.relkind, c.relispartition, c.relhassubclass, c.relhasrules, c.relforcerowsecurity, c.reloftype, c.relnamespace
		  FROM dbadvisor.retype_columns(relation, attnum, new_type) r
		  JOIN pg_catalog.pg_class c ON c.oid = r.relid
	)
	SELECT pg_catalog.string_agg(DISTINCT o.name, ', ' ORDER BY o.name)
	  FROM (SELECT dbadvisor.column_dependents(m.relid, ARRAY[m.columnno], foreign_keys => false)
			  FROM member m
			 UNION ALL
			SELECT x.what || ' of ' || m.full_name
			  FROM member m
			 CROSS JOIN LATERAL (VALUES
					('the partitions or heirs', m.relkind <> 'r' OR m.relispartition OR m.relhassubclass
												OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = m.relid)),
					('the rules', m.relhasrules),
					('the type', m.reloftype <> 0),
					('the policies that bind its owner', m.relforcerowsecurity),
					('the publication', EXISTS (SELECT
												  FROM pg_catalog.pg_publication p
												 WHERE p.puballtables
													OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = m.relid)
													OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace n WHERE n.pnpubid = p.oid AND n.pnnspid = m.relnamespace))),
					-- they run also where the session asks triggers to stand back
					('a trigger that always runs', EXISTS (SELECT
															 FROM pg_catalog.pg_trigger g
															WHERE g.tgrelid = m.relid
															  AND NOT g.tgisinternal
															  AND g.tgenabled IN ('A', 'R')
															  AND g.tgtype & 16 <> 0))) x (what, is_there)
			 WHERE x.is_there
			 UNION ALL
			SELECT pg_catalog.format('column %s of %s', m.old_column, m.full_name)
			  FROM member m
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relid AND a.attnum = m.columnno
			 WHERE a.attgenerated <> ''
				OR a.atttypid NOT IN (21, 23)
			 UNION ALL
			SELECT pg_catalog.format('column %s of %s', m.new_column, m.full_name)
			  FROM member m
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = m.relid AND pg_catalog.quote_ident(a.attname) = m.new_column
			 UNION ALL
			SELECT pg_catalog.format('constraint %I of %s', k.conname, m.full_name)
			  FROM member m
			  JOIN pg_catalog.pg_constraint k
				ON k.conrelid = m.relid
			   AND m.columnno = ANY (k.conkey)
			   AND k.contype IN ('c', 'x')
			 UNION ALL
			-- double keys would not agree about the default; columns of SET NULL have names
			SELECT pg_catalog.format('constraint %I of %s', f.constraint_name, f.child)
			  FROM dbadvisor.retype_foreign_keys(relation, attnum, new_type) f
			 WHERE f.add_sql IS NULL
			 UNION ALL
			SELECT pg_catalog.format('index %s', dbadvisor.relation_identity(i.indexrelid))
			  FROM member m
			  JOIN pg_catalog.pg_index i ON i.indrelid = m.relid
			 CROSS JOIN LATERAL pg_catalog.concat(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid)) e (text)
			 WHERE pg_catalog.strpos(e.text, m.old_column) > 0
				OR EXISTS (SELECT
							 FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) k
							 JOIN pg_catalog.pg_opclass c ON c.oid = i.indclass[k]
							WHERE i.indkey[k] = m.columnno
							  AND NOT c.opcdefault)
			 UNION ALL
			SELECT pg_catalog.format('sequence %s', s.sequence_name)
			  FROM member m
			  JOIN dbadvisor.user_sequence s ON s.relid = m.relid AND s.attnum = m.columnno
			 WHERE s.increment < 0) o (name);
$$;
COMMENT ON FUNCTION dbadvisor.retype_obstacles(oid, smallint, regtype) IS
'What keeps retype_script() from changing the type of a column and of those that refer to it; null for nothing';

-- A key with all of its columns, old ones replaced by new ones.
CREATE OR REPLACE FUNCTION dbadvisor.retype_foreign_keys(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS TABLE (
	child text,
	parent text,
	constraint_name name,
	new_name text,
	add_sql text,
	is_valid boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH member AS MATERIALIZED (
		SELECT * FROM dbadvisor.retype_columns(relation, attnum, new_type)
	)
	SELECT t.child,
		   t.parent,
		   k.conname,
		   t.new_name,
		   CASE
		   WHEN pg_catalog.starts_with(d.definition, t.head)
				AND k.confdelsetcols IS NULL
				AND 'd' NOT IN (k.confdeltype, k.confupdtype)
				AND d.definition !~ ' NOT ENFORCED'
		   THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)%s NOT VALID;',
								  t.child, t.new_name, t.child_columns, t.parent, t.parent_columns,
								  pg_catalog.substr(d.definition, pg_catalog.length(t.head) + 1))
		   END,
		   k.convalidated
	  FROM pg_catalog.pg_constraint k
	 CROSS JOIN LATERAL dbadvisor.constraint_definition(k.oid) d (definition)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(k.conrelid),
			   dbadvisor.relation_identity(k.confrelid),
			   pg_catalog.quote_ident(pg_catalog.left(k.conname, 54) || '_retyped'),
			   pg_catalog.format('FOREIGN KEY (%s) REFERENCES %s(%s)', dbadvisor.column_list(k.conrelid, k.conkey),
								 dbadvisor.relation_identity(k.confrelid), dbadvisor.column_list(k.confrelid, k.confkey)),
			   (SELECT pg_catalog.string_agg(COALESCE(m.new_column, pg_catalog.quote_ident(a.attname)), ', ' ORDER BY u.place)
				  FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u (no, place)
				  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.no
				  LEFT JOIN member m ON m.relid = k.conrelid AND m.columnno = u.no),
			   (SELECT pg_catalog.string_agg(COALESCE(m.new_column, pg_catalog.quote_ident(a.attname)), ', ' ORDER BY u.place)
				  FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u (no, place)
				  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.no
				  LEFT JOIN member m ON m.relid = k.confrelid AND m.columnno = u.no)) t (child, parent, new_name, head, child_columns, parent_columns)
	 WHERE k.contype = 'f'
	   AND k.conparentid = 0
	   AND EXISTS (SELECT
					 FROM member m
					WHERE (m.relid = k.conrelid AND m.columnno = ANY (k.conkey))
					   OR (m.relid = k.confrelid AND m.columnno = ANY (k.confkey)))
	 ORDER BY t.child, k.conname;
$$;
COMMENT ON FUNCTION dbadvisor.retype_foreign_keys(oid, smallint, regtype) IS
'Foreign keys from and to the columns of retype_columns(), with the statement that adds each on the new columns; null for one that cannot be there twice';

CREATE OR REPLACE FUNCTION dbadvisor.retype_indexes(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS TABLE (
	full_name text,
	build_sql text,
	switch_sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH member AS MATERIALIZED (
		SELECT * FROM dbadvisor.retype_columns(relation, attnum, new_type)
	), old AS MATERIALIZED (
		SELECT i.*,
			   c.relname,
			   n.nspname,
			   dbadvisor.relation_identity(i.indrelid) AS full_name,
			   pg_catalog.quote_ident(pg_catalog.left(c.relname, 54) || '_retyped') AS new_name
		  FROM pg_catalog.pg_index i
		  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE i.indisvalid
		   AND EXISTS (SELECT FROM member m WHERE m.relid = i.indrelid AND m.columnno = ANY (i.indkey::smallint[]))
	)
	SELECT o.full_name,
		   dbadvisor.index_statement(o.indexrelid, 'CONCURRENTLY ' || o.new_name, o.full_name, l.keys, l.included),
		   pg_catalog.concat_ws(
			   E'\n',
			   CASE
			   WHEN k.oid IS NULL THEN pg_catalog.format('ALTER INDEX %I.%s RENAME TO %I;', o.nspname, o.new_name, o.relname)
			   ELSE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %s%s%s;', o.full_name, k.conname,
									  CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, o.new_name,
									  CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,
									  CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END)
			   END,
			   CASE WHEN o.indisclustered THEN pg_catalog.format('ALTER TABLE %s CLUSTER ON %I;', o.full_name, o.relname) END,
			   CASE WHEN o.indisreplident THEN pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I;', o.full_name, o.relname) END,
			   pg_catalog.format('COMMENT ON INDEX %I.%I IS ', o.nspname, o.relname)
			   || pg_catalog.quote_literal(pg_catalog.obj_description(o.indexrelid, 'pg_class')) || ';')
	  FROM old o
	  LEFT JOIN pg_catalog.pg_constraint k
		ON k.conindid = o.indexrelid
	   AND k.contype IN ('p', 'u')
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(
				   CASE WHEN m.relid IS NULL THEN t.text ELSE m.new_column || pg_catalog.substr(t.text, pg_catalog.length(m.old_column) + 1) END,
				   ', ' ORDER BY p.place) FILTER (WHERE p.place <= o.indnkeyatts),
			   pg_catalog.string_agg(COALESCE(m.new_column, t.text), ', ' ORDER BY p.place) FILTER (WHERE p.place > o.indnkeyatts)
		  FROM pg_catalog.generate_series(1, o.indnatts) p (place)
		 CROSS JOIN LATERAL (
			SELECT CASE
				   WHEN p.place <= o.indnkeyatts THEN dbadvisor.index_key_text(o.indexrelid, p.place)
				   ELSE pg_catalog.pg_get_indexdef(o.indexrelid, p.place, false)
				   END) t (text)
		  LEFT JOIN member m
			ON m.relid = o.indrelid
		   AND m.columnno = o.indkey[p.place - 1]) l (keys, included)
	 ORDER BY o.full_name, o.relname;
$$;
COMMENT ON FUNCTION dbadvisor.retype_indexes(oid, smallint, regtype) IS
'Indexes on the columns of retype_columns(), with the statement that builds each on the new columns and those that put it in the old one''s place';

-- What a column has beside its type, for its successor; in a block that declares
-- "place" and "called".
CREATE OR REPLACE FUNCTION dbadvisor.retype_belongings(
	relid oid,
	columnno smallint,
	new_column text,
	final_type text,
	way_back boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.concat_ws(
			   E'\n',
			   CASE WHEN a.attnotnull THEN pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;', t.name, new_column) END,
			   -- altering it first keeps others from drawing numbers
			   (SELECT pg_catalog.string_agg(
						   pg_catalog.format('ALTER SEQUENCE %s AS %s MAXVALUE %s;', s.sequence_name,
											 CASE WHEN way_back THEN pg_catalog.format_type(s.sequence_type, NULL) ELSE final_type END,
											 CASE WHEN way_back THEN s.maximum ELSE dbadvisor.integer_maximum(final_type::regtype) END), E'\n' ORDER BY s.sequence_name)
				  FROM dbadvisor.user_sequence s
				 WHERE s.relid = a.attrelid
				   AND s.attnum = a.attnum
				   AND (way_back OR s.maximum < dbadvisor.integer_maximum(final_type::regtype))),
			   dbadvisor.identity_move_sql(a.attrelid, a.attnum, t.name, t.name, new_column,
										   CASE WHEN NOT way_back THEN dbadvisor.integer_maximum(final_type::regtype) END),
			   (SELECT pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;', t.name, new_column, pg_catalog.pg_get_expr(f.adbin, f.adrelid))
				  FROM pg_catalog.pg_attrdef f
				 WHERE f.adrelid = a.attrelid
				   AND f.adnum = a.attnum),
			   dbadvisor.owned_sequences_sql(a.attrelid, a.attnum, t.name, new_column),
			   dbadvisor.column_settings_sql(a.attrelid, a.attnum, t.name, new_column),
			   pg_catalog.format('COMMENT ON COLUMN %s.%s IS ', t.name, new_column) || pg_catalog.quote_literal(pg_catalog.col_description(a.attrelid, a.attnum)) || ';')
	  FROM pg_catalog.pg_attribute a
	 CROSS JOIN LATERAL dbadvisor.relation_identity(a.attrelid) t (name)
	 WHERE a.attrelid = retype_belongings.relid
	   AND a.attnum = retype_belongings.columnno;
$$;
COMMENT ON FUNCTION dbadvisor.retype_belongings(oid, smallint, text, text, boolean) IS
'Statements that give the successor of a column what the column has: NOT NULL, default, identity, sequence, statistics settings, comment, privileges';

-- Triggers fire in the order of their names, and ours must see what others have
-- made of the row.  Rows that replication brings need it as well.
CREATE OR REPLACE FUNCTION dbadvisor.retype_begin_sql(
	relation oid,
	attnum smallint,
	new_type regtype,
	way_back boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(dbadvisor.locked_sql(ARRAY[t.full_name], 'ACCESS EXCLUSIVE', t.sql), E'\n' ORDER BY t.full_name)
	  FROM (SELECT r.full_name,
				   pg_catalog.format(
					   E'ALTER TABLE %1$s %2$s;\nCREATE FUNCTION %3$s() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n%4$s\n\tRETURN NEW;\nEND\n$body$;\nCREATE TRIGGER zzz_retype BEFORE INSERT OR UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION %3$s();\nALTER TABLE %1$s ENABLE ALWAYS TRIGGER zzz_retype;',
					   r.full_name,
					   pg_catalog.string_agg(
						   pg_catalog.format('ADD COLUMN %s %s, ADD CONSTRAINT %s CHECK (%s) NOT VALID', r.new_column,
											 CASE WHEN way_back THEN r.old_type ELSE r.wide_type END,
											 r.new_column,
											 pg_catalog.format(CASE WHEN r.is_not_null THEN '%1$s IS NOT NULL AND %1$s = %2$s' ELSE '%1$s IS NOT DISTINCT FROM %2$s' END,
															   r.new_column, r.old_column)), ', ' ORDER BY r.columnno),
					   dbadvisor.retype_function(r.relid),
					   pg_catalog.string_agg(pg_catalog.format(E'\tNEW.%s := NEW.%s;', r.new_column, r.old_column), E'\n' ORDER BY r.columnno)) AS sql
			  FROM dbadvisor.retype_columns(relation, attnum, new_type) r
			 GROUP BY r.relid, r.full_name) t;
$$;
COMMENT ON FUNCTION dbadvisor.retype_begin_sql(oid, smallint, regtype, boolean) IS
'Statements that add the new columns of retype_script() and the triggers that fill them';

CREATE OR REPLACE FUNCTION dbadvisor.retype_function(relid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 54) || '_retype')
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE c.oid = retype_function.relid;
$$;
COMMENT ON FUNCTION dbadvisor.retype_function(oid) IS
'Name of the function that fills the new columns of a table';

-- A row that somebody else has locked is tried again, and none is kept locked
-- meanwhile, so that no writer can wait in a circle.  The table's own triggers must
-- not take this for a change of the row.
CREATE OR REPLACE FUNCTION dbadvisor.retype_fill_sql(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   dbadvisor.each_blocks_sql(
				   t.full_name,
				   pg_catalog.format(
					   E'\t\tLOOP\n%4$s\t\t\tUPDATE %1$s SET %2$s\n\t\t\t WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE (%3$s) AND $rows FOR NO KEY UPDATE SKIP LOCKED));\n\t\t\tCOMMIT;\n\t\t\tEXIT WHEN NOT EXISTS (SELECT FROM %1$s WHERE (%3$s) AND $rows);\n\t\t\tPERFORM pg_catalog.pg_sleep(0.01);\n\t\tEND LOOP;\n',
					   t.full_name, t.assignments, t.condition,
					   CASE
					   WHEN t.has_triggers
					   THEN E'\t\t\tPERFORM pg_catalog.set_config(''session_replication_role'', ''replica'', true);\n'
					   END)), E'\n' ORDER BY t.full_name)
	  FROM (SELECT r.full_name,
				   pg_catalog.string_agg(pg_catalog.format('%s = %s', r.new_column, r.old_column), ', ' ORDER BY r.columnno) AS assignments,
				   pg_catalog.string_agg(pg_catalog.format('%s IS DISTINCT FROM %s', r.new_column, r.old_column), ' OR ' ORDER BY r.columnno) AS condition,
				   EXISTS (SELECT
							 FROM pg_catalog.pg_trigger g
							WHERE g.tgrelid = r.relid
							  AND NOT g.tgisinternal
							  AND g.tgenabled = 'O'
							  AND g.tgtype & 16 <> 0) AS has_triggers
			  FROM dbadvisor.retype_columns(relation, attnum, new_type) r
			 GROUP BY r.relid, r.full_name) t;
$$;
COMMENT ON FUNCTION dbadvisor.retype_fill_sql(oid, smallint, regtype) IS
'Statements that fill the new columns of retype_script() in batches';

CREATE OR REPLACE FUNCTION dbadvisor.retype_switch_sql(
	relation oid,
	attnum smallint,
	new_type regtype,
	way_back boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH member AS MATERIALIZED (
		SELECT * FROM dbadvisor.retype_columns(relation, attnum, new_type)
	), key AS MATERIALIZED (
		SELECT * FROM dbadvisor.retype_foreign_keys(relation, attnum, new_type)
	)
	SELECT dbadvisor.locked_sql(
			   ARRAY(SELECT m.full_name FROM member m UNION SELECT k.child FROM key k UNION SELECT k.parent FROM key k ORDER BY 1),
			   'ACCESS EXCLUSIVE',
			   pg_catalog.concat_ws(
				   E'\n',
				   (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', k.child, k.constraint_name), E'\n' ORDER BY k.child, k.constraint_name)
					  FROM key k),
				   (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format(E'DROP TRIGGER zzz_retype ON %s;\nDROP FUNCTION %s();', m.full_name, dbadvisor.retype_function(m.relid)), E'\n')
					  FROM member m),
				   (SELECT pg_catalog.string_agg(
							   pg_catalog.concat_ws(
								   E'\n',
								   NULLIF(dbadvisor.retype_belongings(m.relid, m.columnno, m.new_column, CASE WHEN way_back THEN m.old_type ELSE m.wide_type END, way_back), ''),
								   pg_catalog.format(E'ALTER TABLE %1$s DROP COLUMN %2$s;\nALTER TABLE %1$s RENAME COLUMN %3$s TO %2$s;', m.full_name, m.old_column, m.new_column)),
							   E'\n' ORDER BY m.full_name, m.columnno)
					  FROM member m),
				   (SELECT pg_catalog.string_agg(i.switch_sql, E'\n' ORDER BY i.full_name, i.switch_sql)
					  FROM dbadvisor.retype_indexes(relation, attnum, new_type) i),
				   (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %s TO %I;', k.child, k.new_name, k.constraint_name), E'\n' ORDER BY k.child, k.constraint_name)
					  FROM key k)));
$$;
COMMENT ON FUNCTION dbadvisor.retype_switch_sql(oid, smallint, regtype, boolean) IS
'Statements that put the new columns of retype_script() in the place of the old ones, with all that stands on them';

CREATE OR REPLACE FUNCTION dbadvisor.retype_script(
	relation regclass,
	column_name text,
	new_type regtype DEFAULT 'bigint',
	way_back boolean DEFAULT false)
RETURNS TABLE (
	step integer,
	title text,
	sql text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	attnum smallint := (SELECT a.attnum FROM pg_catalog.pg_attribute a
						 WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped);
BEGIN
	IF attnum IS NULL OR dbadvisor.retype_obstacles(relation, attnum, new_type) IS NOT NULL THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT s.*
	  FROM (VALUES
		(1, 'Check that the values fit: this must return no row',
		 (SELECT pg_catalog.string_agg(pg_catalog.format('SELECT %L AS column FROM %s WHERE %s NOT BETWEEN %s AND %s', r.old_column, r.full_name, r.old_column, - m.maximum - 1, m.maximum),
									   E'\nUNION ALL\n' ORDER BY r.full_name, r.columnno) || ';'
			FROM dbadvisor.retype_columns(relation, attnum, new_type) r
		   CROSS JOIN LATERAL dbadvisor.integer_maximum(r.old_type::regtype) m (maximum)
		   WHERE way_back)),
		(2, 'Add new columns, and triggers that fill them from now on', dbadvisor.retype_begin_sql(relation, attnum, new_type, way_back)),
		(3, 'Fill them, 1000 blocks at a time, each in a transaction of its own', dbadvisor.retype_fill_sql(relation, attnum, new_type)),
		(4, 'Prove that old and new columns are alike, while reads and writes go on',
		 (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s VALIDATE CONSTRAINT %s;', r.full_name, r.new_column), E'\n' ORDER BY r.full_name, r.columnno)
			FROM dbadvisor.retype_columns(relation, attnum, new_type) r)),
		(5, 'Build the indexes, and look at the new columns',
		 pg_catalog.concat_ws(
			 E'\n',
			 (SELECT pg_catalog.string_agg(i.build_sql, E'\n' ORDER BY i.full_name, i.build_sql)
				FROM dbadvisor.retype_indexes(relation, attnum, new_type) i),
			 (SELECT pg_catalog.string_agg(pg_catalog.format('ANALYZE %s (%s);', r.full_name, r.new_column), E'\n' ORDER BY r.full_name, r.columnno)
				FROM dbadvisor.retype_columns(relation, attnum, new_type) r))),
		(6, 'Add the foreign keys, without reading a table',
		 (SELECT pg_catalog.string_agg(dbadvisor.locked_sql(k.parent || pg_catalog.array_remove(ARRAY[k.child], k.parent), 'SHARE ROW EXCLUSIVE', k.add_sql), E'\n' ORDER BY k.child, k.constraint_name)
			FROM dbadvisor.retype_foreign_keys(relation, attnum, new_type) k)),
		(7, 'Validate them, while reads and writes go on',
		 (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %s;', k.child, k.new_name), E'\n' ORDER BY k.child, k.constraint_name)
			FROM dbadvisor.retype_foreign_keys(relation, attnum, new_type) k
		   WHERE k.is_valid)),
		(8, 'Switch, in one transaction of moments', dbadvisor.retype_switch_sql(relation, attnum, new_type, way_back)),
		(9, 'Instead of going on, at any time before the switch: give up',
		 (SELECT dbadvisor.locked_sql(pg_catalog.array_agg(DISTINCT r.full_name), 'ACCESS EXCLUSIVE',
									  pg_catalog.string_agg(pg_catalog.format(E'DROP TRIGGER IF EXISTS zzz_retype ON %s;\nDROP FUNCTION IF EXISTS %s();\nALTER TABLE %s DROP COLUMN IF EXISTS %s CASCADE;',
																			  r.full_name, dbadvisor.retype_function(r.relid), r.full_name, r.new_column), E'\n' ORDER BY r.full_name, r.columnno))
			FROM dbadvisor.retype_columns(relation, attnum, new_type) r))) s (step, title, sql)
	 WHERE s.sql IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.retype_script(regclass, text, regtype, boolean) IS
'Statements that give a column of integers, and all that refer to it, a wider type while reads and writes go on, in order; each is to be run by itself, not within a transaction. way_back gives the script that takes the types back once that is done. Nothing where dbadvisor.retype_obstacles() says why. The columns become the last ones of their tables';

CREATE OR REPLACE FUNCTION dbadvisor.retype_sql(
	relation oid,
	attnum smallint,
	new_type regtype,
	way_back boolean DEFAULT false)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.rtrim(pg_catalog.string_agg(pg_catalog.format(E'-- %s\n%s', s.title, s.sql), E'\n' ORDER BY s.step), ';')
	  FROM pg_catalog.pg_attribute a
	 CROSS JOIN LATERAL dbadvisor.retype_script(a.attrelid, a.attname, new_type, way_back) s
	 WHERE a.attrelid = relation
	   AND a.attnum = retype_sql.attnum
	   AND s.step BETWEEN 2 AND 8;
$$;
COMMENT ON FUNCTION dbadvisor.retype_sql(oid, smallint, regtype, boolean) IS
'The steps of retype_script() that are to be run, as one text; null where something is in the way';

REVOKE ALL ON FUNCTION dbadvisor.retype_columns(oid, smallint, regtype),
	dbadvisor.retype_obstacles(oid, smallint, regtype),
	dbadvisor.retype_foreign_keys(oid, smallint, regtype),
	dbadvisor.retype_indexes(oid, smallint, regtype),
	dbadvisor.retype_belongings(oid, smallint, text, text, boolean),
	dbadvisor.retype_function(oid),
	dbadvisor.retype_begin_sql(oid, smallint, regtype, boolean),
	dbadvisor.retype_fill_sql(oid, smallint, regtype),
	dbadvisor.retype_switch_sql(oid, smallint, regtype, boolean),
	dbadvisor.retype_script(regclass, text, regtype, boolean),
	dbadvisor.retype_sql(oid, smallint, regtype, boolean)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.retype_columns(oid, smallint, regtype),
	dbadvisor.retype_obstacles(oid, smallint, regtype),
	dbadvisor.retype_foreign_keys(oid, smallint, regtype),
	dbadvisor.retype_indexes(oid, smallint, regtype),
	dbadvisor.retype_belongings(oid, smallint, text, text, boolean),
	dbadvisor.retype_function(oid),
	dbadvisor.retype_begin_sql(oid, smallint, regtype, boolean),
	dbadvisor.retype_fill_sql(oid, smallint, regtype),
	dbadvisor.retype_switch_sql(oid, smallint, regtype, boolean),
	dbadvisor.retype_script(regclass, text, regtype, boolean),
	dbadvisor.retype_sql(oid, smallint, regtype, boolean)
	TO dbadvisor_reader;
