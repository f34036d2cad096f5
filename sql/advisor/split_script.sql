-- The script that splits a table while reads and writes go on.
--
-- A trigger keeps the new tables in step from the start and notes determinants whose
-- columns it had to change, as other rows may say the old still.  All rows are compared
-- before the switch, without a lock; under its lock only those of determinants that
-- were noted since.  Entry point: split_script().

-- The tables that a table is to be split into: each column moves once, and a new
-- table may itself be split.
CREATE OR REPLACE FUNCTION dbadvisor.split_tables(relation regclass, groups jsonb)
RETURNS TABLE (
	place integer,
	depth integer,
	parent integer,
	table_name text,
	determinant text[],
	dependents text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE given AS (
		SELECT g.place::integer AS place,
			   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(g.item -> 'determinant')) AS determinant,
			   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(g.item -> 'dependents')) AS dependents
		  FROM pg_catalog.jsonb_array_elements(groups) WITH ORDINALITY g (item, place)
	), owned AS (
		SELECT g.place,
			   g.determinant,
			   ARRAY(SELECT d FROM pg_catalog.unnest(g.dependents) d
					  WHERE NOT EXISTS (SELECT FROM given o WHERE o.place < g.place AND d = ANY (o.dependents))) AS dependents
		  FROM given g
	), tree AS (
		SELECT o.*, 1 AS depth, 0 AS parent
		  FROM owned o
		 WHERE NOT EXISTS (SELECT FROM owned p WHERE p.dependents && o.determinant)
		   AND o.dependents <> '{}'
		 UNION ALL
		SELECT o.*, t.depth + 1, t.place
		  FROM tree t
		  JOIN owned o ON o.determinant <@ t.dependents AND o.place <> t.place
		 WHERE o.dependents <> '{}'
		   AND t.depth < 10
	), named AS (
		SELECT t.*,
			   COALESCE(NULLIF(pg_catalog.regexp_replace(
								   dbadvisor.name_words(pg_catalog.array_to_string(t.determinant, '_')),
								   '_?(id|code|no|nr|key|number)$', ''), ''), 'part') AS base,
			   n.nspname,
			   c.relname
		  FROM tree t
		  JOIN pg_catalog.pg_class c ON c.oid = relation
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	)
	SELECT n.place,
		   n.depth,
		   n.parent,
		   pg_catalog.left(CASE WHEN pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, n.base)) IS NULL
									 AND NOT EXISTS (SELECT FROM named o WHERE o.base = n.base AND o.place < n.place)
								THEN n.base ELSE n.relname || '_' || n.base || '_' || n.place END, 50),
		   n.determinant,
		   n.dependents
	  FROM named n
	 ORDER BY n.depth, n.place;
$$;
COMMENT ON FUNCTION dbadvisor.split_tables(regclass, jsonb) IS
'Tables to be made of groups of determinant and dependents, the most important first: parent is the place of the table that loses the columns, 0 for the given one; a name that is taken is not used';

-- Comparisons do not depend on the search_path of who runs them: equal is what the
-- operator of the unique index says, alike what has the same bytes.
CREATE OR REPLACE FUNCTION dbadvisor.same_sql(relation regclass, names text[], one text, other text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.format('%s%I %s %s%I', one, u.name,
								 CASE WHEN n.nspname = 'pg_catalog' OR n.nspname IS NULL THEN '='
									  ELSE pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) END,
								 other, u.name), ' AND ' ORDER BY u.place)
	  FROM pg_catalog.unnest(names) WITH ORDINALITY u (name, place)
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attname = u.name
	  LEFT JOIN pg_catalog.pg_opclass c
		ON c.opcintype = a.atttypid
	   AND c.opcdefault
	   AND c.opcmethod = (SELECT m.oid FROM pg_catalog.pg_am m WHERE m.amname = 'btree')
	  LEFT JOIN pg_catalog.pg_amop s
		ON s.amopfamily = c.opcfamily
	   AND s.amoplefttype = c.opcintype
	   AND s.amoprighttype = c.opcintype
	   AND s.amopstrategy = 3
	  LEFT JOIN pg_catalog.pg_operator o ON o.oid = s.amopopr
	  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace;
