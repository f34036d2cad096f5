-- Normal forms of a table, and a design without the redundancy.

CREATE OR REPLACE FUNCTION dbadvisor.decompose(
	ncolumns integer,
	keys bigint[],
	determinants bigint[],
	dependents bigint[])
RETURNS TABLE (
	part text,
	lhs bigint,
	rhs bigint,
	form text,
	holds boolean)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_decompose';
COMMENT ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]) IS
'A design in third normal form by synthesis, and in Boyce-Codd normal form where that loses no dependency: from keys and dependencies as sets of columns, a bit each: "violation" rows name the normal form that lhs -> rhs violates; "relation" rows have their key as lhs, their columns as rhs, and the normal form that they are in; a "kept" row has the dependency for which the relation before it is not in BCNF: splitting it would lose another one; "preserved" rows say whether a dependency of the minimal cover lies within a relation; "lossless" is what the chase says of their join';

CREATE OR REPLACE FUNCTION dbadvisor.name_list(names text[], prefix text DEFAULT '')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(prefix || pg_catalog.quote_ident(u.name), ', ' ORDER BY u.place)
	  FROM pg_catalog.unnest(names) WITH ORDINALITY u (name, place);
$$;
COMMENT ON FUNCTION dbadvisor.name_list(text[], text) IS
'Names quoted and separated by commas, each with a prefix';

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

