-- Recipe "copy": rows of a table go into another one, by a trigger as they are written,
-- and in batches as they are found.

-- The row that a batch has copied may be invisible to a transaction with an older
-- snapshot, which would delete the original and leave the copy: the attempt to insert it
-- again ends such a transaction with a serialization failure.
--
-- Who changes a row that is not copied yet must not wait for who deletes what the row
-- refers to: he waits for the row.  It is left to the next batch then, where the snapshot
-- is new enough to know that none has copied it.
CREATE OR REPLACE FUNCTION dbadvisor.partition_sync_function(
	name text,
	target text,
	columns text[],
	key_columns text[],
	owner name,
	is_locked text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(
			   E'CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sync$\n#variable_conflict use_column\n'
			   'DECLARE\n\tis_needed boolean := TG_OP = ''INSERT'' OR pg_catalog.current_setting(''transaction_isolation'') <> ''read committed'';\nBEGIN\n'
			   '\tIF TG_OP = ''TRUNCATE'' THEN\n\t\tTRUNCATE %2$s;\n\t\tRETURN NULL;\n\tEND IF;\n'
			   '\tIF TG_OP = ''DELETE'' OR (TG_OP = ''UPDATE'' AND ROW(%3$s) IS DISTINCT FROM ROW(%4$s)) THEN\n'
			   '\t\tDELETE FROM %2$s WHERE (%5$s) = (%3$s);\n'
			   '\t\tIF FOUND THEN\n\t\t\tis_needed := true;\n\t\tELSIF is_needed THEN\n'
			   '\t\t\tBEGIN\n\t\t\t\tINSERT INTO %2$s (%6$s) VALUES (%7$s) ON CONFLICT (%5$s) DO NOTHING;\n\t\t\t\tRAISE no_data_found;\n'
			   '\t\t\tEXCEPTION WHEN no_data_found OR foreign_key_violation THEN\n\t\t\t\tNULL;\n\t\t\tEND;\n\t\tEND IF;\n'
			   '\tELSIF TG_OP = ''UPDATE'' THEN\n\t\t%9$s WHERE (%5$s) = (%4$s);\n\t\tIF FOUND THEN\n\t\t\tRETURN NULL;\n\t\tEND IF;\n\tEND IF;\n'
			   '\tIF TG_OP <> ''DELETE'' THEN\n'
			   '\t\tINSERT INTO %2$s (%6$s) SELECT %8$s WHERE is_needed OR (%11$s) ON CONFLICT (%5$s) DO %10$s;\n\tEND IF;\n\tRETURN NULL;\nEND\n$sync$;\n'
			   'ALTER FUNCTION %1$s() OWNER TO %12$I;\nREVOKE ALL ON FUNCTION %1$s() FROM PUBLIC;',
			   name, target,
			   dbadvisor.name_list(key_columns, 'OLD.'), dbadvisor.name_list(key_columns, 'NEW.'), dbadvisor.name_list(key_columns),
			   dbadvisor.name_list(columns), dbadvisor.name_list(columns, 'OLD.'), dbadvisor.name_list(columns, 'NEW.'),
			   COALESCE('UPDATE ' || target || ' SET (' || dbadvisor.name_list(r.others) || ') = ROW(' || dbadvisor.name_list(r.others, 'NEW.') || ')', 'PERFORM FROM ' || target),
			   COALESCE('UPDATE SET (' || dbadvisor.name_list(r.others) || ') = ROW(' || dbadvisor.name_list(r.others, 'excluded.') || ')', 'NOTHING'),
			   is_locked,
			   owner)
	  FROM (SELECT ARRAY(SELECT u.name FROM pg_catalog.unnest(columns) WITH ORDINALITY u (name, place) WHERE NOT u.name = ANY (key_columns) ORDER BY u.place)) r (others);
$$;
COMMENT ON FUNCTION dbadvisor.partition_sync_function(text, text, text[], text[], name, text) IS
'Statements that make the trigger function which does to another table what is done to the rows of this one; is_locked is the condition of partition_referenced_locked()';

-- Locked as the owner of the table, who is the owner of the trigger, may do.  What is not
-- there at all is the business of the foreign key.
CREATE OR REPLACE FUNCTION dbadvisor.partition_referenced_locked(relation oid, prefix text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT COALESCE(pg_catalog.string_agg(
						pg_catalog.format('(NOT (ROW(%s) IS NOT NULL) OR %s OR NOT %s)', dbadvisor.name_list(dbadvisor.column_names(k.conrelid, k.conkey), prefix),
										  dbadvisor.referenced_locked(k.oid, prefix), dbadvisor.referenced_exists(k.oid, prefix)), ' AND ' ORDER BY k.conname), 'true')
	  FROM pg_catalog.pg_constraint k
	  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
	  JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
	 WHERE k.conrelid = relation
	   AND k.contype = 'f'
	   AND k.conparentid = 0
	   AND NOT f.relforcerowsecurity
	   AND pg_catalog.pg_has_role(c.relowner, f.relowner, 'USAGE');
$$;
COMMENT ON FUNCTION dbadvisor.partition_referenced_locked(oid, text) IS
'A condition that locks the rows which a row of a table refers to, and is false where somebody is deleting one of them; the prefix stands before columns of the table';

CREATE OR REPLACE FUNCTION dbadvisor.partition_sync_sql(
	relation oid,
	attnum smallint,
	source text,
	target text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.partition_sync_function(f.name, target, x.columns, x.key_columns, r.rolname, dbadvisor.partition_referenced_locked(relation, 'NEW.'))
		   || pg_catalog.format(E'\nCREATE TRIGGER zzz_partition_sync AFTER INSERT OR UPDATE OR DELETE ON %1$s FOR EACH ROW EXECUTE FUNCTION %2$s();\n'
								'ALTER TABLE %1$s ENABLE ALWAYS TRIGGER zzz_partition_sync;\n'
								'CREATE TRIGGER zzz_partition_truncate AFTER TRUNCATE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION %2$s();\n'
								'ALTER TABLE %1$s ENABLE ALWAYS TRIGGER zzz_partition_truncate;', source, f.name)
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
	 CROSS JOIN LATERAL dbadvisor.partition_sync_columns(relation, attnum) x
	 CROSS JOIN LATERAL dbadvisor.sibling_name(relation, 'sync') f (name)
	 WHERE c.oid = relation;
$$;
COMMENT ON FUNCTION dbadvisor.partition_sync_sql(oid, smallint, text, text) IS
'Statements that have each change of one table done to the other; both have the columns of the given one';

CREATE OR REPLACE FUNCTION dbadvisor.partition_sync_columns(
	relation oid,
	attnum smallint,
	OUT columns text[],
	OUT key_columns text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT ARRAY(SELECT a.attname::text
				   FROM pg_catalog.pg_attribute a
				  WHERE a.attrelid = relation
					AND a.attnum > 0
					AND NOT a.attisdropped
					AND a.attgenerated = ''
				  ORDER BY a.attnum),
		   ARRAY(SELECT a.attname::text
				   FROM pg_catalog.pg_index i
				   JOIN pg_catalog.pg_attribute a
					 ON a.attrelid = i.indrelid
					AND (a.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) OR a.attnum = partition_sync_columns.attnum)
				  WHERE i.indrelid = relation
					AND i.indisprimary
				  ORDER BY a.attnum);
$$;
COMMENT ON FUNCTION dbadvisor.partition_sync_columns(oid, smallint) IS
'Columns of a table that are copied, and those that a row is known by on both sides';

CREATE OR REPLACE FUNCTION dbadvisor.partition_unsync_sql(relation oid, source text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(E'DROP TRIGGER zzz_partition_sync ON %1$s;\nDROP TRIGGER zzz_partition_truncate ON %1$s;\nDROP FUNCTION %2$s();', source, dbadvisor.sibling_name(relation, 'sync'));
$$;
COMMENT ON FUNCTION dbadvisor.partition_unsync_sql(oid, text) IS
'Statements that end what partition_sync_sql() began';

-- The lock on the rows makes it right: one that is deleted between the look at it and
-- the end of the batch would be made again.  Rows that somebody has locked are left to
-- his trigger, or to the pass over what is missing.
CREATE OR REPLACE FUNCTION dbadvisor.partition_copy_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.each_batch_sql(
			   n.source,
			   pg_catalog.format(E'\t\t\tINSERT INTO %1$s (%2$s)\n\t\t\tSELECT %2$s FROM %3$s o WHERE $rows AND %4$s FOR SHARE OF o SKIP LOCKED\n\t\t\t\tON CONFLICT (%5$s) DO NOTHING;',
								 n.target, dbadvisor.name_list(x.columns), n.source, dbadvisor.partition_referenced_locked(relation, 'o.'), dbadvisor.name_list(x.key_columns)))
	  FROM dbadvisor.partition_sync_columns(relation, attnum) x
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(relation),
			   dbadvisor.sibling_name(relation, 'parted')) n (source, target);
$$;
COMMENT ON FUNCTION dbadvisor.partition_copy_sql(oid, smallint) IS
'Statements that copy the rows of a table in batches';

CREATE OR REPLACE FUNCTION dbadvisor.partition_rest_sql(relation oid, attnum smallint)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT dbadvisor.each_rest_sql(
			   pg_catalog.format(E'\t\t\tINSERT INTO %1$s (%2$s)\n\t\t\tSELECT %2$s FROM %3$s AND %4$s\n\t\t\t LIMIT 1000 FOR SHARE OF o SKIP LOCKED\n\t\t\t\tON CONFLICT (%5$s) DO NOTHING;',
								 n.target, dbadvisor.name_list(x.columns), m.missing, dbadvisor.partition_referenced_locked(relation, 'o.'), dbadvisor.name_list(x.key_columns)),
			   'SELECT FROM ' || m.missing)
	  FROM dbadvisor.partition_sync_columns(relation, attnum) x
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.relation_identity(relation),
			   dbadvisor.sibling_name(relation, 'parted')) n (source, target)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.format('%s o WHERE NOT EXISTS (SELECT FROM %s n WHERE (%s) = (%s))', n.source, n.target, dbadvisor.name_list(x.key_columns, 'n.'), dbadvisor.name_list(x.key_columns, 'o.'))) m (missing);
$$;
COMMENT ON FUNCTION dbadvisor.partition_rest_sql(oid, smallint) IS
'Statements that copy the rows of a table which the batches have left out';

-- One statement has one snapshot, in which both sides are alike whatever is written.
CREATE OR REPLACE FUNCTION dbadvisor.partition_verify_sql(left_table text, right_table text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   E'SELECT l AS table_has, r AS copy_has\n  FROM (SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(t::text, 0)::numeric) FROM %s t) l,\n       (SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(t::text, 0)::numeric) FROM %s t) r\n WHERE l IS DISTINCT FROM r;',
			   left_table, right_table);
$$;
COMMENT ON FUNCTION dbadvisor.partition_verify_sql(text, text) IS
'A query that returns a row when two tables do not have the same rows';

REVOKE ALL ON FUNCTION dbadvisor.partition_sync_function(text, text, text[], text[], name, text),
	dbadvisor.partition_referenced_locked(oid, text),
	dbadvisor.partition_sync_sql(oid, smallint, text, text),
	dbadvisor.partition_sync_columns(oid, smallint),
	dbadvisor.partition_unsync_sql(oid, text),
	dbadvisor.partition_copy_sql(oid, smallint),
	dbadvisor.partition_rest_sql(oid, smallint),
	dbadvisor.partition_verify_sql(text, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_sync_function(text, text, text[], text[], name, text),
	dbadvisor.partition_referenced_locked(oid, text),
	dbadvisor.partition_sync_sql(oid, smallint, text, text),
	dbadvisor.partition_sync_columns(oid, smallint),
	dbadvisor.partition_unsync_sql(oid, text),
	dbadvisor.partition_copy_sql(oid, smallint),
	dbadvisor.partition_rest_sql(oid, smallint),
	dbadvisor.partition_verify_sql(text, text)
	TO dbadvisor_reader;