$$;
COMMENT ON FUNCTION dbadvisor.same_sql(regclass, text[], text, text) IS
'A condition that columns of a table, once with each prefix, are equal by the operator that a unique index takes';

CREATE OR REPLACE FUNCTION dbadvisor.alike_sql(names text[], one text, operator text, other text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format('ROW(%s)::record OPERATOR(pg_catalog.%s) ROW(%s)::record',
							 dbadvisor.name_list(names, one), operator, dbadvisor.name_list(names, other));
$$;
COMMENT ON FUNCTION dbadvisor.alike_sql(text[], text, text, text) IS
'A condition that columns, once with each prefix, have the same bytes (operator *=) or not (*<>), NULLs included';

-- From the leaves of the tree to its root, so that what is referred to is there.
CREATE OR REPLACE FUNCTION dbadvisor.split_parts(relation regclass, groups jsonb)
RETURNS TABLE (
	place integer,
	depth integer,
	alias text,
	source text,
	target text,
	doubt text,
	child text,
	key_name text,
	determinant text[],
	dependents text[],
	dets text,
	deps text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH part AS MATERIALIZED (
		SELECT t.*, n.nspname
		  FROM dbadvisor.split_tables(relation, groups) t
		  JOIN pg_catalog.pg_class c ON c.oid = relation
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	)
	SELECT p.place,
		   p.depth,
		   't' || p.place,
		   CASE p.parent WHEN 0 THEN 'd' ELSE 't' || p.parent END,
		   pg_catalog.format('%I.%I', p.nspname, p.table_name),
		   pg_catalog.format('%I.%I', p.nspname, p.table_name || '_doubt'),
		   (SELECT pg_catalog.format('%I.%I', o.nspname, o.table_name) FROM part o WHERE o.place = NULLIF(p.parent, 0)),
		   pg_catalog.quote_ident(p.table_name || '_split_fkey'),
		   p.determinant,
		   p.dependents,
		   dbadvisor.name_list(p.determinant),
		   dbadvisor.name_list(p.dependents)
	  FROM part p
	 ORDER BY p.depth DESC, p.place;
$$;
COMMENT ON FUNCTION dbadvisor.split_parts(regclass, jsonb) IS
'The tables of split_tables() with the names that the script has for them: child is the new table that refers to it, null for the given one, and source its alias';

-- How a row of the table is put together again.
CREATE OR REPLACE FUNCTION dbadvisor.split_joins(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.format(E'\n  LEFT JOIN %s %s ON %s', p.target, p.alias,
								 dbadvisor.same_sql(relation, p.determinant, p.alias || '.', p.source || '.')), '' ORDER BY p.depth, p.place)
	  FROM dbadvisor.split_parts(relation, groups) p;
$$;
COMMENT ON FUNCTION dbadvisor.split_joins(regclass, jsonb) IS
'Joins of the new tables to the old one, which has alias d';

CREATE OR REPLACE FUNCTION dbadvisor.split_compare_sql(relation regclass, groups jsonb, condition text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'\tPERFORM FROM %s d%s\n\t WHERE %s(%s);\n\tIF FOUND THEN\n\t\tRAISE integrity_constraint_violation USING MESSAGE = ''rows differ, nothing was changed'';\n\tEND IF;',
			   dbadvisor.relation_identity(relation), dbadvisor.split_joins(relation, groups), condition,
			   pg_catalog.string_agg(dbadvisor.alike_sql(p.dependents, 'd.', '*<>', p.alias || '.'), ' OR ' ORDER BY p.place))
	  FROM dbadvisor.split_parts(relation, groups) p;
$$;
COMMENT ON FUNCTION dbadvisor.split_compare_sql(regclass, jsonb, text) IS
'Statements that raise an error where a row differs from what the new tables say of it, for rows that a condition chooses';

CREATE OR REPLACE FUNCTION dbadvisor.split_sync_sql(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.format(
				   E'\tIF ROW(%1$s) IS NOT NULL THEN\n\t\tINSERT INTO %2$s (%3$s, %4$s) VALUES (%1$s, %5$s) ON CONFLICT DO NOTHING;\n\t\tIF NOT FOUND THEN\n\t\t\tUPDATE %2$s t SET (%4$s) = ROW(%5$s) WHERE %6$s AND %7$s;\n\t\t\tIF FOUND THEN\n\t\t\t\tINSERT INTO %8$s VALUES (%1$s);\n\t\t\tEND IF;\n\t\tEND IF;\n\tELSIF NOT ROW(%5$s) IS NULL THEN\n\t\tINSERT INTO %8$s VALUES (%1$s);\n\tEND IF;\n',
				   dbadvisor.name_list(p.determinant, 'NEW.'), p.target, p.dets, p.deps, dbadvisor.name_list(p.dependents, 'NEW.'),
				   dbadvisor.same_sql(relation, p.determinant, 't.', 'NEW.'), dbadvisor.alike_sql(p.dependents, 't.', '*<>', 'NEW.'), p.doubt),
			   '' ORDER BY p.depth DESC, p.place)
	  FROM dbadvisor.split_parts(relation, groups) p;
$$;
COMMENT ON FUNCTION dbadvisor.split_sync_sql(regclass, jsonb) IS
'Statements of a trigger that bring a row that is written into the new tables, and note a determinant whose columns change there';

-- Whatever is written through the view must not contradict other rows.
CREATE OR REPLACE FUNCTION dbadvisor.split_write_sql(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.format(
				   E'\tIF ROW(%1$s) IS NOT NULL THEN\n\t\tINSERT INTO %2$s (%3$s, %4$s) VALUES (%1$s, %5$s) ON CONFLICT DO NOTHING;\n\t\tPERFORM FROM %2$s t WHERE %6$s AND %7$s;\n\t\tIF FOUND THEN\n\t\t\tRAISE integrity_constraint_violation USING MESSAGE = %8$L, HINT = %9$L;\n\t\tEND IF;\n\tELSIF NOT ROW(%5$s) IS NULL THEN\n\t\tRAISE not_null_violation USING MESSAGE = %10$L;\n\tEND IF;\n',
				   dbadvisor.name_list(p.determinant, 'NEW.'), p.target, p.dets, p.deps, dbadvisor.name_list(p.dependents, 'NEW.'),
				   dbadvisor.same_sql(relation, p.determinant, 't.', 'NEW.'), dbadvisor.alike_sql(p.dependents, 't.', '*<>', 'NEW.'),
				   pg_catalog.format('%s has other values for these %s', p.target, p.dets),
				   pg_catalog.format('Change %s first.', p.target),
				   pg_catalog.format('%s cannot be null where %s is not', p.dets, p.deps)),
			   '' ORDER BY p.depth DESC, p.place)
	  FROM dbadvisor.split_parts(relation, groups) p;
$$;
COMMENT ON FUNCTION dbadvisor.split_write_sql(regclass, jsonb) IS
'Statements of the trigger of the view that bring a row into the new tables, an error where these say something else';

CREATE OR REPLACE FUNCTION dbadvisor.split_update_sql(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.string_agg(
			   pg_catalog.format(
				   E'\t\tIF ROW(%1$s) IS NOT NULL AND %2$s AND %3$s THEN\n\t\t\tUPDATE %4$s t SET (%5$s) = ROW(%6$s) WHERE %7$s;\n\t\tEND IF;\n',
				   dbadvisor.name_list(p.determinant, 'NEW.'), dbadvisor.alike_sql(p.determinant, 'NEW.', '*=', 'OLD.'),
				   dbadvisor.alike_sql(p.dependents, 'NEW.', '*<>', 'OLD.'), p.target, p.deps,
				   dbadvisor.name_list(p.dependents, 'NEW.'), dbadvisor.same_sql(relation, p.determinant, 't.', 'NEW.')),
			   '' ORDER BY p.depth DESC, p.place)
	  FROM dbadvisor.split_parts(relation, groups) p;
$$;
COMMENT ON FUNCTION dbadvisor.split_update_sql(regclass, jsonb) IS
'Statements of the trigger of the view that change the new tables where a row is updated and keeps its determinant';

-- The view with what the table has for its users: defaults, numbers, privileges.
CREATE OR REPLACE FUNCTION dbadvisor.split_view_sql(relation regclass, groups jsonb, data_name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH part AS MATERIALIZED (
		SELECT * FROM dbadvisor.split_parts(relation, groups)
	), col AS MATERIALIZED (
		SELECT a.attname::text AS name, a.attnum, a.attgenerated, a.attidentity,
			   (SELECT p.alias FROM part p WHERE a.attname = ANY (p.dependents)) AS alias,
			   pg_catalog.pg_get_expr(x.adbin, x.adrelid) AS default_value
		  FROM pg_catalog.pg_attribute a
		  LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
		 WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
	), own AS (
		SELECT pg_catalog.array_agg(c.name ORDER BY c.attnum) AS inserted,
			   pg_catalog.array_agg(c.name ORDER BY c.attnum) FILTER (WHERE c.attidentity <> 'a') AS updated
		  FROM col c WHERE c.alias IS NULL AND c.attgenerated = ''
	), key AS (
		SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) AS names
		  FROM pg_catalog.pg_index i
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
		 WHERE i.indrelid = relation AND i.indisprimary
	), name AS (
		SELECT dbadvisor.relation_identity(relation) AS full_name,
			   pg_catalog.format('%I.%I', n.nspname, data_name) AS data_full,
			   pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 50) || '_split_write') AS function_name,
			   pg_catalog.quote_ident(r.rolname) AS owner,
			   c.relacl, c.relowner
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
		 WHERE c.oid = relation
	)
	SELECT pg_catalog.concat(
			   pg_catalog.format(E'CREATE VIEW %s AS\nSELECT %s\n  FROM %s d%s;\nALTER VIEW %1$s OWNER TO %5$s;\n', n.full_name,
								 (SELECT pg_catalog.string_agg(COALESCE(c.alias, 'd') || '.' || pg_catalog.quote_ident(c.name), ', ' ORDER BY c.attnum) FROM col c),
								 n.data_full, dbadvisor.split_joins(relation, groups), n.owner),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s;\n', n.full_name, c.name, c.default_value), '' ORDER BY c.attnum)
				  FROM col c WHERE c.default_value IS NOT NULL AND c.attgenerated = ''),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'GRANT %s ON %s TO %s;\n', e.privilege_type, n.full_name,
										 CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(e.grantee)) END), ''
										 ORDER BY e.grantee, e.privilege_type)
				  FROM pg_catalog.aclexplode(n.relacl) e
				 WHERE e.grantee <> n.relowner
				   AND e.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')),
			   pg_catalog.format(
				   E'CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $split$\nBEGIN\n\tIF TG_OP = ''DELETE'' THEN\n\t\tDELETE FROM %2$s d WHERE %3$s;\n\t\tIF NOT FOUND THEN RETURN NULL; END IF;\n\t\tRETURN OLD;\n\tEND IF;\n\tIF TG_OP = ''UPDATE'' THEN\n%4$s\tEND IF;\n%5$s%6$s\tIF TG_OP = ''UPDATE'' THEN\n\t\tUPDATE %2$s d SET (%7$s) = ROW(%8$s) WHERE %3$s;\n\t\tIF NOT FOUND THEN RETURN NULL; END IF;\n\tELSE\n\t\tINSERT INTO %2$s (%9$s) OVERRIDING SYSTEM VALUE VALUES (%10$s);\n\tEND IF;\n\tRETURN NEW;\nEND\n$split$;\nALTER FUNCTION %1$s() OWNER TO %11$s;\nCREATE TRIGGER split_write INSTEAD OF INSERT OR UPDATE OR DELETE ON %12$s FOR EACH ROW EXECUTE FUNCTION %1$s();',
				   n.function_name, n.data_full, dbadvisor.same_sql(relation, k.names, 'd.', 'OLD.'),
				   dbadvisor.split_update_sql(relation, groups),
				   -- here, as an inserter needs no right on the sequence
				   (SELECT pg_catalog.string_agg(pg_catalog.format(E'\tIF TG_OP = ''INSERT'' AND NEW.%1$I IS NULL THEN\n\t\tNEW.%1$I := nextval(%2$L::regclass);\n\tEND IF;\n',
																  c.name, pg_catalog.pg_get_serial_sequence(n.full_name, c.name)), '' ORDER BY c.attnum)
					  FROM col c WHERE c.attidentity <> ''),
				   dbadvisor.split_write_sql(relation, groups),
				   dbadvisor.name_list(o.updated), dbadvisor.name_list(o.updated, 'NEW.'),
				   dbadvisor.name_list(o.inserted), dbadvisor.name_list(o.inserted, 'NEW.'), n.owner, n.full_name))
	  FROM name n
	 CROSS JOIN own o
	 CROSS JOIN key k;