-- Statements of an online split, and the way back.
CREATE OR REPLACE FUNCTION dbadvisor.split_script(relation regclass, groups jsonb)
RETURNS TABLE (
	step integer,
	title text,
	sql text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	old_name text;
	schema_name text;
	full_name text := dbadvisor.relation_identity(relation);
	data_name text;
	data_full text;
	owner text;
	split record;
	alias text;
	source text;
	target text;
	key_columns text[];
	kept text[];
	updatable text[];
	moved text[] := '{}';
	joins text := '';
	precheck text := '';
	creates text := '';
	syncs text := '';
	backfills text := '';
	keys text := '';
	validates text := '';
	writes text := '';
	updates text := '';
	differs text := '';
	restores text := '';
	drops text := '';
	view_columns text;
	defaults text;
	identities text;
	grants text;
	dets text;
	deps text;
BEGIN
	SELECT c.relname, n.nspname, r.rolname, pg_catalog.left(c.relname, 58) || '_data'
	  INTO old_name, schema_name, owner, data_name
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
	 WHERE c.oid = relation;
	data_full := pg_catalog.format('%I.%I', schema_name, data_name);
	SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
				  WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[]) ORDER BY a.attnum)
	  INTO key_columns
	  FROM pg_catalog.pg_index i
	 WHERE i.indrelid = relation AND i.indisprimary;
	FOR split IN SELECT * FROM dbadvisor.split_tables(relation, groups) LOOP
		moved := moved || split.dependents;
	END LOOP;
	IF key_columns IS NULL OR moved = '{}' OR key_columns && moved THEN
		RETURN;
	END IF;

	-- from the leaves of the tree to its root, so that what is referred to is there
	FOR split IN SELECT * FROM dbadvisor.split_tables(relation, groups) t ORDER BY t.depth DESC, t.place LOOP
		alias := 't' || split.place;
		source := CASE WHEN split.parent = 0 THEN 'd' ELSE 't' || split.parent END;
		target := pg_catalog.format('%I.%I', schema_name, split.table_name);
		dets := dbadvisor.name_list(split.determinant);
		deps := dbadvisor.name_list(split.dependents);
		joins := pg_catalog.format(E'\n  LEFT JOIN %s %s ON (%s) = (%s)', target, alias,
								   dbadvisor.name_list(split.determinant, alias || '.'),
								   dbadvisor.name_list(split.determinant, source || '.')) || joins;
		precheck := precheck || CASE WHEN precheck = '' THEN '' ELSE E'\nUNION ALL\n' END || pg_catalog.format(
			E'SELECT %1$L AS determinant FROM %2$s WHERE NOT (%3$s) IS NOT NULL AND NOT (%4$s) IS NULL\nUNION ALL\nSELECT %1$L FROM %2$s WHERE (%3$s) IS NOT NULL GROUP BY %5$s HAVING count(DISTINCT ROW(%6$s)) > 1',
			dets, full_name, 'ROW(' || dets || ')', 'ROW(' || deps || ')', dets, deps);
		creates := creates || pg_catalog.format(
			E'CREATE TABLE %1$s AS SELECT %2$s, %3$s FROM %4$s WITH NO DATA;\nALTER TABLE %1$s ADD PRIMARY KEY (%2$s);\nALTER TABLE %1$s OWNER TO %5$I;\n',
			target, dets, deps, full_name, owner);
		syncs := syncs || pg_catalog.format(
			E'\tIF ROW(%1$s) IS NOT NULL THEN\n\t\tINSERT INTO %2$s AS t (%3$s, %4$s) VALUES (%1$s, %5$s)\n\t\t\tON CONFLICT (%3$s) DO UPDATE SET (%4$s) = ROW(%6$s)\n\t\t WHERE ROW(%7$s) IS DISTINCT FROM ROW(%6$s);\n\tEND IF;\n',
			dbadvisor.name_list(split.determinant, 'NEW.'), target, dets, deps, dbadvisor.name_list(split.dependents, 'NEW.'),
			dbadvisor.name_list(split.dependents, 'excluded.'), dbadvisor.name_list(split.dependents, 't.'));
		backfills := backfills || pg_catalog.format(
			E'\t\tINSERT INTO %1$s (%2$s, %3$s)\n\t\tSELECT DISTINCT ON (%2$s) %2$s, %3$s FROM %4$s\n\t\t WHERE ROW(%2$s) IS NOT NULL AND $rows\n\t\t ORDER BY %2$s\n\t\t\tON CONFLICT (%2$s) DO NOTHING;\n',
			target, dets, deps, full_name);
		keys := keys || pg_catalog.format(
			E'ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES %s NOT VALID;\n',
			COALESCE((SELECT pg_catalog.format('%I.%I', schema_name, p.table_name) FROM dbadvisor.split_tables(relation, groups) p WHERE p.place = split.parent), full_name),
			split.table_name || '_split_fkey', dets, target);
		validates := validates || pg_catalog.format(
			E'ALTER TABLE %s VALIDATE CONSTRAINT %I;\n',
			COALESCE((SELECT pg_catalog.format('%I.%I', schema_name, p.table_name) FROM dbadvisor.split_tables(relation, groups) p WHERE p.place = split.parent), full_name),
			split.table_name || '_split_fkey');
		differs := differs || CASE WHEN differs = '' THEN '' ELSE ' OR ' END || pg_catalog.format(
			'ROW(%s) IS DISTINCT FROM ROW(%s)', dbadvisor.name_list(split.dependents, 'd.'), dbadvisor.name_list(split.dependents, alias || '.'));
		writes := writes || pg_catalog.format(
			E'\tIF ROW(%1$s) IS NOT NULL THEN\n\t\tINSERT INTO %2$s (%3$s, %4$s) VALUES (%1$s, %5$s) ON CONFLICT DO NOTHING;\n\t\tPERFORM FROM %2$s t WHERE (%6$s) = (%1$s) AND ROW(%7$s) IS DISTINCT FROM ROW(%5$s);\n\t\tIF FOUND THEN\n\t\t\tRAISE integrity_constraint_violation USING MESSAGE = %8$L, HINT = %9$L;\n\t\tEND IF;\n\tELSIF NOT ROW(%5$s) IS NULL THEN\n\t\tRAISE not_null_violation USING MESSAGE = %10$L;\n\tEND IF;\n',
			dbadvisor.name_list(split.determinant, 'NEW.'), target, dets, deps,
			dbadvisor.name_list(split.dependents, 'NEW.'), dbadvisor.name_list(split.determinant, 't.'),
			dbadvisor.name_list(split.dependents, 't.'),
			pg_catalog.format('%s has other values for these %s', target, dets),
			pg_catalog.format('Change %s first.', target),
			pg_catalog.format('%s cannot be null where %s is not', dets, deps));
		updates := updates || pg_catalog.format(
			E'\tIF ROW(%1$s) IS NOT NULL AND ROW(%1$s) IS NOT DISTINCT FROM ROW(%2$s) AND ROW(%3$s) IS DISTINCT FROM ROW(%4$s) THEN\n\t\tUPDATE %5$s t SET (%6$s) = ROW(%3$s) WHERE (%7$s) = (%1$s);\n\tEND IF;\n',
			dbadvisor.name_list(split.determinant, 'NEW.'), dbadvisor.name_list(split.determinant, 'OLD.'),
			dbadvisor.name_list(split.dependents, 'NEW.'), dbadvisor.name_list(split.dependents, 'OLD.'),
			target, deps, dbadvisor.name_list(split.determinant, 't.'));
		restores := pg_catalog.format(
			E'UPDATE %s d SET (%s) = ROW(%s) FROM %s t WHERE (%s) = (%s);\n',
			data_full, deps, dbadvisor.name_list(split.dependents, 't.'), target,
			dbadvisor.name_list(split.determinant, 'd.'), dbadvisor.name_list(split.determinant, 't.')) || restores;
		drops := pg_catalog.format(E'DROP TABLE %s;\n', target) || drops;
	END LOOP;

	SELECT pg_catalog.string_agg(
			   COALESCE((SELECT 't' || t.place FROM dbadvisor.split_tables(relation, groups) t WHERE a.attname = ANY (t.dependents)), 'd')
			   || '.' || pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum),
		   pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE NOT a.attname = ANY (moved) AND a.attgenerated = ''),
		   pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE NOT a.attname = ANY (moved) AND a.attgenerated = '' AND a.attidentity <> 'a'),
		   pg_catalog.string_agg(pg_catalog.format(E'ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s;\n', full_name, a.attname,
												   pg_catalog.pg_get_expr(x.adbin, x.adrelid)), '' ORDER BY a.attnum)
			   FILTER (WHERE x.adbin IS NOT NULL AND a.attgenerated = ''),
		   -- in the trigger, as an inserter needs no right on the sequence
		   pg_catalog.string_agg(pg_catalog.format(E'\tIF TG_OP = ''INSERT'' AND NEW.%1$I IS NULL THEN\n\t\tNEW.%1$I := nextval(%2$L::regclass);\n\tEND IF;\n',
												   a.attname, pg_catalog.pg_get_serial_sequence(full_name, a.attname)), '' ORDER BY a.attnum)
			   FILTER (WHERE a.attidentity <> '')
	  INTO view_columns, kept, updatable, defaults, identities
	  FROM pg_catalog.pg_attribute a
	  LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
	 WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
	SELECT pg_catalog.string_agg(pg_catalog.format(E'GRANT %s ON %s TO %s;\n', e.privilege_type, full_name,
								 CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(e.grantee)) END), ''
								 ORDER BY e.grantee, e.privilege_type)
	  INTO grants
	  FROM pg_catalog.pg_class c
	 CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) e
	 WHERE c.oid = relation
	   AND e.grantee <> c.relowner
	   AND e.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE');

	RETURN QUERY VALUES
		(1, 'Check that the rows allow it: this must return no row', precheck || ';'),
		(2, 'Create the new tables', creates),
		(3, 'Keep them in step with the table from now on', pg_catalog.format(
			E'CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $split$\nBEGIN\n%2$s\tRETURN NEW;\nEND\n$split$;\nALTER FUNCTION %1$s() OWNER TO %3$I;\nCREATE TRIGGER split_sync BEFORE INSERT OR UPDATE ON %4$s FOR EACH ROW EXECUTE FUNCTION %1$s();',
			pg_catalog.format('%I.%I', schema_name, pg_catalog.left(old_name, 50) || '_split_sync'), syncs, owner, full_name)),
		(4, 'Fill them, 1000 blocks at a time, each in a transaction of its own', dbadvisor.each_blocks_sql(full_name, backfills)),
		-- without the table's lock first, a writer holds the lock of one new table and waits
		-- for the next, in the order that foreign keys want of rows, opposite to theirs of tables
		(5, 'Add the foreign keys, without reading the table', pg_catalog.format(
			E'BEGIN;\nSET LOCAL lock_timeout = ''5s'';\nLOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE;\n%sCOMMIT;', full_name, keys)),
		(6, 'Validate them, while reads and writes go on', validates),
		(7, 'Switch: compare row for row, then put a view in the table''s place, in one transaction', pg_catalog.format(
			E'BEGIN;\nSET LOCAL lock_timeout = ''5s'';\nLOCK TABLE %1$s IN ACCESS EXCLUSIVE MODE;\nDO $split$\nBEGIN\n\tPERFORM FROM %1$s d%2$s WHERE %3$s;\n\tIF FOUND THEN\n\t\tRAISE integrity_constraint_violation USING MESSAGE = ''rows differ, nothing was changed'';\n\tEND IF;\nEND\n$split$;\nDROP TRIGGER split_sync ON %1$s;\nDROP FUNCTION %4$s();\nALTER TABLE %1$s RENAME TO %5$I;\n',
			full_name, joins, differs, pg_catalog.format('%I.%I', schema_name, pg_catalog.left(old_name, 50) || '_split_sync'), data_name)
			|| pg_catalog.format(E'ALTER TABLE %s %s;\n', data_full,
								 (SELECT pg_catalog.string_agg('DROP COLUMN ' || pg_catalog.quote_ident(m), ', ') FROM pg_catalog.unnest(moved) m))
			|| pg_catalog.format(E'CREATE VIEW %s AS\nSELECT %s\n  FROM %s d%s;\nALTER VIEW %1$s OWNER TO %5$I;\n', full_name, view_columns, data_full, joins, owner)
			|| COALESCE(defaults, '') || COALESCE(grants, '')
			|| pg_catalog.format(
				E'CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $split$\nBEGIN\n\tIF TG_OP = ''DELETE'' THEN\n\t\tDELETE FROM %2$s d WHERE (%3$s) = (%4$s);\n\t\tIF NOT FOUND THEN RETURN NULL; END IF;\n\t\tRETURN OLD;\n\tEND IF;\n\tIF TG_OP = ''UPDATE'' THEN\n%5$s\tEND IF;\n%6$s\tIF TG_OP = ''UPDATE'' THEN\n\t\tUPDATE %2$s d SET (%11$s) = ROW(%12$s) WHERE (%3$s) = (%4$s);\n\t\tIF NOT FOUND THEN RETURN NULL; END IF;\n\tELSE\n\t\tINSERT INTO %2$s (%7$s) OVERRIDING SYSTEM VALUE VALUES (%8$s);\n\tEND IF;\n\tRETURN NEW;\nEND\n$split$;\nALTER FUNCTION %1$s() OWNER TO %9$I;\nCREATE TRIGGER split_write INSTEAD OF INSERT OR UPDATE OR DELETE ON %10$s FOR EACH ROW EXECUTE FUNCTION %1$s();\nCOMMIT;',
				pg_catalog.format('%I.%I', schema_name, pg_catalog.left(old_name, 50) || '_split_write'),
				data_full, dbadvisor.name_list(key_columns, 'd.'), dbadvisor.name_list(key_columns, 'OLD.'),
				updates, COALESCE(identities, '') || writes, dbadvisor.name_list(kept), dbadvisor.name_list(kept, 'NEW.'), owner, full_name,
				dbadvisor.name_list(updatable), dbadvisor.name_list(updatable, 'NEW.'))),
		(8, 'The way back', pg_catalog.format(
			E'BEGIN;\nSET LOCAL lock_timeout = ''5s'';\nLOCK TABLE %1$s IN ACCESS EXCLUSIVE MODE;\nDROP VIEW %2$s;\nDROP FUNCTION %3$s();\n',
			data_full, full_name, pg_catalog.format('%I.%I', schema_name, pg_catalog.left(old_name, 50) || '_split_write'))
			|| (SELECT pg_catalog.format(E'ALTER TABLE %s %s;\n', data_full, pg_catalog.string_agg(
						   pg_catalog.format('ADD COLUMN %I %s%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
											 (SELECT ' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
												FROM pg_catalog.pg_collation co
												JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
												JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
											   WHERE co.oid = a.attcollation AND co.oid <> t.typcollation)), ', ' ORDER BY a.attnum))
				  FROM pg_catalog.pg_attribute a
				 WHERE a.attrelid = relation AND a.attname = ANY (moved))
			|| restores
			|| (SELECT COALESCE(pg_catalog.string_agg(pg_catalog.format(E'ALTER TABLE %s DROP CONSTRAINT %I;\n', data_full, t.table_name || '_split_fkey'), ''), '')
				  FROM dbadvisor.split_tables(relation, groups) t WHERE t.parent = 0)
			|| drops
			|| pg_catalog.format(E'ALTER TABLE %s RENAME TO %I;\nCOMMIT;', data_full, old_name));
