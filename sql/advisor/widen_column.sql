-- How a rule advises a wider integer type.

-- One statement where the lock is short, else the script; where neither can be
-- printed the column cannot be changed as it stands.
CREATE OR REPLACE FUNCTION dbadvisor.widen_column(
	relation oid,
	attnum smallint,
	new_type regtype,
	online_bytes numeric,
	OUT how text,
	OUT apply_sql text,
	OUT revert_sql text,
	OUT impact text)
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT h.how,
		   CASE h.how
		   WHEN 'at once' THEN dbadvisor.alter_type_sql(relation, ARRAY[attnum], pg_catalog.format_type(new_type, NULL))
		   WHEN 'online' THEN dbadvisor.retype_sql(relation, attnum, new_type)
		   END,
		   CASE h.how
		   WHEN 'at once' THEN dbadvisor.alter_type_sql(relation, ARRAY[attnum], NULL)
		   WHEN 'online' THEN dbadvisor.retype_sql(relation, attnum, new_type, true)
		   END,
		   CASE h.how
		   WHEN 'online' THEN dbadvisor.retype_impact(relation, attnum, new_type)
		   ELSE dbadvisor.type_change_impact(relation, true, true)
		   END
	  FROM dbadvisor.table_estimate(relation) e
	 CROSS JOIN dbadvisor.column_dependents(relation, ARRAY[attnum]) d (names)
	 CROSS JOIN dbadvisor.retype_obstacles(relation, attnum, new_type) o (names)
	 CROSS JOIN LATERAL (
		SELECT CASE
			   WHEN d.names IS NULL AND (e.bytes < online_bytes OR o.names IS NOT NULL) THEN 'at once'
			   WHEN o.names IS NULL THEN 'online'
			   END) h (how);
$$;
COMMENT ON FUNCTION dbadvisor.widen_column(oid, smallint, regtype, numeric) IS
'How to give a column a wider integer type: "at once" for tables below online_bytes that no foreign key speaks of, "online" by retype_script(), null where views or the like depend on it; with the statements, those that take it back, and what they do to others';

CREATE OR REPLACE FUNCTION dbadvisor.retype_impact(
	relation oid,
	attnum smallint,
	new_type regtype)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.format(
			   'To be run statement by statement, not within a transaction; dbadvisor.retype_script() prints the steps, and one to give up before the last. Reads and writes go on: ACCESS EXCLUSIVE locks on %s are taken for moments, and given up when others would wait long. Each row is written once more and indexes are built beside the old ones: about %s more for a while. A changed column becomes the last of its table: SELECT * and INSERT without names see it there. Prepared SELECT * fail once.',
			   pg_catalog.string_agg(DISTINCT r.full_name, ', '),
			   pg_catalog.pg_size_pretty((SELECT pg_catalog.sum((dbadvisor.table_estimate(u.relid)).bytes)
											FROM (SELECT DISTINCT c.relid FROM dbadvisor.retype_columns(relation, attnum, new_type) c) u)))
	  FROM dbadvisor.retype_columns(relation, attnum, new_type) r;
$$;
COMMENT ON FUNCTION dbadvisor.retype_impact(oid, smallint, regtype) IS
'What retype_script() does to others meanwhile';

REVOKE ALL ON FUNCTION dbadvisor.widen_column(oid, smallint, regtype, numeric),
	dbadvisor.retype_impact(oid, smallint, regtype)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.widen_column(oid, smallint, regtype, numeric),
	dbadvisor.retype_impact(oid, smallint, regtype)
	TO dbadvisor_reader;