$$;
COMMENT ON FUNCTION dbadvisor.split_view_sql(regclass, jsonb, text) IS
'Statements that make the view in the place of a table that is called data_name by now, and its trigger';

-- Columns, defaults, NOT NULL and indexes as they were; columns come last.
CREATE OR REPLACE FUNCTION dbadvisor.split_restore_sql(relation regclass, groups jsonb, data_full text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH part AS MATERIALIZED (
		SELECT * FROM dbadvisor.split_parts(relation, groups)
	), col AS MATERIALIZED (
		SELECT a.attnum, a.attnotnull, a.attname, a.attcollation, a.atttypid, a.atttypmod,
			   pg_catalog.pg_get_expr(x.adbin, x.adrelid) AS default_value
		  FROM part p
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attname = ANY (p.dependents)
		  LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
	)
	SELECT pg_catalog.concat(
			   (SELECT pg_catalog.format(E'ALTER TABLE %s %s;\n', data_full, pg_catalog.string_agg(
						   pg_catalog.format('ADD COLUMN %I %s%s', c.attname, pg_catalog.format_type(c.atttypid, c.atttypmod),
											 (SELECT ' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
												FROM pg_catalog.pg_collation co
												JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
												JOIN pg_catalog.pg_type t ON t.oid = c.atttypid
											   WHERE co.oid = c.attcollation AND co.oid <> t.typcollation)), ', ' ORDER BY c.attnum))
				  FROM col c),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'UPDATE %s d SET (%s) = ROW(%s) FROM %s t WHERE %s;\n', data_full, p.deps,
										 dbadvisor.name_list(p.dependents, 't.'), p.target, dbadvisor.same_sql(relation, p.determinant, 'd.', 't.')), '' ORDER BY p.depth, p.place)
				  FROM part p),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s;\n', data_full, c.attname, c.default_value), '' ORDER BY c.attnum)
				  FROM col c WHERE c.default_value IS NOT NULL),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;\n', data_full, c.attname), '' ORDER BY c.attnum)
				  FROM col c WHERE c.attnotnull),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s DROP CONSTRAINT %s;\n', data_full, p.key_name), '' ORDER BY p.place)
				  FROM part p WHERE p.child IS NULL),
			   (SELECT pg_catalog.string_agg(pg_catalog.format(E'DROP TABLE %s;\n', p.target), '' ORDER BY p.depth, p.place)
				  FROM part p));