END;
$$;
COMMENT ON FUNCTION dbadvisor.split_script(regclass, jsonb) IS
'Statements that split a table online into groups of determinant and dependents, in order, and in step 8 the way back: nothing where the table has no primary key, or a group would move it';

-- Common columns that are a key of one side make a join lossless (Heath's theorem);
-- in a ROW, NULLs are equal.
CREATE OR REPLACE FUNCTION dbadvisor.dependency_check_sql(relation regclass, determinant text[], dependents text[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('SELECT %1$L AS determinant FROM %2$s GROUP BY %1$s HAVING count(DISTINCT ROW(%3$s)) > 1',
							 dbadvisor.name_list(determinant), dbadvisor.relation_identity(relation),
							 (SELECT dbadvisor.name_list(pg_catalog.array_agg(d.name ORDER BY d.place))
								FROM pg_catalog.unnest(dependents) WITH ORDINALITY d (name, place)
							   WHERE d.name <> ALL (determinant)));
$$;
COMMENT ON FUNCTION dbadvisor.dependency_check_sql(regclass, text[], text[]) IS
'A query that returns no row where columns of a table determine others, so that a table of these loses nothing';

CREATE OR REPLACE FUNCTION dbadvisor.search_title(summary jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   '%s of up to %s columns are known, in %s',
			   CASE
			   WHEN (summary ->> 'complete')::boolean THEN 'all determinants'
			   ELSE pg_catalog.format('the search was cut short (%s): no more than all determinants',
									  COALESCE((SELECT pg_catalog.string_agg(l, '; ')
												  FROM pg_catalog.jsonb_array_elements_text(summary -> 'left_out') l),
											   'not searched to the end'))
			   END,
			   GREATEST((summary ->> 'searched_completely_up_to')::integer, 0),
			   CASE
			   WHEN (summary ->> 'whole_table')::boolean THEN 'all rows of the table'
			   ELSE pg_catalog.format('%s rows of the table', summary ->> 'rows_read')
			   END);
$$;
COMMENT ON FUNCTION dbadvisor.search_title(jsonb) IS
'What a summary of discover_dependencies() says of how far was searched, in words';

-- Compiling this statement takes longer than all the rest.
CREATE OR REPLACE FUNCTION dbadvisor.normalize(
	relation regclass,
	min_redundancy double precision DEFAULT 0.05,
	min_bytes bigint DEFAULT 1048576,
	sample_rows bigint DEFAULT 100000,
	time_limit interval DEFAULT '30 s',
	verify_bytes bigint DEFAULT 2147483648,
	max_lhs integer DEFAULT 3)
RETURNS TABLE (
	part text,
	step integer,
	title text,
	columns text[],
	key_columns text[],
	evidence jsonb,
	sql text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH searched AS MATERIALIZED (
		SELECT r.*, pg_catalog.row_number() OVER () AS place
		  FROM dbadvisor.rank_dependencies(relation, normalize.min_redundancy, normalize.min_bytes,
										   normalize.sample_rows, normalize.time_limit,
										   normalize.verify_bytes, normalize.max_lhs) r
	), ranked AS MATERIALIZED (
		SELECT s.* FROM searched s WHERE s.determinant IS NOT NULL
	), declared AS MATERIALIZED (
		SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
					  WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[])) AS key
		  FROM pg_catalog.pg_index i
		 WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND i.indimmediate
		   AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
		   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
							WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[]) AND NOT a.attnotnull)
	), bit AS MATERIALIZED (
		-- columns that nothing speaks of are one, the last
		SELECT u.name, (pg_catalog.row_number() OVER (ORDER BY u.name) - 1)::integer AS place
		  FROM (SELECT pg_catalog.unnest(r.determinant || r.dependents) FROM ranked r
				 UNION
				SELECT pg_catalog.unnest(d.key) FROM declared d) u (name)
	), known AS MATERIALIZED (
		-- all of them tell the normal form; the design is made of those proposed
		SELECT p.only_proposed,
			   COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (r.determinant)) ORDER BY r.place) FILTER (WHERE r.place IS NOT NULL), '{}') AS lhs,
			   COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (r.dependents)) ORDER BY r.place) FILTER (WHERE r.place IS NOT NULL), '{}') AS rhs,
			   (SELECT COALESCE(pg_catalog.array_agg((SELECT pg_catalog.sum(1::bigint << b.place)::bigint FROM bit b WHERE b.name = ANY (d.key))), '{}') FROM declared d) AS keys,
			   (SELECT pg_catalog.count(*)::integer FROM bit) + 1 AS n
		  FROM (VALUES (false), (true)) p (only_proposed)
		  LEFT JOIN ranked r ON (r.proposed OR NOT p.only_proposed) AND NOT 'computed from the determinant' = ANY (r.vetoes)
		 GROUP BY p.only_proposed
	), design AS MATERIALIZED (
		SELECT d.part,
			   d.form,
			   d.holds,
			   ARRAY(SELECT b.name FROM bit b WHERE d.lhs >> b.place & 1 = 1 ORDER BY b.name) AS lhs,
			   ARRAY(SELECT b.name FROM bit b WHERE d.rhs >> b.place & 1 = 1 ORDER BY b.name) AS rhs,
			   d.rhs >> (k.n - 1) & 1 = 1 AS has_rest,
			   d.place
		  FROM known k
		 CROSS JOIN LATERAL dbadvisor.decompose(k.n, k.keys, k.lhs, k.rhs) WITH ORDINALITY d (part, lhs, rhs, form, holds, place)
		 WHERE k.n <= 63
		   AND k.only_proposed = (d.part <> 'violation')
	), multivalued AS MATERIALIZED (
		-- reading more would cost more than it tells; a lower form is to be mended first
		SELECT m.*, pg_catalog.row_number() OVER () AS place
		  FROM dbadvisor.find_multivalued(relation, LEAST(normalize.verify_bytes, 67108864), normalize.time_limit) m
		 WHERE NOT EXISTS (SELECT FROM design v WHERE v.part = 'violation')
	), split AS MATERIALIZED (
		-- rows are told apart by their primary key: its columns stay
		SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('determinant', r.determinant, 'dependents', m.columns) ORDER BY r.place) AS groups
		  FROM ranked r
		 CROSS JOIN LATERAL (SELECT ARRAY(SELECT d
											FROM pg_catalog.unnest(r.dependents) d
										   WHERE NOT EXISTS (SELECT
															   FROM pg_catalog.pg_index i
															   JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
															  WHERE i.indrelid = relation AND i.indisprimary AND a.attname = d))) m (columns)
		 WHERE r.proposed
		   AND r.whole_table
		   AND r.referenced IS NULL
		   AND m.columns <> '{}'
		HAVING pg_catalog.count(*) > 0
	), answer AS (
		SELECT 1 AS section, 'form' AS part, 1 AS step,
			   CASE pg_catalog.min(CASE v.form WHEN '2NF' THEN 1 WHEN '3NF' THEN 2 ELSE 3 END)
			   WHEN 1 THEN 'first normal form' WHEN 2 THEN 'second normal form' WHEN 3 THEN 'third normal form'
			   ELSE CASE WHEN EXISTS (SELECT FROM multivalued)
						   OR dbadvisor.multivalued_columns(relation, LEAST(normalize.verify_bytes, 67108864)) IS NULL
						 THEN 'Boyce-Codd normal form' ELSE 'fourth normal form' END END
			   || ', as far as the dependencies go that look designed' AS title,
			   NULL::text[] AS columns, NULL::text[] AS key_columns,
			   pg_catalog.jsonb_build_object('violations', pg_catalog.count(*) + (SELECT pg_catalog.count(*) FROM multivalued)) AS evidence, NULL::text AS sql
		  FROM design v WHERE v.part = 'violation'
		 UNION ALL
		SELECT 1, 'search', 1,
			   dbadvisor.search_title(s.summary),
			   NULL, NULL, s.summary, NULL
		  FROM searched s WHERE s.determinant IS NULL
		 UNION ALL
		SELECT 2, 'violation', pg_catalog.row_number() OVER (ORDER BY v.form, v.lhs, v.rhs)::integer,
			   pg_catalog.format('%s depends on %s: no %s', dbadvisor.name_list(v.rhs), dbadvisor.name_list(v.lhs),
								 CASE v.form WHEN '2NF' THEN 'second normal form' WHEN '3NF' THEN 'third normal form' ELSE 'Boyce-Codd normal form' END),
			   v.rhs, v.lhs, pg_catalog.jsonb_build_object('form', v.form), NULL
		  FROM design v WHERE v.part = 'violation'
		 UNION ALL
		SELECT 2, 'violation', m.place::integer,
			   pg_catalog.format('each %s goes with each %s of a %s: no fourth normal form', dbadvisor.name_list(m.one), dbadvisor.name_list(m.other), pg_catalog.quote_ident(m.determinant)),
			   m.one || m.other, ARRAY[m.determinant],
			   pg_catalog.jsonb_build_object('form', '4NF', 'one', m.one, 'other', m.other, 'determinants', m.groups, 'products', m.products,
											 'rows_checked', m.rows, 'redundant_rows', m.redundant_rows,
											 'check_sql', pg_catalog.format('SELECT FROM (%s) g WHERE ny * nz <> n', dbadvisor.multivalued_sql(relation, m.determinant, m.one, m.other))), NULL
		  FROM multivalued m
		 UNION ALL
		SELECT 3, 'dependency', r.place::integer,
			   pg_catalog.format('%s determines %s', dbadvisor.name_list(r.determinant), dbadvisor.name_list(r.dependents)),
			   r.dependents, r.determinant,
			   pg_catalog.jsonb_build_object('proposed', r.proposed, 'score', r.score, 'parts', r.parts, 'vetoes', r.vetoes,
				   'distinct_determinants', r.distinct_determinants, 'redundant_rows', r.redundant_rows, 'rows_checked', r.rows_checked,
				   'whole_table', r.whole_table, 'net_bytes', r.net_bytes, 'referenced', r.referenced), NULL
		  FROM ranked r
		 UNION ALL
		SELECT 4, 'relation', pg_catalog.row_number() OVER (ORDER BY d.has_rest DESC, d.lhs)::integer,
			   pg_catalog.format('%s with key %s%s%s', dbadvisor.name_list(d.rhs), dbadvisor.name_list(d.lhs),
								 CASE WHEN d.has_rest THEN ', and all columns that nothing depends on' ELSE '' END,
								 '; in third normal form only, since a split by ' || dbadvisor.name_list(x.lhs) || ' would lose a dependency'),
			   d.rhs, d.lhs,
			   pg_catalog.jsonb_build_object('form', d.form, 'has_other_columns', d.has_rest,
											 'check_sql', CASE WHEN NOT d.has_rest THEN dbadvisor.dependency_check_sql(relation, d.lhs, d.rhs) END), NULL
		  FROM design d
		  LEFT JOIN design x ON x.part = 'kept' AND x.place = d.place + 1
		 WHERE d.part = 'relation'
		 UNION ALL
		SELECT 5, 'check', 1,
			   CASE WHEN d.holds THEN 'the join of the relations is lossless (chase)' ELSE 'the join of the relations loses rows (chase)' END,
			   NULL, NULL, pg_catalog.jsonb_build_object('lossless', d.holds,
				   'dependencies_lost', (SELECT pg_catalog.count(*) FROM design p WHERE p.part = 'preserved' AND NOT p.holds)), NULL
		  FROM design d WHERE d.part = 'lossless'
		 UNION ALL
		SELECT 6, 'obstacle', 1, pg_catalog.format('no migration is printed because of %s', o.obstacles), NULL, NULL,
			   pg_catalog.jsonb_build_object('obstacles', o.obstacles), NULL
		  FROM split g
		 CROSS JOIN LATERAL dbadvisor.split_obstacles(relation, g.groups) o (obstacles)
		 WHERE o.obstacles IS NOT NULL
		 UNION ALL
		SELECT 7, CASE WHEN s.step = 8 THEN 'way back' ELSE 'migration' END, s.step, s.title, NULL, NULL, NULL, s.sql
		  FROM split g
		 CROSS JOIN LATERAL dbadvisor.split_script(relation, g.groups) s
		 WHERE dbadvisor.split_obstacles(relation, g.groups) IS NULL
	)
	SELECT a.part, a.step, a.title, a.columns, a.key_columns, a.evidence, a.sql
	  FROM answer a
	 ORDER BY a.section, a.part, a.step;
$$;
COMMENT ON FUNCTION dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer) IS
'The normal form of a table and what violates it, by the dependencies that look designed and by lists that are multiplied with each other; how far determinants of up to max_lhs columns were searched; a design in third normal form with the proof that it loses nothing; what it saves; and the statements of an online migration with a compatible view in the table''s place, and the way back. Dropped columns free space only once the table is rewritten. Views, policies and publications of the table follow the renamed one';

REVOKE ALL ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]),
	dbadvisor.name_list(text[], text),
	dbadvisor.split_tables(regclass, jsonb),
	dbadvisor.split_script(regclass, jsonb),
	dbadvisor.dependency_check_sql(regclass, text[], text[]),
	dbadvisor.search_title(jsonb),
	dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.decompose(integer, bigint[], bigint[], bigint[]),
	dbadvisor.name_list(text[], text),
	dbadvisor.split_tables(regclass, jsonb),
	dbadvisor.split_script(regclass, jsonb),
	dbadvisor.dependency_check_sql(regclass, text[], text[]),
	dbadvisor.search_title(jsonb),
	dbadvisor.normalize(regclass, double precision, bigint, bigint, interval, bigint, integer)
	TO dbadvisor_reader;