$$;
COMMENT ON FUNCTION dbadvisor.split_restore_sql(regclass, jsonb, text) IS
'Statements that bring the columns back into the table and drop the new ones';

CREATE OR REPLACE FUNCTION dbadvisor.split_indexes_sql(relation regclass, groups jsonb)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(E'\n' || pg_catalog.pg_get_indexdef(d.objid) || ';', '' ORDER BY d.objid)
	  FROM (SELECT DISTINCT d.objid
			  FROM dbadvisor.split_parts(relation, groups) p
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attname = ANY (p.dependents)
			  JOIN pg_catalog.pg_depend d
				ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refobjid = relation
			   AND d.refobjsubid = a.attnum
			  JOIN pg_catalog.pg_index i ON i.indexrelid = d.objid) d;
$$;
COMMENT ON FUNCTION dbadvisor.split_indexes_sql(regclass, jsonb) IS
'Definitions of the indexes that go with the columns that a table loses';

CREATE OR REPLACE FUNCTION dbadvisor.split_script(relation regclass, groups jsonb)
RETURNS TABLE (
	step integer,
	title text,
	sql text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH part AS MATERIALIZED (
		SELECT * FROM dbadvisor.split_parts(relation, groups)
	), name AS MATERIALIZED (
		SELECT dbadvisor.relation_identity(relation) AS full_name,
			   n.nspname,
			   c.relname,
			   pg_catalog.left(c.relname, 58) || '_data' AS data_name,
			   pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 58) || '_data') AS data_full,
			   pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 50) || '_split_sync') AS sync,
			   pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 50) || '_split_write') AS write,
			   pg_catalog.quote_ident(r.rolname) AS owner
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
		 WHERE c.oid = relation
	)
	SELECT s.step, s.title, s.sql
	  FROM name n
	 CROSS JOIN LATERAL (VALUES
		(1, 'Check that the rows allow it: this must return no row',
		 (SELECT pg_catalog.string_agg(
					 pg_catalog.format(E'SELECT %1$L AS determinant FROM %2$s WHERE NOT ROW(%1$s) IS NOT NULL AND NOT ROW(%3$s) IS NULL\nUNION ALL\nSELECT %1$L FROM %2$s WHERE ROW(%1$s) IS NOT NULL GROUP BY %1$s HAVING count(DISTINCT ROW(%3$s)) > 1',
									   p.dets, n.full_name, p.deps), E'\nUNION ALL\n' ORDER BY p.place) || ';'
			FROM part p)),
		(2, 'Create the new tables, and one for each to note what changes meanwhile',
		 (SELECT pg_catalog.string_agg(
					 pg_catalog.format(E'CREATE TABLE %1$s AS SELECT %2$s, %3$s FROM %4$s WITH NO DATA;\nALTER TABLE %1$s ADD PRIMARY KEY (%2$s)%6$s;\nALTER TABLE %1$s OWNER TO %5$s;\nCREATE TABLE %7$s AS SELECT %2$s FROM %4$s WITH NO DATA;\nALTER TABLE %7$s OWNER TO %5$s;\n',
									   p.target, p.dets, p.deps, n.full_name, n.owner,
									   (SELECT pg_catalog.string_agg(pg_catalog.format(', ALTER COLUMN %I SET NOT NULL', a.attname), '' ORDER BY a.attnum)
										  FROM pg_catalog.pg_attribute a
										 WHERE a.attrelid = relation AND a.attname = ANY (p.dependents) AND a.attnotnull),
									   p.doubt), '' ORDER BY p.depth DESC, p.place)
			FROM part p)),
		(3, 'Keep them in step with the table from now on',
		 pg_catalog.format(E'CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $split$\nBEGIN\n%2$s\tRETURN NEW;\nEND\n$split$;\nALTER FUNCTION %1$s() OWNER TO %3$s;\n',
						   n.sync, dbadvisor.split_sync_sql(relation, groups), n.owner)
		 -- what is replicated fires no other trigger
		 || dbadvisor.locked_sql(ARRAY[n.full_name], 'SHARE ROW EXCLUSIVE',
								 pg_catalog.format(E'CREATE TRIGGER split_sync BEFORE INSERT OR UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION %2$s();\nALTER TABLE %1$s ENABLE ALWAYS TRIGGER split_sync;', n.full_name, n.sync))),
		(4, 'Fill them, 1000 blocks at a time, each in a transaction of its own',
		 dbadvisor.each_blocks_sql(n.full_name,
			 (SELECT pg_catalog.string_agg(
						 pg_catalog.format(E'\t\tINSERT INTO %1$s (%2$s, %3$s)\n\t\tSELECT DISTINCT ON (%2$s) %2$s, %3$s FROM %4$s\n\t\t WHERE ROW(%2$s) IS NOT NULL AND $rows\n\t\t ORDER BY %2$s\n\t\t\tON CONFLICT DO NOTHING;\n',
										   p.target, p.dets, p.deps, n.full_name), '' ORDER BY p.depth DESC, p.place)
				FROM part p))),
		-- without the table's lock first, a writer holds the lock of one new table and waits
		-- for the next, in the order that foreign keys want of rows, opposite to theirs of tables
		(5, 'Add the foreign keys, without reading the table',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'SHARE ROW EXCLUSIVE',
			 (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s NOT VALID;',
															 COALESCE(p.child, n.full_name), p.key_name, p.dets, p.target), E'\n' ORDER BY p.depth DESC, p.place)
				FROM part p))),
		(6, 'Validate them, while reads and writes go on',
		 (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s VALIDATE CONSTRAINT %s;\n', COALESCE(p.child, n.full_name), p.key_name), '' ORDER BY p.depth DESC, p.place)
			FROM part p)),
		(7, 'Compare row for row, while reads and writes go on',
		 pg_catalog.format(E'BEGIN ISOLATION LEVEL REPEATABLE READ;\n%sDO $split$\nBEGIN\n%s\nEND\n$split$;\nCOMMIT;',
						   (SELECT pg_catalog.string_agg(pg_catalog.format(E'DELETE FROM %s WHERE true;\n', p.doubt), '' ORDER BY p.place) FROM part p),
						   dbadvisor.split_compare_sql(relation, groups, ''))),
		(8, 'Switch, in one transaction: compare what was written meanwhile and is in doubt, then put a view in the table''s place',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE',
			 pg_catalog.format(E'IF %s THEN\n%s\nEND IF;\nDROP TRIGGER split_sync ON %s;\nDROP FUNCTION %s();\n%sALTER TABLE %3$s RENAME TO %6$I;\nALTER TABLE %7$s %8$s;\n%9$s',
							   (SELECT pg_catalog.string_agg(pg_catalog.format('EXISTS (SELECT FROM %s)', p.doubt), ' OR ' ORDER BY p.place) FROM part p),
							   dbadvisor.split_compare_sql(relation, groups,
								   (SELECT pg_catalog.format('(%s) AND ', pg_catalog.string_agg(
											   pg_catalog.format('NOT ROW(%s) IS NOT NULL OR EXISTS (SELECT FROM %s q WHERE %s)', dbadvisor.name_list(p.determinant, 'd.'), p.doubt,
																 dbadvisor.same_sql(relation, p.determinant, 'q.', 'd.')), ' OR ' ORDER BY p.place)) FROM part p)),
							   n.full_name, n.sync,
							   (SELECT pg_catalog.string_agg(pg_catalog.format(E'DROP TABLE %s;\n', p.doubt), '' ORDER BY p.place) FROM part p),
							   n.data_name, n.data_full,
							   (SELECT pg_catalog.string_agg('DROP COLUMN ' || pg_catalog.quote_ident(d), ', ' ORDER BY p.place) FROM part p, pg_catalog.unnest(p.dependents) d),
							   dbadvisor.split_view_sql(relation, groups, n.data_name)))),
		(9, 'The way back',
		 dbadvisor.locked_sql(ARRAY[n.data_full], 'ACCESS EXCLUSIVE',
			 pg_catalog.format(E'DROP VIEW %s;\nDROP FUNCTION %s();\n%sALTER TABLE %s RENAME TO %I;%s', n.full_name, n.write,
							   dbadvisor.split_restore_sql(relation, groups, n.data_full), n.data_full, n.relname,
							   dbadvisor.split_indexes_sql(relation, groups)))),
		(10, 'Instead of going on, at any time before the switch: give up',
		 dbadvisor.locked_sql(ARRAY[n.full_name], 'ACCESS EXCLUSIVE',
			 pg_catalog.format(E'DROP TRIGGER IF EXISTS split_sync ON %s;\nDROP FUNCTION IF EXISTS %s();\n%s', n.full_name, n.sync,
							   (SELECT pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %s;\nDROP TABLE IF EXISTS %s, %s;', COALESCE(p.child, n.full_name), p.key_name, p.target, p.doubt), E'\n' ORDER BY p.depth, p.place)
								  FROM part p))))) s (step, title, sql)
	 WHERE EXISTS (SELECT FROM part)
	   AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = relation AND i.indisprimary)
	   -- rows are told apart by their primary key: its columns stay
	   AND NOT EXISTS (SELECT
						 FROM part p
						 JOIN pg_catalog.pg_index i ON i.indrelid = relation AND i.indisprimary
						 JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
						WHERE a.attname = ANY (p.dependents));
$$;
COMMENT ON FUNCTION dbadvisor.split_script(regclass, jsonb) IS
'Statements that split a table online into groups of determinant and dependents, in order, in step 9 the way back, and in step 10 what gives up before the switch: each is to be run by itself, not within a transaction. Nothing where the table has no primary key, or a group would move it';

REVOKE ALL ON FUNCTION dbadvisor.same_sql(regclass, text[], text, text),
	dbadvisor.alike_sql(text[], text, text, text),
	dbadvisor.split_tables(regclass, jsonb),
	dbadvisor.split_parts(regclass, jsonb),
	dbadvisor.split_joins(regclass, jsonb),
	dbadvisor.split_compare_sql(regclass, jsonb, text),
	dbadvisor.split_sync_sql(regclass, jsonb),
	dbadvisor.split_write_sql(regclass, jsonb),
	dbadvisor.split_update_sql(regclass, jsonb),
	dbadvisor.split_view_sql(regclass, jsonb, text),
	dbadvisor.split_restore_sql(regclass, jsonb, text),
	dbadvisor.split_indexes_sql(regclass, jsonb),
	dbadvisor.split_script(regclass, jsonb)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.same_sql(regclass, text[], text, text),
	dbadvisor.alike_sql(text[], text, text, text),
	dbadvisor.split_tables(regclass, jsonb),
	dbadvisor.split_parts(regclass, jsonb),
	dbadvisor.split_joins(regclass, jsonb),
	dbadvisor.split_compare_sql(regclass, jsonb, text),
	dbadvisor.split_sync_sql(regclass, jsonb),
	dbadvisor.split_write_sql(regclass, jsonb),
	dbadvisor.split_update_sql(regclass, jsonb),
	dbadvisor.split_view_sql(regclass, jsonb, text),
	dbadvisor.split_restore_sql(regclass, jsonb, text),
	dbadvisor.split_indexes_sql(regclass, jsonb),
	dbadvisor.split_script(regclass, jsonb)
	TO dbadvisor_reader;
